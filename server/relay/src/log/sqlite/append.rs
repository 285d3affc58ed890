//! What is written: roster entries, and frames with their positions.

use super::{bytes_of, one, sql, unsigned};
use crate::config::FORKS_PER_LOG_MAX;
use crate::log::judge::{Judgement, Tip, Usage, fits, judge, may_open};
use crate::log::{Arrival, Extension, LogError, Outcome, Room};
use kahriz_proto::cursor::Rolling;
use kahriz_proto::frame::VerifiedFrame;
use kahriz_proto::ids::{DeviceId, FrameHash, ScopeId, WorkspaceId};
use kahriz_proto::message::KeyWrap;
use rusqlite::{Transaction, params};

pub(super) fn workspace_number(
    tx: &Transaction<'_>,
    workspace: WorkspaceId,
) -> Result<i64, LogError> {
    let query = "SELECT number FROM workspace WHERE workspace = ?1";
    one(tx, query, [workspace.as_bytes()], |row| row.get(0))?.ok_or(LogError::NoWorkspace)
}

pub(super) fn extend_roster(
    tx: &Transaction<'_>,
    workspace: WorkspaceId,
    after: u64,
    extension: &Extension,
) -> Result<bool, LogError> {
    if after == 0 {
        tx.execute(
            "INSERT INTO workspace (workspace) VALUES (?1) ON CONFLICT DO NOTHING",
            [workspace.as_bytes()],
        )?;
    }
    let number = match workspace_number(tx, workspace) {
        Err(LogError::NoWorkspace) => return Ok(false),
        found => found?,
    };
    let query = "SELECT coalesce(max(seq), 0) FROM roster_entry WHERE workspace = ?1";
    let held: i64 = tx.query_row(query, [number], |row| row.get(0))?;
    if unsigned(held) != after {
        return Ok(false);
    }
    let mut insert =
        tx.prepare_cached("INSERT INTO roster_entry (workspace, seq, bytes) VALUES (?1, ?2, ?3)")?;
    let mut last = held;
    for (seq, entry) in (held + 1..).zip(&extension.entries) {
        insert.execute(params![number, seq, entry])?;
        last = seq;
    }
    keep_keys(tx, number, last, &extension.keys)?;
    Ok(true)
}

fn keep_keys(
    tx: &Transaction<'_>,
    workspace: i64,
    at: i64,
    keys: &[KeyWrap],
) -> Result<(), LogError> {
    let mut insert = tx.prepare_cached(
        "INSERT OR REPLACE INTO key_wrap (workspace, device, scope, epoch, at, sealed)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    for key in keys {
        let (device, scope) = (key.device.as_bytes(), key.scope.as_bytes());
        insert.execute(params![workspace, device, scope, key.epoch, at, key.sealed])?;
    }
    Ok(())
}

pub(super) fn append(
    tx: &Transaction<'_>,
    arrival: &Arrival,
    room: &Room,
) -> Result<Outcome, LogError> {
    let workspace = workspace_number(tx, arrival.workspace)?;
    let frame = &arrival.frame;
    let log = log_row(tx, workspace, frame)?;
    let standing = match log {
        Some((number, tip)) if frame.preamble().seq <= tip.seq => {
            hash_at(tx, number, frame.preamble().seq)?
        }
        _ => None,
    };
    match judge(frame, log.map(|(_, tip)| tip), standing, room) {
        Judgement::Duplicate => Ok(Outcome::Duplicate),
        Judgement::Gap => Ok(Outcome::Gap),
        Judgement::Fork => keep_fork(tx, workspace, frame, room),
        Judgement::Append if room.disk_full => Ok(Outcome::DiskFull),
        Judgement::Append if log.is_none() && !may_open(logs(tx, workspace, frame)?) => {
            Ok(Outcome::OverQuota)
        }
        Judgement::Append => {
            let usage = usage(tx, workspace, frame.preamble().device)?;
            if fits(usage, frame.bytes().len() as u64, room) {
                store(tx, workspace, log.map(|(number, _)| number), frame)
            } else {
                Ok(Outcome::OverQuota)
            }
        }
    }
}

/// Gives the frame its scope's next position, and moves the log, the scope and the quotas with it.
fn store(
    tx: &Transaction<'_>,
    workspace: i64,
    log: Option<i64>,
    frame: &VerifiedFrame,
) -> Result<Outcome, LogError> {
    let (preamble, hash) = (frame.preamble(), frame.hash());
    let seq = sql(preamble.seq);
    let log = match log {
        Some(log) => {
            tx.prepare_cached("UPDATE log SET seq = ?2, hash = ?3 WHERE number = ?1")?
                .execute(params![log, seq, hash.as_bytes()])?;
            log
        }
        None => {
            let device = preamble.device;
            tx.prepare_cached(
                "INSERT INTO log (workspace, log, device, seq, hash, scope)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .insert(params![
                workspace,
                preamble.log().as_bytes(),
                device.as_bytes(),
                seq,
                hash.as_bytes(),
                preamble.scope.as_bytes()
            ])?
        }
    };
    let (scope, position, rolling) = advance(tx, workspace, preamble.scope, &hash)?;
    let len = sql(frame.bytes().len() as u64);
    tx.prepare_cached(
        "INSERT INTO frame (scope, position, log, seq, hash, rolling, length, bytes)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?
    .execute(params![
        scope,
        position,
        log,
        seq,
        hash.as_bytes(),
        rolling.0,
        len,
        frame.bytes()
    ])?;
    count(tx, workspace, preamble.device, len)?;
    Ok(Outcome::Stored(unsigned(position)))
}

/// Moves the scope's counter row, and says where it stands now.
fn advance(
    tx: &Transaction<'_>,
    workspace: i64,
    scope: ScopeId,
    hash: &FrameHash,
) -> Result<(i64, i64, Rolling), LogError> {
    let found = one(
        tx,
        "SELECT number, position, rolling FROM scope WHERE workspace = ?1 AND scope = ?2",
        params![workspace, scope.as_bytes()],
        |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?, Rolling(bytes_of(row, 2)?))),
    )?;
    let Some((number, position, rolling)) = found else {
        let rolling = Rolling::default().then(hash);
        let number = tx
            .prepare_cached(
                "INSERT INTO scope (workspace, scope, position, rolling) VALUES (?1, ?2, 1, ?3)",
            )?
            .insert(params![workspace, scope.as_bytes(), rolling.0])?;
        return Ok((number, 1, rolling));
    };
    let (position, rolling) = (position + 1, rolling.then(hash));
    tx.prepare_cached("UPDATE scope SET position = ?2, rolling = ?3 WHERE number = ?1")?
        .execute(params![number, position, rolling.0])?;
    Ok((number, position, rolling))
}

fn log_row(
    tx: &Transaction<'_>,
    workspace: i64,
    frame: &VerifiedFrame,
) -> Result<Option<(i64, Tip)>, LogError> {
    let query = "SELECT number, seq, hash FROM log WHERE workspace = ?1 AND log = ?2";
    one(tx, query, params![workspace, frame.preamble().log().as_bytes()], |row| {
        let hash = FrameHash::from_bytes(bytes_of(row, 2)?);
        Ok((row.get(0)?, Tip { seq: unsigned(row.get(1)?), hash }))
    })
}

/// How many logs the frame's device has opened in its scope.
fn logs(tx: &Transaction<'_>, workspace: i64, frame: &VerifiedFrame) -> Result<u64, LogError> {
    let (device, scope) = (frame.preamble().device, frame.preamble().scope);
    let query = "SELECT count(*) FROM log WHERE workspace = ?1 AND device = ?2 AND scope = ?3";
    let of_device = params![workspace, device.as_bytes(), scope.as_bytes()];
    Ok(unsigned(tx.prepare_cached(query)?.query_row(of_device, |row| row.get(0))?))
}

fn hash_at(tx: &Transaction<'_>, log: i64, seq: u64) -> Result<Option<FrameHash>, LogError> {
    let query = "SELECT hash FROM frame WHERE log = ?1 AND seq = ?2";
    one(tx, query, params![log, sql(seq)], |row| Ok(FrameHash::from_bytes(bytes_of(row, 0)?)))
}

/// Keeps the frame as evidence, as far as its device's quota goes: nobody fills a disk with proof against themselves.
fn keep_fork(
    tx: &Transaction<'_>,
    workspace: i64,
    frame: &VerifiedFrame,
    room: &Room,
) -> Result<Outcome, LogError> {
    let log = frame.preamble().log();
    let query = "SELECT count(*) FROM fork WHERE workspace = ?1 AND log = ?2";
    let kept: i64 = tx.query_row(query, params![workspace, log.as_bytes()], |row| row.get(0))?;
    let (device, len) = (frame.preamble().device, frame.bytes().len() as u64);
    let has_room = !room.disk_full && fits(usage(tx, workspace, device)?, len, room);
    if unsigned(kept) < FORKS_PER_LOG_MAX && has_room {
        let seq = sql(frame.preamble().seq);
        let added = tx.execute(
            "INSERT INTO fork (workspace, log, seq, hash, bytes) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT DO NOTHING",
            params![workspace, log.as_bytes(), seq, frame.hash().as_bytes(), frame.bytes()],
        )?;
        if added > 0 {
            count(tx, workspace, device, sql(len))?;
        }
    }
    Ok(Outcome::Fork)
}

fn usage(tx: &Transaction<'_>, workspace: i64, device: DeviceId) -> Result<Usage, LogError> {
    let query = "SELECT bytes FROM device_usage WHERE workspace = ?1 AND device = ?2";
    let of_device = one(tx, query, params![workspace, device.as_bytes()], |row| row.get(0))?;
    let query = "SELECT bytes FROM workspace WHERE number = ?1";
    let of_workspace = one(tx, query, [workspace], |row| row.get(0))?;
    Ok(Usage {
        device: unsigned(of_device.unwrap_or(0)),
        workspace: unsigned(of_workspace.unwrap_or(0)),
    })
}

fn count(tx: &Transaction<'_>, workspace: i64, device: DeviceId, len: i64) -> Result<(), LogError> {
    tx.prepare_cached("UPDATE workspace SET bytes = bytes + ?2 WHERE number = ?1")?
        .execute(params![workspace, len])?;
    tx.prepare_cached(
        "INSERT INTO device_usage (workspace, device, bytes) VALUES (?1, ?2, ?3)
         ON CONFLICT (workspace, device) DO UPDATE SET bytes = bytes + ?3",
    )?
    .execute(params![workspace, device.as_bytes(), len])?;
    Ok(())
}
