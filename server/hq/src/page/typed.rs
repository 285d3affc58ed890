//! What a form brought.

use axum::Form;
use axum::body::{Body, to_bytes};
use axum::extract::{FromRequest, Request};

use super::address::Address;

/// The field with the form's token.
pub(crate) const TOKEN: &str = "form_token";
/// More than any form of these pages holds.
const BYTES_MAX: usize = 64 * 1024;
const PAIRS_MAX: usize = 500;
/// A few sentences, and no more than a list can show.
const REASON_LETTERS_MAX: usize = 500;

/// The fields of a form as they were typed, in their order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Typed(Vec<(String, String)>);

/// It is no form, or larger than one of ours.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NoForm;

impl Typed {
    /// Reads a request's body.
    pub(crate) async fn read(request: Request) -> Result<Self, NoForm> {
        let (parts, body) = request.into_parts();
        let bytes = to_bytes(body, BYTES_MAX).await.map_err(|_| NoForm)?;
        if bytes.is_empty() {
            return Ok(Self::default());
        }
        let request = Request::from_parts(parts, Body::from(bytes));
        let Form(pairs) =
            Form::<Vec<(String, String)>>::from_request(request, &()).await.map_err(|_| NoForm)?;
        if pairs.len() > PAIRS_MAX { Err(NoForm) } else { Ok(Self(pairs)) }
    }

    /// The first field of a name; empty if there is none.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.all(name).next().unwrap_or_default()
    }

    /// Every field of a name.
    pub(crate) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        let of_name = self.0.iter().filter(move |(field, _)| field == name);
        of_name.map(|(_, value)| value.as_str())
    }

    /// Why something was decided, if that was said.
    pub(crate) fn reason(&self) -> Option<String> {
        let reason = self.get("reason").trim();
        let fits = !reason.is_empty() && reason.chars().count() <= REASON_LETTERS_MAX;
        fits.then(|| reason.to_owned())
    }

    /// What is worth keeping over a new sign-in: neither the old token nor a password.
    pub(crate) fn kept(&self) -> Vec<(String, String)> {
        let is_kept = |(name, _): &&(String, String)| name != TOKEN && !name.contains("password");
        self.0.iter().filter(is_kept).cloned().collect()
    }
}

/// Fields as one line of text, and back.
pub(crate) fn folded(pairs: &[(String, String)]) -> String {
    let address = Address::new("").with_all(pairs).to_string();
    address.strip_prefix('?').unwrap_or_default().to_owned()
}

/// The fields of such a line.
pub(crate) async fn unfolded(line: &str) -> Vec<(String, String)> {
    let request = Request::post("/")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from(line.to_owned()));
    let Ok(request) = request else { return Vec::new() };
    Typed::read(request).await.map(|typed| typed.kept()).unwrap_or_default()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn block<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
    }

    #[test]
    fn what_was_typed_survives_a_new_sign_in_but_for_its_secrets() {
        let pairs = [
            ("reason", "itirilib & 100% \"tapıldı\"\r\nsonra"),
            ("scope", "a"),
            ("scope", "b"),
            (TOKEN, "t"),
            ("password", "p"),
        ];
        let pairs: Vec<(String, String)> =
            pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let kept = Typed(pairs.clone()).kept();
        assert_eq!(kept, pairs[..3]);
        assert_eq!(block(unfolded(&folded(&kept))), kept);
        assert!(block(unfolded("")).is_empty());
    }

    #[test]
    fn what_is_larger_than_any_form_is_not_read() {
        let request = |bytes: usize| {
            Request::post("/")
                .header("content-type", "application/x-www-form-urlencoded")
                .body(Body::from(format!("a={}", "b".repeat(bytes))))
                .unwrap()
        };
        assert!(block(Typed::read(request(60_000))).is_ok());
        assert!(block(Typed::read(request(70_000))).is_err());
        let many = Request::post("/")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Body::from("a=&".repeat(501)))
            .unwrap();
        assert!(block(Typed::read(many)).is_err());
        let other = Request::post("/")
            .header("content-type", "application/json")
            .body(Body::from("{}"))
            .unwrap();
        assert!(block(Typed::read(other)).is_err());
    }
}
