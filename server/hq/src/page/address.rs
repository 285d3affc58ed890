//! Addresses of this page: a path and the filters in it, built so that a link survives any text that a person typed.

use std::fmt::{self, Display, Write};

/// A path on this page with its query, which [`Display`] writes percent-encoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    path: String,
    pairs: Vec<(String, String)>,
}

impl Address {
    /// A path as it is, without a query.
    pub(crate) fn new(path: &str) -> Self {
        Self { path: path.to_owned(), pairs: Vec::new() }
    }

    /// The page of one record, by its UUID: two records may share a human id.
    pub(crate) fn record(id: &str) -> Self {
        Self::new(&format!("/records/{}", Encoded(id)))
    }

    /// The page of one field's history.
    pub(crate) fn history(id: &str, key: &str) -> Self {
        Self::new(&format!("/records/{}/history/{}", Encoded(id), Encoded(key)))
    }

    /// The same with more filters.
    pub(crate) fn with_all(mut self, pairs: &[(String, String)]) -> Self {
        self.pairs.extend_from_slice(pairs);
        self
    }

    /// The same with this filter in place of what it was.
    pub(crate) fn with(mut self, name: &str, value: impl Display) -> Self {
        self.pairs.retain(|(kept, _)| kept != name);
        self.pairs.push((name.to_owned(), value.to_string()));
        self
    }
}

impl Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)?;
        for (place, (name, value)) in self.pairs.iter().enumerate() {
            let sign = if place == 0 { '?' } else { '&' };
            write!(f, "{sign}{}={}", Encoded(name), Encoded(value))?;
        }
        Ok(())
    }
}

/// Text with everything percent-encoded that is not an unreserved character of RFC 3986, a colon or a comma.
struct Encoded<'t>(&'t str);

impl Display for Encoded<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for byte in self.0.bytes() {
            match byte {
                b'a'..=b'z'
                | b'A'..=b'Z'
                | b'0'..=b'9'
                | b'-'
                | b'.'
                | b'_'
                | b'~'
                | b':'
                | b',' => {
                    f.write_char(char::from(byte))?;
                }
                _ => write!(f, "%{byte:02X}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_in_another_script_stays_one_filter() {
        let address =
            Address::new("/records").with("q", "Əli & Алиев").with("kind", "missing_person");
        assert_eq!(
            address.to_string(),
            "/records?q=%C6%8Fli%20%26%20%D0%90%D0%BB%D0%B8%D0%B5%D0%B2&kind=missing_person"
        );
    }

    #[test]
    fn a_filter_given_again_replaces_the_first() {
        let address = Address::new("/map").with("page", 2).with("page", 3);
        assert_eq!(address.to_string(), "/map?page=3");
    }

    #[test]
    fn a_slash_in_an_id_does_not_lead_to_another_page() {
        assert_eq!(Address::record("../api").to_string(), "/records/..%2Fapi");
    }
}
