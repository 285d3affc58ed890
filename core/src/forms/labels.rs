//! The six languages of the interface, labels in them, and the closed or open lists of codes that choices draw from.

use std::str::FromStr;

use serde::Deserialize;

/// A language of the interface.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// Azerbaijani.
    Az,
    /// Russian.
    Ru,
    /// French.
    Fr,
    /// Arabic.
    Ar,
    /// Ukrainian.
    Uk,
}

/// The language tag is not one of the six.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the language must be one of en, az, ru, fr, ar, uk")]
pub struct UnknownLang;

impl Lang {
    /// All languages, English first.
    pub const ALL: [Self; 6] = [Self::En, Self::Az, Self::Ru, Self::Fr, Self::Ar, Self::Uk];

    /// The ISO 639-1 tag.
    pub fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Az => "az",
            Self::Ru => "ru",
            Self::Fr => "fr",
            Self::Ar => "ar",
            Self::Uk => "uk",
        }
    }

    /// Whether the script runs from right to left.
    pub fn is_right_to_left(self) -> bool {
        self == Self::Ar
    }
}

impl FromStr for Lang {
    type Err = UnknownLang;

    /// Reads a tag; what follows the language (`az-Latn-AZ`, `fr_FR`) is ignored.
    fn from_str(tag: &str) -> Result<Self, UnknownLang> {
        let language = tag.split(['-', '_', '.']).next().unwrap_or(tag);
        Self::ALL
            .into_iter()
            .find(|lang| lang.tag().eq_ignore_ascii_case(language))
            .ok_or(UnknownLang)
    }
}

/// One label in all six languages; a declaration that leaves one out does not load.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Labels {
    en: String,
    az: String,
    ru: String,
    fr: String,
    ar: String,
    uk: String,
}

impl Labels {
    /// The label in one language.
    pub fn get(&self, lang: Lang) -> &str {
        match lang {
            Lang::En => &self.en,
            Lang::Az => &self.az,
            Lang::Ru => &self.ru,
            Lang::Fr => &self.fr,
            Lang::Ar => &self.ar,
            Lang::Uk => &self.uk,
        }
    }

    pub(crate) fn is_complete(&self) -> bool {
        Lang::ALL.into_iter().all(|lang| !self.get(lang).trim().is_empty())
    }
}

/// A named list of codes.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CodeList {
    /// The name that fields refer to.
    pub name: String,
    /// The codes in the order in which screens offer them.
    #[serde(rename = "code", default)]
    pub codes: Vec<Code>,
}

/// One code of a list.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Code {
    /// What is stored.
    pub code: String,
    /// What is shown.
    pub labels: Labels,
    /// The code in PFIF 1.4, where it differs and exists.
    #[serde(default)]
    pub pfif: Option<String>,
    /// The term of the GICHD minimum data, where one exists.
    #[serde(default)]
    pub gichd: Option<String>,
    /// The HXL attribute, where one exists.
    #[serde(default)]
    pub hxl: Option<String>,
}

impl CodeList {
    /// The entry of a code, if the list has it.
    pub fn get(&self, code: &str) -> Option<&Code> {
        self.codes.iter().find(|entry| entry.code == code)
    }

    /// The codes in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.codes.iter().map(|entry| entry.code.as_str())
    }
}
