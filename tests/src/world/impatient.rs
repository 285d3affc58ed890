//! A shell with the real clock that waits for nothing: what does not go at once is left for another time.

use super::clock;
use kahriz_core::drive::{Progress, Shell};
use rand_chacha::ChaCha20Rng;

/// Real time, this chance, and no patience.
pub struct Impatient(pub ChaCha20Rng);

impl Shell for Impatient {
    fn now_ms(&mut self) -> u64 {
        clock::real_ms()
    }

    fn wait_until(&mut self, _: u64) -> bool {
        false
    }

    fn rng(&mut self) -> &mut dyn rand_core::CryptoRng {
        &mut self.0
    }

    fn progress(&mut self, _: &Progress) {}
}
