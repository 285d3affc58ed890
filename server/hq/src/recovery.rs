//! The keys that are kept off every device: split into shares on paper, and used when headquarters is lost.
//!
//! What a share is and how keys come back from several is the core's; here is how shares are written and read by
//! people ([`written`], [`sheet`]), where keys are asked for, and the order in which a lost headquarters is made
//! anew. Keys and shares are never taken from arguments.

mod admins;
mod ask;
mod restore;
pub mod sheet;
pub mod written;

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use kahriz_core::crypto::shares::{CombineError, Quorum, RecoveryKeys, Share, split};
use kahriz_core::drive::Shell;
use kahriz_core::workspace::{AdminError, NotARosterFile, RestoreError};
use serde_json::json;
use zeroize::Zeroizing;

use crate::bell::Bell;
use crate::cli::{AdminCommand, RecoveryCommand, Split};
use crate::failure::Failure;
use crate::keyfile::{Keys, new_file};
use crate::paper::NotASeed;
use crate::say;
use crate::shell::Terminal;

pub(crate) use restore::read_secret;

/// Why recovery does not go on. Nothing was made unless it says so.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    #[error(
        "choose how many of the sheets are needed: at least 2, and fewer than there are, as 2 of 3 or 3 of 5"
    )]
    NotAQuorum,
    #[error("{place}: {source}")]
    Share { place: String, source: written::NotWritten },
    #[error("{place}: {source}")]
    Combine { place: String, source: CombineError },
    #[error("nothing was restored: {0}. One share alone, or too few of them, tell nothing")]
    TooFew(CombineError),
    #[error("the {what} key: {source}")]
    Key { what: &'static str, source: NotASeed },
    #[error("{0} does not hold the two keys as `kahriz init` wrote them")]
    NotKeepsakes(PathBuf),
    #[error(
        "these keys are of workspace {actual}, but {expected} was named: are the two keys exchanged?"
    )]
    AnotherWorkspace { expected: String, actual: String },
    #[error("say where the member list is: --relay URL, or --roster FILE as a device wrote it")]
    NoSource,
    #[error(
        "the relay does not know the workspace of these keys: is it the right relay, and are these its shares?"
    )]
    NotThere,
    #[error("{path}: {source}", path = .path.display())]
    RosterFile { path: PathBuf, source: NotARosterFile },
    #[error("{place}: {source}")]
    Roster { place: String, source: RestoreError },
    #[error("there are several headquarters: say with --lost which is gone. There is {0}")]
    WhichLost(String),
    #[error("{0} is not a device's id: 32 hexadecimal digits")]
    NotADevice(String),
    #[error("that is not a whole request: it begins with kahriz-admin: and is one line")]
    NotARequest,
    #[error(
        "the request shows the code {actual}, not {given}: it may have been exchanged on the way"
    )]
    AnotherCode { given: String, actual: String },
    #[error("no administrator has the code {0}: look at the list")]
    NoSuchAdmin(String),
    #[error("this is the only administrator's key: without it nobody could be admitted any more")]
    LastAdmin,
}

/// Carries out `kahriz recovery`.
pub(crate) fn run(command: &RecoveryCommand, keys: Keys<'_>, as_json: bool) -> Result<(), Failure> {
    match command {
        RecoveryCommand::Split(order) => split_keys(order, as_json),
        RecoveryCommand::Restore(order) => restore::run(order, keys, as_json),
        RecoveryCommand::Check { share_file } => check(share_file.as_deref(), as_json),
    }
}

/// Carries out `kahriz admin`.
pub(crate) fn run_admin(
    command: &AdminCommand,
    keys: Keys<'_>,
    as_json: bool,
) -> Result<(), Failure> {
    admins::run(command, keys, as_json)
}

fn split_keys(order: &Split, as_json: bool) -> Result<(), Failure> {
    let quorum = Quorum::new(order.need, order.of).ok_or(Refusal::NotAQuorum)?;
    let sheets = Sheets::prepare(&order.out, quorum, order.text)?;
    let keys = match &order.keepsakes {
        Some(path) => ask::keepsakes(path)?,
        None => ask::keys_of_workspace()?,
    };
    let written = sheets.write(&keys, &order.name)?;
    if as_json {
        say::result(
            &json!({ "workspace": keys.workspace().to_string(), "files": written }).to_string(),
        );
        return Ok(());
    }
    written.iter().for_each(|path| say::result(&path.display().to_string()));
    say::aside(ADVICE);
    Ok(())
}

/// Said when sheets were written.
pub(crate) const ADVICE: &str = "Print each sheet, give each to another person, look whether it reads \
(kahriz recovery check), and then delete these files: whoever reads this folder has every key.";

/// Where sheets are going to be written.
pub(crate) struct Sheets {
    folder: PathBuf,
    quorum: Quorum,
    with_text: bool,
}

impl Sheets {
    /// Makes the folder, and sees that no sheet in it would be overwritten.
    pub(crate) fn prepare(folder: &Path, quorum: Quorum, with_text: bool) -> Result<Self, Failure> {
        let sheets = Self { folder: folder.to_owned(), quorum, with_text };
        private_folder(folder)
            .map_err(|source| Failure::File { path: folder.to_owned(), source })?;
        let taken = (1..=quorum.of())
            .flat_map(|number| ["pdf", "txt"].map(|kind| sheets.path(number, kind)))
            .find(|path| path.exists());
        taken.map_or(Ok(sheets), |path| Err(Failure::Exists(path)))
    }

    /// Splits the keys and writes a sheet for each share.
    pub(crate) fn write(&self, keys: &RecoveryKeys, name: &str) -> Result<Vec<PathBuf>, Failure> {
        let mut terminal = Terminal::quiet(Bell::default());
        let mut written = vec![];
        for share in split(keys, self.quorum, terminal.rng()) {
            let pdf = Zeroizing::new(sheet::sheet(&share, name));
            written.push(self.write_one(&share, "pdf", &pdf)?);
            if self.with_text {
                written.push(self.write_one(&share, "txt", text(&share).as_bytes())?);
            }
        }
        Ok(written)
    }

    fn write_one(&self, share: &Share, kind: &str, bytes: &[u8]) -> Result<PathBuf, Failure> {
        let path = self.path(share.number(), kind);
        let mut file = new_file(&path)?;
        let written = file.write_all(bytes).and_then(|()| file.sync_all());
        written.map_err(|source| Failure::File { path: path.clone(), source })?;
        Ok(path)
    }

    fn path(&self, number: u8, kind: &str) -> PathBuf {
        self.folder.join(format!("share-{number}-of-{}.{kind}", self.quorum.of()))
    }
}

/// A share's words, a few on each line.
fn text(share: &Share) -> Zeroizing<String> {
    let words = written::words(share);
    let lines: Vec<String> = words.chunks(6).map(|line| line.join(" ")).collect();
    Zeroizing::new(lines.join("\n") + "\n")
}

fn private_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

fn check(file: Option<&Path>, as_json: bool) -> Result<(), Failure> {
    let share = match file {
        Some(path) => ask::share_file(path)?,
        None => ask::share("The share:")?,
    };
    let (number, quorum) = (share.number(), share.quorum());
    if as_json {
        say::result(
            &json!({
                "number": number,
                "needed": quorum.needed(),
                "of": quorum.of(),
                "set": share.belonging().to_string(),
                "checksum": share.checksum(),
            })
            .to_string(),
        );
        return Ok(());
    }
    say::result(&format!(
        "Share {number} of {}, of which {} are needed; set {}; checksum {}. It is whole.",
        quorum.of(),
        quorum.needed(),
        share.belonging(),
        share.checksum()
    ));
    Ok(())
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Recovery(Box::new(refusal))
    }
}

impl From<RestoreError> for Failure {
    fn from(source: RestoreError) -> Self {
        match source {
            RestoreError::Roster(error) => AdminError::Roster(error).into(),
            source @ (RestoreError::NoRoster
            | RestoreError::AnotherRecoveryKey
            | RestoreError::NotLost(_)
            | RestoreError::Open(_)) => {
                Refusal::Roster { place: "the member list".to_owned(), source }.into()
            }
        }
    }
}
