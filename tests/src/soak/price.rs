//! What an engine in a process of its own costs: the same new records, put into documents here and there.

use kahriz_core::record::{Author, Document, Engine, InProcess, Trial, Write};
use kahriz_core::value::Scalar;
use kahriz_hq::engine::ChildEngine;
use kahriz_proto::ids::LogId;
use kahriz_proto::limits::ENGINE_RECORDS_AT_ONCE;
use std::path::Path;
use std::time::Instant;

/// Seconds for so many new records of a dozen fields each: in this process, and in another.
///
/// # Panics
/// If a record that was made here is refused.
#[must_use]
pub fn price(records: u64, engine: &Path) -> (f64, f64) {
    let trials: Vec<Trial> = (0..records).map(trial).collect();
    let seconds = |engine: &dyn Engine| {
        let begun = Instant::now();
        for some in trials.chunks(ENGINE_RECORDS_AT_ONCE) {
            let grown = engine.grow(some).expect("the engine runs");
            assert!(grown.iter().all(Result::is_ok), "what was made here is taken");
        }
        begun.elapsed().as_secs_f64()
    };
    let child = ChildEngine::of(engine.to_owned());
    (seconds(&InProcess), seconds(&child))
}

fn trial(number: u64) -> Trial {
    let log = LogId::from_bytes([0xa; 16]);
    let author = Author { log, claimed_s: 1_763_000_000, reason: None };
    let field = |at: u64| Write {
        key: format!("group.field_{at}"),
        value: Scalar::from(format!("what was said of {number} in {at}").as_str()),
        mergeable: false,
    };
    let writes: Vec<Write> = (0..12).map(field).collect();
    let (_, change) = Document::create(&writes, &author).expect("a record can be made");
    Trial { kept: vec![], changes: vec![change], compact: false }
}
