//! The forms: which kinds of record there are, what fields they have, what may stand in each, and what it means.
//!
//! Kinds are declared as data under `core/kinds/` and read once. Everything here is pure: input becomes values,
//! values become the keys and scalars that the record layer writes ([`Writes`]), scalars become what a screen or an
//! export shows. It opens no document, asks no clock ("today" is an argument) and stands below the record layer; the
//! rule that governs it is that a key or code it does not know belongs to a newer form and is kept untouched.
//!
//! ```
//! use kahriz_core::forms::{Forms, Lang};
//! use std::collections::BTreeMap;
//!
//! let kind = Forms::builtin().kind("missing_person").expect("a builtin kind");
//! let born = kind.field("birth_date").expect("a declared field");
//! let value = born.parse_text("1991-02")?;
//! let writes = kind.writes("birth_date", value, &BTreeMap::new())?;
//! assert_eq!(kind.display("birth_date", &writes[0].1, Lang::En), "1991-02");
//! assert!(born.parse_text("1991-02-31").is_err());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod check;
mod countries;
mod declare;
mod input;
mod kind;
mod labels;
pub mod policy;
mod problem;
mod read;
mod show;
mod write;

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

pub use declare::{DeclarationError, Fault};
pub use kind::{
    Condition, Field, FieldRef, Group, Kind, Pattern, Relevance, Roles, Section, Sensitivity,
    UnknownSensitivity,
};
pub use labels::{Code, CodeList, Labels, Lang, UnknownLang};
pub use policy::{Policy, Shown};
pub use problem::{FieldError, Problem};
pub use read::Entry;
pub use write::{Writes, chosen};

pub use crate::value::FieldType;

/// All kinds and code lists that this program knows.
#[derive(Clone, Debug)]
pub struct Forms {
    pub(crate) kinds: Vec<Kind>,
    pub(crate) lists: BTreeMap<String, Arc<CodeList>>,
}

impl Forms {
    /// The kinds that come with the program.
    pub fn builtin() -> &'static Self {
        static BUILTIN: OnceLock<Forms> = OnceLock::new();
        BUILTIN.get_or_init(|| {
            Self::parse(
                include_str!("../kinds/common.toml"),
                include_str!("../kinds/codes.toml"),
                &[
                    include_str!("../kinds/missing_person.toml"),
                    include_str!("../kinds/landmine_incident.toml"),
                    include_str!("../kinds/return_household.toml"),
                ],
            )
            .expect("the declarations are part of the program, and a test loads them")
        })
    }

    /// Reads declarations (TOML): the fields of every kind, the lists of codes, and one text for each kind.
    pub fn parse(common: &str, codes: &str, kinds: &[&str]) -> Result<Self, DeclarationError> {
        declare::parse(common, codes, kinds)
    }

    /// All kinds, in the order of their declaration.
    pub fn kinds(&self) -> &[Kind] {
        &self.kinds
    }

    /// A kind by name.
    pub fn kind(&self, name: &str) -> Option<&Kind> {
        self.kinds.iter().find(|kind| kind.name == name)
    }

    /// A kind by its number on the wire.
    pub fn kind_of_code(&self, code: u16) -> Option<&Kind> {
        self.kinds.iter().find(|kind| kind.code == code)
    }

    /// A kind by name as a person gives it; the error suggests the one that was meant.
    pub fn find_kind(&self, name: &str) -> Result<&Kind, FieldError> {
        self.kind(name).ok_or_else(|| {
            let names = || self.kinds.iter().map(|kind| kind.name.as_str());
            let known = names().map(str::to_owned).collect();
            FieldError::new(
                "kind",
                Problem::UnknownKind { nearest: problem::nearest(name, names()), known },
            )
        })
    }

    /// A list of codes by name.
    pub fn code_list(&self, name: &str) -> Option<&CodeList> {
        self.lists.get(name).map(Arc::as_ref)
    }
}

/// The ids of a group's items among some keys of a record, in order: those that the record was made with by their
/// number, then those that were added later. Pass only keys at which something stands.
pub fn group_items<'key>(group: &str, keys: impl IntoIterator<Item = &'key str>) -> Vec<&'key str> {
    let mut items: Vec<ItemOrder<'key>> = keys
        .into_iter()
        .filter_map(|key| {
            key.strip_prefix(group)?.strip_prefix('.')?.split_once('.').map(|(item, _)| item)
        })
        .filter(|item| is_item_id(item))
        .map(ItemOrder)
        .collect();
    items.sort();
    items.dedup();
    items.into_iter().map(|item| item.0).collect()
}

/// Whether a text is an item id: a decimal number, or 8 base32 characters, a hyphen and a number.
pub fn is_item_id(text: &str) -> bool {
    let is_number = |digits: &str| {
        matches!(digits.len(), 1..=9)
            && digits.bytes().all(|byte| byte.is_ascii_digit())
            && (digits == "0" || !digits.starts_with('0'))
    };
    match text.split_once('-') {
        None => is_number(text),
        Some((maker, count)) => {
            maker.len() == 8
                && maker.bytes().all(|byte| byte.is_ascii_alphanumeric())
                && is_number(count)
        }
    }
}

/// Item ids in their order: numbers by number, before all others, which are ordered as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ItemOrder<'key>(pub(crate) &'key str);

impl Ord for ItemOrder<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.0.parse::<u32>(), other.0.parse::<u32>()) {
            (Ok(one), Ok(two)) => one.cmp(&two),
            (Ok(_), Err(_)) => Ordering::Less,
            (Err(_), Ok(_)) => Ordering::Greater,
            (Err(_), Err(_)) => self.0.cmp(other.0),
        }
    }
}

impl PartialOrd for ItemOrder<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests;
