//! What a request asks for before any page looks at it: the language, and the filters in its address.

use std::convert::Infallible;

use axum::extract::{FromRequestParts, Query};
use axum::http::header::{ACCEPT_LANGUAGE, COOKIE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue};
use kahriz_core::forms::Lang;

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
    /// The path that was asked for.
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

impl<S: Send + Sync> FromRequestParts<S> for Visit {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let read = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri);
        let (asked, mut pairs): (Vec<_>, Vec<_>) = read
            .map(|Query(pairs)| pairs)
            .unwrap_or_default()
            .into_iter()
            .partition(|(name, _)| name == LANG);
        pairs.retain(|(_, value)| !value.trim().is_empty());
        pairs.truncate(PAIRS_MAX);
        let asked = asked.last().and_then(|(_, tag)| tag.parse().ok());
        Ok(Self {
            lang: asked
                .or_else(|| remembered(&parts.headers))
                .or_else(|| preferred(&parts.headers))
                .unwrap_or_default(),
            path: parts.uri.path().to_owned(),
            pairs,
            chose_language: asked.is_some(),
        })
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
