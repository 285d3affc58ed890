//! Chance that repeats itself: everything drawn comes from one seed.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// A source of repeatable chance.
#[derive(Clone, Debug)]
pub struct Chance(ChaCha8Rng);

impl Chance {
    /// The chance of a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// A number from 0 to below the limit; 0 if the limit is 0.
    pub fn below(&mut self, limit: usize) -> usize {
        // The widening product keeps the bias under one in 2^32 for every limit used here.
        ((u128::from(self.0.next_u64()) * limit as u128) >> 64) as usize
    }

    /// A number between two, both possible.
    pub fn between(&mut self, least: i64, most: i64) -> i64 {
        least + self.below(most.abs_diff(least) as usize + 1) as i64
    }

    /// A number between two with so many decimals.
    pub fn decimal(&mut self, least: f64, most: f64, decimals: u32) -> f64 {
        let scale = f64::from(10_u32.pow(decimals));
        let part = self.below(1_000_001) as f64 / 1_000_000.0;
        ((least + (most - least) * part) * scale).round() / scale
    }

    /// Whether something happens that does so `times` of `of` times.
    pub fn often(&mut self, times: usize, of: usize) -> bool {
        self.below(of) < times
    }

    /// One of several; panics if there are none.
    pub fn one_of<'a, T>(&mut self, things: &'a [T]) -> &'a T {
        &things[self.below(things.len())]
    }

    /// Something, `times` of `of` times.
    pub fn perhaps<T>(
        &mut self,
        times: usize,
        of: usize,
        make: impl FnOnce(&mut Self) -> T,
    ) -> Option<T> {
        self.often(times, of).then(|| make(self))
    }

    /// Some of several, each at most once, in their order.
    pub fn some_of<'a>(&mut self, things: &[&'a str], most: usize) -> Vec<&'a str> {
        let mut wanted = self.below(most + 1);
        let mut left = things.len();
        let mut taken = Vec::new();
        for thing in things {
            if wanted > 0 && self.often(wanted, left) {
                taken.push(*thing);
                wanted -= 1;
            }
            left -= 1;
        }
        taken
    }

    /// A day between two years, both possible, none after the middle of 2025.
    pub fn date(&mut self, first_year: i64, last_year: i64) -> String {
        let year = self.between(first_year, last_year);
        let month = self.between(1, if year >= 2025 { 6 } else { 12 });
        let day = self.between(1, 28);
        format!("{year}-{month:02}-{day:02}")
    }

    /// A mobile number of a made-up subscriber.
    pub fn phone(&mut self) -> String {
        let network = *self.one_of(&["50", "51", "55", "70", "77"]);
        format!("+994{network}{:07}", self.below(10_000_000))
    }
}
