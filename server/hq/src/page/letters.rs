//! What devices have handed in that could not sync any more, and what becomes of it.
//!
//! A member's letter is taken in by itself. One of a revoked device waits here for a person, because whoever held the
//! phone could have written it.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use kahriz_core::forms::Lang;
use kahriz_core::workspace::{LetterState, LetterView, Workspace};

use super::PageState;
use super::address::Address;
use super::answer::{self, Problem, ask, at_desk, unreadable};
use super::frame::{Frame, Place, When};
use super::line::named;
use super::owners::short;
use super::sign::see;
use super::typed::Typed;
use super::visit::Visit;
use super::words::{TrustWords, grouped};
use crate::accounts::Role;
use crate::operate::{self, Fate, said_by};

#[derive(Template)]
#[template(path = "letters.html")]
struct LettersPage {
    frame: Frame,
    waiting: Vec<Letter>,
    others: Vec<Letter>,
    may_act: bool,
    done: Option<String>,
    alarm: Option<String>,
}

/// A letter, as a person looks at it.
struct Letter {
    id: i64,
    officer: String,
    device: String,
    is_revoked: bool,
    entries: String,
    records: usize,
    new_changes: usize,
    contradicting: usize,
    damaged: usize,
    /// The first and last time that its changes claim.
    written: Option<(When, When)>,
    /// Its state for the form, and for a person.
    seen: &'static str,
    state: &'static str,
    reason: Option<String>,
    can_adopt: bool,
    can_refuse: bool,
    /// What was typed about it and did not do.
    typed_reason: String,
    typed_fate: String,
}

/// `GET /letters`
pub(crate) async fn page(State(state): State<PageState>, visit: Visit) -> Response {
    let made = made(&state, &visit, None).await;
    answer::page(&state, &visit, made)
}

/// `POST /letters`: somebody decides about one.
pub(crate) async fn decide(State(state): State<PageState>, visit: Visit) -> Response {
    let problem = match decided(&state, &visit).await {
        Ok(address) => return see(&address.to_string()),
        Err(problem) => problem,
    };
    let Some(alarm) = problem.in_place(visit.lang) else {
        return answer::sorry(&state, &visit, &problem);
    };
    let made = made(&state, &visit, Some(alarm)).await;
    answer::page_of(problem.status(), &state, &visit, made)
}

async fn decided(state: &PageState, visit: &Visit) -> Result<Address, Problem> {
    let who = visit.needs(Role::Operator)?.clone();
    let (typed, words) = (visit.typed.clone(), TrustWords::of(visit.lang));
    let said = |why: &str| Problem::Order(why.to_owned());
    let letter = typed.get("letter").parse().map_err(|_| Problem::NoForm)?;
    let fate = match typed.get("ruling") {
        "adopt" => Fate::Adopt,
        "refuse" => Fate::Reject,
        _ => return Err(said(words.choose)),
    };
    let reason = typed.reason().ok_or_else(|| said(words.why_missing))?;
    let (changes, _) = at_desk(state, &who, move |desk| {
        operate::decide_letter(desk, letter, fate, &reason, Some(typed.get("seen")))
    })
    .await?;
    let address = Address::new("/letters");
    Ok(match fate {
        Fate::Adopt => address.with("done", "adopted").with("changes", changes),
        Fate::Reject => address.with("done", "refused"),
    })
}

async fn made(
    state: &PageState,
    visit: &Visit,
    alarm: Option<String>,
) -> Result<LettersPage, Problem> {
    visit.needs(Role::Viewer)?;
    let (typed, lang) = (visit.typed.clone(), visit.lang);
    let all = ask(state, move |workspace| all(workspace, &typed, lang)).await?;
    let (waiting, others) = all.into_iter().partition(|letter| letter.can_refuse);
    let frame = Frame::new(state, visit, Place::Letters);
    Ok(LettersPage {
        waiting,
        others,
        may_act: visit.may(Role::Operator),
        done: done(visit, frame.trust),
        alarm,
        frame,
    })
}

fn done(visit: &Visit, words: &TrustWords) -> Option<String> {
    match visit.asked("done") {
        "adopted" => {
            let changes = visit.asked("changes").parse().ok().map(grouped)?;
            Some(format!("{} {changes}", words.adopted_done))
        }
        "refused" => Some(words.refused_done.to_owned()),
        _ => None,
    }
}

/// Every letter that is here, the newest first.
fn all(workspace: &Workspace, typed: &Typed, lang: Lang) -> Result<Vec<Letter>, Problem> {
    let words = TrustWords::of(lang);
    let letters = workspace.letters().map_err(unreadable)?;
    Ok(letters.into_iter().rev().map(|letter| Letter::of(letter, typed, words)).collect())
}

impl Letter {
    fn of(letter: LetterView, typed: &Typed, words: &TrustWords) -> Self {
        let is_waiting = letter.state == LetterState::Waiting;
        let seen = operate::letter_word(&letter.state);
        let (state, reason) = match letter.state {
            LetterState::Waiting => (words.letters_waiting, None),
            LetterState::Adopted { who, reason } => (words.adopted, Some(said_by(&who, &reason))),
            LetterState::Rejected { who, reason } => (words.refused, Some(said_by(&who, &reason))),
            LetterState::Sealed => (words.sealed, None),
        };
        let is_typed = typed.get("letter") == letter.id.to_string();
        let kept = |name| if is_typed { typed.get(name).to_owned() } else { String::new() };
        Self {
            id: letter.id,
            officer: named(&letter.officer, "", letter.device),
            device: short(&letter.device),
            is_revoked: letter.revoked,
            entries: grouped(letter.entries as u64),
            records: letter.records.len(),
            new_changes: letter.new_changes,
            contradicting: letter.contradicting,
            damaged: letter.damaged,
            written: letter.claimed.map(|(first, last)| (When::at(first.ms), When::at(last.ms))),
            can_adopt: matches!(seen, "waiting" | "rejected"),
            can_refuse: is_waiting,
            seen,
            state,
            reason,
            typed_reason: kept("reason"),
            typed_fate: kept("ruling"),
        }
    }
}
