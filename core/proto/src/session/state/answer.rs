//! What an answer says, held against what was asked: verdicts, what the relay holds, and items one by one.

use super::Session;
use crate::cursor::Cursor;
use crate::ids::{Incarnation, ScopeId};
use crate::item::{PageContent, PageItem};
use crate::limits::{STAGE_BYTES, TRIES_WITHOUT_PROGRESS_MAX};
use crate::message::{SyncAnswer, Verdict};

impl Session {
    /// Takes in the control part; false if it contradicts what was asked.
    pub(super) fn on_answer(&mut self, answer: SyncAnswer) -> bool {
        if !self.take_verdicts(&answer) {
            return false;
        }
        if let Some(logs) = answer.logs {
            let held = logs.iter().fold(0_u64, |sum, state| sum.saturating_add(state.seq));
            let partial = answer.partial.map_or(0, |partial| partial.len);
            if (held, partial) != self.held_before {
                self.held_before = (held, partial);
                self.tries = 0;
                self.progressed = true;
            }
            self.stage.logs = Some(logs);
            self.relay_partial = answer.partial;
            self.unsure = false;
        }
        self.roster_at_relay = answer.roster.unwrap_or(self.roster).max(self.roster);
        self.more = self.unsure || answer.more.unwrap_or(false);
        let restart = answer.restart.unwrap_or_default();
        // A store may be replaced while it is read; one that is another at each turn is none.
        self.restarts += u32::from(!restart.is_empty());
        if self.restarts > TRIES_WITHOUT_PROGRESS_MAX {
            return false;
        }
        restart.iter().all(|index| self.restart(*index, answer.incarnation))
            && self.adopt(answer.incarnation)
    }

    /// One verdict for each frame that arrived whole; none given means that all were stored.
    fn take_verdicts(&mut self, answer: &SyncAnswer) -> bool {
        let count = answer.received.unwrap_or(0) as usize;
        let stored = vec![Verdict::Stored; count];
        let verdicts = answer.verdicts.as_ref().unwrap_or(&stored);
        if count > self.on_the_way.len() || verdicts.len() != count {
            return false;
        }
        for verdict in verdicts {
            let Some(place) = self.on_the_way.pop_front() else { return false };
            if verdict.is_held() {
                self.progressed = true;
                self.finish.pushed += 1;
                self.tries = 0;
                self.stage.held.push(place);
            } else {
                self.finish.refused += 1;
                self.stage.refused.push((place, *verdict));
                self.on_refusal(*verdict);
            }
        }
        true
    }

    /// A gap may mean that the relay has lost what it acknowledged, so it is asked, once. Otherwise what
    /// was refused now would be refused again: the next session tries.
    fn on_refusal(&mut self, verdict: Verdict) {
        if verdict == Verdict::Gap && !self.asked_about_gap {
            self.asked_about_gap = true;
            self.unsure = true;
        } else {
            self.refused = true;
        }
    }

    /// A scope is read again from its beginning, and the relay may lack what it once acknowledged.
    fn restart(&mut self, index: u32, incarnation: Option<Incarnation>) -> bool {
        let Some(cursor) = self.ahead.get_mut(index as usize) else { return false };
        let incarnation = incarnation.unwrap_or(cursor.incarnation);
        let had_read = cursor.position > 0;
        if had_read && self.compares {
            self.finish.moved = true;
            return true;
        }
        *cursor = Cursor::start_in(cursor.scope, incarnation);
        if had_read {
            self.unsure = true;
            self.more = true;
        }
        self.stage.cursors = self.ahead.clone();
        true
    }

    /// A cursor that has read nothing yet belongs to whatever store it meets first.
    fn adopt(&mut self, incarnation: Option<Incarnation>) -> bool {
        if let Some(incarnation) = incarnation {
            let fresh = self.ahead.iter_mut().filter(|cursor| cursor.position == 0);
            fresh.for_each(|cursor| cursor.incarnation = incarnation);
            self.stage.cursors = self.ahead.clone();
        }
        true
    }

    /// Takes in one item; false if it is not the one that must come next in its scope.
    pub(super) fn on_item(&mut self, item: PageItem, wire_bytes: usize) -> bool {
        if self.finish.moved {
            // A relay that reads out the scope all the same: what it holds is compared first.
            return true;
        }
        let Some(cursor) = self.ahead.get_mut(item.scope as usize) else { return false };
        let Some(left) = self.page_left.checked_sub(wire_bytes) else { return false };
        self.page_left = left;
        if item.position != cursor.position + 1 {
            return false;
        }
        let Some(hash) = item.content.hash() else { return false };
        *cursor = cursor.then(&hash);
        let scope: ScopeId = cursor.scope;
        if matches!(item.content, PageContent::Frame(_)) {
            self.finish.pulled += 1;
        }
        self.tries = 0;
        self.progressed = true;
        self.stage.items.push((scope, item.position, item.content));
        self.stage.cursors.clone_from(&self.ahead);
        self.stage_bytes += wire_bytes;
        if self.stage_bytes >= STAGE_BYTES {
            self.flush();
        }
        true
    }
}
