//! An answer's head, and its body as it arrives.

use crate::CBOR;
use kahriz_core::drive::transport::HttpAnswer;
use std::io::{self, Read};
use ureq::http::{Response, header};
use ureq::{Body, BodyReader};

pub(crate) fn read(answer: Response<Body>) -> HttpAnswer {
    let status = answer.status().as_u16();
    let is_cbor = answer
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(is_cbor);
    let body = answer.into_body();
    let left = body.content_length();
    HttpAnswer { status, is_cbor, body: Box::new(Arriving { body: body.into_reader(), left }) }
}

/// Whether a content type is CBOR's, with whatever parameters.
fn is_cbor(content_type: &str) -> bool {
    content_type.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case(CBOR))
}

/// A body that gives its connection back as soon as its announced length is read: the drive knows
/// from what it decodes where the answer ends and doesn't read on.
struct Arriving {
    body: BodyReader<'static>,
    left: Option<u64>,
}

impl Read for Arriving {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.body.read(into)?;
        let left = self.left.map(|left| left.saturating_sub(count as u64));
        if count > 0 && left == Some(0) {
            self.body.read(&mut [0])?;
        }
        self.left = left;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_cbor_is_taken_for_cbor() {
        assert!(is_cbor("application/cbor"));
        assert!(is_cbor("Application/CBOR; charset=binary"));
        assert!(!is_cbor("application/cbor-seq"));
        assert!(!is_cbor("text/html; charset=utf-8"));
    }
}
