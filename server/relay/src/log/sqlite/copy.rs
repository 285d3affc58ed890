//! A copy of the store: made while the relay serves, read back, and made a store of its own.
//!
//! The copy is SQLite's online backup within one read transaction: one consistent picture, however much is written
//! meanwhile, and nobody waits for it. Reading back looks at every frame: its bytes are what its hash says, positions
//! have no holes, the rolling hash of each scope ends where the scope says, the rosters replay from their roots.

use super::{bytes_of, open, unsigned};
use crate::log::LogError;
use crate::log::memory::draw_incarnation;
use kahriz_proto::cursor::{Position, Rolling};
use kahriz_proto::frame::Frame;
use kahriz_proto::ids::{FrameHash, Incarnation, ScopeId, WorkspaceId};
use kahriz_proto::roster::{Roster, RosterError};
use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags, params};
use std::path::Path;
use std::time::Duration;
use thiserror::Error;

/// Pages between two reports of progress: some 4 MiB.
const PAGES_AT_ONCE: i32 = 1_024;
/// The copy's file is ours alone; the store's is only ever shared with its own relay.
const BUSY_WAIT: Duration = Duration::from_millis(50);

/// What a store was found to hold, when all of it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contents {
    /// The store's incarnation.
    pub incarnation: Incarnation,
    /// How far each scope is, in the order of their ids.
    pub scopes: Vec<Reached>,
    /// Frames in all scopes.
    pub frames: u64,
}

/// How far a scope is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reached {
    /// The organisation.
    pub workspace: WorkspaceId,
    /// The scope.
    pub scope: ScopeId,
    /// Its last position.
    pub position: Position,
    /// The rolling hash there.
    pub rolling: [u8; 16],
}

/// Why a store cannot be read to its end. A backup like that is none.
#[derive(Debug, Error)]
pub enum NotSound {
    /// SQLite finds the file damaged.
    #[error("its file is damaged")]
    Damaged,
    /// The frame at a position is missing, or its bytes are not what was sealed.
    #[error("the frame at position {position} of scope {scope} is missing or altered")]
    Frame {
        /// The scope.
        scope: ScopeId,
        /// The position.
        position: Position,
    },
    /// A scope's counter is not where its frames end.
    #[error("scope {0} does not end where its frames do")]
    Scope(ScopeId),
    /// A member list does not replay from its root.
    #[error("the member list of workspace {0} does not verify: {1}")]
    Roster(WorkspaceId, #[source] RosterError),
    /// It was never a relay's store.
    #[error("it is no store of a relay")]
    NoStore,
    /// The storage failed.
    #[error("the database failed: {0}")]
    Database(#[source] rusqlite::Error),
}

impl From<rusqlite::Error> for NotSound {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase};
        match error.sqlite_error_code() {
            Some(DatabaseCorrupt | NotADatabase) => Self::Damaged,
            _ => Self::Database(error),
        }
    }
}

/// Copies the store in a folder to a new file, while its relay may be serving. `progress` is told pages, and of how
/// many.
///
/// # Errors
/// What SQLite said.
pub(crate) fn copy(
    dir: &Path,
    to: &Path,
    progress: &mut dyn FnMut(u64, u64),
) -> rusqlite::Result<()> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let store = Connection::open_with_flags(dir.join(open::DATABASE), flags)?;
    store.busy_timeout(Duration::from_secs(10))?;
    let picture = store.unchecked_transaction()?;
    // From the first question on the picture stands still, however long the copy takes.
    picture.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
    let mut copy = Connection::open(to)?;
    let backup = Backup::new(&picture, &mut copy)?;
    loop {
        let step = backup.step(PAGES_AT_ONCE)?;
        let at = backup.progress();
        let pages = |count: i32| u64::try_from(count).unwrap_or(0);
        progress(pages(at.pagecount - at.remaining), pages(at.pagecount));
        if step == StepResult::Done {
            break;
        }
        if step != StepResult::More {
            std::thread::sleep(BUSY_WAIT);
        }
    }
    drop(backup);
    // One file that can be read where nothing can be written.
    copy.pragma_update(None, "journal_mode", "DELETE")?;
    copy.close().map_err(|(_, error)| error)
}

/// Reads a copy from its first page to its last frame.
///
/// # Errors
/// [`NotSound`]
pub(crate) fn read_back(file: &Path) -> Result<Contents, NotSound> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(file, flags)?;
    db.execute_batch("PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;")?;
    let found: String = db.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if found != "ok" {
        return Err(NotSound::Damaged);
    }
    let tables = "SELECT count(*) FROM sqlite_schema WHERE name IN ('store', 'frame', 'scope')";
    if db.query_row(tables, [], |row| row.get::<_, i64>(0))? != 3 {
        return Err(NotSound::NoStore);
    }
    let query = "SELECT value FROM store WHERE name = 'incarnation'";
    let incarnation = Incarnation::from_bytes(db.query_row(query, [], |row| bytes_of(row, 0))?);
    let mut contents = Contents { incarnation, scopes: vec![], frames: 0 };
    for (number, workspace) in workspaces(&db)? {
        replay(&db, number, workspace)?;
        for (number, claimed) in scopes(&db, number, workspace)? {
            walk(&db, number, &claimed)?;
            contents.frames += claimed.position;
            contents.scopes.push(claimed);
        }
    }
    contents.scopes.sort_unstable();
    Ok(contents)
}

/// Makes a restored copy a store of its own, so that every device notices that it is not the one it knew.
///
/// # Errors
/// What SQLite said, or that there is no chance to draw from.
pub(crate) fn renew(file: &Path) -> Result<Incarnation, LogError> {
    let incarnation = draw_incarnation()?;
    let db = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    db.execute_batch("PRAGMA synchronous = FULL; PRAGMA fullfsync = ON;")?;
    let update = "UPDATE store SET value = ?1 WHERE name = 'incarnation'";
    db.execute(update, params![incarnation.as_bytes()])?;
    db.close().map_err(|(_, error)| error)?;
    Ok(incarnation)
}

fn workspaces(db: &Connection) -> rusqlite::Result<Vec<(i64, WorkspaceId)>> {
    let mut query = db.prepare("SELECT number, workspace FROM workspace ORDER BY number")?;
    let rows =
        query.query_map([], |row| Ok((row.get(0)?, WorkspaceId::from_bytes(bytes_of(row, 1)?))))?;
    rows.collect()
}

fn replay(db: &Connection, number: i64, workspace: WorkspaceId) -> Result<(), NotSound> {
    let mut query =
        db.prepare("SELECT bytes FROM roster_entry WHERE workspace = ?1 ORDER BY seq")?;
    let entries = query.query_map([number], |row| row.get(0))?;
    let entries: Vec<Vec<u8>> = entries.collect::<Result<_, _>>()?;
    let replayed = Roster::replay(workspace, entries.iter().map(Vec::as_slice));
    replayed.map(drop).map_err(|error| NotSound::Roster(workspace, error))
}

fn scopes(
    db: &Connection,
    number: i64,
    workspace: WorkspaceId,
) -> rusqlite::Result<Vec<(i64, Reached)>> {
    let mut query =
        db.prepare("SELECT number, scope, position, rolling FROM scope WHERE workspace = ?1")?;
    let rows = query.query_map([number], |row| {
        let scope = ScopeId::from_bytes(bytes_of(row, 1)?);
        let position = unsigned(row.get(2)?);
        Ok((row.get(0)?, Reached { workspace, scope, position, rolling: bytes_of(row, 3)? }))
    })?;
    rows.collect()
}

/// Follows a scope from its first frame to its last.
fn walk(db: &Connection, number: i64, claimed: &Reached) -> Result<(), NotSound> {
    let scope = claimed.scope;
    let mut query = db.prepare(
        "SELECT position, hash, rolling, bytes FROM frame WHERE scope = ?1 ORDER BY position",
    )?;
    let mut rows = query.query([number])?;
    let (mut position, mut rolling) = (0, Rolling::default());
    while let Some(row) = rows.next()? {
        position += 1;
        let hash = FrameHash::from_bytes(bytes_of(row, 1)?);
        rolling = rolling.then(&hash);
        let frame = Frame::decode(row.get::<_, Vec<u8>>(3)?);
        let is_whole =
            frame.is_ok_and(|frame| frame.hash() == hash && frame.preamble().scope == scope);
        let is_here = unsigned(row.get(0)?) == position && bytes_of::<16>(row, 2)? == rolling.0;
        if !(is_whole && is_here) {
            return Err(NotSound::Frame { scope, position });
        }
    }
    let ends = position == claimed.position && rolling.0 == claimed.rolling;
    if ends { Ok(()) } else { Err(NotSound::Scope(scope)) }
}
