//! A founding, two phones that join, records and edits in both directions: every canary typed somewhere, in names of
//! people, devices, scopes and the workspace, and in every text of all three kinds.

use crate::words;
use kahriz_core::drive::{self, Progress, Shell};
use kahriz_core::forms::{Forms, Kind};
use kahriz_core::value::FieldType;
use kahriz_core::workspace::{Claimed, Founding, Profile, ScopeProfile, StoreKey, Workspace};
use kahriz_http::{HttpOptions, HttpTransport};
use kahriz_proto::ids::ScopeId;
use kahriz_proto::roster::Role;
use kahriz_tests::world::clock;
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;
use std::path::Path;

/// Words that are names: of the workspace, of two scopes, and of three people with their devices.
const NAMES: usize = 9;

pub(crate) fn of_work(folder: &Path, address: &str) {
    let mut day = Day::begin(folder, address);
    let words = words::all();
    let (names, typed) = words.split_at(NAMES);
    let hq = day.found(names);
    let officers =
        [day.admit(&hq, "officer-1", &names[5..7]), day.admit(&hq, "officer-2", &names[7..9])];
    let at = [&officers[0], &officers[1], &hq];
    let per_kind = typed.len().div_ceil(Forms::builtin().kinds().len());
    for (kind, words) in Forms::builtin().kinds().iter().zip(typed.chunks(per_kind)) {
        types_all(&day, at, kind, words);
    }
    for workspace in at.iter().chain(&at) {
        day.sync(workspace);
    }
    for workspace in at {
        assert!(workspace.status().unwrap().records >= 6, "everything has arrived");
    }
}

/// Types these words into the texts of a kind, record after record, on one device after the other, and edits each.
fn types_all(day: &Day, at: [&Workspace; 3], kind: &Kind, words: &[String]) {
    let is_text = |of: FieldType| matches!(of, FieldType::Text | FieldType::Narrative);
    let fields: Vec<&str> = kind
        .fields
        .iter()
        .filter(|field| is_text(field.field_type))
        .map(|field| field.name.as_str())
        .collect();
    let mut left = words.iter().peekable();
    for workspace in at.iter().cycle() {
        if left.peek().is_none() {
            return;
        }
        let mut draft = workspace.new_record(scope(workspace), &kind.name).unwrap();
        draft.allow_incomplete();
        let before = left.len();
        for field in &fields {
            let Some(word) = left.peek() else { break };
            if draft.set_text(field, word).is_ok() {
                left.next();
            }
        }
        assert!(left.len() < before, "some word fits into some text of {}", kind.name);
        let saved = workspace.save(&draft, day.now).unwrap();
        let mut edit = workspace.edit(saved.record).unwrap();
        edit.allow_incomplete();
        let shown = workspace.record(saved.record).unwrap().unwrap();
        let (field, value) =
            shown.shown().into_iter().find(|(_, value)| value.as_str().is_some()).unwrap();
        let again = format!("{} {}", words[0], value.as_str().unwrap());
        if edit.set_text(&field, &again).is_ok() {
            workspace.save(&edit, day.now).unwrap();
        }
    }
}

fn scope(workspace: &Workspace) -> ScopeId {
    workspace.scopes()[0].id
}

struct Day {
    folder: std::path::PathBuf,
    address: String,
    shell: RealShell,
    now: Claimed,
}

const KEY: StoreKey = StoreKey::from_bytes([4; 32]);

impl Day {
    fn begin(folder: &Path, address: &str) -> Self {
        let shell = RealShell(ChaCha20Rng::seed_from_u64(5));
        let now = Claimed { ms: i64::try_from(clock::real_ms()).unwrap() };
        Self { folder: folder.to_owned(), address: address.to_owned(), shell, now }
    }

    fn line(&self) -> HttpTransport {
        HttpTransport::new(&self.address, &HttpOptions::default()).unwrap()
    }

    fn found(&mut self, names: &[String]) -> Workspace {
        let scope = |name: &String, prefix: &str| ScopeProfile {
            name: name.clone(),
            prefix: prefix.into(),
        };
        let founding = Founding {
            workspace_name: names[0].clone(),
            operator: Profile { officer: names[1].clone(), device: names[2].clone() },
            scopes: vec![scope(&names[3], "CAN"), scope(&names[4], "ARY")],
            relay_url: self.address.clone(),
        };
        let home = self.folder.join("hq");
        let (hq, _) =
            Workspace::found(&home, &KEY, &founding, self.now, &mut self.shell.0).unwrap();
        drive::publish_workspace(&hq, &mut self.line(), &mut self.shell, "").unwrap();
        self.sync(&hq);
        hq
    }

    fn admit(&mut self, hq: &Workspace, home: &str, names: &[String]) -> Workspace {
        let until = clock::real_ms() / 1_000 + 600;
        let invite = hq.invite(until, self.now, &mut self.shell.0).unwrap();
        let mut line = self.line();
        drive::publish_roster(hq, &mut line, &mut self.shell).unwrap();
        let profile = Profile { officer: names[0].clone(), device: names[1].clone() };
        let home = self.folder.join(home);
        let rng = &mut self.shell.0;
        let officer = Workspace::prepare_join(&home, &KEY, &invite, &profile, rng).unwrap();
        drive::join(&officer, &mut line, &mut self.shell).unwrap();
        let join = drive::waiting_joins(hq, &mut line, &mut self.shell).unwrap().remove(0);
        let scopes: Vec<ScopeId> = hq.scopes().iter().map(|scope| scope.id).collect();
        hq.admit(&join, Role::Officer, &scopes, self.now, &mut self.shell.0).unwrap();
        drive::publish_roster(hq, &mut line, &mut self.shell).unwrap();
        self.sync(&officer);
        self.sync(hq);
        officer
    }

    fn sync(&mut self, workspace: &Workspace) {
        let mut line = self.line();
        let report = drive::sync(workspace, &mut line, &mut self.shell).unwrap();
        assert_eq!((report.failure, report.frames_refused), (None, 0));
    }
}

struct RealShell(ChaCha20Rng);

impl Shell for RealShell {
    fn now_ms(&mut self) -> u64 {
        clock::real_ms()
    }

    fn wait_until(&mut self, ms: u64) -> bool {
        let wait = ms.saturating_sub(clock::real_ms());
        std::thread::sleep(std::time::Duration::from_millis(wait));
        true
    }

    fn rng(&mut self) -> &mut dyn rand_core::CryptoRng {
        &mut self.0
    }

    fn progress(&mut self, _: &Progress) {}
}
