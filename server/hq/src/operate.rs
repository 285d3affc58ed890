//! Carries out orders on an open store, one module for each.
//!
//! A [`Desk`] is where that happens: the store, where results go, and who else is at work on it. Nothing here knows
//! whether it runs in the process that the person called or in the one that serves the store.

mod account;
mod admit;
mod alarms;
mod backup;
mod bundle;
mod decide;
mod export;
mod exports;
mod find;
mod import;
mod invite;
mod judge;
mod letters;
mod look;
mod meet;
mod people;
mod recovery;
mod scopes;
mod show;
mod status;
mod sync;
mod write;

use std::io::Write;
use std::time::{Duration, Instant};

use kahriz_core::drive;
use kahriz_core::workspace::{Carry, Workspace};
use kahriz_http::{HttpOptions, HttpTransport};
use serde::Serialize;
use tokio::sync::watch;

use crate::backup::BackupState;
use crate::bell::Bell;
use crate::cli::Order;
use crate::export_log::Who;
use crate::failure::{Failure, about_line};
use crate::shell::Terminal;
use crate::sync_state::SyncState;

pub(crate) use admit::{Doubt, Joining, admit as admit_join, joining, waiting as waiting_joins};
pub(crate) use alarms::alarm_line;
pub(crate) use invite::issue as issue_invite;
pub(crate) use judge::{Judgement, Verdict, judge, said_by};
pub(crate) use letters::{
    Fate, collect as collect_letters, decide as decide_letter, word as letter_word,
};
pub(crate) use people::{TakenOut, take_out};

/// Where orders are carried out.
pub(crate) struct Desk<'a> {
    pub(crate) workspace: &'a Workspace,
    pub(crate) out: &'a mut dyn Write,
    /// Where everything about how it goes is told.
    pub(crate) aside: &'a mut dyn Write,
    pub(crate) terminal: Terminal,
    pub(crate) as_json: bool,
    /// Who gave the order.
    pub(crate) who: Who,
    /// The headquarters that serves this store, if one does.
    pub(crate) serving: Option<Serving>,
}

/// What an order may use of the headquarters that serves the store.
#[derive(Clone)]
pub(crate) struct Serving {
    /// Where its relay answers on this machine.
    pub(crate) relay_url: String,
    /// The key that its relay shows, if it speaks TLS.
    pub(crate) pin: Option<[u8; 32]>,
    /// Rings for another round of sync.
    pub(crate) bell: Bell,
    /// How the rounds go.
    pub(crate) state: watch::Receiver<SyncState>,
    /// What it does about devices that ask to join.
    pub(crate) joins: Joins,
    /// How its scheduled backups go, if there are any.
    pub(crate) backups: Option<watch::Receiver<BackupState>>,
}

/// What a headquarters does by itself about devices that ask to join.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Joins {
    /// Tells the operator, who compares codes.
    Announce,
    /// Admits whoever has a valid invite.
    AdmitAll,
    /// Nothing: somebody else in this process does.
    Leave,
}

impl Serving {
    /// Waits until so many rounds have ended from now on; false if that takes longer, or it is told to end. Two
    /// rounds are sure to have seen what is at the relay now: the one under way may have begun before.
    pub(crate) fn wait_for_rounds(&self, count: u64, longest: Duration) -> bool {
        let wanted = self.state.borrow().rounds + count;
        let end = Instant::now() + longest;
        while self.state.borrow().rounds < wanted {
            if Instant::now() >= end || self.bell.is_stopped() {
                return false;
            }
            self.bell.ring();
            std::thread::sleep(Duration::from_millis(20));
        }
        true
    }
}

impl Desk<'_> {
    /// Says a line of the result.
    fn say(&mut self, line: &str) -> Result<(), Failure> {
        Ok(writeln!(self.out, "{line}")?)
    }

    /// Says something about how it goes, to whoever gave the order.
    fn aside(&mut self, line: &str) -> Result<(), Failure> {
        Ok(writeln!(self.aside, "{line}")?)
    }

    /// Says a result as JSON.
    fn say_json(&mut self, result: &impl Serialize) -> Result<(), Failure> {
        let text = serde_json::to_string_pretty(result).map_err(std::io::Error::from)?;
        self.say(&text)
    }

    /// The relay: a given one, the one that is served here, or the one of the invite.
    fn relay(&self, given: Option<&str>) -> Result<HttpTransport, Failure> {
        let kept = || {
            self.serving
                .as_ref()
                .map_or_else(|| self.workspace.relay_url(), |serving| serving.relay_url.clone())
        };
        let url = given.map_or_else(kept, str::to_owned);
        Ok(HttpTransport::new(&url, &options(self.workspace))?)
    }
}

/// Publishes the roster and wakes the rounds; the reason if the relay cannot be reached now.
fn publish(desk: &mut Desk<'_>) -> Result<Option<String>, Failure> {
    let mut transport = desk.relay(None)?;
    let published = drive::publish_roster(desk.workspace, &mut transport, &mut desk.terminal)
        .map_err(Failure::from);
    if let Some(serving) = &desk.serving {
        serving.bell.ring();
    }
    // Whenever the roster moves, what was set aside for what it said waits to be tried again: until then nobody could
    // see it as quarantined.
    desk.workspace.merge_inbox(&mut |_| {})?;
    match published {
        Ok(()) => Ok(None),
        Err(Failure::Line(failure)) => Ok(Some(about_line(&failure))),
        Err(other) => Err(other),
    }
}

/// How a device speaks to its relay: it believes the key of its invite.
pub(crate) fn options(workspace: &Workspace) -> HttpOptions {
    HttpOptions { pin: workspace.relay_pin(), ..HttpOptions::default() }
}

/// Carries out an order.
pub(crate) fn carry_out(order: &Order, desk: &mut Desk<'_>) -> Result<(), Failure> {
    match order {
        Order::Status => status::run(desk),
        Order::Invite(order) => invite::run(desk, order),
        Order::People => people::list(desk),
        Order::Revoke(order) => people::revoke(desk, order),
        Order::Rotate { scope } => people::rotate(desk, scope.as_deref()),
        Order::Policy(order) => people::policy(desk, order),
        Order::Quarantine(order) => judge::quarantine(desk, order),
        Order::Alarms(order) => alarms::run(desk, order),
        Order::Joins => admit::list(desk),
        Order::Admit(order) => admit::run(desk, order),
        Order::New(order) => write::new(desk, order),
        Order::Edit(order) => write::edit(desk, order),
        Order::List(order) => look::list(desk, order),
        Order::Search { words } => look::search(desk, words),
        Order::Near { place, metres } => look::near(desk, place, *metres),
        Order::Show(order) => show::run(desk, order),
        Order::Decide(order) => decide::run(desk, order),
        Order::Import(order) => import::run(desk, order),
        Order::Export(order) => export::run(desk, order),
        Order::Exports => exports::run(desk),
        Order::Account(order) => account::run(desk, order),
        Order::Backup { dir, order } => backup::run(desk, dir, order),
        Order::Roster { out } => recovery::roster(desk, out),
        Order::Relay { url, register, registration_file } => {
            recovery::relay(desk, url, *register, registration_file.as_deref())
        }
        Order::Sync { relay } => sync::run(desk, relay.as_deref()),
        Order::Repair { relay } => sync::repair(desk, relay.as_deref()),
        Order::Meet { address } => meet::run(desk, address.as_deref()),
        Order::ExportBundle { order, only_undelivered: true } => {
            bundle::export(desk, order, Carry::Undelivered)
        }
        Order::ExportBundle { order, only_undelivered: false } => {
            bundle::export(desk, order, Carry::Everything)
        }
        Order::ImportBundle { file } => bundle::import(desk, file),
        Order::Letters(order) => letters::run(desk, order),
    }
}
