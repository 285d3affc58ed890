//! A secret that is good for one thing, once: the first account of a headquarters, or the demo's open door.
//!
//! It is printed for whoever started the program and lives in memory only, so it ends with the process.

use std::sync::{Mutex, MutexGuard, PoisonError};

use subtle::ConstantTimeEq;

use super::random_text;

/// Bytes of a secret: nobody guesses it.
const BYTES: usize = 24;

/// A secret, if one was drawn and not spent.
#[derive(Default)]
pub(crate) struct Once(Mutex<Option<Drawn>>);

struct Drawn {
    secret: String,
    name: Option<String>,
}

impl Once {
    /// Draws a secret in place of any older one; for the account of a name, if there is one.
    pub(crate) fn draw(&self, name: Option<&str>) -> String {
        let secret = random_text::<BYTES>();
        *self.drawn() = Some(Drawn { secret: secret.clone(), name: name.map(str::to_owned) });
        secret
    }

    /// Whether this is the secret.
    pub(crate) fn holds(&self, secret: &str) -> bool {
        self.drawn().as_ref().is_some_and(|drawn| is_same(&drawn.secret, secret))
    }

    /// Spends it; with the account that it was for.
    pub(crate) fn spend(&self, secret: &str) -> Option<Option<String>> {
        self.drawn().take_if(|drawn| is_same(&drawn.secret, secret)).map(|drawn| drawn.name)
    }

    fn drawn(&self) -> MutexGuard<'_, Option<Drawn>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_same(one: &str, other: &str) -> bool {
    one.as_bytes().ct_eq(other.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_good_once() {
        let once = Once::default();
        assert!(!once.holds("") && once.spend("").is_none());
        let first = once.draw(Some("demo"));
        assert!(once.holds(&first) && !once.holds(&first[1..]));
        assert_eq!(once.spend("guess"), None);
        assert_eq!(once.spend(&first), Some(Some("demo".to_owned())));
        assert_eq!(once.spend(&first), None);
        let second = once.draw(None);
        let third = once.draw(None);
        assert!(!once.holds(&second) && once.holds(&third), "a new one ends the older");
    }
}
