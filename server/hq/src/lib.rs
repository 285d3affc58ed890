//! Headquarters: a device with a bigger screen, and everything that needs a desk.
//!
//! The program `kahriz` is this library and a `main`. It founds a workspace, runs its relay, merges what devices send,
//! shows it on a page, decides, exports; it can also be a device itself, and show the whole in a demo. It stands on
//! the core's facade and the relay's library and adds what those must not have: a clock, entropy, threads, a screen.
//!
//! | module | what it is |
//! |---|---|
//! | `cli`, `dispatch` | the command line, and who carries out what |
//! | `setup`, `headquarters`, `handover` | founding and joining; a headquarters at work; orders handed to it |
//! | `keyfile`, `locking` | how stores open on a computer; PINs and the wipe |
//! | `operate` | orders on an open store, one module each |
//! | [`mapping`] | other systems' records, both ways |
//! | `export` | what may leave, as CSV or GeoJSON |
//! | [`page`] | what a supervisor sees in a browser |
//! | [`demo`] | three made-up officers, and the records they make |

mod bell;
mod cli;
pub mod demo;
mod dispatch;
mod export;
mod failure;
mod handover;
mod headquarters;
mod keyfile;
pub mod letters;
mod locking;
pub mod mapping;
mod moment;
mod operate;
pub mod page;
mod say;
mod setup;
mod shell;
pub mod sync_state;

pub use dispatch::run;
