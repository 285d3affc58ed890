//! The sync drive: a session, a transport and the store, put together.
//!
//! The only part of the core that speaks to a relay. It has no socket, clock or entropy of its own: a
//! [`Transport`] sends one request and gives back a stream, and a [`Shell`] tells the time, waits, draws
//! random numbers and shows progress. What is said next is decided by the session
//! ([`kahriz_proto::session`]); what is written is decided by the workspace.

mod exchange;
mod letters;
mod nearby;
mod recovery;
mod repair;
mod roster;
pub mod transport;

pub use letters::{
    Collected, Delivered, WaitingLetter, collect_letters, deliver_letters, letters_in,
};
pub use nearby::meet;
pub use recovery::{extend_roster_as_root, roster_for_root};
pub use roster::{join, publish_roster, publish_workspace, waiting_joins};
pub use transport::{HttpAnswer, HttpRequest, Method, Transport, TransportError};

use crate::workspace::{
    AdminError, AlarmKind, LettersError, Membership, ONLY_A_COPY, OpenError, ReadError, SaveError,
    Workspace,
};
use exchange::Line;
use kahriz_proto::limits::TRIES_WITHOUT_PROGRESS_MAX;
use kahriz_proto::message::RefusalReason;
use kahriz_proto::roster::Role;
use kahriz_proto::session::{Failure, Finish, Input, Output, Session};
use rand_core::CryptoRng;
use repair::Compared;
use thiserror::Error;

/// What stands around the drive: clock, patience, chance and a screen.
pub trait Shell {
    /// Milliseconds since 1970, as this device's clock claims.
    fn now_ms(&mut self) -> u64;
    /// Waits until that moment; false if the person has had enough.
    fn wait_until(&mut self, ms: u64) -> bool;
    /// Chance, fit for keys.
    fn rng(&mut self) -> &mut dyn CryptoRng;
    /// Shows how far it is.
    fn progress(&mut self, progress: &Progress);
}

/// How far a sync is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// What it is at.
    pub phase: Phase,
    /// Bytes while pushing or pulling, changes while sealing or merging.
    pub done: u64,
    /// Of how many, if that is known; 0 if not.
    pub total: u64,
}

/// What a sync is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Changes into frames.
    Sealing,
    /// Frames to the relay.
    Pushing,
    /// Frames from the relay.
    Pulling,
    /// Frames into records.
    Merging,
}

/// What a sync came to.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct SyncReport {
    /// Frames that the relay acknowledged.
    pub frames_pushed: u64,
    /// Changes that were sealed into frames.
    pub changes_sealed: u64,
    /// Frames that the relay refused.
    pub frames_refused: u64,
    /// Others' frames that were pulled.
    pub frames_pulled: u64,
    /// Changes that were merged.
    pub changes_merged: u64,
    /// Records that changed.
    pub records_changed: u64,
    /// Frames that stay in the inbox.
    pub frames_parked: u64,
    /// Requests that were begun.
    pub exchanges: u64,
    /// Times that what is here was compared with the relay, log by log: it was restored, or this store was.
    pub comparisons: u64,
    /// Why it gave up, if it did; what was done until then stays done.
    pub failure: Option<Failure>,
}

impl SyncReport {
    fn add(&mut self, finish: Finish) {
        self.frames_pushed += finish.pushed;
        self.frames_refused += finish.refused;
        self.frames_pulled += finish.pulled;
        self.exchanges += finish.exchanges;
        self.failure = finish.failure;
    }
}

/// Why a sync could not even be tried, or had to stop: this device's fault, not the line's.
#[derive(Debug, Error)]
pub enum SyncError {
    /// This device is no member yet: headquarters has to admit it.
    #[error("this device waits to be admitted by headquarters")]
    Waiting,
    /// This device was revoked: it has let go of what it could read.
    #[error("headquarters has revoked this device; what it had not delivered is kept, sealed")]
    Revoked,
    /// The store was brought back from a backup: it takes part no more.
    #[error("{}", ONLY_A_COPY)]
    Copy,
    /// Another device has joined with this device's invite.
    #[error(
        "another device has joined with this invite: tell headquarters at once, and ask for a new one"
    )]
    InviteTaken,
    /// Another headquarters wrote to the roster at the same time, and this one cannot give way: see the alarm.
    #[error("another headquarters changed the member list at the same time: see the alarms")]
    RosterSplit,
    /// The relay's roster does not verify back to the workspace's root: do not trust it.
    #[error("the relay's member list does not verify: {0}")]
    Roster(#[from] kahriz_proto::roster::RosterError),
    /// The relay or the line.
    #[error(transparent)]
    Line(#[from] Failure),
    /// There is nothing to join with: no invite, or a member already.
    #[error("there is no invite to join with, or this device is a member already")]
    NoInvite,
    /// Sealing.
    #[error(transparent)]
    Save(#[from] SaveError),
    /// Reading or merging.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The workspace cannot be used.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// Letters.
    #[error(transparent)]
    Letters(#[from] LettersError),
}

impl From<AdminError> for SyncError {
    fn from(error: AdminError) -> Self {
        match error {
            AdminError::Roster(error) => Self::Roster(error),
            AdminError::Database(error) => error.into(),
            AdminError::Copy => Self::Copy,
            // Giving way meets no other.
            AdminError::NotAdmin
            | AdminError::NotHeadquarters
            | AdminError::Invite
            | AdminError::Join
            | AdminError::Scope
            | AdminError::NoDevice
            | AdminError::Itself
            | AdminError::NotQuarantined
            | AdminError::BuiltUpon(_)
            | AdminError::RosterSplit => Self::RosterSplit,
        }
    }
}

impl From<rusqlite::Error> for SyncError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Save(error.into())
    }
}

/// Brings a device up to date: pushes what waits, pulls and merges what is new. An exchange that fails
/// is tried again while there is hope; then the report says why it gave up.
///
/// # Errors
/// [`SyncError`], when trying again is no use.
pub fn sync(
    workspace: &Workspace,
    transport: &mut dyn Transport,
    shell: &mut dyn Shell,
) -> Result<SyncReport, SyncError> {
    let mut line = Line::new(workspace, transport, shell);
    come_in(&mut line)?;
    let mut report = SyncReport::default();
    let mut way = Way::Comparing;
    loop {
        let went = go(&mut line, &mut way, &mut report)?;
        let shell = &mut *line.shell;
        let taken = workspace.merge_inbox(&mut |done| {
            shell.progress(&Progress { phase: Phase::Merging, done, total: 0 });
        })?;
        report.changes_merged += taken.changes;
        report.records_changed += taken.records;
        report.frames_parked = taken.parked;
        if went == Went::Compared || (way == Way::Reading && report.failure.is_none()) {
            // Everything that the relay has of the own logs is here.
            workspace.decide_life()?;
        }
        if went == Went::Compared {
            continue;
        }
        // What was not as the relay said is asked for again; what headquarters has merged it signs for. Both at once.
        let goes_on = report.failure.is_none()
            && ((way == Way::Comparing && workspace.is_repair_due()?)
                | workspace.read_again(line.now())?
                | workspace.acknowledge()?);
        if !goes_on {
            workspace.settle_letters();
            break;
        }
    }
    go_out(&mut line, report)
}

/// What must stand before anything is said: this device is a member, and has its keys; what headquarters seals can be
/// compared with a roster that the relay has; what was refused a day ago is offered again.
fn come_in(line: &mut Line<'_>) -> Result<(), SyncError> {
    let workspace = line.workspace;
    if workspace.copied().is_some() {
        return Err(SyncError::Copy);
    }
    workspace.offer_again_daily(line.now())?;
    if workspace.membership() == Membership::Waiting || workspace.lacks_keys()? {
        roster::fetch(line)?;
    }
    match workspace.membership() {
        Membership::Waiting if workspace.invite_is_taken()? => Err(SyncError::InviteTaken),
        Membership::Waiting => Err(SyncError::Waiting),
        Membership::Revoked => leave(line),
        Membership::Member { role: Role::Headquarters, .. } => {
            // A relay that does not know the workspace yet, or a line that is down, is the exchange's to say.
            let is_due = workspace.owes_roster() || workspace.is_roster_unsure();
            let published = if is_due { roster::publish(line) } else { Ok(()) };
            if matches!(published, Err(SyncError::Line(_))) { Ok(()) } else { published }
        }
        Membership::Member { .. } => Ok(()),
    }
}

/// What follows from how it went.
fn go_out(line: &mut Line<'_>, report: SyncReport) -> Result<SyncReport, SyncError> {
    let workspace = line.workspace;
    let now = line.now();
    match &report.failure {
        None => {
            workspace.note_contact(now);
            workspace.compare_with_heartbeat(now)?;
            workspace.let_go_of_frames()?;
            Ok(report)
        }
        Some(Failure::Refused(RefusalReason::Revoked)) => {
            // Believed only when an administrator has signed it.
            roster::fetch(line)?;
            if workspace.membership() != Membership::Revoked {
                workspace.alarm(AlarmKind::FalseRevocation)?;
                return Ok(report);
            }
            leave(line)?;
            Ok(report)
        }
        Some(_) => Ok(report),
    }
}

/// A revoked device lets go of what it could read, and hands in the letters that say what it had not delivered. What
/// cannot be handed in now is handed in at the next try.
fn leave(line: &mut Line<'_>) -> Result<(), SyncError> {
    line.workspace.let_go(line.shell.rng())?;
    letters::hand_in(line).map(drop).unwrap_or_default();
    Err(SyncError::Revoked)
}

/// How a sync deals with a relay that is not what it was.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// It compares heads with it.
    Comparing,
    /// The relay does not know how: it reads the scopes from their beginning.
    Reading,
}

/// What one step of a sync was.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Went {
    /// What is here and what the relay holds was compared.
    Compared,
    /// A session came to its end.
    Session,
}

/// The next step: a comparison if one is due, else a session.
fn go(line: &mut Line<'_>, way: &mut Way, report: &mut SyncReport) -> Result<Went, SyncError> {
    if *way == Way::Comparing && line.workspace.is_repair_due()? {
        report.comparisons += 1;
        if report.comparisons > u64::from(TRIES_WITHOUT_PROGRESS_MAX) {
            report.failure = Some(Failure::Nonsense);
            return Ok(Went::Session);
        }
        match repair::with_relay(line, report) {
            Ok(Compared::Done) => return Ok(Went::Compared),
            Ok(Compared::Unknown) => *way = Way::Reading,
            Err(SyncError::Line(failure)) => {
                report.failure = Some(failure);
                return Ok(Went::Session);
            }
            Err(error) => return Err(error),
        }
    }
    push_and_pull(line, *way, report)?;
    Ok(Went::Session)
}

/// Seals what waits and runs one session to its end.
fn push_and_pull(line: &mut Line<'_>, way: Way, report: &mut SyncReport) -> Result<(), SyncError> {
    let workspace = line.workspace;
    // What was sealed before and is not known to be held may have been sent by a session that was cut.
    let unsure = workspace.bytes_to_push()? > 0 || workspace.is_reading_again()?;
    if !workspace.owes_roster() {
        report.changes_sealed += line.seal()?;
    }
    let seq = workspace.roster_seq();
    let mut session = Session::new(workspace.cursors()?, seq, unsure);
    if way == Way::Comparing {
        session = session.comparing();
    }
    loop {
        while let Some(output) = session.poll() {
            if let Output::Finished(finish) = output {
                if finish.moved {
                    workspace.relay_has_moved()?;
                }
                report.add(finish);
                return Ok(());
            }
            answer(line, &mut session, output)?;
        }
        let Some(wake) = session.next_wake() else { return Ok(()) };
        if !line.shell.wait_until(wake) {
            session.stop(Failure::Unreachable);
            continue;
        }
        line.tell(&mut session, Input::Woken);
    }
}

/// Does what the session asks and tells it the result.
fn answer(line: &mut Line<'_>, session: &mut Session, output: Output) -> Result<(), SyncError> {
    match output {
        Output::Seal { bytes } => {
            let frames = line.workspace.frames_to_push(bytes)?;
            line.tell(session, Input::Frames(frames));
        }
        Output::Exchange(exchange) => line.exchange(session, &exchange)?,
        Output::Stage(stage) => line.commit(session, &stage)?,
        Output::FetchRoster { .. } => match roster::fetch(line) {
            Ok(seq) => line.tell(session, Input::RosterRead(seq)),
            Err(SyncError::Line(failure)) => line.tell(session, Input::Lost(failure, vec![])),
            Err(error) => return Err(error),
        },
        Output::Finished(_) => {}
    }
    Ok(())
}

/// Whether a refusal only says that this device's clock is off.
fn is_clock(failure: &Failure) -> bool {
    matches!(failure, Failure::Refused(RefusalReason::Clock))
}
