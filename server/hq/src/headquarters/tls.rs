//! Whether devices speak TLS to headquarters' relay, and with which certificate.

use kahriz_relay::{Tls, TlsError};

use super::RELAY_FOLDER;
use crate::cli::{Serve, TlsKind};

/// The certificate that was asked for. Without a word about it, an `https` address gets one of the relay's own making,
/// because devices that are sent there would find nobody otherwise.
pub(crate) fn choose(serve: &Serve, relay_url: &str) -> Result<Option<Tls>, TlsError> {
    if let (Some(certificate), Some(key)) = (&serve.tls_cert, &serve.tls_key) {
        return Tls::from_files(certificate, key).map(Some);
    }
    let usual = if is_https(relay_url) { TlsKind::SelfSigned } else { TlsKind::Off };
    let folder = serve.dir.join(RELAY_FOLDER);
    match serve.tls.unwrap_or(usual) {
        TlsKind::Off => Ok(None),
        TlsKind::SelfSigned => Tls::self_signed(&folder).map(Some),
    }
}

/// Whether an address says that TLS is spoken there.
pub(crate) fn is_https(url: &str) -> bool {
    url.get(..8).is_some_and(|scheme| scheme.eq_ignore_ascii_case("https://"))
}
