//! What the letters cost an officer at each save: saves on a disk, with letters and without.
//!
//! ```text
//! cargo run --release -p kahriz-tests --bin letter-cost -- /var/tmp
//! ```
//!
//! An officer's phone writes letters, headquarters writes none; otherwise the two do the same here.

#![allow(clippy::print_stdout, reason = "a program that prints figures")]
#![allow(clippy::expect_used, reason = "a measurement that fails is of no use")]

use kahriz_proto::ids::RecordId;
use kahriz_proto::roster::Role;
use kahriz_tests::measure;
use kahriz_tests::world::{Who, World};
use std::path::{Path, PathBuf};
use std::time::Instant;

const SAVES: usize = 300;
/// A save should be on the disk, letter and all, within this time at the median.
const DURABLE_MS_MAX: f64 = 5.0;

fn main() {
    let disk = std::env::args_os().nth(1).map_or_else(std::env::temp_dir, PathBuf::from);
    let folder = tempfile::tempdir_in(&disk).expect("a folder on the disk");
    let mut world = World::new(1);
    let officer = world.admit("Officer", Role::Officer, &[0]);
    world.settle();
    println!("{SAVES} saves each, in {}", disk.display());
    for (name, who) in [("without letters", Who::HEADQUARTERS), ("with letters", officer)] {
        world.device_mut(who).move_to(&folder.path().join(name));
        let (record, new) = new_records(&mut world, who);
        let edits = edits(&mut world, who, record);
        println!("{name:<16} new record {}   edit {}", figures(new), figures(edits));
    }
    let bytes = letters_bytes(&folder.path().join("with letters").join("letters"));
    println!("letters of these {} saves: {bytes} bytes on disk", SAVES * 2);
}

fn new_records(world: &mut World, who: Who) -> (RecordId, Vec<f64>) {
    let scope = world.scope(0);
    let mut taken = vec![];
    let mut record = None;
    for number in 0..SAVES {
        let mut draft = world.at(who).new_record(scope, "missing_person").expect("a draft");
        draft.allow_incomplete();
        for (field, typed) in [
            ("full_name", format!("Əliyev Vaqif {number}")),
            ("case_status", "open".to_owned()),
            ("mother_name", "Gülnar".to_owned()),
            ("occupation", "teacher at the school of the village".to_owned()),
        ] {
            draft.set_text(field, &typed).expect("a value");
        }
        let now = world.now();
        let start = Instant::now();
        let saved = world.at(who).save(&draft, now).expect("it is saved");
        taken.push(start.elapsed().as_secs_f64() * 1_000.0);
        record = Some(saved.record);
    }
    (record.expect("something was saved"), taken)
}

fn edits(world: &mut World, who: Who, record: RecordId) -> Vec<f64> {
    let mut taken = vec![];
    for number in 0..SAVES {
        let mut draft = world.at(who).edit(record).expect("a draft");
        draft.allow_incomplete();
        draft.set_text("occupation", &format!("teacher, {number}")).expect("a value");
        let now = world.now();
        let start = Instant::now();
        world.at(who).save(&draft, now).expect("it is saved");
        taken.push(start.elapsed().as_secs_f64() * 1_000.0);
    }
    taken
}

fn figures(mut taken: Vec<f64>) -> String {
    let median = measure::median(&taken);
    taken.sort_by(f64::total_cmp);
    let late = taken[taken.len() * 95 / 100];
    let mark = if median > DURABLE_MS_MAX { "  MISSED" } else { "" };
    format!("median {median:>6.2} ms, p95 {late:>6.2} ms{mark}")
}

fn letters_bytes(folder: &Path) -> u64 {
    measure::disk_bytes(folder).expect("the folder can be read")
}
