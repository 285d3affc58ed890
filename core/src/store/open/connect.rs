//! One connection to the database file: unlocked, set up, and looked over before anybody relies on it.

use std::fs;
use std::path::Path;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, ffi};
use zeroize::Zeroizing;

use super::{OpenStoreError, StoreKey};
use crate::store::migrate;

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    /// The only one that may change anything.
    Write,
    /// Everything that is shown.
    Read,
}

/// Statements kept compiled per connection; the store and the projection have about a hundred between them.
const STATEMENTS: usize = 128;

/// Durable (a commit is on the disk when it returns, on Apple's too), tidy (what is deleted is overwritten), and
/// wary of what a crafted schema could call. Temporary tables stay in memory: nothing in the clear reaches the disk.
const SETTINGS: &str = "
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA fullfsync = ON;
    PRAGMA checkpoint_fullfsync = ON;
    PRAGMA secure_delete = ON;
    PRAGMA trusted_schema = OFF;
    PRAGMA cell_size_check = ON;
    PRAGMA mmap_size = 0;
    PRAGMA foreign_keys = ON;
    PRAGMA temp_store = MEMORY;
    PRAGMA wal_autocheckpoint = 4000;
    PRAGMA journal_size_limit = 16777216;
";

/// Page caches in KiB. Together with a decoder and a sync in progress the process has 64 MB on a phone.
const WRITER_CACHE: &str = "PRAGMA cache_size = -12288;";
const READER_CACHE: &str = "PRAGMA cache_size = -22528; PRAGMA query_only = ON;";

/// Connects to a database that exists.
pub(super) fn connect(
    path: &Path,
    key: &StoreKey,
    purpose: Use,
) -> Result<Connection, OpenStoreError> {
    refuse_empty(path)?;
    let connection = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    // Until the file is known to be sound, closing must not fold the log into it: both may be needed for a rescue.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    unlock(&connection, key)?;
    connection.execute_batch(SETTINGS)?;
    connection.execute_batch(match purpose {
        Use::Write => WRITER_CACHE,
        Use::Read => READER_CACHE,
    })?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(connection)
}

/// SQLite takes an empty file for a new database. A store was never empty: its content is lost.
fn refuse_empty(path: &Path) -> Result<(), OpenStoreError> {
    if fs::metadata(path)?.len() == 0 {
        return Err(
            rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_NOTADB), None).into()
        );
    }
    Ok(())
}

/// Reads the schema and the first row of each table, through the log if there is one: a wrong key, a file cut short
/// and a torn table show here, at the cost of a few pages and not of the whole file.
pub(super) fn look_over(connection: &Connection) -> rusqlite::Result<()> {
    let mut schema = connection
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND rootpage > 0")?;
    let tables = schema
        .query_map([], |row| row.get::<_, String>(0))?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    for table in tables {
        let quoted = table.replace('"', "\"\"");
        connection.prepare(&format!("SELECT 1 FROM \"{quoted}\" LIMIT 1"))?.exists([])?;
    }
    Ok(())
}

/// The file is sound: closing may tidy it up.
pub(super) fn trust(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)?;
    Ok(())
}

/// Makes a database with the newest schema and nothing in it.
pub(super) fn build(path: &Path, key: &StoreKey) -> Result<(), OpenStoreError> {
    let mut connection = blank(path, key)?;
    migrate::run(&mut connection)?;
    connection.close().map_err(|(_, error)| error.into())
}

/// A new database without a schema.
pub(super) fn blank(path: &Path, key: &StoreKey) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    unlock(&connection, key)?;
    connection.execute_batch("PRAGMA synchronous = FULL; PRAGMA fullfsync = ON;")?;
    Ok(connection)
}

/// A database that is only read, and not touched by that: nothing appears beside it.
pub(super) fn look(path: &Path, key: &StoreKey) -> Result<Connection, OpenStoreError> {
    refuse_empty(path)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    unlock(&connection, key)?;
    connection.execute_batch("PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;")?;
    Ok(connection)
}

fn unlock(connection: &Connection, key: &StoreKey) -> rusqlite::Result<()> {
    // The cipher tells its error log about pages it cannot read; this library's errors do, and nothing else prints.
    connection.execute_batch("PRAGMA cipher_log_level = NONE;")?;
    // Before the key is named: whatever SQLite frees from here on is overwritten, statements and pages too, so that
    // nothing is left of them once the store is closed.
    connection.execute_batch("PRAGMA cipher_memory_security = ON;")?;
    let sql: Zeroizing<String> = key.pragma();
    connection.execute_batch(&sql)
}
