//! One organisation of real processes: a relay, headquarters, two phones that work and one that gets lost.

use super::Victim;
use super::ledger::{Ledger, Level, Told};
use super::programs::{Ended, Programs, Running, moment};
use rand::{Rng, RngExt};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;
use tempfile::TempDir;

/// Phones; the last one gets lost.
const PHONES: usize = 3;
const LOST: usize = 2;
/// Whose stores are looked at in the end.
const EVERYBODY: [&str; 3] = ["hq", "phone-0", "phone-1"];
/// Rounds of syncs after which everybody must have everything: a phone that was killed twice over a frame tries it again at
/// one of its next sixteen starts, and starts three times in a round.
const ROUNDS_MAX: usize = 12;

/// An organisation.
pub(super) struct Office {
    programs: Programs,
    folder: TempDir,
    ledger: Ledger,
    /// Whether headquarters' process is the relay too.
    is_one: bool,
    server: Option<Running>,
    address: String,
    saves: u64,
    /// How long commands usually take.
    usually: BTreeMap<&'static str, Duration>,
}

/// What was seen in the end.
pub(super) struct Seen {
    pub(super) told: Told,
    pub(super) lost: Vec<String>,
    pub(super) differ: Vec<String>,
}

impl Office {
    pub(super) fn found(programs: &Programs, seed: u64) -> Result<Self, String> {
        let folder = crate::world::scratch_folder();
        std::fs::create_dir(folder.path().join("logs")).map_err(|error| error.to_string())?;
        let ledger = Ledger::create(&folder.path().join("ledger"));
        let mut office = Self {
            programs: programs.clone(),
            ledger: ledger.map_err(|error| error.to_string())?,
            folder,
            is_one: seed.is_multiple_of(2),
            server: None,
            address: "127.0.0.1:0".to_owned(),
            saves: 0,
            usually: BTreeMap::new(),
        };
        let hq = office.path("hq");
        office.must(&["init", &hq, "--name", "Tracing", "--scope", "Ağdam:AGD"])?;
        office.serve()?;
        if !office.is_one {
            let url = office.url();
            office.must(&["device", "--store", &hq, "relay", &url, "--register"])?;
        }
        for phone in 0..PHONES {
            office.let_in(phone)?;
            office.save(phone)?;
            office.sync(phone)?;
        }
        office.must(&["device", "--store", &hq, "sync"])?;
        Ok(office)
    }

    /// Somebody saves, and then somebody is killed; whether they were alive.
    pub(super) fn kill(&mut self, victim: Victim, rng: &mut impl Rng) -> Result<bool, String> {
        self.serve()?;
        let phone = rng.random_range(0..LOST);
        self.save(phone)?;
        let was_alive = match victim {
            Victim::Save => self.kill_save(phone, rng)?,
            Victim::Sync => self.kill_command("sync", &self.sync_of(phone), rng)?,
            Victim::Relay => {
                let command = self.sync_of(phone);
                self.kill_server("sync", &command, phone, rng)?
            }
            Victim::Headquarters => {
                self.sync(phone)?;
                self.kill_headquarters(
                    "sync",
                    &["device", "--store", &self.path("hq"), "sync"],
                    rng,
                )?
            }
            Victim::Rotation => {
                self.kill_headquarters("rotate", &["rotate", &self.path("hq")], rng)?
            }
            Victim::Revocation => {
                let revoke = ["revoke", &self.path("hq"), "phone-2", "--yes"];
                self.kill_headquarters("revoke", &revoke, rng)?
            }
            Victim::Upgrade => false,
        };
        if rng.random_range(0..4) == 0 {
            self.serve()?;
            self.sync(phone)?;
            self.look_at(phone)?;
        }
        Ok(was_alive)
    }

    /// Everybody starts again and syncs, until all have all.
    pub(super) fn settle(mut self) -> Result<Seen, String> {
        self.serve()?;
        let hq = self.path("hq");
        // Whether it had been done when it was killed or not: once more does no harm.
        let revoked = self.run(&["revoke", &hq, "phone-2", "--yes"])?;
        if !revoked.is_done() && !revoked.error.contains("revoked") {
            return Err(format!("the lost phone cannot be revoked: {}", revoked.error));
        }
        let mut differ = vec!["nobody was asked".to_owned()];
        for _ in 0..ROUNDS_MAX {
            self.must(&["device", "--store", &hq, "sync"])?;
            for phone in 0..LOST {
                self.sync(phone)?;
            }
            self.must(&["device", "--store", &hq, "sync"])?;
            differ = self.differences()?;
            if differ.is_empty() {
                break;
            }
        }
        let (acknowledged, told) = self.ledger.read().map_err(|error| error.to_string())?;
        let mut lost = vec![];
        for name in EVERYBODY {
            let shown: BTreeSet<String> = self.shown(name)?.into_iter().map(|row| row.1).collect();
            let lacks = acknowledged.iter().filter(|(save, _)| !shown.contains(*save));
            lost.extend(lacks.map(|(save, level)| format!("{name} lacks {save}, told {level:?}")));
        }
        Ok(Seen { told, lost, differ })
    }

    /// What is different between devices, or does not add up.
    fn differences(&self) -> Result<Vec<String>, String> {
        let at_hq = self.shown("hq")?;
        let mut differ = vec![];
        for name in EVERYBODY {
            if self.shown(name)? != at_hq {
                differ.push(format!("{name} shows other records than headquarters"));
            }
            let status = self.must(&["device", "--store", &self.path(name), "status"])?;
            for count in
                ["unsealed_changes", "frames_waiting", "inbox_waiting", "inbox_quarantined"]
            {
                if status[count] != 0 {
                    differ.push(format!("{name}: {count} is {}", status[count]));
                }
            }
            for of in status["devices"].as_array().into_iter().flatten() {
                let number = |name: &str| of[name].as_u64().unwrap_or(u64::MAX);
                let is_all = number("frames_merged") == number("frames_known");
                if !is_all || number("frames_missing") != 0 {
                    differ.push(format!("{name}'s account: {of}"));
                }
            }
        }
        Ok(differ)
    }

    /// Id, title and what else a list says that must be the same everywhere.
    fn shown(&self, name: &str) -> Result<BTreeSet<(String, String, String)>, String> {
        let store = self.path(name);
        let page = self.must(&["device", "--store", &store, "list", "--limit", "1000"])?;
        let text = |row: &Json, key: &str| row[key].as_str().unwrap_or_default().to_owned();
        let rows = page["rows"].as_array().into_iter().flatten();
        Ok(rows.map(|row| (text(row, "id"), text(row, "title"), text(row, "human_id"))).collect())
    }

    fn kill_save(&mut self, phone: usize, rng: &mut impl Rng) -> Result<bool, String> {
        let name = self.next_name(phone);
        let after = moment(self.usual("new"), rng);
        let ended = self.start(&as_words(&self.save_of(phone, &name)))?.end_or_kill(after);
        // Killed after its last word: nobody waited for that, and nobody was told.
        if ended.is_done() {
            self.ledger.saved(phone, &name).map_err(|error| error.to_string())?;
        }
        Ok(ended.code.is_none())
    }

    fn kill_command(
        &mut self,
        what: &'static str,
        command: &[String],
        rng: &mut impl Rng,
    ) -> Result<bool, String> {
        let after = moment(self.usual(what), rng);
        Ok(self.start(&as_words(command))?.end_or_kill(after).code.is_none())
    }

    /// The server dies while a phone talks to it, and stands up again before the phone has given up.
    fn kill_server(
        &mut self,
        what: &'static str,
        command: &[String],
        phone: usize,
        rng: &mut impl Rng,
    ) -> Result<bool, String> {
        let after = moment(self.usual(what), rng);
        let mut talking = self.start(&as_words(command))?;
        talking.lives_until(std::time::Instant::now() + after);
        let was_alive = self.server.as_mut().is_some_and(Running::lives);
        self.server = None;
        self.serve()?;
        let ended = talking.end()?;
        if ended.json().is_ok_and(|said| said["done"] == true) {
            self.ledger.came(phone, Level::Relay).map_err(|error| error.to_string())?;
        }
        Ok(was_alive)
    }

    /// Headquarters dies over an order: its server's process where that is the one that carries it out.
    fn kill_headquarters(
        &mut self,
        what: &'static str,
        order: &[&str],
        rng: &mut impl Rng,
    ) -> Result<bool, String> {
        let after = moment(self.usual(what), rng);
        let mut ordering = self.start(order)?;
        if !self.is_one {
            return Ok(ordering.end_or_kill(after).code.is_none());
        }
        ordering.lives_until(std::time::Instant::now() + after);
        let was_alive = self.server.as_mut().is_some_and(Running::lives);
        self.server = None;
        // It waits for an answer of a process that is gone.
        drop(ordering);
        Ok(was_alive)
    }

    /// The server stands, at the address that it had first.
    fn serve(&mut self) -> Result<(), String> {
        if self.server.as_mut().is_some_and(Running::lives) {
            return Ok(());
        }
        let mut command = if self.is_one {
            let mut command = Command::new(&self.programs.kahriz);
            command.args(["serve", &self.path("hq"), "--listen", &self.address]);
            command.args(["--page", "127.0.0.1:0"]);
            command
        } else {
            let mut command = Command::new(&self.programs.relay);
            command.args(["serve", "--store", &self.path("relay"), "--listen", &self.address]);
            command.args(["--open-registration", "--keep-free", "0"]);
            command
        };
        let mut server = Running::start(&mut command, &self.folder.path().join("logs"))?;
        self.address = server.says("http://")?;
        self.server = Some(server);
        Ok(())
    }

    fn let_in(&self, phone: usize) -> Result<(), String> {
        let (hq, url) = (self.path("hq"), self.url());
        let (store, officer) = (self.path(&format!("phone-{phone}")), format!("phone-{phone}"));
        let invite = self.must(&["invite", &hq])?["invite"].as_str().unwrap_or_default().to_owned();
        let join = ["device", "--store", &store, "join", &invite, "--officer", &officer];
        let joined = self.must(&[&join[..], &["--relay", &url]].concat())?;
        let code = joined["code"].as_str().unwrap_or_default();
        self.must(&["admit", &hq, "--code", code])?;
        // Headquarters tells what its areas are called.
        self.must(&["device", "--store", &hq, "sync"])?;
        self.must(&as_words(&self.sync_of(phone))).map(drop)
    }

    fn save(&mut self, phone: usize) -> Result<(), String> {
        let name = self.next_name(phone);
        let ended = self.run(&as_words(&self.save_of(phone, &name)))?;
        ended.json().map_err(|wrong| format!("a save by phone {phone} {wrong}"))?;
        self.usually.insert("new", ended.took);
        self.ledger.saved(phone, &name).map_err(|error| error.to_string())
    }

    fn sync(&mut self, phone: usize) -> Result<(), String> {
        let ended = self.run(&as_words(&self.sync_of(phone)))?;
        let said = ended.json().map_err(|wrong| format!("a sync of phone {phone} {wrong}"))?;
        self.usually.insert("sync", ended.took);
        if said["done"] != true {
            return Err(format!("a sync of phone {phone} does not come to its end"));
        }
        self.ledger.came(phone, Level::Relay).map_err(|error| error.to_string())
    }

    /// Has headquarters signed for all that the phone has?
    fn look_at(&mut self, phone: usize) -> Result<(), String> {
        let store = self.path(&format!("phone-{phone}"));
        let status = self.must(&["device", "--store", &store, "status"])?;
        let behind = ["unsealed_changes", "frames_waiting", "frames_at_relay"];
        if behind.iter().all(|count| status[count] == 0) {
            self.ledger.came(phone, Level::Headquarters).map_err(|error| error.to_string())?;
        }
        Ok(())
    }

    fn next_name(&mut self, phone: usize) -> String {
        self.saves += 1;
        format!("Person-{phone}-{}", self.saves)
    }

    fn save_of(&self, phone: usize, name: &str) -> Vec<String> {
        let (store, name) = (self.path(&format!("phone-{phone}")), format!("full_name={name}"));
        let new = ["new", "missing_person", "--scope", "AGD", "--incomplete", &name];
        [&["device", "--store", &store], &new[..]].concat().into_iter().map(str::to_owned).collect()
    }

    fn sync_of(&self, phone: usize) -> Vec<String> {
        let store = self.path(&format!("phone-{phone}"));
        let words = ["device", "--store", &store, "sync", "--relay", &self.url()];
        words.into_iter().map(str::to_owned).collect()
    }

    fn usual(&self, what: &'static str) -> Duration {
        self.usually.get(what).or_else(|| self.usually.get("sync")).copied().unwrap_or_default()
    }

    fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    fn path(&self, name: &str) -> String {
        let path: PathBuf = self.folder.path().join(name);
        path.to_str().expect("a temporary folder has a plain name").to_owned()
    }

    fn start(&self, words: &[&str]) -> Result<Running, String> {
        let mut command = Command::new(&self.programs.kahriz);
        Running::start(command.arg("--json").args(words), &self.folder.path().join("logs"))
    }

    fn run(&self, words: &[&str]) -> Result<Ended, String> {
        self.start(words)?.end()
    }

    /// A command that has no reason to fail.
    fn must(&self, words: &[&str]) -> Result<Json, String> {
        self.run(words)?.json().map_err(|wrong| format!("{} {wrong}", words.join(" ")))
    }
}

fn as_words(command: &[String]) -> Vec<&str> {
    command.iter().map(String::as_str).collect()
}
