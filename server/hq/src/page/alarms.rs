//! Alarms: what no honest relay, phone or newcomer does, what each means, and what a person does about it.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use kahriz_core::forms::Lang;
use kahriz_core::workspace::{Alarm, AlarmKind, Workspace};

use super::PageState;
use super::answer::{self, Problem, ask, at_desk, unreadable};
use super::frame::{Frame, Place, When};
use super::owners::{Owners, short};
use super::sign::see;
use super::visit::Visit;
use super::words::TrustWords;
use crate::accounts::Role;
use crate::cli::{AlarmOrder, Order};
use crate::failure::Failure;
use crate::operate;

#[derive(Template)]
#[template(path = "alarms.html")]
struct AlarmsPage {
    frame: Frame,
    open: Vec<Line>,
    closed: Vec<Line>,
    may_act: bool,
    done: Option<&'static str>,
    /// It was closed by somebody else.
    is_late: bool,
}

/// An alarm in words.
pub(crate) struct Line {
    pub(crate) id: i64,
    pub(crate) is_red: bool,
    pub(crate) what: &'static str,
    pub(crate) what_to_do: &'static str,
    /// Whom or what it is about; may be empty.
    pub(crate) about: String,
    /// None until the sync that noticed it has come to its end.
    pub(crate) noticed: Option<When>,
}

/// `GET /alarms`
pub(crate) async fn page(State(state): State<PageState>, visit: Visit) -> Response {
    let made = made(&state, &visit).await;
    answer::page(&state, &visit, made)
}

async fn made(state: &PageState, visit: &Visit) -> Result<AlarmsPage, Problem> {
    visit.needs(Role::Viewer)?;
    let lang = visit.lang;
    let (open, closed) = ask(state, move |workspace| {
        Ok((lines(workspace, lang, false)?, lines(workspace, lang, true)?))
    })
    .await?;
    let frame = Frame::new(state, visit, Place::Alarms);
    let done = visit.asked("done");
    Ok(AlarmsPage {
        open,
        closed,
        may_act: visit.may(Role::Operator),
        done: (done == "closed").then_some(frame.trust.closed_done),
        is_late: done == "before",
        frame,
    })
}

/// `POST /alarms/close`: somebody has seen to one.
pub(crate) async fn close(State(state): State<PageState>, visit: Visit) -> Response {
    match closed(&state, &visit).await {
        Ok(true) => see("/alarms?done=closed"),
        Ok(false) => see("/alarms?done=before"),
        Err(problem) => answer::sorry(&state, &visit, &problem),
    }
}

async fn closed(state: &PageState, visit: &Visit) -> Result<bool, Problem> {
    let who = visit.needs(Role::Operator)?.clone();
    let number = visit.typed.get("alarm").parse().map_err(|_| Problem::NoForm)?;
    let order = Order::Alarms(AlarmOrder::Close { number });
    let closed = at_desk(state, &who, move |desk| match operate::carry_out(&order, desk) {
        Err(Failure::NoSuchAlarm(_)) => Ok(false),
        done => done.map(|()| true),
    });
    Ok(closed.await?.0)
}

/// Those that are open, or those that are closed: red first, and the newest of each first.
pub(crate) fn lines(
    workspace: &Workspace,
    lang: Lang,
    are_closed: bool,
) -> Result<Vec<Line>, Problem> {
    let alarms = workspace.alarms().map_err(unreadable)?.into_iter();
    let mut alarms: Vec<Alarm> = alarms.filter(|alarm| alarm.closed == are_closed).collect();
    if alarms.is_empty() {
        return Ok(Vec::new());
    }
    alarms.sort_by_key(|alarm| !alarm.kind.is_red());
    let (owners, words) = (Owners::of(workspace), TrustWords::of(lang));
    Ok(alarms.into_iter().map(|alarm| line(workspace, alarm, &owners, words)).collect())
}

fn line(workspace: &Workspace, alarm: Alarm, owners: &Owners, words: &TrustWords) -> Line {
    let (what, what_to_do) = in_words(alarm.kind, words);
    Line {
        id: alarm.id,
        is_red: alarm.kind.is_red(),
        what,
        what_to_do,
        about: about(workspace, alarm.kind, owners),
        noticed: (alarm.raised.ms != 0).then(|| When::at(alarm.raised.ms)),
    }
}

/// What it means, and what to do about it.
fn in_words(kind: AlarmKind, words: &TrustWords) -> (&'static str, &'static str) {
    match kind {
        AlarmKind::InviteUsedTwice { .. } => (words.invite_twice, words.invite_twice_do),
        AlarmKind::InviteTaken { .. } => (words.invite_taken, words.invite_taken_do),
        AlarmKind::RosterForked { .. } => (words.roster_forked, words.roster_forked_do),
        AlarmKind::RosterWithheld { .. } => (words.roster_withheld, words.roster_withheld_do),
        AlarmKind::FramesWithheld { .. } => (words.frames_withheld, words.frames_withheld_do),
        AlarmKind::RelayWentBack { .. } => (words.relay_back, words.relay_back_do),
        AlarmKind::LogForked { .. } => (words.log_forked, words.log_forked_do),
        AlarmKind::NewLife { .. } => (words.new_life, words.new_life_do),
        AlarmKind::FalseRevocation => (words.false_revocation, words.false_revocation_do),
        AlarmKind::RosterSplit { .. } => (words.roster_split, words.roster_split_do),
    }
}

fn about(workspace: &Workspace, kind: AlarmKind, owners: &Owners) -> String {
    match kind {
        AlarmKind::InviteUsedTwice { invite } => {
            let used_by = workspace.roster().invite(invite).and_then(|invite| invite.used_by);
            used_by.map_or_else(|| short(&invite), |device| owners.officer(device))
        }
        AlarmKind::RosterForked { device } => owners.officer(device),
        AlarmKind::RosterWithheld { entry } | AlarmKind::RosterSplit { entry } => {
            format!("#{entry}")
        }
        AlarmKind::FramesWithheld { log, missing } => {
            format!("{} {}: {missing}", owners.writer(log), short(&log))
        }
        AlarmKind::RelayWentBack { scope } => owners.area(scope),
        AlarmKind::LogForked { log } | AlarmKind::NewLife { log } => {
            format!("{} {}", owners.writer(log), short(&log))
        }
        AlarmKind::InviteTaken { .. } | AlarmKind::FalseRevocation => String::new(),
    }
}
