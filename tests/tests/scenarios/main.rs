//! Scenarios on the seeded world, each a sentence that a field worker could say.

#![allow(clippy::unwrap_used)]

mod account;
mod backed_up;
mod came_back;
mod carried;
mod delivery;
mod full_disk;
mod hostile;
mod lines;
mod lives;
mod merging;
mod people;
mod resumed;
mod revoked;
mod story;
mod two_desks;
