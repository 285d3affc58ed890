//! Why a command did not do what was asked: a sentence that says what to do about it, and the exit code.
//!
//! | code | meaning |
//! |---|---|
//! | 0 | done |
//! | 1 | refused: what was given is not valid, or not allowed |
//! | 2 | the command line was not understood |
//! | 3 | the network: no relay, or something that is none |
//! | 4 | the store: not there, locked, damaged, another key, a full disk |

use std::io;
use std::path::{Path, PathBuf};

use kahriz_core::drive::SyncError;
use kahriz_core::forms::FieldError;
use kahriz_core::store::{OpenStoreError, is_damage};
use kahriz_core::vault::{ChangeError, WipeError};
use kahriz_core::workspace::{
    AdminError, BackupError, BundleError, DraftError, LettersError, OpenError, ReadError,
    ResumeError, SaveError,
};
use kahriz_http::{AddressError, HttpTransport};
use kahriz_proto::message::RefusalReason;
use kahriz_proto::session::Failure as LineFailure;

use crate::accounts::AccountError;
use crate::keyfile::KeyError;
use crate::mapping::MappingError;
use crate::nearby::NotMet;
use crate::operate::Doubt;
use crate::paper::NotAnInvite;
use crate::recovery::Refusal;

/// The exit codes, as in the table above.
pub(crate) const REFUSED: u8 = 1;
pub(crate) const USAGE: u8 = 2;
pub(crate) const NETWORK: u8 = 3;
pub(crate) const STORE: u8 = 4;

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error(transparent)]
    Pin(#[from] ChangeError),
    #[error(transparent)]
    Wipe(#[from] WipeError),
    #[error("this store has a PIN already: `pin change` puts another in its place")]
    HasPin,
    #[error("this store has no PIN: `pin set` gives it one")]
    NoPin,
    #[error("say --yes if you are sure: nothing brings back what only this store holds")]
    NotSure,
    #[error("{}", about_store(.folder, .source))]
    Open { folder: PathBuf, source: OpenError },
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error(transparent)]
    Draft(#[from] DraftError),
    #[error("{}", about_save(.0))]
    Save(#[from] SaveError),
    #[error(transparent)]
    Admin(#[from] AdminError),
    #[error(transparent)]
    Letters(LettersError),
    #[error(transparent)]
    Field(#[from] FieldError),
    #[error("{}", about_sync(.0))]
    Sync(SyncError),
    #[error("{}", about_line(.0))]
    Line(LineFailure),
    #[error(
        "the relay at this address shows another key than the one in the invite: nothing was sent. Somebody may stand in between, or the relay was set up anew; ask headquarters, which would have to invite this device again"
    )]
    AnotherKey,
    #[error(transparent)]
    Tls(#[from] kahriz_relay::TlsError),
    #[error(transparent)]
    Address(#[from] AddressError),
    #[error(transparent)]
    Invite(#[from] NotAnInvite),
    #[error(transparent)]
    Mapping(#[from] MappingError),
    #[error(
        "there is no mapping called {0} and no such file; mappings that come with the program: records-1000"
    )]
    NoMapping(String),
    #[error("{path}: {source}", path = .path.display())]
    File { path: PathBuf, source: io::Error },
    #[error("{} is there already, and nothing in it was touched: choose another name", .0.display())]
    Exists(PathBuf),
    #[error(
        "there is no such record on this device: give its id as in a list, AGD-7K2M-9XQ4-C or the UUID"
    )]
    NoRecord,
    #[error("write a field and its value as field=value, as in hazard_status=active")]
    NotAnAssignment,
    #[error(
        "write an area as Name:PREFIX, as in Ağdam:AGD; the prefix has 2 to 8 letters or digits"
    )]
    NotAScope,
    #[error("there is no area of that name here; there is {0}")]
    NoScope(String),
    #[error("say with --scope in which area: {0}")]
    WhichScope(String),
    #[error("no area is granted to this device yet: headquarters has to admit it, then sync")]
    NoScopeYet,
    #[error("write a place as LATITUDE,LONGITUDE in degrees, as in 40.05,46.98")]
    NotAPlace,
    #[error("{failed} of {lines} lines were not taken; the others are saved")]
    SomeLines { failed: u64, lines: u64 },
    #[error("say with --kind which table, or with --out a folder for all of them")]
    WhichTable,
    #[error(
        "no device that waits shows the code {0}: look at the list again, codes are new with each request"
    )]
    NoSuchJoin(String),
    #[error("{0}")]
    DoubtfulJoin(Doubt),
    #[error(transparent)]
    Account(#[from] AccountError),
    #[error("the two passwords are not the same: nothing was changed")]
    PasswordsDiffer,
    #[error("there is no terminal to ask for a password: give --password-file")]
    NoTerminal,
    #[error("the account of exports was altered: entry {0} does not follow from the one before")]
    LogBroken(u64),
    #[error("nobody was admitted")]
    NotConfirmed,
    #[error("nobody was revoked")]
    NotRevoked,
    #[error("there is no member {0} who is not revoked already: `kahriz people` shows everybody")]
    NoSuchMember(String),
    #[error(
        "{0} is the name of {1} members: give the beginning of the device's id, as `kahriz people` shows it"
    )]
    SeveralMembers(String, usize),
    #[error("no log that begins with {0} is quarantined: `kahriz quarantine` shows those that are")]
    NoSuchLog(String),
    #[error("somebody else has decided this in the meantime: look at it again")]
    DecidedMeanwhile,
    #[error("there is no open alarm with the number {0}")]
    NoSuchAlarm(i64),
    #[error("this is not what a device shows that joins without a network: copy the whole line")]
    NotAJoin,
    #[error("the code of that device is another than {0}: do not admit it")]
    OtherCode(String),
    #[error(
        "{0} cannot be listened on ({1}): is a server running already? --listen and --page choose other addresses"
    )]
    Listen(std::net::SocketAddr, io::Error),
    #[error(
        "headquarters' page may only be served to this machine: give --page a loopback address, as 127.0.0.1:8471"
    )]
    PageNotLoopback,
    #[error("the relay's store cannot be opened: {0}")]
    RelayStore(#[from] kahriz_relay::log::OpenError),
    #[error("the relay does not start: {0}")]
    Relay(#[from] kahriz_relay::StartError),
    #[error("serving ended: {0}")]
    Served(#[from] kahriz_relay::ServeError),
    #[error("{0}")]
    RelayRoster(#[from] kahriz_relay::RosterChangeError),
    /// A command that the serving process carried out, and its own sentence.
    #[error("{sentence}")]
    Handed { code: u8, sentence: String },
    #[error("the program that has the store open did not answer as it should: {0}")]
    Handover(io::Error),
    #[error(transparent)]
    Recovery(#[from] Box<Refusal>),
    #[error(
        "say --yes if you are sure that the original is gone and stays off: two that write as one device contradict each other. Nothing was changed"
    )]
    OriginalMayLive,
    #[error(transparent)]
    Resume(#[from] ResumeError),
    #[error("{}", about_copy(.0))]
    Copy(#[from] BackupError),
    #[error(transparent)]
    Backup(#[from] kahriz_relay::backup::BackupError),
    #[error(transparent)]
    Restore(#[from] kahriz_relay::backup::RestoreError),
    #[error(
        "a backup holds no key: say with --key-file where the store's key is. If it is lost, the shares bring headquarters back (kahriz recovery restore)"
    )]
    KeyApart,
    #[error("{}: {error}", .path.display())]
    Bundle { path: PathBuf, error: BundleError },
    #[error(transparent)]
    Nearby(#[from] NotMet),
    #[error("the output cannot be written: {0}")]
    Output(#[from] io::Error),
}

impl From<SyncError> for Failure {
    fn from(error: SyncError) -> Self {
        match error {
            SyncError::Line(failure) => Self::Line(failure),
            SyncError::Save(error) => Self::Save(error),
            SyncError::Read(error) => Self::Read(error),
            error @ (SyncError::Waiting
            | SyncError::Roster(_)
            | SyncError::Revoked
            | SyncError::InviteTaken
            | SyncError::RosterSplit
            | SyncError::Copy
            | SyncError::NoInvite
            | SyncError::Open(_)) => Self::Sync(error),
            SyncError::Letters(error) => Self::Letters(error),
        }
    }
}

impl Failure {
    /// There is no store in the folder.
    pub(crate) fn no_store(folder: &Path) -> Self {
        let source = OpenError::Store(OpenStoreError::NotFound);
        Self::Open { folder: folder.to_owned(), source }
    }

    /// The failure of a line, with what only its transport knows.
    pub(crate) fn on_line(self, transport: &HttpTransport) -> Self {
        let is_no_relay = matches!(self, Self::Line(LineFailure::NotARelay));
        if is_no_relay && transport.met_another_key() { Self::AnotherKey } else { self }
    }

    /// The exit code.
    pub(crate) fn code(&self) -> u8 {
        match self {
            Self::Key(KeyError::Weak(_) | KeyError::TypedOtherwise) => REFUSED,
            Self::Pin(ChangeError::Unlock(_)) | Self::Wipe(_) => STORE,
            Self::Key(_) | Self::Open { .. } | Self::Read(_) | Self::RelayStore(_) => STORE,
            Self::Save(SaveError::DiskFull | SaveError::Database(_) | SaveError::Record(_)) => {
                STORE
            }
            Self::Draft(DraftError::Read(_)) | Self::Admin(AdminError::Database(_)) => STORE,
            Self::Sync(SyncError::Open(_)) => STORE,
            Self::Account(AccountError::Read(_) | AccountError::Save(_)) => STORE,
            Self::Line(_) | Self::AnotherKey => NETWORK,
            Self::Sync(SyncError::Roster(_)) | Self::Listen(..) => NETWORK,
            Self::Letters(LettersError::Database(_) | LettersError::DiskFull) => STORE,
            Self::Served(_) | Self::Relay(_) => NETWORK,
            Self::Copy(_) | Self::Backup(_) => STORE,
            Self::Resume(ResumeError::Store(_) | ResumeError::Database(_)) => STORE,
            Self::Resume(ResumeError::NotACopy) => REFUSED,
            Self::KeyApart | Self::OriginalMayLive => USAGE,
            Self::Handed { code, .. } => *code,
            Self::Nearby(not_met) => not_met.code(),
            Self::NotAnAssignment
            | Self::NotAScope
            | Self::NotAPlace
            | Self::WhichTable
            | Self::NotSure
            | Self::Address(_) => USAGE,
            Self::PageNotLoopback => USAGE,
            Self::Draft(_)
            | Self::Pin(_)
            | Self::HasPin
            | Self::NoPin
            | Self::Save(_)
            | Self::Admin(_)
            | Self::Letters(_)
            | Self::Field(_)
            | Self::Sync(_)
            | Self::Invite(_)
            | Self::Mapping(_)
            | Self::NoMapping(_)
            | Self::File { .. }
            | Self::Exists(_)
            | Self::NoRecord
            | Self::NoScope(_)
            | Self::WhichScope(_)
            | Self::NoScopeYet
            | Self::SomeLines { .. }
            | Self::NoSuchJoin(_)
            | Self::NotConfirmed
            | Self::DoubtfulJoin(_)
            | Self::Account(_)
            | Self::PasswordsDiffer
            | Self::NoTerminal
            | Self::LogBroken(_)
            | Self::NotRevoked
            | Self::NoSuchMember(_)
            | Self::SeveralMembers(..)
            | Self::NoSuchLog(_)
            | Self::NoSuchAlarm(_)
            | Self::DecidedMeanwhile
            | Self::NotAJoin
            | Self::OtherCode(_)
            | Self::RelayRoster(_)
            | Self::Handover(_)
            | Self::Tls(_)
            | Self::Recovery(_)
            | Self::Restore(_)
            | Self::Bundle { .. }
            | Self::Output(_) => REFUSED,
        }
    }
}

fn about_store(folder: &Path, error: &OpenError) -> String {
    let folder = folder.display();
    let OpenError::Store(error) = error else { return format!("{folder}: {error}") };
    match error {
        OpenStoreError::NotFound => format!(
            "there is no store in {folder}: found a workspace with `kahriz init`, or join one with `kahriz device --store {folder} join INVITE`"
        ),
        OpenStoreError::AlreadyExists => {
            format!(
                "there is a store in {folder} already, and it was not touched: choose another folder"
            )
        }
        OpenStoreError::AlreadyOpen => {
            format!(
                "another program has the store in {folder} open: wait until it is done, or stop it"
            )
        }
        OpenStoreError::WrongKey => format!(
            "the key is not that of the store in {folder}; nothing was changed. Bring back its own key file, or name it with --key-file"
        ),
        OpenStoreError::Damaged { moved_to } => format!(
            "the store in {folder} is damaged. Its file was kept as {}; do not delete it. Join again with a new invite: what was synced comes back from the relay",
            moved_to.display()
        ),
        OpenStoreError::Newer { .. } => format!("{folder}: {error}: update the program"),
        OpenStoreError::DiskFull => {
            "the disk is full: free some space and try again; nothing was lost".to_owned()
        }
        OpenStoreError::Io(source) => {
            format!("the files of the store in {folder} cannot be used: {source}")
        }
        OpenStoreError::Database(source) => {
            format!("the store in {folder} cannot be used: {source}")
        }
    }
}

/// Of a copy of a store, which is never moved aside: it can be thrown away.
fn about_copy(error: &BackupError) -> String {
    let BackupError::Store(error) = error else { return error.to_string() };
    match error {
        OpenStoreError::WrongKey => "this is not the key of the store in the backup".to_owned(),
        OpenStoreError::Database(source) if is_damage(source) => {
            "the copy does not read back: the store, or its disk, may be damaged; keep the older backups".to_owned()
        }
        OpenStoreError::Database(source) => format!("the store could not be copied: {source}"),
        OpenStoreError::Io(source) => format!("the store could not be copied: {source}"),
        other @ (OpenStoreError::NotFound
        | OpenStoreError::AlreadyExists
        | OpenStoreError::AlreadyOpen
        | OpenStoreError::Damaged { .. }
        | OpenStoreError::Newer { .. }
        | OpenStoreError::DiskFull) => other.to_string(),
    }
}

fn about_sync(error: &SyncError) -> String {
    if !matches!(error, SyncError::Waiting) {
        return error.to_string();
    }
    "this device waits to be admitted: tell headquarters its code (kahriz device status), then sync again. \
     What was saved is kept"
        .to_owned()
}

/// What a person can do about a line that failed.
pub(crate) fn about_line(failure: &LineFailure) -> String {
    let LineFailure::Refused(reason) = failure else {
        return format!("{failure}; nothing is lost, sync again when there is a connection");
    };
    match reason {
        RefusalReason::Clock => "this device's clock is far off, and the relay refuses its signature: set the clock",
        RefusalReason::NotMember => "the relay does not know this device (yet): headquarters has to publish the invite or admit it",
        RefusalReason::Revoked => "the relay says that this device was revoked, but no administrator has signed that: nothing was deleted; tell headquarters",
        RefusalReason::Role => "this device's role does not allow this",
        RefusalReason::Limit => "the relay's limit is reached for now: try later, or ask who runs it",
        RefusalReason::Unavailable => "the relay is nearly full or in trouble: try later, or ask who runs it",
        RefusalReason::RosterMoved => "the member list was changed at the same time: try again",
        RefusalReason::NotFound => "the relay does not keep this workspace",
        RefusalReason::Token | RefusalReason::Replayed | RefusalReason::Malformed => {
            "the relay refuses the request: is this the relay of the invite, and is the program up to date?"
        }
    }
    .to_owned()
}

/// With the one thing that a person at a command line can add.
fn about_save(error: &SaveError) -> String {
    use kahriz_core::forms::Problem;
    let lacks =
        |errors: &[FieldError]| errors.iter().any(|error| error.problem == Problem::Required);
    if matches!(error, SaveError::Invalid(errors) if lacks(errors)) {
        return format!("{error} (--incomplete saves it anyway, and counts it as incomplete)");
    }
    error.to_string()
}
