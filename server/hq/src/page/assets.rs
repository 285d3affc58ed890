//! The style and the icon: part of the program, so that a page never waits for, or tells, anybody else.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::OnceLock;

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};

const STYLE: &str = include_str!("../../assets/kahriz.css");
const ICON: &str = include_str!("../../assets/kahriz.svg");

/// Names this build's assets; a page links to them with it, so that a new build is not shown in an old style.
pub(crate) fn version() -> &'static str {
    static VERSION: OnceLock<String> = OnceLock::new();
    VERSION.get_or_init(|| {
        let mut hasher = DefaultHasher::new();
        (STYLE, ICON).hash(&mut hasher);
        format!("{:016x}", hasher.finish())
    })
}

/// The one style sheet.
pub(crate) async fn style(uri: Uri, headers: HeaderMap) -> Response {
    serve(STYLE, "text/css; charset=utf-8", &uri, &headers)
}

/// The icon in a browser's tab.
pub(crate) async fn icon(uri: Uri, headers: HeaderMap) -> Response {
    serve(ICON, "image/svg+xml", &uri, &headers)
}

fn serve(
    text: &'static str,
    content_type: &'static str,
    uri: &Uri,
    headers: &HeaderMap,
) -> Response {
    let tag = format!("\"{}\"", version());
    let is_this_build = uri.query().is_some_and(|query| query == format!("v={}", version()));
    let rule = if is_this_build { "private, max-age=31536000, immutable" } else { "no-cache" };
    let has_it = headers.get(IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes());
    let caching = [(CACHE_CONTROL, rule.to_owned()), (ETAG, tag)];
    if has_it {
        return (StatusCode::NOT_MODIFIED, caching).into_response();
    }
    (caching, [(CONTENT_TYPE, content_type)], text).into_response()
}
