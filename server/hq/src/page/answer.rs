//! How a page leaves: rendered, or as a page that says what went wrong and what to do about it.

use askama::Template;
use axum::extract::State;
use axum::http::header::{CONTENT_TYPE, SET_COOKIE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use kahriz_core::forms::Lang;
use kahriz_core::workspace::Workspace;

use super::PageState;
use super::address::Address;
use super::frame::{Frame, Place};
use super::visit::Visit;
use super::words::{TrustWords, Words};
use crate::accounts::{AccountError, Session, Unfit};
use crate::export_log::Who;
use crate::failure::Failure;
use crate::operate::Desk;
use crate::shell::Terminal;

/// Why there is no such page.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Problem {
    /// No record has this id; perhaps it has not arrived yet.
    #[error("no such record")]
    NoRecord {
        /// The id as it was given.
        id: String,
    },
    /// The record has nothing at this key.
    #[error("no such field")]
    NoField,
    /// The address leads nowhere.
    #[error("no such page")]
    NoPage,
    /// Another site asked for a change.
    #[error("not sent by a page of this headquarters")]
    Foreign,
    /// What was sent is no form of these pages.
    #[error("this is no form of these pages")]
    NoForm,
    /// The account's role does not allow it.
    #[error("this account may not do that")]
    NotAllowed,
    /// A link that was good once.
    #[error("this link was used, or has ended")]
    Spent,
    /// An order that was not carried out, in the program's own words.
    #[error("{0}")]
    Order(String),
    /// Somebody else was quicker.
    #[error("somebody else has decided this in the meantime")]
    Meanwhile,
    /// Something other than reading was asked for.
    #[error("only reading is possible here")]
    OnlyReading,
    /// The store did not answer.
    #[error("the store could not be read")]
    Store,
    /// The program is at fault.
    #[error("the page could not be made")]
    Broken,
}

impl Problem {
    /// The status of an answer that tells of it.
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::NoRecord { .. } | Self::NoField | Self::NoPage => StatusCode::NOT_FOUND,
            Self::Foreign | Self::NotAllowed => StatusCode::FORBIDDEN,
            Self::NoForm => StatusCode::BAD_REQUEST,
            Self::Spent => StatusCode::GONE,
            Self::Order(_) | Self::Meanwhile => StatusCode::CONFLICT,
            Self::OnlyReading => StatusCode::METHOD_NOT_ALLOWED,
            Self::Store => StatusCode::SERVICE_UNAVAILABLE,
            Self::Broken => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// What to say beside the form, if a person can do something about it there. It is shown again with what was
    /// typed.
    pub(crate) fn in_place(&self, lang: Lang) -> Option<String> {
        match self {
            Self::Order(said) => Some(said.clone()),
            Self::Meanwhile => Some(TrustWords::of(lang).meanwhile.to_owned()),
            Self::NoRecord { .. }
            | Self::NoField
            | Self::NoPage
            | Self::Foreign
            | Self::NoForm
            | Self::NotAllowed
            | Self::Spent
            | Self::OnlyReading
            | Self::Store
            | Self::Broken => None,
        }
    }
}

/// Asks the workspace on a thread that may block.
pub(crate) async fn ask<T, F>(state: &PageState, work: F) -> Result<T, Problem>
where
    T: Send + 'static,
    F: FnOnce(&Workspace) -> Result<T, Problem> + Send + 'static,
{
    let workspace = state.workspace.clone();
    let asked = tokio::task::spawn_blocking(move || work(&workspace)).await;
    asked.unwrap_or_else(|_| {
        tracing::error!("a page's question to the store did not come back");
        Err(Problem::Broken)
    })
}

/// For `map_err`: the store's own account goes to the log, which never holds content.
pub(crate) fn unreadable(error: impl std::error::Error) -> Problem {
    tracing::warn!(%error, "the store could not be read for a page");
    Problem::Store
}

/// The same for what could not be kept.
pub(crate) fn unwritable(error: impl std::error::Error) -> Problem {
    tracing::warn!(%error, "the store could not be changed for a page");
    Problem::Store
}

/// Why an account was not made or changed, in the words of the page.
pub(crate) fn about_account(error: &AccountError, words: &Words) -> String {
    match error {
        AccountError::Taken => words.name_taken.to_owned(),
        AccountError::Name => words.name_unfit.to_owned(),
        AccountError::Unfit(Unfit::Guessed) => words.password_guessed.to_owned(),
        AccountError::Unfit(Unfit::Short | Unfit::Long) => words.password_rule.to_owned(),
        AccountError::NoSuch
        | AccountError::Spent
        | AccountError::Read(_)
        | AccountError::Save(_) => error.to_string(),
    }
}

/// Carries out what a person on the page asks, at the same desk as an order of the command line. What it prints is the
/// answer.
pub(crate) async fn at_desk<T, F>(
    state: &PageState,
    who: &Session,
    work: F,
) -> Result<(T, Vec<u8>), Problem>
where
    T: Send + 'static,
    F: FnOnce(&mut Desk<'_>) -> Result<T, Failure> + Send + 'static,
{
    let (serving, who) = (state.serving.clone(), Who::Account(who.name.clone()));
    ask(state, move |workspace| {
        let mut out = Vec::new();
        let terminal = Terminal::quiet(serving.bell.clone());
        let mut desk = Desk {
            workspace,
            out: &mut out,
            aside: &mut std::io::sink(),
            terminal,
            as_json: false,
            who,
            serving: Some(serving),
        };
        let done = work(&mut desk).map_err(refused)?;
        drop(desk);
        Ok((done, out))
    })
    .await
}

fn refused(failure: Failure) -> Problem {
    if matches!(failure, Failure::DecidedMeanwhile) {
        return Problem::Meanwhile;
    }
    Problem::Order(failure.to_string())
}

/// The rendered page, or the page of its problem.
pub(crate) fn page<T: Template>(
    state: &PageState,
    visit: &Visit,
    made: Result<T, Problem>,
) -> Response {
    page_of(StatusCode::OK, state, visit, made)
}

/// The same with another status, for a form that is shown again because of a problem.
pub(crate) fn page_of<T: Template>(
    status: StatusCode,
    state: &PageState,
    visit: &Visit,
    made: Result<T, Problem>,
) -> Response {
    let rendered = made.and_then(|page| page.render().map_err(|_| Problem::Broken));
    let mut response = match rendered {
        Ok(html) => (status, Html(html)).into_response(),
        Err(problem) => sorry(state, visit, &problem),
    };
    if let Some(cookie) = visit.cookie() {
        response.headers_mut().insert(SET_COOKIE, cookie);
    }
    response
}

/// For an address that leads nowhere.
pub(crate) async fn no_such_page(State(state): State<PageState>, visit: Visit) -> Response {
    page::<ProblemPage>(&state, &visit, Err(Problem::NoPage))
}

/// For anything but GET and HEAD.
pub(crate) async fn only_reading(State(state): State<PageState>, visit: Visit) -> Response {
    page::<ProblemPage>(&state, &visit, Err(Problem::OnlyReading))
}

/// JSON text as an answer.
pub(crate) fn json(status: StatusCode, value: &serde_json::Value) -> Response {
    let content_type = (CONTENT_TYPE, HeaderValue::from_static("application/json"));
    (status, [content_type], value.to_string()).into_response()
}

#[derive(Template)]
#[template(path = "problem.html")]
struct ProblemPage {
    frame: Frame,
    status: u16,
    what: &'static str,
    remedy: &'static str,
    /// What the program says of an order that was not carried out.
    said: Option<String>,
    /// The id that was looked for, and where to search for it instead.
    search: Option<(String, Address)>,
}

/// The page of a problem.
pub(crate) fn sorry(state: &PageState, visit: &Visit, problem: &Problem) -> Response {
    let frame = Frame::new(state, visit, Place::Elsewhere);
    let words = frame.words;
    let (what, remedy) = match problem {
        Problem::NoRecord { .. } => (words.no_record, words.no_record_remedy),
        Problem::NoField => (words.no_field, words.no_field_remedy),
        Problem::NoPage => (words.no_page, words.no_page_remedy),
        Problem::Foreign => (words.foreign, words.foreign_remedy),
        Problem::NoForm => (words.no_form, words.no_form_remedy),
        Problem::NotAllowed => (words.not_allowed, words.not_allowed_remedy),
        Problem::Spent => (words.spent, words.spent_remedy),
        Problem::Order(_) => (words.not_done, words.not_done_remedy),
        Problem::Meanwhile => (words.not_done, frame.trust.meanwhile),
        Problem::OnlyReading => (words.only_reading, words.only_reading_remedy),
        Problem::Store => (words.no_store, words.no_store_remedy),
        Problem::Broken => (words.broken, words.broken_remedy),
    };
    let search = match problem {
        Problem::NoRecord { id } => Some((id.clone(), Address::new("/records").with("q", id))),
        Problem::NoField
        | Problem::NoPage
        | Problem::OnlyReading
        | Problem::Foreign
        | Problem::NoForm
        | Problem::NotAllowed
        | Problem::Spent
        | Problem::Order(_)
        | Problem::Meanwhile
        | Problem::Store
        | Problem::Broken => None,
    };
    let said = if let Problem::Order(said) = problem { Some(said.clone()) } else { None };
    let status = problem.status();
    let page = ProblemPage { frame, status: status.as_u16(), what, remedy, said, search };
    match page.render() {
        Ok(html) => (status, Html(html)).into_response(),
        Err(_) => status.into_response(),
    }
}
