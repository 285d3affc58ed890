//! Chance that is the same on every run, for tests: SHA-256 over a seed and a counter.

use rand_core::{Infallible, TryCryptoRng, TryRng};
use sha2::{Digest, Sha256};

/// A stream of bytes that depends on the seed alone.
pub(crate) struct SeededChance {
    seed: u64,
    counter: u64,
    left: Vec<u8>,
}

impl SeededChance {
    pub(crate) fn new(seed: u64) -> Self {
        Self { seed, counter: 0, left: vec![] }
    }

    fn next(&mut self) -> u8 {
        if self.left.is_empty() {
            let block = [self.seed.to_be_bytes(), self.counter.to_be_bytes()].concat();
            self.left = Sha256::digest(block).to_vec();
            self.counter += 1;
        }
        self.left.pop().unwrap_or_default()
    }
}

impl TryRng for SeededChance {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(u32::from_be_bytes(std::array::from_fn(|_| self.next())))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(u64::from_be_bytes(std::array::from_fn(|_| self.next())))
    }

    fn try_fill_bytes(&mut self, into: &mut [u8]) -> Result<(), Infallible> {
        into.iter_mut().for_each(|byte| *byte = self.next());
        Ok(())
    }
}

impl TryCryptoRng for SeededChance {}
