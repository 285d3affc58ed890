//! A day of field work, measured: two devices, one relay, a link that may be bad.
//!
//! | phase | what happens |
//! |---|---|
//! | P1 | device A makes N records offline, from a file through the import mapping, and uploads them |
//! | P2 | the empty device B downloads all of them, with rows and search index |
//! | P3a | A edits one short field in each of 100 records and uploads |
//! | P3b | B gets the edits |
//! | P4 | A reconnects and there is nothing new |
//! | P5 | both edit the same 100 records offline, a different field each and the same one in 20; both sync |
//!
//! Each device's phase is a process of its own, which says what it cost; bytes and turns are what the proxy between
//! it and the relay counted. Founding the workspace and joining come before P1 and are printed apart.

mod arguments;
mod course;
pub(crate) mod device;
mod edits;
mod figures;
mod lines;
pub(crate) mod relay;
mod report;
pub(crate) mod setup;
mod targets;

pub use arguments::{Arguments, LinkName, Phase};

use arguments::Hidden;
use std::error::Error;
use std::io::Write;

/// What stops a measurement: an error of any of the parts, to be shown to who started it.
pub type Stop = Box<dyn Error + Send + Sync>;

/// Does what the arguments say and writes the figures.
///
/// # Errors
/// [`Stop`] with what went wrong.
pub fn run(arguments: &Arguments, out: &mut dyn Write) -> Result<(), Stop> {
    match &arguments.hidden {
        Some(Hidden::Device { errand }) => device::run(errand, out),
        Some(Hidden::Relay { folder }) => relay::run(folder, out),
        None => measure(arguments, out),
    }
}

fn measure(arguments: &Arguments, out: &mut dyn Write) -> Result<(), Stop> {
    let mut plain = None;
    if arguments.link == LinkName::Cut {
        let phases = arguments.asked();
        let uncut = Arguments { link: LinkName::Loopback, phases, ..arguments.clone() };
        plain = Some(course::run(&uncut, "uncut")?);
    }
    let mut course = course::run(arguments, "measured")?;
    if let Some(plain) = plain {
        course.compare(&plain);
        if !arguments.json {
            writeln!(out, "The same without cuts, for comparison:")?;
            report::table(&plain, out)?;
            writeln!(out)?;
        }
    }
    if arguments.json { report::json(&course, out) } else { report::all(&course, out) }
}
