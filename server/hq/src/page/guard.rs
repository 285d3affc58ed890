//! What stands before every page: the check of the host name, and the headers that keep a browser from asking
//! anybody else.
//!
//! A page on the loopback address can be reached by any site that a person has open, through a host name that the
//! site points at 127.0.0.1 (DNS rebinding). Such a request names that host, so only the names of this machine's own
//! loopback are answered.

use axum::extract::Request;
use axum::http::header::{self, HeaderName};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// Nothing is loaded but this page's own style and icon; there is no script, and forms only lead back here.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; \
    form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

const HEADERS: [(HeaderName, &str); 7] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    // With no-referrer a browser would send no Origin with our own forms.
    (header::REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (
        HeaderName::from_static("permissions-policy"),
        "geolocation=(), camera=(), microphone=(), browsing-topics=()",
    ),
    (HeaderName::from_static("x-robots-tag"), "noindex"),
];

/// Answers a request to a loopback name and refuses any other.
pub(crate) async fn guard(request: Request, next: Next) -> Response {
    let is_ours = is_for_this_machine(request.uri(), request.headers());
    let mut response = if is_ours { next.run(request).await } else { refusal() };
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    // What is on a page may put a person in danger, so no copy stays in the browser's store.
    response
        .headers_mut()
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}

fn refusal() -> Response {
    let text = "This page answers only on this machine: open it as http://127.0.0.1 or http://localhost.\n";
    (StatusCode::MISDIRECTED_REQUEST, text).into_response()
}

/// One host name, ours, wherever the request gives one.
fn is_for_this_machine(uri: &Uri, headers: &HeaderMap) -> bool {
    let mut hosts = headers.get_all(header::HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else { return false };
    let in_uri = uri.authority().is_none_or(|authority| is_loopback(authority.as_str()));
    in_uri && host.to_str().is_ok_and(is_loopback)
}

/// Whether `host` or `host:port` is a name of the loopback interface.
fn is_loopback(authority: &str) -> bool {
    let name = match authority.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        Some(_) | None => authority,
    };
    name.eq_ignore_ascii_case("localhost") || matches!(name, "127.0.0.1" | "[::1]")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_names_of_this_machine_are_answered() {
        for ours in
            ["localhost", "LOCALHOST:8080", "127.0.0.1", "127.0.0.1:1", "[::1]", "[::1]:443"]
        {
            assert!(is_loopback(ours), "{ours}");
        }
        for other in [
            "evil.example",
            "127.0.0.1.evil.example",
            "localhost.evil.example:80",
            "",
            "10.0.0.1",
            "::1",
            "a@localhost",
        ] {
            assert!(!is_loopback(other), "{other}");
        }
    }
}
