//! Records for the measurement: the lines of a file, and, when more are wanted, the same lines with other content.
//!
//! What is drawn anew is what a real record would not share with another: ids, numbers, days, places on the ground,
//! letters of names, the order of words in long texts. What stays is what real records do share: keys, codes, places
//! and the words themselves.

use super::Stop;
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};
use serde_json::{Map, Value as Json};
use std::path::Path;

/// A text with more characters than this is prose, and its words may change places.
const PROSE_CHARS: usize = 60;
/// A text with at least this many digits is a number or an id, and its digits are drawn anew.
const DIGITS: usize = 4;
/// How far a place on the ground moves at most, in degrees: some 5 km.
const MOVED_DEGREES: f64 = 0.05;
/// Letters that stand for one another in names.
const LETTERS: [char; 14] = ['a', 'b', 'd', 'e', 'i', 'k', 'l', 'm', 'n', 'o', 'r', 's', 't', 'v'];
/// The letters of a name as a machine without Azerbaijani letters writes them.
const PLAIN: [(char, char); 14] = [
    ('ə', 'e'),
    ('Ə', 'E'),
    ('ö', 'o'),
    ('Ö', 'O'),
    ('ü', 'u'),
    ('Ü', 'U'),
    ('ı', 'i'),
    ('İ', 'I'),
    ('ş', 's'),
    ('Ş', 'S'),
    ('ç', 'c'),
    ('Ç', 'C'),
    ('ğ', 'g'),
    ('Ğ', 'G'),
];

/// A file of JSON lines, from which any number of records can be had.
pub(super) struct Lines(Vec<String>);

impl Lines {
    /// Reads the file.
    ///
    /// # Errors
    /// If it can't be read or has no line.
    pub(super) fn read(file: &Path) -> Result<Self, Stop> {
        let text = std::fs::read_to_string(file)
            .map_err(|error| format!("{} cannot be read: {error}", file.display()))?;
        let lines: Vec<String> = text.lines().map(str::to_owned).collect();
        if lines.is_empty() { Err("the file has no lines".into()) } else { Ok(Self(lines)) }
    }

    /// The record of this number, from 0: a line of the file as it stands, or one with other content.
    ///
    /// # Errors
    /// If the line is no JSON.
    pub(super) fn record(&self, number: u64) -> Result<Json, Stop> {
        let count = self.0.len() as u64;
        let line = &self.0[usize::try_from(number % count)?];
        let mut record: Json = serde_json::from_str(line)?;
        if number >= count {
            let mut rng = ChaCha20Rng::seed_from_u64(number);
            vary(&mut record, "", &mut rng);
            if let Some(record) = record.as_object_mut() {
                rewrite_plain_name(record);
            }
        }
        Ok(record)
    }
}

fn vary(json: &mut Json, key: &str, rng: &mut ChaCha20Rng) {
    match json {
        Json::Object(object) => object.iter_mut().for_each(|(key, value)| vary(value, key, rng)),
        Json::Array(items) => items.iter_mut().for_each(|item| vary(item, key, rng)),
        Json::String(text) => *text = vary_text(text, key, rng),
        Json::Number(number) if number.is_f64() && is_place(key) => {
            let moved =
                number.as_f64().unwrap_or(0.0) + (fraction(rng) - 0.5) * 2.0 * MOVED_DEGREES;
            *json = Json::from((moved * 1e6).round() / 1e6);
        }
        Json::Number(_) | Json::Bool(_) | Json::Null => {}
    }
}

fn is_place(key: &str) -> bool {
    key.ends_with("lat") || key.ends_with("lon") || key == "polygon"
}

fn vary_text(text: &str, key: &str, rng: &mut ChaCha20Rng) -> String {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let is_date = text.len() >= 10 && text.as_bytes()[4] == b'-' && text.as_bytes()[7] == b'-';
    if is_date {
        return vary_date(text, rng);
    }
    if text.chars().count() > PROSE_CHARS {
        return shuffled(text, rng);
    }
    if digits >= DIGITS {
        return vary_digits(text, rng);
    }
    if key == "name" || key.ends_with("_name") || key == "reported_by" {
        return vary_name(text, rng);
    }
    text.to_owned()
}

/// Another day of the same month, and if there is a time, another minute and second.
fn vary_date(text: &str, rng: &mut ChaCha20Rng) -> String {
    let mut letters: Vec<char> = text.chars().collect();
    let mut put = |at: usize, number: u64| {
        let two = format!("{number:02}");
        letters.splice(at..at + 2, two.chars());
    };
    put(8, 1 + below(rng, 28));
    if text.len() >= 19 {
        put(14, below(rng, 60));
        put(17, below(rng, 60));
    }
    letters.into_iter().collect()
}

/// The beginning says what it is (a country and an operator, a prefix) and stays; the letters of a hexadecimal id are
/// digits too.
fn vary_digits(text: &str, rng: &mut ChaCha20Rng) -> String {
    let is_hex = text.chars().all(|letter| letter.is_ascii_hexdigit() || letter == '-');
    let kept = if text.starts_with('+') { 6 } else { 0 };
    let vary = |(at, letter): (usize, char)| match letter {
        letter if at < kept => letter,
        letter if is_hex && letter.is_ascii_hexdigit() => {
            char::from_digit(rng.next_u32() % 16, 16).unwrap_or(letter)
        }
        letter if letter.is_ascii_digit() => {
            char::from_digit(rng.next_u32() % 10, 10).unwrap_or(letter)
        }
        letter => letter,
    };
    text.chars().enumerate().map(vary).collect()
}

/// Two of its small letters become others.
fn vary_name(text: &str, rng: &mut ChaCha20Rng) -> String {
    let mut letters: Vec<char> = text.chars().collect();
    for _ in 0..2 {
        let at = index_below(rng, letters.len());
        if letters.get(at).is_some_and(|letter| letter.is_lowercase()) {
            letters[at] = LETTERS[index_below(rng, LETTERS.len())];
        }
    }
    letters.into_iter().collect()
}

fn shuffled(text: &str, rng: &mut ChaCha20Rng) -> String {
    let mut words: Vec<&str> = text.split(' ').collect();
    for last in (1..words.len()).rev() {
        words.swap(last, index_below(rng, last + 1));
    }
    words.join(" ")
}

/// A line says its names twice, once in plain letters; they go together.
fn rewrite_plain_name(record: &mut Map<String, Json>) {
    let name = |key: &str| record.get(key).and_then(Json::as_str).unwrap_or_default();
    let both = format!("{} {}", name("given_name"), name("family_name"));
    if let Some(plain) = record.get_mut("name_ascii") {
        let letter = |from: char| {
            PLAIN.iter().find(|(own, _)| *own == from).map_or(from, |(_, plain)| *plain)
        };
        *plain = Json::from(both.chars().map(letter).collect::<String>());
    }
}

fn below(rng: &mut ChaCha20Rng, bound: u64) -> u64 {
    rng.next_u64() % bound.max(1)
}

fn index_below(rng: &mut ChaCha20Rng, bound: usize) -> usize {
    usize::try_from(below(rng, bound as u64)).unwrap_or(0)
}

fn fraction(rng: &mut ChaCha20Rng) -> f64 {
    f64::from(rng.next_u32()) / f64::from(u32::MAX)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const LINE: &str = r#"{"id":"cd447e35-b8b6","kind":"missing_person","given_name":"Cavid","family_name":"Şükürov","name_ascii":"Cavid Sukurov","birth_date":"1954-03-28","lat":40.1,"status":"open"}"#;

    #[test]
    fn the_lines_of_the_file_come_first_and_as_they_stand() {
        let lines = Lines(vec![LINE.to_owned()]);
        let as_it_stands: Json = serde_json::from_str(LINE).unwrap();
        assert_eq!(lines.record(0).unwrap(), as_it_stands);
    }

    #[test]
    fn a_line_used_again_is_another_record_of_the_same_kind() {
        let lines = Lines(vec![LINE.to_owned()]);
        let (first, again) = (lines.record(0).unwrap(), lines.record(1).unwrap());
        for same in ["kind", "status"] {
            assert_eq!(first[same], again[same]);
        }
        for other in ["id", "lat"] {
            assert_ne!(first[other], again[other]);
        }
        assert_eq!(again, lines.record(1).unwrap());
        let plain = again["name_ascii"].as_str().unwrap();
        assert!(plain.is_ascii(), "{plain}");
    }
}
