//! The store behind the relay: killed, restored, full, failing, opened twice.

use crate::support::{Running, from_start, items, push_only, until};
use kahriz_proto::cursor::{Cursor, Position, Rolling};
use kahriz_proto::frame::{Frame, FrameRef};
use kahriz_proto::ids::{DeviceId, Incarnation, ScopeId, WorkspaceId};
use kahriz_proto::letter::LetterPage;
use kahriz_proto::message::{KeyWrap, LogState, RefusalReason, SyncRequest, Verdict};
use kahriz_relay::RelayConfig;
use kahriz_relay::log::{
    Arrival, Extension, Fork, InLog, Letter, LetterOutcome, Listed, Log, LogError, MemoryLog,
    OpenError, Outcome, Room, SqliteLog, WaitingJoin,
};
use kahriz_relay::testing::Organisation;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

async fn open(dir: &Path) -> Running {
    Running::start(Arc::new(open_log(dir).await), RelayConfig::default()).await
}

/// A relay that has just ended lets go of its store when its last task is gone.
async fn open_log(dir: &Path) -> SqliteLog {
    let mut log = None;
    until(async || {
        log = SqliteLog::open(dir).ok();
        log.is_some()
    })
    .await;
    log.unwrap()
}

/// What a device's cursor is after it has read a scope to its end.
async fn read_all(running: &Running, of: &Organisation) -> Cursor {
    let request = from_start(of, &[of.scope(1)]);
    let (answer, items) = running.sync(of, &of.headquarters(), &request, &[]).await;
    let start = Cursor::start_in(of.scope(1), answer.incarnation.unwrap());
    items.iter().fold(start, |cursor, item| cursor.then(&item.content.hash().unwrap()))
}

#[tokio::test]
async fn a_relay_that_was_restored_from_an_old_backup_or_replaced_makes_readers_start_again() {
    let of = Organisation::found(1);
    let hq = of.headquarters();
    let dir = tempfile::tempdir().unwrap();
    let (live, backup) = (dir.path().join("live"), dir.path().join("backup"));
    let running = open(&live).await;
    running.relay.register(of.entries.clone()).await.unwrap();
    let mut chain = hq.chain(of.scope(1));
    let frames: Vec<Frame> = (0..4).map(|n| chain.seal(&[n; 100])).collect();
    running.sync(&of, &hq, &push_only(&of), &[&frames[0], &frames[1]]).await;
    let old = read_all(&running, &of).await;
    running.stop().await;
    drop(open_log(&live).await);
    copy(&live, &backup);
    let running = open(&live).await;
    running.sync(&of, &hq, &push_only(&of), &[&frames[2], &frames[3]]).await;
    let new = read_all(&running, &of).await;
    assert_eq!((old.position, new.position, old.incarnation), (2, 4, new.incarnation));
    running.stop().await;

    let restored = open(&backup).await;
    let ask = |cursor| SyncRequest {
        cursors: vec![cursor],
        ask_logs: Some(true),
        ..from_start(&of, &[])
    };
    let (answer, items) = restored.sync(&of, &hq, &ask(old), &[]).await;
    assert_eq!((answer.restart, items.len()), (None, 0), "what it knows it goes on from");
    let (answer, items) = restored.sync(&of, &hq, &ask(new), &[]).await;
    assert_eq!((answer.restart, items.len()), (Some(vec![0]), 2));
    assert_eq!(answer.logs.unwrap()[0].seq, 2, "so the phone knows what to bring again");
    let same_place = Cursor { rolling: Rolling([7; 16]), ..old };
    let (answer, _) = restored.sync(&of, &hq, &ask(same_place), &[]).await;
    assert_eq!(answer.restart, Some(vec![0]), "another past at the same position");
    let (answer, _) = restored.sync(&of, &hq, &push_only(&of), &[&frames[2], &frames[3]]).await;
    assert_eq!((answer.received, answer.verdicts), (Some(2), None));
    restored.stop().await;

    let replaced = open(&dir.path().join("new")).await;
    replaced.relay.register(of.entries.clone()).await.unwrap();
    let (answer, _) = replaced.sync(&of, &hq, &ask(new), &[]).await;
    assert_eq!(answer.restart, Some(vec![0]));
    assert!(answer.incarnation.is_some_and(|incarnation| incarnation != new.incarnation));
    replaced.stop().await;
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir(to).unwrap();
    for file in std::fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), to.join(file.file_name())).unwrap();
    }
}

/// The program itself.
struct Program(Child, String);

impl Program {
    fn start(store: &Path) -> Self {
        use std::io::{BufRead, BufReader};
        let mut child = Command::new(env!("CARGO_BIN_EXE_kahriz-relay"))
            .args(["serve", "--listen", "127.0.0.1:0", "--open-registration", "--store"])
            .arg(store)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().rsplit("http://").next().unwrap().to_owned();
        Self(child, address)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        _ = self.0.kill();
        _ = self.0.wait();
    }
}

#[tokio::test]
async fn what_a_killed_relay_has_acknowledged_it_still_has() {
    let of = Organisation::found(1);
    let hq = of.headquarters();
    let dir = tempfile::tempdir().unwrap();
    let mut chain = hq.chain(of.scope(1));
    let mut cursor = None;
    for round in 0..3 {
        let program = Program::start(dir.path());
        let mut at = Running::with(&of).await;
        at.address.clone_from(&program.1);
        let answer = at.post(&of, &hq, "/v1/workspaces", &of.page(0)).await;
        assert_eq!(answer.status, 200);
        let frames = [chain.seal(&[round; 5_000]), chain.seal(&[round; 50])];
        let (answer, _) = at.sync(&of, &hq, &push_only(&of), &[&frames[0], &frames[1]]).await;
        assert_eq!((answer.received, answer.verdicts), (Some(2), None));
        if let Some(cursor) = cursor {
            let request = SyncRequest { cursors: vec![cursor], ..from_start(&of, &[]) };
            let (answer, items) = at.sync(&of, &hq, &request, &[]).await;
            assert_eq!((answer.restart, items.len()), (None, 2));
        }
        let all = read_all(&at, &of).await;
        assert_eq!(all.position, 2 * (u64::from(round) + 1));
        cursor = Some(all);
        // Dropped: killed, with no chance to put anything in order.
        drop(program);
    }
}

#[test]
fn a_store_is_open_in_one_process_at_a_time_and_the_program_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let log = SqliteLog::open(dir.path()).unwrap();
    assert!(matches!(SqliteLog::open(dir.path()), Err(OpenError::InUse(_))));
    let serve = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_kahriz-relay"))
            .args(["serve", "--store"])
            .arg(dir.path())
            .args(arguments)
            .output()
            .unwrap();
        assert!(!output.status.success());
        String::from_utf8(output.stderr).unwrap()
    };
    assert!(serve(&[]).contains("open in another process"));
    drop(log);
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    assert!(serve(&["--listen", &address]).contains("another program listens there"));
    std::fs::write(dir.path().join("relay.sqlite"), [b'x'; 8_192]).unwrap();
    for extra in ["relay.sqlite-wal", "relay.sqlite-shm"] {
        _ = std::fs::remove_file(dir.path().join(extra));
    }
    assert!(serve(&[]).contains("it was left as it is"));
    assert_eq!(std::fs::read(dir.path().join("relay.sqlite")).unwrap(), [b'x'; 8_192]);
}

#[tokio::test]
async fn a_nearly_full_disk_takes_nothing_and_still_answers() {
    let of = Organisation::found(1);
    let hq = of.headquarters();
    let dir = tempfile::tempdir().unwrap();
    let mut chain = hq.chain(of.scope(1));
    let (first, second) = (chain.seal(b"before"), chain.seal(b"after"));
    let running = open(dir.path()).await;
    running.relay.register(of.entries.clone()).await.unwrap();
    running.sync(&of, &hq, &push_only(&of), &[&first]).await;
    running.stop().await;
    let config = RelayConfig { free_bytes_min: u64::MAX, ..RelayConfig::default() };
    let running = Running::start(Arc::new(open_log(dir.path()).await), config).await;
    let request = from_start(&of, &[of.scope(1)]);
    let (answer, items) = running.sync(&of, &hq, &request, &[&second]).await;
    assert_eq!(answer.verdicts, Some(vec![Verdict::DiskFull]));
    assert_eq!(items.len(), 1, "what is there can be read");
    assert_eq!(running.get(&of, &hq, "/v1/roster").await.status, 200);
    let mut line = running.line().await;
    line.send(b"GET /readyz HTTP/1.1\r\nhost: x\r\n\r\n").await;
    assert_eq!(line.answer().await.status, 503);
}

#[tokio::test]
async fn a_device_over_its_quota_is_told_so() {
    let of = Organisation::found(1);
    let hq = of.headquarters();
    let config = RelayConfig { device_bytes_max: 1_000, ..RelayConfig::default() };
    let running = Running::start(Arc::new(MemoryLog::create().unwrap()), config).await;
    running.relay.register(of.entries.clone()).await.unwrap();
    let mut chain = hq.chain(of.scope(1));
    let (first, second) = (chain.seal(&[0; 500]), chain.seal(&[0; 500]));
    let (answer, _) = running.sync(&of, &hq, &push_only(&of), &[&first, &second]).await;
    assert_eq!(answer.verdicts, Some(vec![Verdict::Stored, Verdict::OverQuota]));
}

/// A log whose disk can be made to fail.
struct Failing {
    log: MemoryLog,
    fails: AtomicBool,
}

#[rustfmt::skip]
impl Log for Failing {
    fn incarnation(&self) -> Incarnation { self.log.incarnation() }
    fn workspaces(&self) -> Result<Vec<WorkspaceId>, LogError> { self.log.workspaces() }
    fn roster(&self, w: WorkspaceId, a: u64, b: usize) -> Result<Vec<Vec<u8>>, LogError> { self.log.roster(w, a, b) }
    fn extend_roster(&self, w: WorkspaceId, a: u64, e: &Extension) -> Result<bool, LogError> { self.log.extend_roster(w, a, e) }
    fn keys(&self, w: WorkspaceId, d: DeviceId, a: u64, u: u64) -> Result<Vec<KeyWrap>, LogError> { self.log.keys(w, d, a, u) }
    fn append(&self, arrivals: &[Arrival], room: &Room) -> Result<Vec<Outcome>, LogError> {
        if self.fails.load(Ordering::SeqCst) {
            return Err(LogError::Failed(Arc::new(std::io::Error::other("the disk is gone"))));
        }
        self.log.append(arrivals, room)
    }
    fn position(&self, w: WorkspaceId, s: ScopeId) -> Result<Position, LogError> { self.log.position(w, s) }
    fn rolling(&self, w: WorkspaceId, s: ScopeId, p: Position) -> Result<Option<Rolling>, LogError> { self.log.rolling(w, s, p) }
    fn listing(&self, w: WorkspaceId, s: ScopeId, a: Position, c: usize) -> Result<Vec<Listed>, LogError> { self.log.listing(w, s, a, c) }
    fn frame(&self, w: WorkspaceId, s: ScopeId, p: Position) -> Result<Option<Vec<u8>>, LogError> { self.log.frame(w, s, p) }
    fn log_states(&self, w: WorkspaceId, d: DeviceId) -> Result<Vec<LogState>, LogError> { self.log.log_states(w, d) }
    fn heads(&self, w: WorkspaceId, s: ScopeId) -> Result<Vec<LogState>, LogError> { self.log.heads(w, s) }
    fn listing_of_log(&self, w: WorkspaceId, s: ScopeId, a: FrameRef, c: usize) -> Result<Vec<InLog>, LogError> { self.log.listing_of_log(w, s, a, c) }
    fn keep_join(&self, w: WorkspaceId, j: WaitingJoin) -> Result<bool, LogError> { self.log.keep_join(w, j) }
    fn joins(&self, w: WorkspaceId) -> Result<Vec<WaitingJoin>, LogError> { self.log.joins(w) }
    fn drop_joins(&self, w: WorkspaceId, d: &[DeviceId]) -> Result<(), LogError> { self.log.drop_joins(w, d) }
    fn keep_letter(&self, w: WorkspaceId, l: &Letter, r: &Room) -> Result<LetterOutcome, LogError> { self.log.keep_letter(w, l, r) }
    fn letters(&self, w: WorkspaceId, a: u64, b: usize) -> Result<LetterPage, LogError> { self.log.letters(w, a, b) }
    fn drop_letters(&self, w: WorkspaceId, u: u64) -> Result<(), LogError> { self.log.drop_letters(w, u) }
    fn forks(&self, w: WorkspaceId) -> Result<Vec<Fork>, LogError> { self.log.forks(w) }
    fn free_bytes(&self) -> Option<u64> { None }
}

/// A group that is committed in the middle of an upload must not be called stored when its commit
/// has failed: the phone would give up its only copy.
#[tokio::test]
async fn nothing_is_acknowledged_that_the_disk_did_not_take() {
    let of = Organisation::found(1);
    let hq = of.headquarters();
    let log = Arc::new(Failing { log: MemoryLog::create().unwrap(), fails: AtomicBool::new(true) });
    let running = Running::start(log.clone(), RelayConfig::default()).await;
    running.relay.register(of.entries.clone()).await.unwrap();
    let mut chain = hq.chain(of.scope(1));
    let frames: Vec<Frame> = (0..5).map(|n| chain.seal(&[n; 100_000])).collect();
    let refs: Vec<&Frame> = frames.iter().collect();
    for count in [1, 5] {
        let push = items(&refs[..count]);
        let answer = running.try_sync(&of, &hq, &push_only(&of), &push).await;
        let refusal = answer.refusal().unwrap();
        assert_eq!((answer.status, refusal.reason), (503, RefusalReason::Unavailable));
    }
    log.fails.store(false, Ordering::SeqCst);
    let (answer, _) = running.sync(&of, &hq, &push_only(&of), &refs).await;
    assert_eq!((answer.received, answer.verdicts), (Some(5), None));
    until(async || log.position(of.id(), of.scope(1)).unwrap() == 5).await;
}
