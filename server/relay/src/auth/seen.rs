//! Tokens that were spent, remembered for as long as they could be used again.

use super::Token;
use crate::config::{TOKENS_SEEN_MAX, TOKENS_SEEN_PER_DEVICE_MAX};
use kahriz_proto::ids::DeviceId;
use kahriz_proto::message::RefusalReason;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Mutex, PoisonError};

type Id = [u8; kahriz_proto::token::TOKEN_ID_BYTES];

/// The tokens of the last minutes. In memory: after a restart a token can be used once more within its
/// two minutes, and then brings only what its signer sent before.
#[derive(Default)]
pub(crate) struct SeenTokens {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    by_device: HashMap<DeviceId, HashSet<Id>>,
    by_end: BTreeMap<u64, Vec<(DeviceId, Id)>>,
    count: usize,
}

impl SeenTokens {
    /// Spends a token, unless it was spent before.
    pub(crate) fn spend(&self, token: &Token, now: u64) -> Result<(), RefusalReason> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.forget_before(now);
        let of_device = state.by_device.get(&token.signer);
        if of_device.is_some_and(|ids| ids.contains(&token.id)) {
            return Err(RefusalReason::Replayed);
        }
        if state.count >= TOKENS_SEEN_MAX
            || of_device.is_some_and(|ids| ids.len() >= TOKENS_SEEN_PER_DEVICE_MAX)
        {
            return Err(RefusalReason::Limit);
        }
        state.by_device.entry(token.signer).or_default().insert(token.id);
        state.by_end.entry(token.expires_at).or_default().push((token.signer, token.id));
        state.count += 1;
        Ok(())
    }
}

impl State {
    fn forget_before(&mut self, now: u64) {
        let live = self.by_end.split_off(&now);
        let ended = std::mem::replace(&mut self.by_end, live);
        for (device, id) in ended.into_values().flatten() {
            self.count -= 1;
            if let Some(ids) = self.by_device.get_mut(&device) {
                ids.remove(&id);
                if ids.is_empty() {
                    self.by_device.remove(&device);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(device: u8, id: u64) -> Token {
        Token {
            signer: DeviceId::from_bytes([device; 16]),
            expires_at: 100,
            id: id.to_be_bytes(),
            covers: [0; 16],
        }
    }

    #[test]
    fn a_token_is_spent_once_while_it_lives_and_forgotten_after() {
        let seen = SeenTokens::default();
        assert_eq!(seen.spend(&token(1, 1), 50), Ok(()));
        assert_eq!(seen.spend(&token(1, 1), 100), Err(RefusalReason::Replayed));
        assert_eq!(seen.spend(&token(2, 1), 50), Ok(()));
        assert_eq!(seen.spend(&token(1, 1), 101), Ok(()));
    }

    #[test]
    fn one_device_cannot_fill_the_memory_of_tokens() {
        let seen = SeenTokens::default();
        for id in 0..TOKENS_SEEN_PER_DEVICE_MAX as u64 {
            assert_eq!(seen.spend(&token(1, id), 50), Ok(()));
        }
        assert_eq!(seen.spend(&token(1, u64::MAX), 50), Err(RefusalReason::Limit));
        assert_eq!(seen.spend(&token(2, 0), 50), Ok(()));
    }
}
