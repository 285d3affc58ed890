//! TLS for devices: version 1.3 alone, with the hybrid X25519 and ML-KEM-768 key exchange first.
//!
//! The certificate is an operator's own, read from files and read again when they change, or one that the relay has
//! made and signed for itself. Devices that were invited know the relay by its key (the *pin*: SHA-256 of the
//! certificate's public key), not by what a certificate says, so a certificate of one's own making is as good as any.
//! Sessions are resumed by tickets; their keys live in memory and change every few hours.

mod self_signed;

pub use self_signed::FILE as SELF_SIGNED_FILE;

use rustls::ServerConfig;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ParsedCertificate, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use sha2::{Digest, Sha256};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};
use thiserror::Error;
use tokio_rustls::TlsAcceptor;

/// The only protocol that is spoken over TLS.
const ALPN: &[u8] = b"http/1.1";

/// One ticket a handshake: a device has one connection, and each ticket costs it some 250 bytes.
const TICKETS: usize = 1;

/// The files of a certificate are looked at this often.
const LOOK_AGAIN: Duration = Duration::from_secs(60);

/// A relay's certificate with its key, and how TLS is spoken with it. Clones are the same one.
#[derive(Clone)]
pub struct Tls {
    kept: Arc<Kept>,
    config: Arc<ServerConfig>,
}

/// Why a certificate cannot be used.
#[derive(Debug, Error)]
pub enum TlsError {
    /// A file cannot be read, or made.
    #[error("{path}: {source}", path = .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file holds no certificates, or no private key, in PEM. It was left as it is.
    #[error(
        "{0} does not hold in PEM what it should: certificates, or a private key without a password"
    )]
    NotPem(PathBuf),
    /// The certificate and the key do not belong together, or are of a kind that is not known.
    #[error("the certificate and the private key cannot be used: {0}")]
    Unusable(#[from] rustls::Error),
}

#[derive(Debug)]
struct Kept {
    certificate_file: PathBuf,
    key_file: PathBuf,
    provider: Arc<CryptoProvider>,
    current: RwLock<Arc<CertifiedKey>>,
}

impl Tls {
    /// A certificate (with those that lead to its authority, if one signed it) and its private key, in PEM.
    ///
    /// # Errors
    /// [`TlsError`]
    pub fn from_files(certificate: &Path, key: &Path) -> Result<Self, TlsError> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let current = RwLock::new(Arc::new(read(certificate, key, &provider)?));
        let (certificate_file, key_file) = (certificate.to_owned(), key.to_owned());
        let kept = Arc::new(Kept { certificate_file, key_file, provider, current });
        Ok(Self { config: Arc::new(config(&kept)?), kept })
    }

    /// A certificate that the relay signs for itself: made the first time and kept in the folder of its store,
    /// readable by its owner only. It is never made anew, because devices know the relay by its key.
    ///
    /// # Errors
    /// [`TlsError`]; a file that is damaged was left as it is.
    pub fn self_signed(folder: &Path) -> Result<Self, TlsError> {
        let path = self_signed::ensure(folder)?;
        Self::from_files(&path, &path)
    }

    /// What devices know this relay by: SHA-256 of its public key (`SubjectPublicKeyInfo`, DER).
    #[must_use]
    pub fn pin(&self) -> [u8; 32] {
        pin_of(&self.kept.current()).expect("a certificate is looked at before it is used")
    }

    /// Reads the files again. Connections that are open keep the certificate that they have seen.
    ///
    /// # Errors
    /// [`TlsError`]; then the certificate from before stays in use.
    pub fn reload(&self) -> Result<(), TlsError> {
        let before = self.pin();
        let kept = &self.kept;
        let read = read(&kept.certificate_file, &kept.key_file, &kept.provider)?;
        *kept.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(read);
        if self.pin() != before {
            tracing::warn!(
                "the certificate has another key now: devices that know the earlier one stay away"
            );
        }
        Ok(())
    }

    /// Reads the files again whenever they have changed. Never returns.
    pub(crate) async fn follow_files(&self) {
        let mut seen = self.kept.changed_at();
        loop {
            tokio::time::sleep(LOOK_AGAIN).await;
            let now = self.kept.changed_at();
            if now == seen {
                continue;
            }
            seen = now;
            match self.reload() {
                Ok(()) => tracing::info!("the certificate was read again"),
                Err(error) => tracing::warn!(%error, "the earlier certificate stays in use"),
            }
        }
    }

    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        self.config.clone().into()
    }
}

impl Kept {
    fn current(&self) -> Arc<CertifiedKey> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn changed_at(&self) -> [Option<SystemTime>; 2] {
        [&self.certificate_file, &self.key_file]
            .map(|path| path.metadata().and_then(|about| about.modified()).ok())
    }
}

impl ResolvesServerCert for Kept {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.current())
    }
}

fn config(kept: &Arc<Kept>) -> Result<ServerConfig, TlsError> {
    let builder = ServerConfig::builder_with_provider(kept.provider.clone())
        .with_protocol_versions(&[&rustls::version::TLS13])?;
    let mut config = builder.with_no_client_auth().with_cert_resolver(kept.clone());
    config.alpn_protocols = vec![ALPN.to_vec()];
    config.ticketer = aws_lc_rs::Ticketer::new()?;
    config.send_tls13_tickets = TICKETS;
    Ok(config)
}

fn read(
    certificate: &Path,
    key: &Path,
    provider: &CryptoProvider,
) -> Result<CertifiedKey, TlsError> {
    let chain = CertificateDer::pem_slice_iter(&bytes_of(certificate)?)
        .collect::<Result<Vec<_>, _>>()
        .ok()
        .filter(|chain| !chain.is_empty())
        .ok_or_else(|| TlsError::NotPem(certificate.to_owned()))?;
    let key = PrivateKeyDer::from_pem_slice(&bytes_of(key)?)
        .map_err(|_| TlsError::NotPem(key.to_owned()))?;
    let read = CertifiedKey::from_der(chain, key, provider)?;
    pin_of(&read)?;
    Ok(read)
}

fn bytes_of(path: &Path) -> Result<Vec<u8>, TlsError> {
    std::fs::read(path).map_err(|source| TlsError::File { path: path.to_owned(), source })
}

fn pin_of(key: &CertifiedKey) -> Result<[u8; 32], rustls::Error> {
    let certificate = ParsedCertificate::try_from(key.end_entity_cert()?)?;
    Ok(Sha256::digest(certificate.subject_public_key_info()).into())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use rcgen::{CertificateParams, KeyPair};

    /// A certificate and its key in files of their own.
    fn own(folder: &Path) -> (PathBuf, PathBuf) {
        let (certificate, key) = (folder.join("own.pem"), folder.join("own.key"));
        let pair = KeyPair::generate().unwrap();
        let signed = CertificateParams::new(["relay.test".to_owned()]).unwrap();
        std::fs::write(&certificate, signed.self_signed(&pair).unwrap().pem()).unwrap();
        std::fs::write(&key, pair.serialize_pem()).unwrap();
        (certificate, key)
    }

    #[test]
    fn a_certificate_of_its_own_is_made_once_and_survives_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let first = Tls::self_signed(folder.path()).unwrap();
        let again = Tls::self_signed(folder.path()).unwrap();
        assert_eq!(first.pin(), again.pin());
        let other = tempfile::tempdir().unwrap();
        assert_ne!(first.pin(), Tls::self_signed(other.path()).unwrap().pin());
    }

    #[cfg(unix)]
    #[test]
    fn the_key_of_a_certificate_of_its_own_is_its_owners_alone() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        Tls::self_signed(folder.path()).unwrap();
        for file in std::fs::read_dir(folder.path()).unwrap() {
            assert_eq!(file.unwrap().metadata().unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn a_damaged_certificate_of_its_own_is_left_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        Tls::self_signed(folder.path()).unwrap();
        let path = self_signed::ensure(folder.path()).unwrap();
        std::fs::write(&path, "torn").unwrap();
        assert!(matches!(Tls::self_signed(folder.path()), Err(TlsError::NotPem(_))));
        assert_eq!(std::fs::read(&path).unwrap(), b"torn");
    }

    #[test]
    fn a_certificate_is_read_again_and_a_bad_one_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let (certificate, key) = own(folder.path());
        let tls = Tls::from_files(&certificate, &key).unwrap();
        let first = tls.pin();
        own(folder.path());
        tls.reload().unwrap();
        let second = tls.pin();
        assert_ne!(first, second);
        std::fs::write(&certificate, "torn").unwrap();
        assert!(matches!(tls.reload(), Err(TlsError::NotPem(_))));
        std::fs::remove_file(&certificate).unwrap();
        assert!(matches!(tls.reload(), Err(TlsError::File { .. })));
        assert_eq!(tls.pin(), second);
    }

    #[test]
    fn a_key_of_another_certificate_is_refused() {
        let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let ((certificate, _), (_, key)) = (own(one.path()), own(two.path()));
        assert!(matches!(Tls::from_files(&certificate, &key), Err(TlsError::Unusable(_))));
    }
}
