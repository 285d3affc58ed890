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
//! | `nearby` | a device that serves others where no relay is in reach, and how they find each other |
//! | `backup` | copies of the store for the day that the disk is lost, and a store made of one |
//! | `keyfile`, `locking` | how stores open on a computer; PINs and the wipe |
//! | [`engine`] | what others wrote is read in a process of its own |
//! | `operate` | orders on an open store, one module each |
//! | [`mapping`] | other systems' records, both ways |
//! | `export` | what may leave, as CSV or GeoJSON |
//! | [`paper`], [`recovery`] | what people carry on paper; the recovery keys in shares, and a lost headquarters made anew |
//! | `page`, `accounts` | what is seen and done in a browser, and by whom |
//! | `export_log` | the account of what left |
//! | [`demo`] | three made-up officers, and the records they make |

mod accounts;
mod backup;
mod bell;
mod cli;
mod deliver;
pub mod demo;
mod dispatch;
pub mod engine;
mod export;
mod export_log;
mod failure;
mod handover;
mod headquarters;
mod keyfile;
mod locking;

pub mod mapping;
mod moment;
mod nearby;
mod operate;
mod page;
pub mod paper;
pub mod recovery;
mod say;
mod setup;
mod shell;
pub mod sync_state;

pub use dispatch::run;
