//! The rounds of headquarters: sync with the own relay, see who asks to join, tell how it went, and wait.

use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use kahriz_core::drive::{self, SyncReport};
use kahriz_core::workspace::{AdminError, Workspace};
use kahriz_http::{HttpOptions, HttpTransport};
use kahriz_proto::ids::ScopeId;
use kahriz_proto::roster::Role;
use tokio::sync::watch;

use crate::export_log;
use crate::failure::Failure;
use crate::operate::{Desk, Joining, Joins, Serving, alarm_line, joining, waiting_joins};
use crate::shell::{self, Terminal};
use crate::sync_state::{Repaired, SyncState};
use crate::{operate, say};

/// A round is done at least this often, should a ring get lost.
const PAUSE_LONGEST: Duration = Duration::from_secs(30);

/// Begins the rounds on a thread of their own. They end when the bell says stop.
pub(super) fn start(
    workspace: Arc<Workspace>,
    serving: Serving,
    state: watch::Sender<SyncState>,
) -> io::Result<JoinHandle<()>> {
    thread::Builder::new().name("rounds".to_owned()).spawn(move || {
        let mut asked = BTreeSet::new();
        let options = HttpOptions { pin: serving.pin, ..HttpOptions::default() };
        let mut transport = HttpTransport::new(&serving.relay_url, &options).ok();
        while !serving.bell.is_stopped() {
            let ended = match &mut transport {
                Some(transport) => round(&workspace, &serving, transport, &mut asked, &state),
                None => Err(Failure::Address(kahriz_http::AddressError::NotAnAddress)),
            };
            state.send_modify(|state| told(state, ended));
            if !serving.bell.wait(PAUSE_LONGEST) {
                break;
            }
        }
    })
}

fn round(
    workspace: &Workspace,
    serving: &Serving,
    transport: &mut HttpTransport,
    asked: &mut BTreeSet<String>,
    state: &watch::Sender<SyncState>,
) -> Result<(), Failure> {
    let mut terminal = Terminal::quiet(serving.bell.clone());
    let report = drive::sync(workspace, transport, &mut terminal)?;
    state.send_modify(|state| note_repair(state, &report));
    tell_alarms(workspace, asked)?;
    if let Some(failure) = report.failure {
        return Err(Failure::Line(failure));
    }
    beat(workspace, transport, &mut terminal)?;
    if operate::collect_letters(workspace, transport, &mut terminal) {
        serving.bell.ring();
    }
    if serving.joins == Joins::Leave {
        return Ok(());
    }
    let mut out = io::sink();
    let mut desk = Desk {
        workspace,
        out: &mut out,
        aside: &mut io::sink(),
        terminal,
        as_json: false,
        who: export_log::system_user(),
        serving: Some(serving.clone()),
    };
    let all: Vec<ScopeId> = workspace.scopes().iter().map(|scope| scope.id).collect();
    let waiting = waiting_joins(&mut desk)?;
    for (join, profile) in &waiting {
        let Joining { code, officer, device, doubt } = joining(workspace, &waiting, join, profile);
        // A join that was told, or refused, once is not told again each half minute; unless it has become doubtful.
        if !asked.insert(format!("{code}{doubt:?}")) {
            continue;
        }
        let (officer, device) = (say::printable(&officer), say::printable(&device));
        if let Some(doubt) = doubt {
            say::aside(&format!("{officer} ({device}), code {code}: {doubt}"));
        } else if serving.joins == Joins::AdmitAll || workspace.policy().admits_all {
            match operate::admit_join(&mut desk, join, Role::Officer, &all) {
                Ok(_) => say::aside(&format!(
                    "admitted {officer} ({device}), code {code}, without comparing codes"
                )),
                Err(failure) => {
                    say::aside(&format!("{officer} ({device}) was not admitted: {failure}"))
                }
            }
        } else {
            say::aside(&format!(
                "{officer} ({device}) asks to join with code {code}: compare it, then `kahriz admit`"
            ));
        }
    }
    Ok(())
}

/// Each alarm is told once, and again if it goes further.
fn tell_alarms(workspace: &Workspace, told: &mut BTreeSet<String>) -> Result<(), Failure> {
    for alarm in workspace.alarms()?.iter().filter(|alarm| !alarm.closed) {
        let line = alarm_line(alarm);
        if told.insert(line.clone()) {
            say::aside(&line);
        }
    }
    Ok(())
}

/// Once a day headquarters says that it is alive and what it has seen.
fn beat(
    workspace: &Workspace,
    transport: &mut HttpTransport,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    match workspace.heartbeat(shell::claimed()) {
        Ok(true) => Ok(drive::publish_roster(workspace, transport, terminal)?),
        Ok(false) => Ok(()),
        // Another headquarters holds the admin key, and beats.
        Err(AdminError::NotAdmin) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Before the round is counted as ended, so that whoever has waited for it sees both.
fn note_repair(state: &mut SyncState, report: &SyncReport) {
    if report.comparisons > 0 && report.failure.is_none() {
        let (pulled, pushed) = (report.frames_pulled, report.frames_pushed);
        state.repaired = Some(Repaired { round: state.rounds + 1, pulled, pushed });
    }
}

fn told(state: &mut SyncState, ended: Result<(), Failure>) {
    state.rounds += 1;
    match ended {
        Ok(()) => {
            state.last_ok_ms = Some(shell::now_ms());
            state.failure = None;
        }
        Err(failure) => state.failure = Some(failure.to_string()),
    }
}
