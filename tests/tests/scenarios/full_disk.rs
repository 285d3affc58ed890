//! A phone whose disk is full. Needs a disk of its own that is small, so it runs where one may be mounted.

use crate::story::{creates, set, stands};
use kahriz_core::drive::SyncError;
use kahriz_core::workspace::SaveError;
use kahriz_proto::roster::Role;
use kahriz_tests::world::{World, seed_or};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A small disk, taken away when the test ends.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mounted_on(place: &Path) -> Option<Self> {
        std::fs::create_dir_all(place).unwrap();
        let mount = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=3m", "none"])
            .arg(place)
            .output();
        mount.is_ok_and(|output| output.status.success()).then(|| Self(place.to_owned()))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        drop(Command::new("umount").arg("-l").arg(&self.0).output());
    }
}

#[test]
fn a_full_disk_is_said_and_earlier_work_is_safe_and_it_goes_on_when_there_is_room() {
    let mut world = World::new(seed_or(1));
    let leyla = world.admit("Leyla", Role::Officer, &[0]);
    let disk = world.folder().join("small");
    let Some(disk) = SmallDisk::mounted_on(&disk) else {
        let said = "skipped: a small disk cannot be mounted here (root may)";
        writeln!(std::io::stderr(), "{said}").unwrap();
        return;
    };
    world.device_mut(leyla).move_to(&disk.0.join("store"));
    let mut saved = vec![];
    let refused = loop {
        let scope = world.scope(0);
        let mut draft = world.at(leyla).new_record(scope, "landmine_incident").unwrap();
        draft.allow_incomplete();
        let account: String = (0..4_000_u32)
            .map(|n| {
                char::from_u32(
                    0x4e00 + (n + saved.len() as u32).wrapping_mul(2_654_435_761) % 20_000,
                )
                .unwrap()
            })
            .collect();
        draft.set_text("narrative", &account).unwrap();
        draft.set_text("imsma_ref", &format!("no {}", saved.len())).unwrap();
        let now = world.now();
        match world.at(leyla).save(&draft, now) {
            Ok(done) => saved.push(done.record),
            Err(error) => break error,
        }
        assert!(saved.len() < 1_000, "the disk never fills");
    };
    assert!(matches!(refused, SaveError::DiskFull), "{refused}");
    assert!(refused.to_string().contains("free some space"));
    assert!(saved.len() > 5);
    check(&world, leyla, &saved);
    // A sync has to write too, and says the same.
    let synced = world.try_sync(leyla);
    assert!(matches!(synced, Err(SyncError::Save(SaveError::DiskFull))), "{synced:?}");
    world.kill(leyla);
    let grown = Command::new("mount").args(["-o", "remount,size=64m"]).arg(&disk.0).status();
    assert!(grown.unwrap().success());
    world.start(leyla);
    check(&world, leyla, &saved);
    saved.push(creates(&mut world, leyla, 0, "landmine_incident", &[("imsma_ref", "after")]));
    world.settle();
    assert_eq!(world.at(crate::story::HQ).status().unwrap().records, saved.len() as u64);
    world.kill(leyla);
}

fn check(world: &World, who: kahriz_tests::world::Who, saved: &[kahriz_proto::ids::RecordId]) {
    assert_eq!(world.at(who).status().unwrap().records, saved.len() as u64);
    for (number, record) in saved.iter().enumerate() {
        assert_eq!(stands(world, who, *record, "imsma_ref"), set(&[&format!("no {number}")]));
    }
}
