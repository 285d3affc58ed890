//! What a request asks for before any page looks at it: the language, the filters in its address, what a form brought,
//! and who asks.

use std::convert::Infallible;

use axum::extract::{FromRequestParts, Query};
use axum::http::header::{ACCEPT_LANGUAGE, COOKIE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method};
use kahriz_core::forms::Lang;

use super::answer::Problem;
use super::typed::Typed;
use crate::accounts::{Role, Session};

/// The filter that sets the language.
const LANG: &str = "lang";
/// The cookie that remembers it.
const COOKIE_NAME: &str = "kahriz_lang";
/// More filters than any form of this page has; the rest of a longer address is not read.
const PAIRS_MAX: usize = 100;

/// One request, as every page reads it.
pub(crate) struct Visit {
    /// The language to answer in.
    pub(crate) lang: Lang,
    /// Who is signed in.
    pub(crate) who: Option<Session>,
    /// What a form brought.
    pub(crate) typed: Typed,
    /// The path to come back to in another language: the one that was asked for, if it can be asked for again.
    pub(crate) path: String,
    /// The filters that have a value, in their order, without the language.
    pub(crate) pairs: Vec<(String, String)>,
    chose_language: bool,
}

impl Visit {
    /// The cookie to set, when this visit chose a language.
    pub(crate) fn cookie(&self) -> Option<HeaderValue> {
        let tag = self.lang.tag();
        let cookie =
            format!("{COOKIE_NAME}={tag}; Path=/; Max-Age=31536000; HttpOnly; SameSite=Strict");
        self.chose_language.then(|| HeaderValue::from_str(&cookie).ok()).flatten()
    }
}

impl Visit {
    /// The first filter of a name; empty if there is none.
    pub(crate) fn asked(&self, name: &str) -> &str {
        self.pairs.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// Who is signed in, if their role may do what this page does.
    pub(crate) fn needs(&self, role: Role) -> Result<&Session, Problem> {
        self.who.as_ref().filter(|who| who.role >= role).ok_or(Problem::NotAllowed)
    }

    /// Whether they may.
    pub(crate) fn may(&self, role: Role) -> bool {
        self.needs(role).is_ok()
    }

    /// Reads it from the head of a request.
    pub(crate) fn of(parts: &Parts) -> Self {
        let read = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri);
        let (asked, mut pairs): (Vec<_>, Vec<_>) = read
            .map(|Query(pairs)| pairs)
            .unwrap_or_default()
            .into_iter()
            .partition(|(name, _)| name == LANG);
        pairs.retain(|(_, value)| !value.trim().is_empty());
        pairs.truncate(PAIRS_MAX);
        let asked = asked.last().and_then(|(_, tag)| tag.parse().ok());
        let is_reading = matches!(parts.method, Method::GET | Method::HEAD);
        Self {
            lang: asked
                .or_else(|| remembered(&parts.headers))
                .or_else(|| preferred(&parts.headers))
                .unwrap_or_default(),
            who: parts.extensions.get().cloned(),
            typed: parts.extensions.get().cloned().unwrap_or_default(),
            path: if is_reading { parts.uri.path() } else { "/" }.to_owned(),
            pairs,
            chose_language: asked.is_some(),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Visit {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(parts))
    }
}

fn remembered(headers: &HeaderMap) -> Option<Lang> {
    let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs =
        cookies.flat_map(|line| line.split(';')).filter_map(|cookie| cookie.trim().split_once('='));
    pairs.find_map(|(name, tag)| (name == COOKIE_NAME).then(|| tag.parse().ok()).flatten())
}

/// The first of the browser's languages that the forms speak. Browsers list them by preference.
fn preferred(headers: &HeaderMap) -> Option<Lang> {
    let list = headers.get(ACCEPT_LANGUAGE)?.to_str().ok()?;
    list.split(',').find_map(|entry| entry.split(';').next()?.trim().parse().ok())
}
