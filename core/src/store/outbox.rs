//! What waits to go out: changes that no frame holds yet, and frames that the relay may not hold yet, own ones and
//! others' that were carried here.
//!
//! A frame that the relay refuses is set aside, never erased, and never for good: whether a verdict is true cannot be
//! seen from here. It is offered again to another relay, when the roster has grown, and else once a day.
//!
//! A frame's state is 0 while the relay is not known to hold it, 1 when it does, 2 when it refuses it. In state 3 it is
//! let go: it is in a backup of headquarters, its bytes are gone from here and its hash stays as a proof.

use super::columns::id;
use kahriz_proto::frame::{Frame, FrameRef};
use kahriz_proto::ids::{DeviceId, FrameHash, LogId};
use kahriz_proto::message::Verdict;
use rusqlite::{Connection, OptionalExtension, Result, params};

/// A refused frame is offered to the same relay once a day: a lie must not outlast the liar by more, and a frame that
/// is rightly refused costs a phone no more than its bytes a day.
const OFFERED_AGAIN_AFTER_SECONDS: i64 = 24 * 3_600;

/// A change or announcement that no frame holds yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Waiting {
    pub(crate) id: i64,
    /// The record's row and the change's number in it; none for an announcement.
    pub(crate) change: Option<(i64, u64)>,
    /// The row of the log that the change is of, if it is handed on for another device.
    pub(crate) adopted: Option<i64>,
    /// The chunk, the encoded announcement, or of a change that is handed on the signed statement.
    pub(crate) content: Vec<u8>,
}

/// An own frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sealed {
    pub(crate) log: LogId,
    pub(crate) seq: u64,
    pub(crate) bytes: Vec<u8>,
}

/// Queues a change of an own log.
pub(crate) fn push_change(
    conn: &Connection,
    log: i64,
    row: i64,
    seq: u64,
    chunk: &[u8],
) -> Result<()> {
    conn.prepare_cached("INSERT INTO outbox (log, record, seq, content) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![log, row, seq, chunk])
        .map(drop)
}

/// Queues a change of another log (`of`) that is handed on in an own log.
pub(crate) fn push_adopted(
    conn: &Connection,
    log: i64,
    row: i64,
    of: (i64, u64),
    signed: &[u8],
) -> Result<()> {
    conn.prepare_cached(
        "INSERT INTO outbox (log, record, seq, content, adopted) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![log, row, of.1, signed, of.0])
    .map(drop)
}

/// Queues an announcement.
pub(crate) fn push_announcement(conn: &Connection, log: i64, content: &[u8]) -> Result<()> {
    conn.prepare_cached("INSERT INTO outbox (log, content) VALUES (?1, ?2)")?
        .execute(params![log, content])
        .map(drop)
}

/// The own logs that have unsealed entries.
pub(crate) fn logs(conn: &Connection) -> Result<Vec<i64>> {
    conn.prepare_cached("SELECT DISTINCT log FROM outbox ORDER BY log")?
        .query_map([], |row| row.get(0))?
        .collect()
}

/// The oldest unsealed entries of a log: about `bytes` of them, at least one.
pub(crate) fn oldest(
    conn: &Connection,
    log: i64,
    bytes: usize,
    count: usize,
) -> Result<Vec<Waiting>> {
    let mut statement = conn.prepare_cached(
        "SELECT id, record, seq, content, adopted FROM outbox WHERE log = ?1 ORDER BY id",
    )?;
    let mut rows = statement.query([log])?;
    let (mut waiting, mut total) = (vec![], 0);
    while let Some(row) = rows.next()? {
        let record: Option<i64> = row.get(1)?;
        let seq: Option<u64> = row.get(2)?;
        let content: Vec<u8> = row.get(3)?;
        total += content.len();
        if !waiting.is_empty() && (total > bytes || waiting.len() >= count) {
            break;
        }
        let change = record.zip(seq);
        waiting.push(Waiting { id: row.get(0)?, change, adopted: row.get(4)?, content });
    }
    Ok(waiting)
}

/// The entries of a log up to this one are in a frame now.
pub(crate) fn remove(conn: &Connection, log: i64, up_to: i64) -> Result<()> {
    conn.prepare_cached("DELETE FROM outbox WHERE log = ?1 AND id <= ?2")?
        .execute(params![log, up_to])
        .map(drop)
}

/// How many changes wait to be sealed.
pub(crate) fn unsealed(conn: &Connection) -> Result<u64> {
    conn.query_row("SELECT count(*) FROM outbox WHERE record IS NOT NULL", [], |row| row.get(0))
}

/// Keeps another device's frame that is merged. It is for the relay to hold, unless it came from there.
pub(crate) fn keep_carried(conn: &Connection, log: i64, frame: &Frame, state: u8) -> Result<()> {
    conn.prepare_cached(
        "INSERT OR IGNORE INTO frames (log, seq, hash, bytes, changes, state, own)
         VALUES (?1, ?2, ?3, ?4, 0, ?5, 0)",
    )?
    .execute(params![log, frame.preamble().seq, frame.hash().as_bytes(), frame.bytes(), state])
    .map(drop)
}

/// Keeps a frame that was just sealed.
pub(crate) fn keep_frame(
    conn: &Connection,
    log: i64,
    seq: u64,
    hash: FrameHash,
    bytes: &[u8],
    changes: u64,
) -> Result<()> {
    conn.prepare_cached(
        "INSERT INTO frames (log, seq, hash, bytes, changes) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![log, seq, hash.as_bytes(), bytes, changes])
    .map(drop)
}

/// Frames that the relay may not hold, each after what it builds on and not behind one of its log that is set aside:
/// about `bytes` of them, at least one.
pub(crate) fn to_push(conn: &Connection, bytes: usize) -> Result<Vec<Sealed>> {
    let mut statement = conn.prepare_cached(
        "SELECT l.log, f.seq, f.bytes FROM frames f JOIN logs l ON l.id = f.log
         WHERE f.state = 0 AND NOT EXISTS
             (SELECT 1 FROM frames r WHERE r.log = f.log AND r.state = 2 AND r.seq < f.seq)
         ORDER BY f.rowid",
    )?;
    let mut rows = statement.query([])?;
    let (mut frames, mut total) = (vec![], 0);
    while let Some(row) = rows.next()? {
        let sealed = Sealed { log: id(row, 0)?, seq: row.get(1)?, bytes: row.get(2)? };
        total += sealed.bytes.len();
        if !frames.is_empty() && total > bytes {
            break;
        }
        frames.push(sealed);
    }
    Ok(frames)
}

/// Bytes of frames that the relay may not hold.
pub(crate) fn bytes_to_push(conn: &Connection) -> Result<u64> {
    let sql = "SELECT coalesce(sum(length(bytes)), 0) FROM frames WHERE state = 0";
    conn.prepare_cached(sql)?.query_row([], |row| row.get(0))
}

/// The relay holds this frame.
pub(crate) fn held(conn: &Connection, log: LogId, seq: u64) -> Result<()> {
    conn.prepare_cached(
        "UPDATE frames SET state = 1, refusal = NULL, refused_s = NULL
         WHERE log = (SELECT id FROM logs WHERE log = ?1) AND seq = ?2 AND state <> 3",
    )?
    .execute(params![log.as_bytes(), seq])
    .map(drop)
}

/// The relay refuses this frame, at this second: it is set aside.
pub(crate) fn refused(
    conn: &Connection,
    log: LogId,
    seq: u64,
    verdict: Verdict,
    now_s: i64,
) -> Result<()> {
    conn.prepare_cached(
        "UPDATE frames SET state = 2, refusal = ?3, refused_s = ?4
         WHERE log = (SELECT id FROM logs WHERE log = ?1) AND seq = ?2 AND state <> 3",
    )?
    .execute(params![log.as_bytes(), seq, verdict as u8, now_s])
    .map(drop)
}

/// What was set aside is offered again: the relay is another one, or the roster says more than it did.
pub(crate) fn offer_again(conn: &Connection) -> Result<()> {
    conn.prepare_cached("UPDATE frames SET state = 0 WHERE state = 2")?.execute([]).map(drop)
}

/// What was set aside a day ago is offered again. A clock that leaps by a day or more, ahead or back, does it once
/// too soon; none makes a frame wait for two days.
pub(crate) fn offer_again_daily(conn: &Connection, now_s: i64) -> Result<()> {
    conn.prepare_cached(
        "UPDATE frames SET state = 0 WHERE state = 2 AND abs(?1 - refused_s) >= ?2",
    )?
    .execute([now_s, OFFERED_AGAIN_AFTER_SECONDS])
    .map(drop)
}

/// The relay holds a log exactly up to this frame, which is the one that this device sealed: what it was thought to hold
/// beyond is pushed again, and what it has refused before it holds all the same.
pub(crate) fn held_up_to(conn: &Connection, log: i64, seq: u64) -> Result<()> {
    // One statement a state, so that each is found by its index: a frame is large, and what is right already is not
    // written again.
    let changes = [
        "UPDATE frames SET state = 1 WHERE log = ?1 AND state = 0 AND seq <= ?2",
        "UPDATE frames SET state = 1, refusal = NULL, refused_s = NULL
         WHERE log = ?1 AND state = 2 AND seq <= ?2",
        "UPDATE frames SET state = 0 WHERE log = ?1 AND state = 1 AND seq > ?2",
    ];
    let seq = i64::try_from(seq).unwrap_or(i64::MAX);
    changes.into_iter().try_for_each(|sql| conn.prepare_cached(sql)?.execute([log, seq]).map(drop))
}

/// Lets go of the own frames that the relay is known to hold, headquarters has merged and a backup of it holds; of
/// others' frames that headquarters has merged; and of headquarters' own that a backup of it holds. Nobody else has
/// those if its machine is lost, and its relay often is that machine.
pub(crate) fn let_go(conn: &Connection, headquarters: &[DeviceId]) -> Result<()> {
    conn.prepare_cached(
        "UPDATE frames SET state = 3, bytes = x'' WHERE state = 1 AND own = 1 AND seq <=
             (SELECT min(r.merged, r.backed_up) FROM logs l JOIN receipts r ON r.log = l.log WHERE l.id = frames.log)",
    )?
    .execute([])?;
    conn.prepare_cached(
        "UPDATE frames SET state = 3, bytes = x'' WHERE state < 3 AND own = 0 AND seq <=
             (SELECT r.merged FROM logs l JOIN receipts r ON r.log = l.log WHERE l.id = frames.log)",
    )?
    .execute([])?;
    headquarters.iter().try_for_each(|device| {
        conn.prepare_cached(
            "UPDATE frames SET state = 3, bytes = x'' WHERE state = 1 AND own = 0 AND seq <=
                 (SELECT r.backed_up FROM logs l JOIN receipts r ON r.log = l.log
                  WHERE l.id = frames.log AND l.device = ?1)",
        )?
        .execute([device.as_bytes()])
        .map(drop)
    })
}

/// Every own frame whose bytes are kept, of each log in order.
pub(crate) fn kept(conn: &Connection) -> Result<Vec<Vec<u8>>> {
    conn.prepare_cached("SELECT bytes FROM frames WHERE own = 1 AND state <> 3 ORDER BY log, seq")?
        .query_map([], |row| row.get(0))?
        .collect()
}

/// A kept frame, and its row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Kept {
    pub(crate) row: i64,
    pub(crate) frame: Sealed,
}

/// Kept frames after a row, each after what it builds on: about `bytes` of those that are wanted, at least one. What was
/// let go of is not among them.
fn kept_where(
    conn: &Connection,
    after: i64,
    bytes: usize,
    wanted: impl Fn(LogId, u64, u8) -> bool,
) -> Result<Vec<Kept>> {
    let mut statement = conn.prepare_cached(
        "SELECT f.rowid, l.log, f.seq, f.state, f.bytes FROM frames f JOIN logs l ON l.id = f.log
         WHERE f.rowid > ?1 AND length(f.bytes) > 0 ORDER BY f.rowid",
    )?;
    let mut rows = statement.query([after])?;
    let (mut kept, mut total) = (vec![], 0);
    while let Some(row) = rows.next()? {
        let (log, seq) = (id(row, 1)?, row.get(2)?);
        if !wanted(log, seq, row.get(3)?) {
            continue;
        }
        let frame = Sealed { log, seq, bytes: row.get(4)? };
        total += frame.bytes.len();
        if !kept.is_empty() && total > bytes {
            break;
        }
        kept.push(Kept { row: row.get(0)?, frame });
    }
    Ok(kept)
}

/// The kept frames after these places and after a row: about `bytes` of them.
pub(crate) fn kept_after(
    conn: &Connection,
    places: &[FrameRef],
    after: i64,
    bytes: usize,
) -> Result<Vec<Kept>> {
    let is_after = |log, seq, _| places.iter().any(|place| place.log == log && seq > place.seq);
    kept_where(conn, after, bytes, is_after)
}

/// The kept frames after a row, or those of them that no relay is known to hold: about `bytes` of them.
pub(crate) fn to_carry(
    conn: &Connection,
    undelivered: bool,
    after: i64,
    bytes: usize,
) -> Result<Vec<Kept>> {
    kept_where(conn, after, bytes, |_, _, state| !undelivered || state != 1)
}

/// The newest frame that was sealed in each own log. Asked at headquarters, which lets go of none.
pub(crate) fn newest(conn: &Connection) -> Result<Vec<Vec<u8>>> {
    conn.prepare_cached(
        "SELECT bytes FROM frames f WHERE own = 1 AND seq = (SELECT max(seq) FROM frames WHERE log = f.log)",
    )?
    .query_map([], |row| row.get(0))?
    .collect()
}

/// The hash of a kept frame.
pub(crate) fn hash(conn: &Connection, log: LogId, seq: u64) -> Result<Option<FrameHash>> {
    conn.prepare_cached(
        "SELECT f.hash FROM frames f JOIN logs l ON l.id = f.log WHERE l.log = ?1 AND f.seq = ?2",
    )?
    .query_row(params![log.as_bytes(), i64::try_from(seq).unwrap_or(i64::MAX)], |row| id(row, 0))
    .optional()
}

/// Whether the frame of this hash is kept here.
pub(crate) fn is_kept(conn: &Connection, hash: FrameHash) -> Result<bool> {
    conn.prepare_cached("SELECT EXISTS (SELECT 1 FROM frames WHERE hash = ?1)")?
        .query_row([hash.as_bytes()], |row| row.get(0))
}

/// The relay says that another copy of this device has written the log: its frames that are not held are set aside.
pub(crate) fn forked(conn: &Connection, log: LogId, now_s: i64) -> Result<()> {
    conn.prepare_cached(
        "UPDATE frames SET state = 2, refusal = ?2, refused_s = ?3
         WHERE log = (SELECT id FROM logs WHERE log = ?1) AND state = 0",
    )?
    .execute(params![log.as_bytes(), Verdict::Fork as u8, now_s])
    .map(drop)
}

/// An own change that the relay is not known to hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unsynced {
    /// The row of its log, and of its record.
    pub(crate) log: i64,
    pub(crate) row: i64,
    pub(crate) hash: [u8; 32],
    /// The chunk, if no frame holds it yet; else it is in the document.
    pub(crate) chunk: Option<Vec<u8>>,
}

/// Whether there is an own change that the relay is not known to hold.
pub(crate) fn any_unsynced(conn: &Connection) -> Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM outbox WHERE record IS NOT NULL AND adopted IS NULL)
        OR EXISTS (SELECT 1 FROM frames WHERE state IN (0, 2) AND changes > 0)";
    conn.prepare_cached(sql)?.query_row([], |row| row.get(0))
}

/// Every own change that the relay is not known to hold: those in sealed frames, then those that wait to
/// be sealed, in the order of saving. Looks through all changes if a sealed frame is among them, so ask
/// [`any_unsynced`] first.
pub(crate) fn unsynced(conn: &Connection) -> Result<Vec<Unsynced>> {
    let sealed = "SELECT c.log, c.record, c.hash, NULL FROM frames f
        JOIN changes c ON c.log = f.log AND c.frame = f.seq
        WHERE f.state IN (0, 2) AND f.own = 1 ORDER BY f.log, f.seq, c.seq";
    let waiting = "SELECT c.log, c.record, c.hash, o.content FROM outbox o
        JOIN changes c ON c.record = o.record AND c.log = o.log AND c.seq = o.seq
        WHERE o.adopted IS NULL ORDER BY o.id";
    let mut all = vec![];
    for sql in [sealed, waiting] {
        let mut statement = conn.prepare_cached(sql)?;
        let found = statement.query_map([], |row| {
            let chunk = row.get(3)?;
            Ok(Unsynced { log: row.get(0)?, row: row.get(1)?, hash: id(row, 2)?, chunk })
        })?;
        for one in found {
            all.push(one?);
        }
    }
    Ok(all)
}

/// How far an own frame has come, as the view `deliveries` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    Here,
    AtRelay,
    Refused,
    AtHeadquarters,
    BackedUp,
}

impl Level {
    const ALL: [Self; 5] =
        [Self::Here, Self::AtRelay, Self::Refused, Self::AtHeadquarters, Self::BackedUp];
}

/// How many of the own frames have come how far.
pub(crate) fn frame_counts(conn: &Connection) -> Result<impl Fn(Level) -> u64> {
    let mut counts = [0; Level::ALL.len()];
    let mut statement =
        conn.prepare_cached("SELECT level, count(*) FROM deliveries GROUP BY level")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let level: usize = row.get(0)?;
        if let Some(count) = counts.get_mut(level) {
            *count = row.get(1)?;
        }
    }
    Ok(move |level| counts[level as usize])
}

/// How far an own frame has come; none if it was not sealed here.
pub(crate) fn level(conn: &Connection, log: LogId, seq: u64) -> Result<Option<Level>> {
    let level: Option<usize> = conn
        .prepare_cached(
            "SELECT d.level FROM deliveries d JOIN logs l ON l.id = d.log WHERE l.log = ?1 AND d.seq = ?2",
        )?
        .query_row(params![log.as_bytes(), seq], |row| row.get(0))
        .optional()?;
    Ok(level.and_then(|level| Level::ALL.get(level).copied()))
}
