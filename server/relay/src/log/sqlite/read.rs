//! What is asked. Nothing here writes.

use super::{NotSound, bytes_of, one, sql, unsigned};
use crate::log::memory::tag;
use crate::log::{Fork, InLog, Listed, LogError, WaitingJoin};
use kahriz_proto::cursor::{Position, Rolling};
use kahriz_proto::frame::{Frame, FrameRef};
use kahriz_proto::ids::{DeviceId, FrameHash, LogId, ScopeId, WorkspaceId};
use kahriz_proto::message::{KeyWrap, LogState};
use rusqlite::{Connection, Params, Row, params};
use std::sync::Arc;

pub(super) fn workspaces(db: &Connection) -> Result<Vec<WorkspaceId>, LogError> {
    all(db, "SELECT workspace FROM workspace ORDER BY number", [], |row| {
        Ok(WorkspaceId::from_bytes(bytes_of(row, 0)?))
    })
}

pub(super) fn roster(
    db: &Connection,
    workspace: WorkspaceId,
    after: u64,
    bytes_max: usize,
) -> Result<Vec<Vec<u8>>, LogError> {
    let mut query = db.prepare_cached(
        "SELECT entry.bytes FROM workspace JOIN roster_entry AS entry ON entry.workspace = number
          WHERE workspace.workspace = ?1 AND entry.seq > ?2 ORDER BY entry.seq",
    )?;
    let mut rows = query.query(params![workspace.as_bytes(), sql(after)])?;
    let (mut entries, mut bytes) = (vec![], 0);
    while let Some(row) = rows.next()? {
        let entry: Vec<u8> = row.get(0)?;
        bytes += entry.len();
        if bytes > bytes_max && !entries.is_empty() {
            break;
        }
        entries.push(entry);
    }
    Ok(entries)
}

pub(super) fn keys(
    db: &Connection,
    workspace: WorkspaceId,
    device: DeviceId,
    after: u64,
    until: u64,
) -> Result<Vec<KeyWrap>, LogError> {
    let query = "SELECT key.scope, key.epoch, key.sealed FROM workspace
                   JOIN key_wrap AS key ON key.workspace = number
                  WHERE workspace.workspace = ?1 AND key.device = ?2 AND key.at > ?3 AND key.at <= ?4
                  ORDER BY key.at, key.scope, key.epoch";
    let asked = params![workspace.as_bytes(), device.as_bytes(), sql(after), sql(until)];
    all(db, query, asked, |row| {
        let scope = ScopeId::from_bytes(bytes_of(row, 0)?);
        Ok(KeyWrap { scope, epoch: row.get(1)?, device, sealed: row.get(2)? })
    })
}

pub(super) fn position(
    db: &Connection,
    workspace: WorkspaceId,
    scope: ScopeId,
) -> Result<Position, LogError> {
    let query = "SELECT position FROM scope
                   JOIN workspace ON workspace.number = scope.workspace
                  WHERE workspace.workspace = ?1 AND scope.scope = ?2";
    let found = one(db, query, params![workspace.as_bytes(), scope.as_bytes()], |row| row.get(0))?;
    Ok(unsigned(found.unwrap_or(0)))
}

pub(super) fn rolling(
    db: &Connection,
    workspace: WorkspaceId,
    scope: ScopeId,
    position: Position,
) -> Result<Option<Rolling>, LogError> {
    let query = "SELECT frame.rolling FROM workspace
                   JOIN scope ON scope.workspace = workspace.number AND scope.scope = ?2
                   JOIN frame ON frame.scope = scope.number AND frame.position = ?3
                  WHERE workspace.workspace = ?1";
    let place = params![workspace.as_bytes(), scope.as_bytes(), sql(position)];
    one(db, query, place, |row| Ok(Rolling(bytes_of(row, 0)?)))
}

pub(super) fn listing(
    db: &Connection,
    workspace: WorkspaceId,
    scope: ScopeId,
    after: Position,
    count: usize,
) -> Result<Vec<Listed>, LogError> {
    let query = "SELECT frame.position, log.device, frame.hash, frame.length FROM workspace
                   JOIN scope ON scope.workspace = workspace.number AND scope.scope = ?2
                   JOIN frame ON frame.scope = scope.number
                   JOIN log ON log.number = frame.log
                  WHERE workspace.workspace = ?1 AND frame.position > ?3
                  ORDER BY frame.position LIMIT ?4";
    let place = params![workspace.as_bytes(), scope.as_bytes(), sql(after), sql(count as u64)];
    all(db, query, place, |row| {
        Ok(Listed {
            position: unsigned(row.get(0)?),
            device: DeviceId::from_bytes(bytes_of(row, 1)?),
            hash: FrameHash::from_bytes(bytes_of(row, 2)?),
            len: len_of(row, 3)?,
        })
    })
}

pub(super) fn listing_of_log(
    db: &Connection,
    workspace: WorkspaceId,
    scope: ScopeId,
    after: FrameRef,
    count: usize,
) -> Result<Vec<InLog>, LogError> {
    let query = "SELECT frame.seq, frame.position, frame.length FROM workspace
                   JOIN log ON log.workspace = workspace.number AND log.log = ?3
                   JOIN frame ON frame.log = log.number
                  WHERE workspace.workspace = ?1 AND log.scope = ?2 AND frame.seq > ?4
                  ORDER BY frame.seq LIMIT ?5";
    let (workspace, scope, log) = (workspace.as_bytes(), scope.as_bytes(), after.log.as_bytes());
    let place = params![workspace, scope, log, sql(after.seq), sql(count as u64)];
    all(db, query, place, |row| {
        let (seq, position) = (unsigned(row.get(0)?), unsigned(row.get(1)?));
        Ok(InLog { seq, position, len: len_of(row, 2)? })
    })
}

pub(super) fn frame(
    db: &Connection,
    workspace: WorkspaceId,
    scope: ScopeId,
    position: Position,
) -> Result<Option<Vec<u8>>, LogError> {
    let query = "SELECT frame.hash, frame.bytes FROM workspace
                   JOIN scope ON scope.workspace = workspace.number AND scope.scope = ?2
                   JOIN frame ON frame.scope = scope.number AND frame.position = ?3
                  WHERE workspace.workspace = ?1";
    let place = params![workspace.as_bytes(), scope.as_bytes(), sql(position)];
    let found = one(db, query, place, |row| Ok((bytes_of(row, 0)?, row.get(1)?)))?;
    let Some((hash, bytes)) = found else { return Ok(None) };
    // The file has no checksums of its own, and a disk may alter what it keeps.
    match Frame::decode(bytes) {
        Ok(frame) if frame.hash() == FrameHash::from_bytes(hash) => Ok(Some(frame.into_bytes())),
        Ok(_) | Err(_) => Err(LogError::Failed(Arc::new(NotSound::Frame { scope, position }))),
    }
}

pub(super) fn log_states(
    db: &Connection,
    workspace: WorkspaceId,
    device: DeviceId,
) -> Result<Vec<LogState>, LogError> {
    let query = "SELECT log.log, log.seq, log.hash FROM workspace
                   JOIN log ON log.workspace = workspace.number
                  WHERE workspace.workspace = ?1 AND log.device = ?2 ORDER BY log.log";
    all(db, query, params![workspace.as_bytes(), device.as_bytes()], log_state)
}

pub(super) fn heads(
    db: &Connection,
    workspace: WorkspaceId,
    scope: ScopeId,
) -> Result<Vec<LogState>, LogError> {
    let query = "SELECT log.log, log.seq, log.hash FROM workspace
                   JOIN log ON log.workspace = workspace.number
                  WHERE workspace.workspace = ?1 AND log.scope = ?2 ORDER BY log.log";
    all(db, query, params![workspace.as_bytes(), scope.as_bytes()], log_state)
}

fn log_state(row: &Row<'_>) -> rusqlite::Result<LogState> {
    let hash = FrameHash::from_bytes(bytes_of(row, 2)?);
    let log = LogId::from_bytes(bytes_of(row, 0)?);
    Ok(LogState { log, seq: unsigned(row.get(1)?), tag: tag(&hash) })
}

fn len_of(row: &Row<'_>, at: usize) -> rusqlite::Result<usize> {
    Ok(usize::try_from(row.get::<_, i64>(at)?).unwrap_or(usize::MAX))
}

pub(super) fn joins(db: &Connection, workspace: WorkspaceId) -> Result<Vec<WaitingJoin>, LogError> {
    let query = "SELECT invite, device, waiting_join.bytes FROM workspace
                   JOIN waiting_join ON waiting_join.workspace = workspace.number
                  WHERE workspace.workspace = ?1 ORDER BY waiting_join.number";
    all(db, query, [workspace.as_bytes()], |row| {
        Ok(WaitingJoin {
            invite: DeviceId::from_bytes(bytes_of(row, 0)?),
            device: DeviceId::from_bytes(bytes_of(row, 1)?),
            bytes: row.get(2)?,
        })
    })
}

pub(super) fn forks(db: &Connection, workspace: WorkspaceId) -> Result<Vec<Fork>, LogError> {
    let query = "SELECT fork.log, fork.seq, fork.bytes FROM workspace
                   JOIN fork ON fork.workspace = workspace.number
                  WHERE workspace.workspace = ?1 ORDER BY fork.number";
    all(db, query, [workspace.as_bytes()], |row| {
        let log = LogId::from_bytes(bytes_of(row, 0)?);
        Ok(Fork { log, seq: unsigned(row.get(1)?), bytes: row.get(2)? })
    })
}

fn all<T>(
    db: &Connection,
    query: &str,
    params: impl Params,
    row: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>, LogError> {
    Ok(db.prepare_cached(query)?.query_map(params, row)?.collect::<Result<_, _>>()?)
}
