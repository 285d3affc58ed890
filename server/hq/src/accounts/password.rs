//! Passwords: which are fit, and what is kept of one.
//!
//! A password is kept as an Argon2id hash with 64 MiB and three passes, twice what RFC 9106 asks of a machine that is
//! short of memory, so that whoever gets at a store and its key still cannot try passwords by the million. Rules
//! follow NIST SP 800-63B: a length, no rules about signs, and none that people are known to choose.

use std::fmt;
use std::sync::LazyLock;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;
use zxcvbn::{Score, zxcvbn};

/// Memory in KiB, passes, lanes.
const MEMORY_KIB: u32 = 64 * 1024;
const PASSES: u32 = 3;
const LANES: u32 = 1;
/// Fewer letters than this can be tried, whatever they are.
const LENGTH_MIN: usize = 12;
/// No person types more, and hashing takes longer with length.
const LENGTH_MAX: usize = 256;

/// Why a password would not do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unfit {
    /// Too short.
    #[error(
        "a password has at least {LENGTH_MIN} letters; four or five words that do not belong together are good"
    )]
    Short,
    /// Too long.
    #[error("a password has at most {LENGTH_MAX} letters")]
    Long,
    /// Among those that are tried first.
    #[error("this password would be guessed: take four or five words that do not belong together")]
    Guessed,
}

/// What is kept of a password: a PHC string with its own salt.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Hash(String);

impl Hash {
    /// Takes a fraction of a second and 64 MiB, on purpose.
    pub(crate) fn of(password: &str) -> Self {
        let hashed = argon2().hash_password(folded(password).as_bytes());
        Self(
            hashed
                .expect(
                    "the parameters are constants, and a system without entropy can make no keys",
                )
                .to_string(),
        )
    }
}

/// A hash is nearly as good as a password to whoever has time, so it is printed nowhere.
impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hash")
    }
}

/// Whether a password is fit for the account of this name.
pub(crate) fn check(name: &str, password: &str) -> Result<(), Unfit> {
    let password = folded(password);
    match password.chars().count() {
        length if length < LENGTH_MIN => return Err(Unfit::Short),
        length if length > LENGTH_MAX => return Err(Unfit::Long),
        _ => {}
    }
    let known = [name, "kahriz", "headquarters", "password", "administrator"];
    let is_guessed = zxcvbn(&password, &known).score() < Score::Three;
    if is_guessed { Err(Unfit::Guessed) } else { Ok(()) }
}

/// Whether this is the password of the hash. Without a hash the same work is done, and the answer is no.
pub(super) fn is_right(hash: Option<&Hash>, password: &str) -> bool {
    /// Of a password that nobody knows.
    static NOBODYS: LazyLock<Hash> = LazyLock::new(|| Hash::of(&super::random_text::<32>()));
    let is_somebodys = hash.is_some();
    let Ok(hash) = PasswordHash::new(&hash.unwrap_or(&NOBODYS).0) else { return false };
    // Longer ones than can be set are not worth the work.
    let password = folded(password);
    let is_long = password.chars().count() > LENGTH_MAX;
    let typed = if is_long { "" } else { password.as_str() };
    argon2().verify_password(typed.as_bytes(), &hash).is_ok() && is_somebodys
}

/// The same letters are the same bytes on every keyboard.
fn folded(password: &str) -> Zeroizing<String> {
    Zeroizing::new(password.nfkc().collect())
}

fn argon2() -> Argon2<'static> {
    let params =
        Params::new(MEMORY_KIB, PASSES, LANES, None).expect("the parameters are constants");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_knows_its_password_and_no_other() {
        let hash = Hash::of("şəhər qapısı 7 nar");
        assert!(hash.0.starts_with("$argon2id$v=19$m=65536,t=3,p=1$"), "{}", hash.0);
        assert!(is_right(Some(&hash), "şəhər qapısı 7 nar"));
        // The same letters, as another keyboard composes them.
        let decomposed: String = "şəhər qapısı 7 nar".nfd().collect();
        assert!(is_right(Some(&hash), &decomposed));
        assert!(!is_right(Some(&hash), "şəhər qapısı 8 nar"));
        assert!(!is_right(None, "şəhər qapısı 7 nar"));
        assert_ne!(hash.0, Hash::of("şəhər qapısı 7 nar").0, "each has its own salt");
        assert_eq!(format!("{hash:?}"), "Hash");
    }

    #[test]
    fn passwords_that_people_are_known_to_choose_are_refused() {
        for guessed in [
            "password1234",
            "123456789012",
            "qwertyuiop12",
            "aaaaaaaaaaaa",
            "administrator",
            "kahrizkahriz",
            "leylaleyla12",
            "1q2w3e4r5t6y",
            "letmeinletmein",
        ] {
            assert_eq!(check("Leyla", guessed), Err(Unfit::Guessed), "{guessed}");
        }
        assert_eq!(check("Leyla", "nar7&Qala#k"), Err(Unfit::Short));
        assert_eq!(check("Leyla", &"nar qala ".repeat(40)), Err(Unfit::Long));
        for fit in ["correct horse battery staple", "dörd qara qoyun bir körpü", "tz8#Kq!w0LmA"]
        {
            assert_eq!(check("Leyla", fit), Ok(()), "{fit}");
        }
    }
}
