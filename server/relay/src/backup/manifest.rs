//! The manifest: what a backup is of, when it was taken, and the length and hash of each of its files.
//!
//! It is written last, so a folder without one is no backup, and it carries a hash of its own words.

use super::RestoreError;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// The format of backups that this program writes, and the newest that it reads.
pub const FORMAT: u32 = 1;

/// What the file is called.
pub(super) const FILE: &str = "manifest.json";

/// A manifest names a handful of files and each scope once: some 200 bytes a scope.
const BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Read and hashed at once.
const CHUNK_BYTES: usize = 256 * 1024;

/// What a backup is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Of {
    /// A relay's store.
    Relay,
    /// Headquarters' store, with its relay's.
    Headquarters,
}

impl Of {
    /// What a backup's name begins with.
    pub(super) fn prefix(self) -> &'static str {
        match self {
            Self::Relay => "kahriz-relay-",
            Self::Headquarters => "kahriz-headquarters-",
        }
    }
}

/// The manifest of a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The format of this folder.
    pub format: u32,
    /// The version of the program that wrote it.
    pub program: String,
    /// What it is of.
    pub of: Of,
    /// When it was begun, in ms since 1970 by that machine's clock.
    pub taken_ms: i64,
    /// What it holds.
    #[serde(flatten)]
    pub taken: Taken,
    /// Its files, in the order of their names.
    pub files: Vec<Part>,
}

/// What was taken into a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Taken {
    /// Whose store: the relay's incarnation, or headquarters' device.
    pub store: String,
    /// How far the relay's scopes are.
    pub scopes: Vec<ScopeReached>,
    /// How many of what: frames, and of headquarters also records and logs.
    pub counts: BTreeMap<String, u64>,
}

/// How far a scope is, as text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScopeReached {
    /// The organisation.
    pub workspace: String,
    /// The scope.
    pub scope: String,
    /// Its last position.
    pub position: u64,
    /// The rolling hash there.
    pub rolling: String,
}

/// A file of a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// What it is called.
    pub name: String,
    /// How long it is.
    pub bytes: u64,
    /// SHA-256 of it, in hexadecimal.
    pub sha256: String,
}

/// The manifest as it stands in its file.
#[derive(Serialize, Deserialize)]
struct Signed {
    /// SHA-256 of the manifest's words: says that they were not altered, not who wrote them.
    sha256: String,
    manifest: Manifest,
}

impl Manifest {
    /// Whether it names such a file.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.files.iter().any(|part| part.name == name)
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let signed = Signed { sha256: self.sum(), manifest: self.clone() };
        serde_json::to_vec_pretty(&signed).expect("a manifest is plain text")
    }

    fn sum(&self) -> String {
        let words = serde_json::to_vec(self).expect("a manifest is plain text");
        written(Sha256::digest(words).as_slice())
    }
}

/// Reads a backup's manifest. Its files are not looked at.
///
/// # Errors
/// [`RestoreError::NotWhole`], [`RestoreError::Altered`], [`RestoreError::Newer`].
pub fn read(backup: &Path) -> Result<Manifest, RestoreError> {
    let path = backup.join(FILE);
    let failed = |source: io::Error| {
        let is_none = [io::ErrorKind::NotFound, io::ErrorKind::NotADirectory];
        match is_none.contains(&source.kind()) {
            true => RestoreError::NotWhole(backup.to_owned()),
            false => RestoreError::File { path: path.clone(), source },
        }
    };
    let mut bytes = vec![];
    File::open(&path).map_err(failed)?.take(BYTES_MAX).read_to_end(&mut bytes).map_err(failed)?;
    // A newer format may have other words: only its number is asked for first.
    let json: Option<serde_json::Value> = serde_json::from_slice(&bytes).ok();
    let format = json.as_ref().and_then(|json| json.pointer("/manifest/format")?.as_u64());
    if let Some(newer) = format.filter(|format| *format > u64::from(FORMAT)) {
        return Err(RestoreError::Newer(u32::try_from(newer).unwrap_or(u32::MAX)));
    }
    let signed: Option<Signed> = serde_json::from_slice(&bytes).ok();
    let signed = signed.filter(|signed| signed.sha256 == signed.manifest.sum());
    signed.map(|signed| signed.manifest).ok_or(RestoreError::Altered(path))
}

/// Reads all of a backup, and says its manifest if every file is what it was.
///
/// # Errors
/// [`RestoreError`]
pub fn whole(backup: &Path) -> Result<Manifest, RestoreError> {
    let manifest = read(backup)?;
    for part in &manifest.files {
        check(part, &backup.join(&part.name))?;
    }
    Ok(manifest)
}

/// Whether a file is what a manifest says.
pub(super) fn check(part: &Part, path: &Path) -> Result<(), RestoreError> {
    let found = part_of(path).map_err(|source| match source.kind() == io::ErrorKind::NotFound {
        true => RestoreError::Altered(path.to_owned()),
        false => RestoreError::File { path: path.to_owned(), source },
    })?;
    let same = found.bytes == part.bytes && found.sha256 == part.sha256;
    if same { Ok(()) } else { Err(RestoreError::Altered(path.to_owned())) }
}

/// A file's name, length and hash.
pub(super) fn part_of(path: &Path) -> io::Result<Part> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let (mut file, mut digest) = (File::open(path)?, Sha256::new());
    let (mut chunk, mut bytes) = (vec![0; CHUNK_BYTES], 0);
    loop {
        let count = file.read(&mut chunk)?;
        if count == 0 {
            return Ok(Part { name, bytes, sha256: written(digest.finalize().as_slice()) });
        }
        digest.update(&chunk[..count]);
        bytes += count as u64;
    }
}

fn written(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
