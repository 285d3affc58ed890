//! What has arrived and is not merged: frames that wait for a person, who decides here, what was decided before, and
//! frames that wait for something that is to arrive.
//!
//! A frame is set aside when it cannot be believed: its signature is not right, its device was revoked before it was
//! sealed, it forks its log. It is neither merged nor dropped. Two people may look at the same frames: whoever decides
//! second is shown what the first has decided, and nothing is done twice.

mod case;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use kahriz_core::forms::Lang;
use kahriz_core::workspace::{Ruling, Workspace};
use kahriz_proto::ids::LogId;

use super::PageState;
use super::address::Address;
use super::answer::{self, Problem, ask, at_desk, unreadable};
use super::frame::{Frame, Place, When};
use super::owners::{Owners, short};
use super::sign::see;
use super::typed::Typed;
use super::visit::Visit;
use super::words::TrustWords;
use crate::accounts::Role;
use crate::operate::{self, Judgement, Verdict, said_by};
pub(crate) use case::why;
use case::{Case, Cases};

#[derive(Template)]
#[template(path = "quarantine.html")]
struct QuarantinePage {
    frame: Frame,
    view: View,
    /// Whether whoever looks may also decide.
    may_act: bool,
    done: Option<&'static str>,
    /// What was done is not known to the relay yet.
    is_untold: bool,
    alarm: Option<String>,
}

struct View {
    cases: Cases,
    judged: Vec<Judged>,
    /// Single changes that the engine refused.
    stuck: u64,
}

/// A decision that somebody has taken.
struct Judged {
    at: When,
    officer: String,
    log: String,
    what: &'static str,
    seq: u64,
    reason: String,
}

/// `GET /quarantine`
pub(crate) async fn page(State(state): State<PageState>, visit: Visit) -> Response {
    let made = made(&state, &visit, None).await;
    answer::page(&state, &visit, made)
}

/// `POST /quarantine`: somebody decides about the frames of one log.
pub(crate) async fn judge(State(state): State<PageState>, visit: Visit) -> Response {
    let problem = match judged(&state, &visit).await {
        Ok(address) => return see(&address.to_string()),
        Err(problem) => problem,
    };
    let Some(alarm) = problem.in_place(visit.lang) else {
        return answer::sorry(&state, &visit, &problem);
    };
    let made = made(&state, &visit, Some(alarm)).await;
    answer::page_of(problem.status(), &state, &visit, made)
}

async fn judged(state: &PageState, visit: &Visit) -> Result<Address, Problem> {
    let who = visit.needs(Role::Operator)?.clone();
    let judgement = judgement(&visit.typed, TrustWords::of(visit.lang))?;
    let done = match judgement.verdict {
        Verdict::Release { .. } => "released",
        Verdict::Reject { .. } => "rejected",
    };
    let (unpublished, _) =
        at_desk(state, &who, move |desk| operate::judge(desk, &judgement)).await?;
    let address = Address::new("/quarantine").with("done", done);
    Ok(if unpublished.is_some() { address.with("told", "no") } else { address })
}

/// What was typed, as an order.
fn judgement(typed: &Typed, words: &TrustWords) -> Result<Judgement, Problem> {
    let said = |why: &str| Problem::Order(why.to_owned());
    let number = |name| typed.get(name).trim().parse::<u64>().ok().filter(|seq| *seq > 0);
    let verdict = match typed.get("ruling") {
        "release" => number("up_to").map(|up_to| Verdict::Release { up_to }),
        "reject" => number("from").map(|from| Verdict::Reject { from }),
        _ => return Err(said(words.choose)),
    };
    Ok(Judgement {
        log: LogId::from_hex(typed.get("log")).ok_or(Problem::NoForm)?,
        verdict: verdict.ok_or_else(|| said(words.no_frame))?,
        reason: typed.reason().ok_or_else(|| said(words.why_missing))?,
        seen: Some(typed.get("seen").parse().map_err(|_| Problem::NoForm)?),
    })
}

async fn made(
    state: &PageState,
    visit: &Visit,
    alarm: Option<String>,
) -> Result<QuarantinePage, Problem> {
    visit.needs(Role::Viewer)?;
    let (typed, lang) = (visit.typed.clone(), visit.lang);
    let view = ask(state, move |workspace| view(workspace, &typed, lang)).await?;
    let frame = Frame::new(state, visit, Place::Quarantine);
    let done = match visit.asked("done") {
        "released" => Some(frame.trust.released_done),
        "rejected" => Some(frame.trust.rejected_done),
        _ => None,
    };
    let is_untold = done.is_some() && visit.asked("told") == "no";
    Ok(QuarantinePage { frame, view, may_act: visit.may(Role::Operator), done, is_untold, alarm })
}

fn view(workspace: &Workspace, typed: &Typed, lang: Lang) -> Result<View, Problem> {
    let (words, owners) = (TrustWords::of(lang), Owners::of(workspace));
    let rulings = workspace.rulings().map_err(unreadable)?;
    Ok(View {
        cases: case::all(workspace, &owners, &rulings, typed, words)?,
        judged: rulings.into_iter().map(|ruling| decided(ruling, &owners, words)).collect(),
        stuck: workspace.status().map_err(unreadable)?.changes_stuck,
    })
}

fn decided(ruling: Ruling, owners: &Owners, words: &TrustWords) -> Judged {
    Judged {
        at: When::at(ruling.claimed.ms),
        officer: owners.writer(ruling.log),
        log: short(&ruling.log),
        what: if ruling.released { words.released_up_to } else { words.rejected_from },
        seq: ruling.seq,
        reason: said_by(&ruling.who, &ruling.reason),
    }
}

impl Case {
    /// Its frames, as they are written.
    fn numbers(&self) -> String {
        match self.first == self.last {
            true => format!("#{}", self.first),
            false => format!("#{}–{}", self.first, self.last),
        }
    }
}
