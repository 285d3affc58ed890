//! Which scopes are to be read again, because something that the relay gave was not what it said, and how far they
//! were read before.
//!
//! The rolling hash covers what frames say, not their signatures nor whether a frame is this device's own. So a relay
//! that alters a signature, or names only the hash of a frame that somebody else has sealed, is not found out by the
//! cursor: the frame would be kept out for good.

use super::ParkReason;
use super::columns::id;
use kahriz_proto::cursor::{Cursor, Rolling};
use kahriz_proto::ids::{FrameHash, ScopeId};
use rusqlite::{Connection, OptionalExtension, Result, params};

/// How far a scope was read when it was last read again, and when that began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reread {
    pub(crate) before: Cursor,
    pub(crate) began_s: i64,
}

/// The relay says that this device has sealed this frame, and it has not.
pub(crate) fn not_own(conn: &Connection, scope: ScopeId, hash: FrameHash) -> Result<()> {
    conn.prepare_cached("INSERT OR IGNORE INTO not_own (scope, hash) VALUES (?1, ?2)")?
        .execute(params![scope.as_bytes(), hash.as_bytes()])
        .map(drop)
}

/// The frame has come after all.
pub(crate) fn has_come(conn: &Connection, scope: ScopeId, hash: FrameHash) -> Result<()> {
    conn.prepare_cached("DELETE FROM not_own WHERE scope = ?1 AND hash = ?2")?
        .execute(params![scope.as_bytes(), hash.as_bytes()])
        .map(drop)
}

/// Whether something that came of a scope was not what the relay said, or an own frame that this device lacks did not
/// come. No honest relay keeps a frame whose signature is wrong, so a member cannot bring this about.
pub(crate) fn is_doubtful(conn: &Connection, scope: ScopeId) -> Result<bool> {
    conn.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM not_own WHERE scope = ?1)
             OR EXISTS (SELECT 1 FROM inbox WHERE scope = ?1 AND reason = ?2)
             OR EXISTS (SELECT 1 FROM logs l CROSS JOIN frames f
                 WHERE l.scope = ?1 AND f.log = l.id AND f.seq > l.merged AND f.state = 3
                     AND NOT EXISTS (SELECT 1 FROM inbox i WHERE i.log = l.log AND i.seq = f.seq))",
    )?
    .query_row(params![scope.as_bytes(), ParkReason::Signature as u8], |row| row.get(0))
}

/// The last time that a scope was read again.
pub(crate) fn last(conn: &Connection, scope: ScopeId) -> Result<Option<Reread>> {
    conn.prepare_cached(
        "SELECT incarnation, position, rolling, began_s FROM rereads WHERE scope = ?1",
    )?
    .query_row([scope.as_bytes()], |row| {
        let (incarnation, rolling) = (id(row, 0)?, Rolling(id(row, 2)?));
        let before = Cursor { scope, incarnation, position: row.get(1)?, rolling };
        Ok(Reread { before, began_s: row.get(3)? })
    })
    .optional()
}

/// Keeps that a scope is read again, and how far it was read before.
pub(crate) fn keep(conn: &Connection, reread: &Reread) -> Result<()> {
    let Reread { before, began_s } = reread;
    conn.prepare_cached(
        "INSERT OR REPLACE INTO rereads (scope, incarnation, position, rolling, began_s)
         VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![
        before.scope.as_bytes(),
        before.incarnation.as_bytes(),
        before.position,
        before.rolling.0,
        began_s
    ])
    .map(drop)
}
