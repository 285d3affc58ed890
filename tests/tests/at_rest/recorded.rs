//! Chance that remembers what it gave: every key of a store that is made with it.

use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;
use rand_core::{Infallible, Rng, TryCryptoRng, TryRng};

/// A seeded generator, and what was drawn from it in pieces as large as a key.
pub(crate) struct Recorded {
    source: ChaCha20Rng,
    drawn: Vec<[u8; 32]>,
    of_the_vault: usize,
}

impl Recorded {
    pub(crate) fn new(seed: u64) -> Self {
        Self { source: ChaCha20Rng::seed_from_u64(seed), drawn: vec![], of_the_vault: 0 }
    }

    /// What is drawn from here on is the workspace's.
    pub(crate) fn the_vault_is_made(&mut self) {
        self.of_the_vault = self.drawn.len();
    }

    /// A vault draws the hardware's secret, then the key.
    pub(crate) fn database_key(&self) -> [u8; 32] {
        self.drawn[1]
    }

    /// A founding draws root, recovery, admin, and the device's two.
    pub(crate) fn device_seed(&self) -> [u8; 32] {
        self.drawn[self.of_the_vault + 3]
    }

    /// The first epoch's key is the next of this size; the search finds it in use, or this is wrong.
    pub(crate) fn epoch_key(&self) -> [u8; 32] {
        self.drawn[self.of_the_vault + 5]
    }

    pub(crate) fn take_all(&mut self) -> Vec<[u8; 32]> {
        std::mem::take(&mut self.drawn)
    }
}

impl TryRng for Recorded {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(self.source.next_u32())
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(self.source.next_u64())
    }

    fn try_fill_bytes(&mut self, into: &mut [u8]) -> Result<(), Infallible> {
        self.source.fill_bytes(into);
        self.drawn.extend(<[u8; 32]>::try_from(&*into).ok());
        Ok(())
    }
}

impl TryCryptoRng for Recorded {}
