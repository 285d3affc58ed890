//! Whether a request that changes something was sent by one of our own pages.
//!
//! Browsers say so in two headers that no script of another site can set: `Origin` (RFC 6454), and `Sec-Fetch-Site`
//! (W3C Fetch Metadata). A request must say the right thing in each that it has, and have at least one. So a form on
//! another site is refused before anybody looks at who is signed in; the token in each of our forms is a second lock.

use axum::http::HeaderMap;
use axum::http::header::{HOST, ORIGIN};

const FETCH_SITE: &str = "sec-fetch-site";

/// Whether a page of ours sent it.
pub(crate) fn is_own(headers: &HeaderMap) -> bool {
    let origin = one(headers, ORIGIN.as_str());
    let site = one(headers, FETCH_SITE);
    let (Ok(origin), Ok(site)) = (origin, site) else { return false };
    let Ok(Some(host)) = one(headers, HOST.as_str()) else { return false };
    let is_own_origin = origin.is_none_or(|origin| origin == format!("http://{host}"));
    let is_own_site = site.is_none_or(|site| site == "same-origin");
    is_own_origin && is_own_site && (origin.is_some() || site.is_some())
}

/// The value of a header that stands once or not at all; an error if it stands twice or is no text.
fn one<'h>(headers: &'h HeaderMap, name: &str) -> Result<Option<&'h str>, ()> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value.to_str().map(Some).map_err(drop),
        (Some(_), Some(_)) => Err(()),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use axum::http::{HeaderName, HeaderValue};

    fn asked(pairs: &[(&str, &str)]) -> bool {
        let mut headers = HeaderMap::new();
        for (name, value) in [("host", "127.0.0.1:8471")].iter().chain(pairs) {
            let name: HeaderName = name.parse().unwrap();
            headers.append(name, HeaderValue::from_str(value).unwrap());
        }
        is_own(&headers)
    }

    #[test]
    fn only_our_own_pages_are_believed() {
        let ours = ("origin", "http://127.0.0.1:8471");
        assert!(asked(&[ours]));
        assert!(asked(&[("sec-fetch-site", "same-origin")]));
        assert!(asked(&[ours, ("sec-fetch-site", "same-origin")]));
        for other in
            ["http://127.0.0.1:9999", "http://localhost:8471", "https://127.0.0.1:8471", "null", ""]
        {
            assert!(!asked(&[("origin", other)]), "{other}");
            assert!(!asked(&[("origin", other), ("sec-fetch-site", "same-origin")]), "{other}");
        }
        for site in ["cross-site", "same-site", "none", ""] {
            assert!(!asked(&[("sec-fetch-site", site)]), "{site}");
            assert!(!asked(&[ours, ("sec-fetch-site", site)]), "{site}");
        }
        assert!(!asked(&[]), "a browser says at least one of the two");
        assert!(!asked(&[ours, ours]), "twice");
    }
}
