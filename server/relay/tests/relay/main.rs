//! The relay seen from outside: real frames and tokens over real connections.
#![allow(clippy::unwrap_used)]

mod backup;
mod connections;
mod cut;
mod exchange;
mod isolation;
mod letters;
mod membership;
mod repair;
mod store;
mod support;
mod tokens;
