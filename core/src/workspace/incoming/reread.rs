//! Reading a scope again from its beginning: once everything that the relay has is here, something of it was not what
//! the relay said ([`crate::store::rereads`] says what that can be).
//!
//! It is done once at each relay, and there again only when the scope has grown and a day has passed: a relay that goes
//! on lying must not keep a phone busy. Before, the cursor would have shown a relay that goes back; meanwhile what was
//! read before is held against what comes now.

use crate::store::rereads::{self, Reread};
use crate::store::{inbox, logs, outbox, settings};
use crate::workspace::alarms::{AlarmKind, raise};
use crate::workspace::identity::name;
use crate::workspace::{Claimed, Workspace};
use kahriz_proto::cursor::Cursor;
use kahriz_proto::ids::ScopeId;
use kahriz_proto::item::PageContent;
use kahriz_proto::session::Stage;
use rusqlite::{Connection, Transaction};

/// At one relay a scope that has grown is read again once in this many seconds: a day.
const AGAIN_AFTER_SECONDS: u64 = 24 * 3_600;

impl Workspace {
    /// After a session that came to its end: puts the cursors of doubtful scopes back to the beginning. Says whether
    /// there are any, and so another session is due.
    pub(crate) fn read_again(&self, now: Claimed) -> rusqlite::Result<bool> {
        let granted = self.identity().scopes();
        self.store.write(|tx| {
            let mut any = false;
            for cursor in inbox::cursors(tx)?.iter().filter(|it| granted.contains(&it.scope)) {
                let last = rereads::last(tx, cursor.scope)?;
                let last = last.filter(|last| last.before.incarnation == cursor.incarnation);
                if let Some(last) = last.filter(|last| cursor.position < last.before.position) {
                    gives_less(tx, &last, cursor)?;
                }
                if is_due(last, cursor, now) && rereads::is_doubtful(tx, cursor.scope)? {
                    rereads::keep(tx, &Reread { before: *cursor, began_s: now.seconds() })?;
                    inbox::set_cursor(tx, &Cursor::start_in(cursor.scope, cursor.incarnation))?;
                    any = true;
                }
            }
            Ok(any)
        })
    }

    /// Whether a scope was put back to its beginning and is not where it was, or was let go of: the relay is then asked
    /// what it holds of the own logs too, as after any new beginning. A device that has let go cannot see that its
    /// relay is another by now.
    pub(crate) fn is_reading_again(&self) -> rusqlite::Result<bool> {
        self.store.read(|conn| {
            if logs::any_in_unread_scope(conn)? {
                return Ok(true);
            }
            for cursor in inbox::cursors(conn)? {
                if under_way(conn, &cursor)?.is_some() {
                    return Ok(true);
                }
            }
            Ok(false)
        })
    }
}

/// A clock that leaps, ahead or back, does it once too soon.
fn is_due(last: Option<Reread>, cursor: &Cursor, now: Claimed) -> bool {
    cursor.position > 0
        && last.is_none_or(|last| {
            last.before.position != cursor.position
                && now.seconds().abs_diff(last.began_s) >= AGAIN_AFTER_SECONDS
        })
}

/// The relay has come to its end before the place up to which it was read before.
fn gives_less(tx: &Transaction<'_>, last: &Reread, cursor: &Cursor) -> rusqlite::Result<()> {
    raise(tx, AlarmKind::RelayWentBack { scope: cursor.scope })?;
    // From here on it is that far.
    rereads::keep(tx, &Reread { before: *cursor, ..*last })
}

fn under_way(conn: &Connection, cursor: &Cursor) -> rusqlite::Result<Option<Reread>> {
    let last = rereads::last(conn, cursor.scope)?;
    Ok(last.filter(|last| {
        last.before.incarnation == cursor.incarnation && cursor.position < last.before.position
    }))
}

/// Holds what is staged of scopes that are read again against what they came to before.
pub(super) fn compare(
    tx: &Transaction<'_>,
    before: &[Cursor],
    stage: &Stage,
) -> rusqlite::Result<()> {
    for cursor in before {
        let Some(last) = under_way(tx, cursor)? else { continue };
        let of_scope = stage.items.iter().filter(|(scope, _, _)| *scope == cursor.scope);
        let mut at = *cursor;
        for hash in of_scope.filter_map(|(_, _, content)| content.hash()) {
            at = at.then(&hash);
            if at.position == last.before.position && at.rolling != last.before.rolling {
                raise(tx, AlarmKind::RelayWentBack { scope: cursor.scope })?;
            }
        }
    }
    Ok(())
}

/// Notes a frame that the relay says is this device's own and is not, and that one has come after all.
pub(super) fn note(
    tx: &Transaction<'_>,
    scope: ScopeId,
    content: &PageContent,
) -> rusqlite::Result<()> {
    let Some(hash) = content.hash() else { return Ok(()) };
    match content {
        PageContent::Own(_) if !outbox::is_kept(tx, hash)? => {
            // Another life of this store has, perhaps: then it is asked for by its place.
            settings::put(tx, name::REPAIR, &[1])?;
            rereads::not_own(tx, scope, hash)
        }
        PageContent::Own(_) => Ok(()),
        PageContent::Frame(_) => rereads::has_come(tx, scope, hash),
    }
}
