//! The other process: how it is started and told to go on, and what it does.

use crate::memory::{self, Hit, Pattern};
use kahriz_core::drive;
use kahriz_core::query::Query;
use kahriz_core::vault::{LockPolicy, Session};
use kahriz_core::workspace::{Claimed, Workspace};
use kahriz_http::{HttpOptions, HttpTransport};
use kahriz_tests::world::{Impatient, clock};
use rand::SeedableRng;
use rand::rngs::SysRng;
use rand_chacha::ChaCha20Rng;
use sha2::{Digest, Sha256};
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, ChildStdout, Command, Stdio};
use zeroize::Zeroizing;

const FOLDER: &str = "KAHRIZ_AT_REST";
/// Words that are typed into records, one each.
const WORDS: u32 = 64;

/// How far the other process has come.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Stage {
    /// It has typed the PIN and holds the key.
    Unlocked,
    /// It has worked, and the records are on its screen.
    Open,
    /// It has locked.
    Locked,
}

pub(crate) struct Child {
    process: std::process::Child,
    said: std::io::Lines<BufReader<ChildStdout>>,
    told: ChildStdin,
}

impl Child {
    /// Starts this program as the test of this name alone, on a store.
    pub(crate) fn start(what: &str, folder: &Path) -> Self {
        fs::write(folder.join("typed"), passphrase().as_str()).unwrap();
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", what, "--nocapture"]).env(FOLDER, folder);
        let mut process = command.stdout(Stdio::piped()).stdin(Stdio::piped()).spawn().unwrap();
        let said = BufReader::new(process.stdout.take().unwrap()).lines();
        let told = process.stdin.take().unwrap();
        Self { process, said, told }
    }

    pub(crate) fn reaches(&mut self, stage: Stage) {
        let wanted = format!("stage {stage:?}");
        assert!(
            self.said.by_ref().any(|line| line.unwrap() == wanted),
            "it never came to {wanted}"
        );
    }

    pub(crate) fn goes_on(&mut self) {
        self.told.write_all(b"on\n").unwrap();
    }

    /// What of this is in its memory now. It waits meanwhile.
    pub(crate) fn holds(&self, patterns: &[Pattern]) -> Vec<Hit> {
        memory::search(self.process.id(), patterns)
    }

    pub(crate) fn ends_well(mut self) {
        assert!(self.process.wait().unwrap().success());
    }

    pub(crate) fn dies_in_the_middle(&mut self) {
        assert!(
            self.process.try_wait().unwrap().is_none(),
            "it was done before it could be killed"
        );
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

/// What opens the store. The other process reads it from a file, as a program does from a terminal, and does not call
/// this; nor does it stand in the program.
pub(crate) fn passphrase() -> Zeroizing<String> {
    letters(u32::MAX)
}

/// What is typed into records.
pub(crate) fn words() -> Vec<Zeroizing<String>> {
    (0..WORDS).map(letters).collect()
}

/// Letters that no program holds by chance. Already folded, so that they are the same in the search's index.
fn letters(number: u32) -> Zeroizing<String> {
    let hash = Sha256::digest(number.to_be_bytes());
    Zeroizing::new(hash.iter().take(16).map(|byte| char::from(b'a' + byte % 26)).collect())
}

pub(crate) fn works_in_a_store() {
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else { return };
    let session = unlock(&folder);
    let shown = session.with(a_day_of_work).unwrap();
    wait_at(Stage::Open);
    drop(shown);
    session.lock();
    wait_at(Stage::Locked);
    assert!(session.is_locked());
}

pub(crate) fn tries_a_wrong_pin() {
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else { return };
    drop(crate::vault(&folder).unlock(Some("not the passphrase"), clock::real_ms()));
}

fn unlock(folder: &Path) -> Session {
    let typed = Zeroizing::new(fs::read_to_string(folder.join("typed")).unwrap());
    let key = crate::vault(folder).unlock(Some(&typed), clock::real_ms()).unwrap();
    wait_at(Stage::Unlocked);
    let workspace = Workspace::open(folder, &key).unwrap();
    Session::new(workspace, LockPolicy::default(), 0)
}

/// Writes, edits, seals, lists, searches, opens: what an officer and a sync do. What a screen would hold.
fn a_day_of_work(workspace: &Workspace) -> Vec<Zeroizing<String>> {
    let scope = workspace.scopes()[0].id;
    let now = Claimed { ms: 1_800_000_000_000 };
    let mut shown = vec![];
    let mut records = vec![];
    for word in words() {
        let mut draft = workspace.new_record(scope, "missing_person").unwrap();
        draft.allow_incomplete();
        draft.set_text("full_name", &word).unwrap();
        records.push(workspace.save(&draft, now).unwrap().record);
    }
    for (word, record) in words().iter().zip(&records) {
        let mut edit = workspace.edit(*record).unwrap();
        edit.allow_incomplete();
        edit.set_text("full_name", &format!("{} yenə", **word)).unwrap();
        workspace.save(&edit, now).unwrap();
    }
    seal(workspace);
    for word in words() {
        let page =
            workspace.list(&Query { text: Some(word.to_string()), limit: 10, ..Query::default() });
        assert_eq!(page.unwrap().rows.len(), 1);
    }
    let page = workspace.list(&Query { limit: 100, ..Query::default() }).unwrap();
    shown.extend(page.rows.iter().map(|row| Zeroizing::new(format!("{row:?}"))));
    for record in records {
        shown.push(Zeroizing::new(format!(
            "{:?}",
            workspace.record(record).unwrap().unwrap().human_id
        )));
    }
    assert_eq!(workspace.rebuild().unwrap().records, u64::from(WORDS));
    shown
}

/// Seals everything for a relay that is not there.
fn seal(workspace: &Workspace) {
    let mut line = HttpTransport::new("http://127.0.0.1:1", &HttpOptions::default()).unwrap();
    let mut shell = Impatient(ChaCha20Rng::try_from_rng(&mut SysRng).unwrap());
    let report = drive::sync(workspace, &mut line, &mut shell).unwrap();
    assert!(report.changes_sealed >= 2 * u64::from(WORDS), "{report:?}");
}

/// Says where it is, and waits to be told to go on.
fn wait_at(stage: Stage) {
    let mut out = std::io::stdout();
    writeln!(out, "\nstage {stage:?}").unwrap();
    out.flush().unwrap();
    std::io::stdin().read_line(&mut String::new()).unwrap();
}
