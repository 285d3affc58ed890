//! Folding of words for search, so that a name is found however it was spelt and in whatever script.
//!
//! Only search keys are folded; stored text keeps every letter. Each word gets up to three keys, and a word of a query
//! matches a record if any of its own keys begins one of the record's:
//!
//! 1. **exact**: small letters without marks, Cyrillic and Arabic written in Latin letters. *Əliyev* is `eliyev`,
//!    *Алиев* is `aliev`. The Azerbaijani letters İ, I, i and ı are four letters of two pairs and no case mapping of
//!    one language keeps them apart in another, so that all four become `i` here.
//! 2. **loose**: classes of letters that the spellings of this region exchange, applied to the exact key: a/e/ə, i/ı/y,
//!    c/ç/j/ch/dzh, s/sh, z/zh, v/w, and one class for all of g/ğ/q/k/x/kh/h, because Russian writes *Həsən* as Гасан
//!    and *Qarabağ* as Карабах. Doubled letters count once; the y of *ye*, and of *ya* after a consonant,
//!    and the last h of *Fatimah* count for nothing. `aliyev`, `eliyev` and `aliev` all become `aliav`.
//! 3. **skeleton**: the consonants alone, only to cross between the Arabic script, which leaves short vowels out, and
//!    the others: علييف and *Əliyev* are both `lf`. It starts with a digit, 0 for words of other scripts and 1 for
//!    Arabic ones, and a query asks for the skeletons of the other side only, so that two Latin words never meet by it.
//!
//! The price is over-matching: the loose key also brings *Kazım* for "Hasim" spelt with z, *Qəmid* for "Həmid", and a
//! short skeleton brings strangers. A search offers candidates to a person; a missed name costs more than a name too
//! many, and exact matches can be put first. It is not a score: comparing two people is another module's work.

mod letters;

use letters::{letters_of, loose_key, skeleton_key};

/// The most letters of a word that count. Longer words are not names.
const WORD_LETTERS: usize = 48;

/// One word of a query: a record matches it if one of these keys begins one of the record's [`tokens`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryWord {
    /// The exact key.
    pub exact: String,
    /// The loose key; equal to the exact one for words with digits.
    pub loose: String,
    /// The skeleton by which words of the other script are found, if the word has at least two consonants.
    pub skeleton: Option<String>,
}

impl QueryWord {
    /// The different keys, the most exact first.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        let loose = Some(self.loose.as_str()).filter(|loose| *loose != self.exact);
        std::iter::once(self.exact.as_str()).chain(loose).chain(self.skeleton.as_deref())
    }

    /// Whether one of the keys begins one of these tokens. A skeleton has to be the whole of a token's: a beginning of
    /// consonants alone says too little.
    pub fn matches<'t>(&self, tokens: impl IntoIterator<Item = &'t str>) -> bool {
        let skeleton = self.skeleton.as_deref();
        tokens.into_iter().any(|token| {
            token.starts_with(&self.exact)
                || token.starts_with(&self.loose)
                || Some(token) == skeleton
        })
    }
}

/// The keys under which a text is found, word by word: for each word the exact key, the loose one if it differs, and
/// the skeleton if there is one. Keys consist of letters and digits only.
pub fn tokens(text: &str) -> Vec<String> {
    let mut keys = Vec::new();
    for_each_word(text, |word| {
        let loose = loose_of(&word.exact);
        let skeleton = skeleton_of(&word, if word.is_arabic { '1' } else { '0' });
        let differs = loose != word.exact;
        keys.push(word.exact);
        if differs {
            keys.push(loose);
        }
        keys.extend(skeleton);
    });
    keys
}

/// The words of a query. A record is found if it matches all of them.
pub fn query_tokens(text: &str) -> Vec<QueryWord> {
    let mut words = Vec::new();
    for_each_word(text, |word| {
        let skeleton = skeleton_of(&word, if word.is_arabic { '0' } else { '1' });
        words.push(QueryWord { loose: loose_of(&word.exact), skeleton, exact: word.exact });
    });
    words
}

/// The exact keys of a text's words, joined by spaces: for comparing and sorting names.
pub fn exact(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for_each_word(text, |word| {
        if !folded.is_empty() {
            folded.push(' ');
        }
        folded.push_str(&word.exact);
    });
    folded
}

/// The loose keys of a text's words, joined by spaces.
pub fn loose(text: &str) -> String {
    exact(text).split(' ').map(loose_of).collect::<Vec<_>>().join(" ")
}

struct Word {
    exact: String,
    is_arabic: bool,
}

/// Cuts a text into words. A word is letters, digits and the marks on them; apostrophes and joiners inside one are
/// passed over (`Дем'янів`, `Qur’an`), everything else parts words.
fn for_each_word(text: &str, mut with: impl FnMut(Word)) {
    let mut word = Word { exact: String::new(), is_arabic: false };
    let mut letters = 0;
    let mut end = |word: &mut Word| {
        let is_arabic = std::mem::take(&mut word.is_arabic);
        let exact = std::mem::take(&mut word.exact);
        if !exact.is_empty() {
            with(Word { exact, is_arabic });
        }
    };
    for letter in text.chars() {
        if letter.is_ascii() && !letter.is_ascii_alphanumeric() && letter != '\'' && letter != '`' {
            end(&mut word);
            letters = 0;
        } else if letter.is_ascii_alphanumeric() {
            letters += 1;
            if letters <= WORD_LETTERS {
                word.exact.push(letter.to_ascii_lowercase());
            }
        } else if letters::parts_words(letter) {
            end(&mut word);
            letters = 0;
        } else {
            letters += 1;
            if letters <= WORD_LETTERS {
                word.is_arabic |= letters::is_arabic(letter);
                letters_of(letter, &mut word.exact);
            }
        }
    }
    end(&mut word);
}

/// Numbers, codes and phones have no spellings: a word with a digit is its own loose key.
fn loose_of(exact: &str) -> String {
    if exact.bytes().any(|byte| byte.is_ascii_digit()) {
        exact.to_owned()
    } else {
        loose_key(exact)
    }
}

fn skeleton_of(word: &Word, side: char) -> Option<String> {
    let is_plain = word.exact.bytes().all(|byte| byte.is_ascii_lowercase());
    if is_plain { skeleton_key(&word.exact, side) } else { None }
}

#[cfg(test)]
mod tests;
