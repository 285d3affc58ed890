//! The vocabulary: names, villages and sentences, from the files in `vocabulary/`.

use std::sync::OnceLock;

use super::chance::Chance;

/// The districts that the made-up teams work in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum District {
    /// Ağdam.
    Agdam,
    /// Füzuli.
    Fuzuli,
    /// Tərtər.
    Tartar,
}

impl District {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Agdam, Self::Fuzuli, Self::Tartar];

    /// Its code in the forms' list.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Agdam => "AZ-AGM",
            Self::Fuzuli => "AZ-FUZ",
            Self::Tartar => "AZ-TAR",
        }
    }
}

/// A village and roughly where it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Village {
    /// The code of its district.
    pub district: &'static str,
    /// What it is called.
    pub name: &'static str,
    /// Degrees north.
    pub lat: f64,
    /// Degrees east.
    pub lon: f64,
}

/// A person's name and sex.
pub(super) struct Person {
    pub(super) given: &'static str,
    pub(super) family: String,
    pub(super) sex: &'static str,
}

impl Person {
    pub(super) fn full(&self) -> String {
        format!("{} {}", self.given, self.family)
    }
}

/// What a text is about.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum About {
    Person,
    Incident,
    Household,
}

struct Words {
    men: Vec<&'static str>,
    women: Vec<&'static str>,
    families: Vec<&'static str>,
    villages: [Vec<Village>; 3],
    /// What it is about, the language, the sentence.
    sentences: Vec<(About, &'static str, &'static str)>,
}

fn words() -> &'static Words {
    static WORDS: OnceLock<Words> = OnceLock::new();
    WORDS.get_or_init(|| {
        let names = include_str!("../../../vocabulary/names.txt");
        let sentences =
            lines(include_str!("../../../vocabulary/sentences.txt")).filter_map(sentence_of);
        Words {
            men: names_in(names, "[men]"),
            women: names_in(names, "[women]"),
            families: names_in(names, "[families]"),
            villages: District::ALL.map(villages_of),
            sentences: sentences.collect(),
        }
    })
}

/// The villages of a district.
pub(super) fn villages(district: District) -> &'static [Village] {
    &words().villages[district as usize]
}

/// Somebody of either sex.
pub(super) fn person(chance: &mut Chance) -> Person {
    let family = *chance.one_of(&words().families);
    person_of(chance, family)
}

/// Somebody of this family, whose name is given as a man bears it.
pub(super) fn person_of(chance: &mut Chance, family: &'static str) -> Person {
    match chance.often(1, 2) {
        true => man_of(chance, family),
        false => Person {
            given: chance.one_of::<&str>(&words().women),
            family: format!("{family}a"),
            sex: "female",
        },
    }
}

pub(super) fn man_of(chance: &mut Chance, family: &'static str) -> Person {
    Person { given: chance.one_of::<&str>(&words().men), family: family.to_owned(), sex: "male" }
}

/// A family's name as a man bears it.
pub(super) fn family(chance: &mut Chance) -> &'static str {
    chance.one_of::<&str>(&words().families)
}

/// Some sentences in one language.
pub(super) fn text(chance: &mut Chance, about: About, village: &Village, most: i64) -> String {
    let language = *chance.one_of(&["az", "az", "az", "ru", "en"]);
    let fitting =
        words().sentences.iter().filter(|(of, spoken, _)| *of == about && *spoken == language);
    let mut fitting: Vec<&str> = fitting.map(|(_, _, sentence)| *sentence).collect();
    let mut text = Vec::new();
    for _ in 0..chance.between(2, most) {
        if fitting.is_empty() {
            break;
        }
        let sentence = fitting.swap_remove(chance.below(fitting.len()));
        text.push(fill(chance, sentence, village));
    }
    text.join(" ")
}

fn fill(chance: &mut Chance, sentence: &str, village: &Village) -> String {
    let name = person(chance).full();
    let year = chance.between(1992, 2023).to_string();
    let number = chance.between(2, 9).to_string();
    let filled = sentence.replace("{name}", &name).replace("{place}", village.name);
    filled.replace("{year}", &year).replace("{number}", &number)
}

fn lines(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'))
}

fn names_in(text: &'static str, section: &str) -> Vec<&'static str> {
    let after = lines(text).skip_while(|line| *line != section).skip(1);
    after.take_while(|line| !line.starts_with('[')).flat_map(str::split_whitespace).collect()
}

fn villages_of(district: District) -> Vec<Village> {
    let all = lines(include_str!("../../../vocabulary/villages.txt")).filter_map(village_of);
    all.filter(|village| village.district == district.code()).collect()
}

fn village_of(line: &'static str) -> Option<Village> {
    let mut parts = line.split('\t');
    let (district, name) = (parts.next()?, parts.next()?);
    Some(Village {
        district,
        name,
        lat: parts.next()?.parse().ok()?,
        lon: parts.next()?.parse().ok()?,
    })
}

fn sentence_of(line: &'static str) -> Option<(About, &'static str, &'static str)> {
    let mut parts = line.splitn(3, '\t');
    let about = match parts.next()? {
        "person" => About::Person,
        "incident" => About::Incident,
        "household" => About::Household,
        _ => return None,
    };
    Some((about, parts.next()?, parts.next()?))
}
