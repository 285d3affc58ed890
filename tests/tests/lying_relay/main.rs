//! A relay that was broken into lies in one way at a time, to devices that go on working: whatever it does, nothing wrong
//! is merged, and nothing is lost. The table says for each lie what somebody sees of it, and what it takes for everybody
//! to agree again once it has ended: nothing, the next save, another relay, or a person.
//!
//! Told on the seeded world, with real devices and the real relay behind the liar.
#![allow(clippy::unwrap_used)]

mod histories;
#[path = "../scenarios/story.rs"]
#[allow(dead_code)]
mod story;
mod strategies;
mod trial;

use histories::HISTORIES;
use std::io::Write;
use strategies::all;
use trial::{Outcome, try_out};

/// Strategies that must be tried and come out well.
const STRATEGIES_MIN: usize = 20;

#[test]
fn however_the_relay_lies_nothing_wrong_is_merged_and_nothing_is_lost() {
    let mut out = std::io::stdout();
    writeln!(out, "\n{:<58} {:<9} {:<19} what is seen", "a relay that", "is", "heals").unwrap();
    let mut table = vec![];
    let mut tell = |row: Row| {
        writeln!(std::io::stdout(), "{row}").unwrap();
        table.push(row);
    };
    for strategy in all() {
        tell(Row::of(strategy.name, strategy.seen, || try_out(&strategy)));
    }
    for (name, happens) in HISTORIES {
        tell(Row::of(name, &[], happens));
    }
    let well = table.iter().filter(|row| row.is_well()).count();
    writeln!(out, "{well} of {} strategies: harmless or detected", table.len()).unwrap();
    assert_eq!(well, table.len());
    assert!(well >= STRATEGIES_MIN);
}

/// A strategy and what came of it; why it did not come out well, if so.
struct Row {
    name: &'static str,
    outcome: Result<Outcome, String>,
}

impl Row {
    fn of(name: &'static str, must_be_seen: &[&str], happens: impl Fn() -> Outcome) -> Self {
        let happened = std::panic::catch_unwind(std::panic::AssertUnwindSafe(happens));
        let outcome = happened.map_err(|_| "see above".to_owned()).and_then(|outcome| {
            let unseen = must_be_seen
                .iter()
                .find(|sight| !outcome.seen.iter().any(|seen| seen.contains(**sight)));
            match unseen {
                Some(sight) => Err(format!("nobody saw '{sight}', but {:?}", outcome.seen)),
                None => Ok(outcome),
            }
        });
        Self { name, outcome }
    }

    fn is_well(&self) -> bool {
        self.outcome.is_ok()
    }
}

impl std::fmt::Display for Row {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let name = self.name;
        match &self.outcome {
            Err(why) => write!(f, "{name:<58} FAILED    {why}"),
            Ok(Outcome { seen, heals }) => {
                let verdict = if seen.is_empty() { "harmless" } else { "detected" };
                write!(f, "{name:<58} {verdict:<9} {heals:<19} {}", seen.join("; "))
            }
        }
    }
}
