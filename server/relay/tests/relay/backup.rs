//! Backups of a store whose relay goes on serving, and relays that are made of them, with the program itself.

use crate::support::{Running, from_start, push_only, until};
use kahriz_proto::cursor::Cursor;
use kahriz_proto::frame::Frame;
use kahriz_proto::message::SyncRequest;
use kahriz_relay::RelayConfig;
use kahriz_relay::backup::{self, RestoreError, Wish};
use kahriz_relay::log::{Arrival, Log, Outcome, Room, SqliteLog};
use kahriz_relay::testing::{Device, Organisation};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// A store with an organisation in it.
fn store(dir: &Path, of: &Organisation) -> Arc<SqliteLog> {
    let log = Arc::new(SqliteLog::open(dir).unwrap());
    assert!(log.extend_roster(of.id(), 0, &of.entries.clone().into()).unwrap());
    log
}

fn append(log: &SqliteLog, of: &Organisation, frame: &Frame) {
    let arrival = Arrival { workspace: of.id(), frame: of.verified(frame.clone()) };
    let outcomes = log.append(&[arrival], &Room::ENDLESS).unwrap();
    assert!(matches!(outcomes[0], Outcome::Stored(_)));
}

fn relay(arguments: &[&str], paths: &[(&str, &Path)]) -> Output {
    command(arguments, paths).output().unwrap()
}

fn command(arguments: &[&str], paths: &[(&str, &Path)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kahriz-relay"));
    command.args(arguments).stdin(Stdio::null());
    for (name, path) in paths {
        command.arg(name).arg(path);
    }
    command
}

#[track_caller]
fn done(output: &Output) -> String {
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{error}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[track_caller]
fn refused(output: &Output, saying: &str) {
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "it was not refused");
    assert!(error.contains(saying) && !error.contains("panicked"), "{error}");
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.filter(|name| !name.starts_with('.')).collect();
    names.sort();
    names
}

fn wish(out: &Path) -> Wish<'_> {
    Wish { out, keep: None, with_tls_key: false }
}

#[test]
fn a_backup_that_is_taken_while_frames_keep_arriving_is_one_whole_moment() {
    let of = Organisation::found(1);
    let dir = tempfile::tempdir().unwrap();
    let (live, out) = (dir.path().join("live"), dir.path().join("out"));
    let log = store(&live, &of);
    let mut chain = of.headquarters().chain(of.scope(1));
    (0..200).for_each(|n| append(&log, &of, &chain.seal(&[n; 20_000])));
    let (ends, stored) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(200)));
    let writing = {
        let (log, ends, stored) = (log.clone(), ends.clone(), stored.clone());
        std::thread::spawn(move || {
            let of = Organisation::found(1);
            while !ends.load(Ordering::SeqCst) {
                append(&log, &of, &chain.seal(&[7; 3_000]));
                stored.fetch_add(1, Ordering::SeqCst);
            }
        })
    };
    for round in 0..3 {
        let before = stored.load(Ordering::SeqCst);
        let output = relay(&["backup"], &[("--store", &live), ("--out", &out)]);
        done(&output);
        let after = stored.load(Ordering::SeqCst);
        let newest = out.join(names(&out).last().unwrap());
        let manifest = backup::whole(&newest).unwrap();
        let reached = manifest.taken.scopes[0].position;
        assert!((before..=after + 1).contains(&reached), "{before} {reached} {after}");
        assert!(after > before, "nothing was written meanwhile in round {round}");
        std::thread::sleep(std::time::Duration::from_millis(1_100));
    }
    ends.store(true, Ordering::SeqCst);
    writing.join().unwrap();
    assert_eq!(names(&out).len(), 3);
}

#[test]
fn only_so_many_backups_are_kept_and_none_of_another_store_is_touched() {
    let of = Organisation::found(1);
    let dir = tempfile::tempdir().unwrap();
    let (one, other, out) =
        (dir.path().join("one"), dir.path().join("other"), dir.path().join("out"));
    drop((store(&one, &of), store(&other, &of)));
    let take = |store: &Path, keep, at_s: i64| {
        backup::back_up(store, &Wish { keep, ..wish(&out) }, at_s * 1_000, &mut |_, _| {}).unwrap()
    };
    take(&other, None, 1);
    (2..6).for_each(|at| _ = take(&one, None, at));
    assert!(
        backup::back_up(&one, &wish(&out), 5_000, &mut |_, _| {}).is_err(),
        "the name is taken"
    );
    assert_eq!(take(&one, Some(2), 6).removed.len(), 3);
    let seconds: Vec<String> = names(&out).iter().map(|name| name[30..32].to_owned()).collect();
    assert_eq!(seconds, ["01", "05", "06"]);
    // A clock that was set back costs an older backup, never the new one.
    let made = take(&one, Some(1), 3);
    assert_eq!((made.removed.len(), made.folder.exists()), (2, true));
}

#[test]
fn a_backup_that_was_killed_leaves_the_earlier_ones_and_no_half_one() {
    let of = Organisation::found(1);
    let dir = tempfile::tempdir().unwrap();
    let (live, out) = (dir.path().join("live"), dir.path().join("out"));
    let log = store(&live, &of);
    let mut chain = of.headquarters().chain(of.scope(1));
    (0..250).for_each(|n| append(&log, &of, &chain.seal(&[n; 200_000])));
    done(&relay(&["backup"], &[("--store", &live), ("--out", &out)]));
    let first = names(&out);
    let mut killed_in_the_middle = 0;
    for wait_ms in (0..200).step_by(10) {
        std::thread::sleep(std::time::Duration::from_millis(60));
        let mut child = command(&["backup"], &[("--store", &live), ("--out", &out)])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(std::time::Duration::from_millis(wait_ms));
        child.kill().unwrap();
        child.wait().unwrap();
        for name in names(&out) {
            if name.ends_with(".part") {
                killed_in_the_middle += 1;
                let to = dir.path().join("never");
                let half = out.join(name);
                let half = relay(&["restore", half.to_str().unwrap()], &[("--store", &to)]);
                refused(&half, "no whole backup");
                assert!(!to.exists());
            } else {
                backup::whole(&out.join(name)).unwrap();
            }
        }
    }
    assert!(killed_in_the_middle > 0, "no kill met a backup that was being written");
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    done(&relay(&["backup"], &[("--store", &live), ("--out", &out)]));
    let after = names(&out);
    assert!(after.contains(&first[0]) && !after.iter().any(|name| name.ends_with(".part")));
}

/// A backup of a small store.
fn small(dir: &Path) -> PathBuf {
    let of = Organisation::found(1);
    let log = store(&dir.join("live"), &of);
    let mut chain = of.headquarters().chain(of.scope(1));
    (0..5).for_each(|n| append(&log, &of, &chain.seal(&[n; 2_000])));
    let out = dir.join("out");
    backup::back_up(&dir.join("live"), &wish(&out), 0, &mut |_, _| {}).unwrap().folder
}

#[test]
fn one_flipped_bit_anywhere_in_a_backup_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let folder = small(dir.path());
    let to = dir.path().join("new");
    for name in names(&folder) {
        let path = folder.join(&name);
        let sound = std::fs::read(&path).unwrap();
        for at in (0..sound.len()).step_by(1 + sound.len() / 150) {
            let mut altered = sound.clone();
            altered[at] ^= 1;
            std::fs::write(&path, &altered).unwrap();
            let ended = backup::restore(&folder, &to);
            assert!(
                matches!(ended, Err(RestoreError::Altered(_) | RestoreError::Newer(_))),
                "{name} at {at}: {ended:?}"
            );
        }
        std::fs::write(&path, &sound[..sound.len() - 1]).unwrap();
        assert!(backup::restore(&folder, &to).is_err(), "cut short");
        std::fs::write(&path, &sound).unwrap();
    }
    let arguments = ["restore", folder.to_str().unwrap()];
    std::fs::remove_file(folder.join("relay.sqlite")).unwrap();
    refused(&relay(&arguments, &[("--store", &to)]), "is not what was backed up");
    assert!(!to.exists() && !dir.path().join("new.part").exists());
}

#[test]
fn a_restore_touches_nothing_that_is_there_and_says_what_is_wrong() {
    let dir = tempfile::tempdir().unwrap();
    let folder = small(dir.path());
    let restore = |backup: &Path, to: &Path| {
        relay(&["restore", backup.to_str().unwrap()], &[("--store", to)])
    };
    let before = std::fs::read(dir.path().join("live/relay.sqlite")).unwrap();
    refused(&restore(&folder, &dir.path().join("live")), "is there already");
    assert_eq!(std::fs::read(dir.path().join("live/relay.sqlite")).unwrap(), before);
    refused(&restore(&dir.path().join("nowhere"), &dir.path().join("new")), "no whole backup");
    refused(&restore(&dir.path().join("live"), &dir.path().join("new")), "no whole backup");
    let nowhere = dir.path().join("nowhere");
    let backup = relay(&["backup"], &[("--store", &nowhere), ("--out", &dir.path().join("out"))]);
    refused(&backup, "there is no store of a relay in");
    assert!(!nowhere.exists());
    let file = folder.join("manifest.json");
    let none = relay(&["backup"], &[("--store", &dir.path().join("live")), ("--out", &file)]);
    refused(&none, "manifest.json");
    done(&restore(&folder, &dir.path().join("new")));
    refused(&restore(&folder, &dir.path().join("new")), "is there already");
}

#[test]
fn a_relay_that_serves_backs_itself_up_by_the_clock() {
    let of = Organisation::found(1);
    let dir = tempfile::tempdir().unwrap();
    let (live, out) = (dir.path().join("live"), dir.path().join("out"));
    drop(store(&live, &of));
    let serve = ["serve", "--listen", "127.0.0.1:0", "--backup-every", "24"];
    let mut child = command(&serve, &[("--store", &live), ("--backup-to", &out)])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let taken = (0..200).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(50));
        out.exists() && names(&out).iter().any(|name| backup::whole(&out.join(name)).is_ok())
    });
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(taken);
    assert_eq!(names(&out).len(), 1);
}

#[tokio::test]
async fn a_restored_relay_is_another_to_every_device_and_takes_what_it_lacks() {
    let of = Organisation::found(1);
    let hq: Device = of.headquarters();
    let dir = tempfile::tempdir().unwrap();
    let (live, out, new) =
        (dir.path().join("live"), dir.path().join("out"), dir.path().join("new"));
    let mut chain = hq.chain(of.scope(1));
    let frames: Vec<Frame> = (0..4).map(|n| chain.seal(&[n; 500])).collect();
    let before = {
        let log = store(&live, &of);
        frames[..2].iter().for_each(|frame| append(&log, &of, frame));
        backup::back_up(&live, &wish(&out), 0, &mut |_, _| {}).unwrap();
        frames[2..].iter().for_each(|frame| append(&log, &of, frame));
        log.incarnation()
    };
    let restored = backup::restore(&out.join(&names(&out)[0]), &new).unwrap();
    assert_ne!(restored.incarnation, before);
    let running = Running::start(Arc::new(SqliteLog::open(&new).unwrap()), RelayConfig::default());
    let running = running.await;
    let cursor = Cursor::start_in(of.scope(1), before);
    let cursor = frames.iter().fold(cursor, |cursor, frame| cursor.then(&frame.hash()));
    let ask = SyncRequest { cursors: vec![cursor], ask_logs: Some(true), ..from_start(&of, &[]) };
    let (answer, items) = running.sync(&of, &hq, &ask, &[]).await;
    assert_eq!((answer.restart, items.len()), (Some(vec![0]), 2));
    assert_eq!(answer.incarnation, Some(restored.incarnation));
    assert_eq!(answer.logs.unwrap()[0].seq, 2, "so a device knows what to bring again");
    running.sync(&of, &hq, &push_only(&of), &[&frames[2], &frames[3]]).await;
    until(async || {
        running.sync(&of, &hq, &from_start(&of, &[of.scope(1)]), &[]).await.1.len() == 4
    })
    .await;
}
