//! One run: who is there, what happens on each day, and what is left at the end.

use super::ledger::{Entry, Ledger};
use super::{Ended, Fault, fault, quiet, restoring};
use crate::export::Export;
use crate::world::{Bring, LogKind, SCOPES, Weather, Who, World, clock};
use kahriz_core::workspace::{Claimed, Delivery, Draft, Membership};
use kahriz_proto::ids::{RecordId, ScopeId};
use kahriz_proto::roster::Role;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha20Rng;
use std::path::PathBuf;

const HQ: Who = Who::HEADQUARTERS;

/// The officers, and the scopes that each is granted, by their places in [`SCOPES`].
const OFFICERS: [(&str, &[usize]); 3] = [("Leyla", &[0]), ("Rashad", &[0, 1]), ("Nino", &[0, 1])];

/// The kinds that are written, with fields that take any text.
const KINDS: [(&str, [&str; 2]); 2] = [
    ("missing_person", ["full_name", "mother_name"]),
    ("landmine_incident", ["imsma_ref", "location.nearest_town"]),
];

/// What can be done in a run at most, so that it ends: writes, syncs and absences.
const STEPS: std::ops::Range<usize> = 50..90;

/// A run under way.
pub(super) struct Course {
    pub(super) world: World,
    pub(super) rng: ChaCha20Rng,
    pub(super) ledger: Ledger,
    pub(super) ended: Ended,
    records: Vec<(RecordId, ScopeId, usize)>,
    /// Until which step each device is out of reach.
    away: Vec<usize>,
    /// How far each device's clock is off, besides the time that has passed.
    clock_off_ms: Vec<i64>,
    passed_ms: i64,
    backup: Option<PathBuf>,
    /// Headquarters on that day: its backup, its store as it was, and how many saves there were then.
    headquarters: Option<(PathBuf, PathBuf, usize)>,
    /// Each phone's store on an earlier day, and how many saves there were then.
    images: Vec<Option<(PathBuf, usize)>>,
    /// Which officer uses which device, by their places in [`OFFICERS`]; headquarters has none.
    officer: Vec<usize>,
    saves: u64,
}

impl Course {
    /// A mission that has just begun.
    pub(super) fn of(seed: u64) -> Self {
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        let mut world = World::with_log(rng.random(), LogKind::Sqlite);
        world.seed = seed;
        for (officer, scopes) in OFFICERS {
            world.admit(officer, Role::Officer, scopes);
        }
        world.settle();
        let devices = OFFICERS.len() + 1;
        let weather = [Weather::good(), Weather::bad(), Weather::storm()];
        world.weather_everywhere(*weather.choose(&mut rng).expect("there is weather"));
        let mut course = Self {
            world,
            rng,
            ledger: Ledger::default(),
            ended: Ended::default(),
            records: vec![],
            away: vec![0; devices],
            clock_off_ms: vec![0; devices],
            passed_ms: 0,
            backup: None,
            headquarters: None,
            images: vec![None; devices],
            officer: (0..devices).map(|who| who.saturating_sub(1)).collect(),
            saves: 0,
        };
        let offs = course.everybody().map(|who| course.world.device(who).shell.clock.skew_ms);
        course.clock_off_ms = offs.collect();
        course
    }

    /// Lets everything happen, then lets it come to rest, and looks at what is left.
    pub(super) fn run(mut self) -> Ended {
        let steps = self.rng.random_range(STEPS);
        let faults = fault::draw(&mut self.rng);
        let mut due: Vec<(usize, Fault)> =
            faults.iter().map(|fault| (self.rng.random_range(steps / 4..steps), *fault)).collect();
        due.sort();
        for step in 0..steps {
            if step == steps / 5 {
                self.back_everything_up();
            }
            let now: Vec<Fault> =
                due.iter().filter(|(at, _)| *at == step).map(|(_, fault)| *fault).collect();
            now.into_iter().for_each(|fault| self.suffer(fault));
            self.step(step);
        }
        quiet::come_to_rest(&mut self);
        self.judge();
        self.ended
    }

    pub(super) fn everybody(&self) -> impl Iterator<Item = Who> + use<> {
        self.world.everybody()
    }

    fn step(&mut self, step: usize) {
        let who = Who(self.rng.random_range(0..self.officer.len()));
        if !self.world.device(who).is_running() {
            return;
        }
        match self.rng.random_range(0..20) {
            0..=10 => self.write(who),
            11..=16 if self.away[who.0] <= step => drop(self.sync(who)),
            11..=16 => {}
            17 if who != HQ => self.vanish(who, step),
            18 => self.set_clock(who),
            _ => {
                let days = self.rng_days(1, 12);
                self.pass(days);
            }
        }
    }

    /// A person writes on the device, with or without a network.
    fn write(&mut self, who: Who) {
        let fresh = self.records.is_empty() || self.rng.random_range(0..4) == 0;
        let begun = if fresh { self.new_record(who) } else { self.known_record(who) };
        let Some((mut draft, scope, kind)) = begun else { return };
        self.saves += 1;
        let field = *KINDS[kind].1.choose(&mut self.rng).expect("there are fields");
        let value = format!("Save {}", self.saves);
        draft.allow_incomplete();
        draft.set_text(field, &value).expect("the field takes any text");
        let claimed = self.claims(who);
        // What is refused was not acknowledged. Nothing here refuses but a device that knows that it is dismissed.
        let Ok(saved) = self.world.at(who).save(&draft, claimed) else { return };
        if draft.record().is_none() {
            self.records.push((saved.record, scope, kind));
        }
        let field = field.to_owned();
        let (record, told) = (saved.record, Delivery::OnThisDevice);
        let disk_intact = true;
        self.ledger.saved(Entry { author: who, record, field, value, told, disk_intact });
    }

    fn new_record(&mut self, who: Who) -> Option<(Draft, ScopeId, usize)> {
        let scopes = if who == HQ { &[0, 1][..] } else { self.scopes_of(who) };
        let scope = self.world.scope(*scopes.choose(&mut self.rng)?);
        let kind = self.rng.random_range(0..KINDS.len());
        let draft = self.world.at(who).new_record(scope, KINDS[kind].0).ok()?;
        Some((draft, scope, kind))
    }

    /// Mostly the same few records: that is where people meet.
    fn known_record(&mut self, who: Who) -> Option<(Draft, ScopeId, usize)> {
        let most = self.records.len().min(if self.rng.random_range(0..3) > 0 { 3 } else { 99 });
        let (record, scope, _) = *self.records[..most].choose(&mut self.rng)?;
        let draft = self.world.at(who).edit(record).ok()?;
        // Two lives of a store may have begun two records under one id, of which one is another's by now.
        let kind = KINDS.iter().position(|(kind, _)| *kind == draft.kind().name)?;
        Some((draft, scope, kind))
    }

    /// What the device's clock says when a person writes.
    fn claims(&mut self, who: Who) -> Claimed {
        let calendar = self.world.now();
        Claimed { ms: (calendar.ms + self.passed_ms + self.clock_off_ms[who.0]).max(0) }
    }

    /// As an app does it: look at the lease, sync, and show how far each record has come.
    pub(super) fn sync(&mut self, who: Who) -> bool {
        let device = self.world.device_mut(who);
        let now = device.shell.clock.now_ms().cast_signed();
        let (workspace, _, shell) = device.parts();
        let rng = kahriz_core::drive::Shell::rng(shell);
        workspace.keep_lease(Claimed { ms: now }, rng).expect("a lease can be kept");
        let moved = quiet::sync(self, who);
        self.hear(who);
        moved
    }

    /// What a device says of its author's records goes into the ledger.
    fn hear(&mut self, who: Who) {
        let under_way = self.ledger.under_way(who);
        if under_way.is_empty() {
            return;
        }
        let shown = Export::of(self.world.at(who));
        for record in under_way {
            let view = self.world.at(who).record(record).expect("a record can be read");
            if let Some(view) = view {
                self.ledger.has_come(who, record, view.delivery, &shown);
            }
        }
    }

    /// Out of reach for a while; people go on writing.
    fn vanish(&mut self, who: Who, step: usize) {
        self.away[who.0] = step + self.rng.random_range(5..25);
        let days = self.rng_days(7, 60);
        self.pass(days);
        if self.rng.random_range(0..2) == 0 {
            self.world.kill(who);
            self.world.start(who);
        }
    }

    fn rng_days(&mut self, least: i64, most: i64) -> i64 {
        self.rng.random_range(least..most)
    }

    /// Days pass for everybody.
    pub(super) fn pass(&mut self, days: i64) {
        self.passed_ms += days * 24 * 3_600 * 1_000;
        self.set_clocks();
    }

    fn set_clock(&mut self, who: Who) {
        self.clock_off_ms[who.0] = clock::draw_skew_ms(&mut self.rng);
        self.set_clocks();
    }

    fn set_clocks(&mut self) {
        for who in self.everybody() {
            let skew_ms = self.passed_ms + self.clock_off_ms[who.0];
            self.world.device_mut(who).shell.clock.skew_ms = skew_ms;
        }
    }

    /// A fault happens now, unless there is nobody left for it to happen to.
    fn suffer(&mut self, fault: Fault) {
        let done = match fault {
            Fault::EpochRotated => self.rotate(),
            Fault::PhoneRevoked => self.revoke(),
            Fault::PhoneDestroyed => self.destroy_a_phone(),
            Fault::PhoneSetBack => self.set_a_phone_back(),
            Fault::PhoneCloned => self.clone_a_phone(),
            Fault::HeadquartersDestroyed => {
                self.ledger.disk_gone(HQ);
                restoring::burn_and_restore(&mut self.world)
            }
            Fault::HeadquartersResumed | Fault::HeadquartersSetBack | Fault::MachineResumed => {
                self.bring_headquarters_back(fault)
            }
            Fault::RelayDestroyed => {
                self.world.replace_relay();
                true
            }
            Fault::RelayRestored | Fault::RelaySetBack => self.bring_the_backup(fault),
        };
        if done {
            self.ended.faults.push(fault);
        }
    }

    fn rotate(&mut self) -> bool {
        let scope = self.world.scope(self.rng.random_range(0..SCOPES.len()));
        let now = self.claims(HQ);
        self.world.at(HQ).rotate(scope, now, &mut self.rng).is_ok()
    }

    /// Headquarters writes it into the roster; its next sync carries it.
    fn revoke(&mut self) -> bool {
        let Some(who) = self.a_phone() else { return false };
        let (device, now) = (self.world.at(who).device(), self.claims(HQ));
        self.world.at(HQ).revoke(device, now, &mut self.rng).is_ok()
    }

    /// One phone is always left.
    fn destroy_a_phone(&mut self) -> bool {
        if self.phones().len() < 2 {
            return false;
        }
        let Some(who) = self.a_phone() else { return false };
        self.world.destroy(who);
        self.ledger.disk_gone(who);
        true
    }

    /// As operators do it, headquarters before its relay; and each phone's store as it is now.
    fn back_everything_up(&mut self) {
        let image = self.world.copy_store(HQ);
        let backup = self.world.back_up_headquarters();
        self.headquarters = Some((backup, image, self.ledger.len()));
        self.backup = Some(self.world.back_up_relay());
        for who in self.phones() {
            let copy = self.world.copy_store(who);
            self.images[who.0] = Some((copy, self.ledger.len()));
        }
    }

    fn set_a_phone_back(&mut self) -> bool {
        let Some(who) = self.a_phone() else { return false };
        let Some((image, saves)) = self.images[who.0].clone() else { return false };
        let bring = if self.rng.random() { Bring::Database } else { Bring::Everything };
        self.world.bring_back(who, &image, bring);
        self.ledger.set_back(who, saves, false);
        true
    }

    fn bring_headquarters_back(&mut self, fault: Fault) -> bool {
        let Some((backup, image, saves)) = self.headquarters.clone() else { return false };
        if fault == Fault::HeadquartersSetBack {
            let bring = if self.rng.random() { Bring::Database } else { Bring::Everything };
            self.world.bring_back(HQ, &image, bring);
        } else {
            self.world.resume_headquarters(&backup);
        }
        self.ledger.set_back(HQ, saves, fault.loses_machine());
        fault != Fault::MachineResumed || self.bring_the_backup(Fault::RelayRestored)
    }

    fn clone_a_phone(&mut self) -> bool {
        let Some(who) = self.a_phone() else { return false };
        let twin = self.world.clone_device(who);
        self.officer.push(self.officer[who.0]);
        self.away.push(self.away[who.0]);
        self.clock_off_ms.push(self.world.device(twin).shell.clock.skew_ms - self.passed_ms);
        self.images.push(None);
        true
    }

    fn scopes_of(&self, who: Who) -> &'static [usize] {
        OFFICERS[self.officer[who.0]].1
    }

    fn a_phone(&mut self) -> Option<Who> {
        self.phones().choose(&mut self.rng).copied()
    }

    /// The phones that were not destroyed.
    fn phones(&self) -> Vec<Who> {
        self.everybody().skip(1).filter(|who| self.world.device(*who).is_running()).collect()
    }

    fn bring_the_backup(&mut self, fault: Fault) -> bool {
        let Some(backup) = self.backup.clone() else { return false };
        if fault == Fault::RelayRestored {
            self.world.restore_relay(&backup);
        } else {
            self.world.set_relay_back(&backup);
        }
        true
    }

    /// What was told must be true, and all who are left must show the same.
    fn judge(&mut self) {
        let relay_lost = self.ended.faults.iter().any(|fault| fault.loses_relay());
        let device_lost = self.ended.faults.iter().any(|fault| fault.loses_device());
        self.ended.holders_only = relay_lost && device_lost;
        self.ended.acknowledged = self.ledger.acknowledged();
        let at_headquarters = Export::of(self.world.at(HQ));
        self.judge_headquarters(&at_headquarters);
        for who in self.members() {
            self.judge_phone(who, &at_headquarters);
        }
        if !self.ended.lost.is_empty() || !self.ended.differ.is_empty() {
            self.ended.differ.extend(quiet::what_waits(&self.world));
        }
    }

    /// Every save whose device is there, or that was told to be elsewhere, is at headquarters. Where both a relay and
    /// a device were lost, headquarters owes what it has signed for, and what it has written itself.
    fn judge_headquarters(&mut self, export: &Export) {
        let holders_only = self.ended.holders_only;
        let owed = |entry: &Entry| match (holders_only, entry.disk_intact) {
            (false, true) => true,
            (false, false) => entry.told >= Delivery::AtRelay,
            (true, intact) => {
                entry.told == Delivery::AtHeadquarters || (intact && entry.author == HQ)
            }
        };
        let missing = self.ledger.missing_in(export, self.has_two_lives(), owed);
        let lost = missing.iter().map(|entry| format!("headquarters lacks {entry:?}"));
        self.ended.lost.extend(lost);
    }

    fn has_two_lives(&self) -> bool {
        self.ended.faults.iter().any(|fault| fault.gives_two_lives())
    }

    /// A member's phone shows what was saved on it, and what headquarters shows of its scopes.
    fn judge_phone(&mut self, who: Who, at_headquarters: &Export) {
        let export = Export::of(self.world.at(who));
        // What was let go of comes back sealed, and opens when what it builds on is somewhere.
        let waits = !self.world.at(who).parked().expect("what is parked can be read").is_empty();
        let excused = self.ended.holders_only && waits;
        let own = |entry: &Entry| entry.author == who && entry.disk_intact && !excused;
        let missing = self.ledger.missing_in(&export, self.has_two_lives(), own);
        self.ended.lost.extend(missing.iter().map(|entry| format!("{who:?} lacks {entry:?}")));
        let scopes: Vec<ScopeId> =
            self.scopes_of(who).iter().map(|scope| self.world.scope(*scope)).collect();
        if !self.ended.holders_only {
            let differs = export.differs_from(at_headquarters, &scopes);
            self.ended.differ.extend(differs.map(|how| format!("{who:?}: {how}")));
        }
    }

    /// The phones that are there and were not dismissed.
    pub(super) fn members(&self) -> Vec<Who> {
        let is_member = |who: &Who| {
            let device = self.world.device(*who);
            device.is_running()
                && matches!(device.workspace().membership(), Membership::Member { .. })
        };
        self.everybody().skip(1).filter(is_member).collect()
    }
}
