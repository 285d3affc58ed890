//! The device at its own table: orders of its owner, and rounds in which it meets what it serves as any guest does.

use std::io::Write;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kahriz_core::drive::{self, SyncError};
use kahriz_core::workspace::{Membership, Workspace};
use kahriz_http::HttpTransport;
use kahriz_relay::Relay;
use tokio::runtime::Handle;

use super::NotMet;
use crate::bell::Bell;
use crate::cli::Order;
use crate::dispatch::keep_lease;
use crate::failure::Failure;
use crate::handover::Request;
use crate::operate::{self, Desk};
use crate::say;
use crate::shell::Terminal;

/// What is here is compared with what is served at least this often, should a ring get lost.
const PAUSE_LONGEST: Duration = Duration::from_secs(30);
/// A guest says several things in a row: they are taken in together.
const SETTLE: Duration = Duration::from_secs(1);

/// The store, for one piece of work at a time: an order may sync with a relay, and a round speaks for the same device.
#[derive(Clone)]
pub(super) struct Seat {
    pub(super) workspace: Arc<Workspace>,
    pub(super) bell: Bell,
    turn: Arc<Mutex<()>>,
}

impl Seat {
    pub(super) fn of(workspace: Workspace) -> Self {
        Self { workspace: Arc::new(workspace), bell: Bell::default(), turn: Arc::default() }
    }

    fn turn(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Carries out an order that another process of the owner's has handed over.
    pub(super) fn carry_out(
        &self,
        request: &Request,
        out: &mut dyn Write,
        aside: &mut dyn Write,
    ) -> Result<(), Failure> {
        if matches!(request.order, Order::Meet { address: None }) {
            return Err(NotMet::Serving.into());
        }
        let _turn = self.turn();
        let mut desk = Desk {
            workspace: &self.workspace,
            out,
            aside,
            terminal: Terminal::quiet(self.bell.clone()),
            as_json: request.as_json,
            who: request.who.clone(),
            serving: None,
        };
        let done = operate::carry_out(&request.order, &mut desk);
        // Whatever it was may have made something to give.
        self.bell.ring();
        done
    }
}

/// Who may serve: a member, and no copy of one.
pub(super) fn may_serve(workspace: &Workspace) -> Result<(), SyncError> {
    if workspace.copied().is_some() {
        return Err(SyncError::Copy);
    }
    match workspace.membership() {
        Membership::Waiting => Err(SyncError::Waiting),
        Membership::Revoked => Err(SyncError::Revoked),
        Membership::Member { .. } => Ok(()),
    }
}

/// The device, as the first guest of what it serves.
pub(super) struct Rounds {
    pub(super) seat: Seat,
    pub(super) relay: Relay,
    pub(super) transport: HttpTransport,
    pub(super) runtime: Handle,
}

impl Rounds {
    /// Rounds until the bell says stop, or this device may serve no more.
    pub(super) fn go_on(mut self) -> Result<(), Failure> {
        while self.seat.bell.wait(PAUSE_LONGEST) && self.seat.bell.sleep(SETTLE) {
            match self.round() {
                Err(failure @ Failure::Sync(SyncError::Revoked)) => return Err(failure),
                Err(failure) => say::aside(&format!("what is served could not be met: {failure}")),
                Ok(()) => {}
            }
        }
        Ok(())
    }

    /// Gives what is here and takes what guests have brought.
    pub(super) fn round(&mut self) -> Result<(), Failure> {
        let workspace = &self.seat.workspace;
        let _turn = self.seat.turn();
        keep_lease(workspace)?;
        may_serve(workspace)?;
        if self.relay.roster_seq(workspace.id()).unwrap_or(0) < workspace.roster_seq() {
            self.runtime.block_on(self.relay.register(workspace.roster_page(0)?))?;
        }
        let mut terminal = Terminal::quiet(self.seat.bell.clone());
        let met = drive::meet(workspace, &mut self.transport, &mut terminal);
        let report = met.map_err(|error| NotMet::of(error, &self.transport))?;
        // Frames that wait for others come again each time, and are not told each time.
        if report.changes_merged > 0 {
            say::aside(&format!(
                "guests brought {} changes; {} records changed here",
                report.changes_merged, report.records_changed
            ));
        }
        if report.frames_pushed > 0 {
            say::aside(&format!("{} more frames lie ready for guests", report.frames_pushed));
        }
        Ok(())
    }
}
