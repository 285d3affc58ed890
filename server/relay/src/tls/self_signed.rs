//! A certificate that the relay makes for itself, once.

use super::TlsError;
use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair};
use rustls::Error;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Key and certificate in one file, so that there is never one without the other.
pub const FILE: &str = "relay-tls.pem";

/// What the certificate calls the relay. Nobody looks at it: devices know the key.
const NAME: &str = "kahriz-relay";

/// The file with the certificate and its key, made if it isn't there.
pub(super) fn ensure(folder: &Path) -> Result<PathBuf, TlsError> {
    let path = folder.join(FILE);
    let failed = |source| TlsError::File { path: path.clone(), source };
    if !path.try_exists().map_err(failed)? {
        let text = make()?;
        std::fs::create_dir_all(folder)
            .and_then(|()| write(folder, &path, &text))
            .map_err(failed)?;
    }
    Ok(path)
}

/// ECDSA on P-256: every TLS there is can check it. It does not end, because what ends it is a new invite.
fn make() -> Result<String, Error> {
    let general = |error: rcgen::Error| Error::General(error.to_string());
    let key = KeyPair::generate().map_err(general)?;
    let mut params = CertificateParams::new([NAME.to_owned()]).map_err(general)?;
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, NAME);
    let certificate = params.self_signed(&key).map_err(general)?;
    Ok(key.serialize_pem() + &certificate.pem())
}

/// Whole or not at all, and on disk before anybody is told the pin.
fn write(folder: &Path, path: &Path, text: &str) -> io::Result<()> {
    let new = path.with_extension("new");
    let mut options = OpenOptions::new();
    options.create(true).truncate(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&new)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(&new, path)?;
    File::open(folder)?.sync_all()
}
