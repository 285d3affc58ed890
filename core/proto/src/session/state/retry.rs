//! A line that was cut: what had arrived is kept, and how long to wait before the next try.

use super::{At, Failure, Millis, Session};
use crate::item::read_varint;
use crate::limits::{
    PAGE_BYTES_FIRST, PUSH_BYTES_FIRST, RETRY_DELAY_MS_FIRST, RETRY_DELAY_MS_MAX,
    TRIES_WITHOUT_PROGRESS_MAX,
};
use crate::message::PullFrom;

impl Session {
    pub(super) fn on_lost(
        &mut self,
        now: Millis,
        rng: &mut dyn FnMut() -> u64,
        failure: Failure,
        partial: Vec<u8>,
    ) {
        if self.at == At::Over {
            return;
        }
        self.flush();
        self.ended = false;
        self.keep_partial(partial);
        if !self.on_the_way.is_empty() {
            self.unsure = true;
        }
        self.push_bytes = PUSH_BYTES_FIRST;
        self.page_bytes = PAGE_BYTES_FIRST;
        self.tries += 1;
        if failure.is_permanent() || self.tries > TRIES_WITHOUT_PROGRESS_MAX {
            return self.finish(Some(failure));
        }
        self.at = At::Waiting(now + self.delay_ms(rng));
    }

    /// What arrived of the item under way is kept, if enough of it did to know which it is.
    fn keep_partial(&mut self, partial: Vec<u8>) {
        let place = place_of_partial(&partial);
        let next = place.and_then(|(scope, position)| {
            let cursor = self.ahead.get(scope as usize)?;
            let offset = u32::try_from(partial.len()).ok()?;
            (position == cursor.position + 1).then_some(PullFrom { scope, position, offset })
        });
        self.pull_partial = next.map(|from| (from, partial));
    }

    /// The first retry after progress is at once; then the wait doubles, with a random half.
    fn delay_ms(&self, rng: &mut dyn FnMut() -> u64) -> Millis {
        let Some(doublings) = self.tries.checked_sub(2) else { return 0 };
        let full = (RETRY_DELAY_MS_FIRST << doublings.min(16)).min(RETRY_DELAY_MS_MAX);
        full / 2 + rng() % (full / 2 + 1)
    }
}

/// The scope and position at the head of an item that is not whole.
fn place_of_partial(partial: &[u8]) -> Option<(u32, u64)> {
    let (_, prefix) = read_varint(partial)?;
    let mut d = minicbor::Decoder::new(partial.get(prefix..)?);
    d.array().ok()?;
    Some((d.u32().ok()?, d.u64().ok()?))
}
