//! A kind of record as declared: its sections, fields and groups, and how the flat keys of a document are understood.
//!
//! Nothing outside the declarations knows a field's name: generic code asks a kind for its [`Roles`] and resolves
//! keys through it. A key that the kind does not know belongs to a newer form and is left alone by everyone.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;

use super::labels::{CodeList, Labels, Lang};
use super::policy::Policy;
use crate::value::{Decimal, FieldType, Scalar};

/// A kind of record.
#[derive(Clone, Debug)]
pub struct Kind {
    /// The name, as `missing_person`.
    pub name: String,
    /// The number on the wire, never reused.
    pub code: u16,
    /// The version of the form.
    pub version: u32,
    /// What people call it.
    pub labels: Labels,
    /// The parts of a page, in order.
    pub sections: Vec<Section>,
    /// Which fields mean what.
    pub roles: Roles,
    /// The single fields, section by section.
    pub fields: Vec<Field>,
    /// The repeated groups, section by section.
    pub groups: Vec<Group>,
    pub(crate) field_index: BTreeMap<String, usize>,
    pub(crate) group_index: BTreeMap<String, usize>,
}

/// A part of a page.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Section {
    /// The name that fields refer to.
    pub name: String,
    /// The heading.
    pub labels: Labels,
}

/// How generic code finds meaning without knowing a field's name. Each names a field of the kind.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Roles {
    /// Fields that together name the record in lists, joined by a space.
    pub title: Vec<String>,
    /// The state of the case or hazard.
    pub status: Option<String>,
    /// The district code.
    pub area: Option<String>,
    /// The place in words.
    pub place: Option<String>,
    /// The date that the record is about.
    pub date: Option<String>,
    /// The point on the map.
    pub point: Option<String>,
    /// The area on the map.
    pub shape: Option<String>,
    /// Fields that full-text search covers; a group's field as `group.field`.
    pub search: Vec<String>,
}

/// How much harm a field does in the wrong hands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "u8")]
pub enum Sensitivity {
    /// May be published.
    Open,
    /// For those who work on the case.
    Restricted,
    /// Could put a person in danger.
    Protected,
}

/// A sensitivity that is not 1, 2 or 3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("sensitivity is 1 (open), 2 (restricted) or 3 (protected)")]
pub struct UnknownSensitivity;

impl TryFrom<u8> for Sensitivity {
    type Error = UnknownSensitivity;

    fn try_from(level: u8) -> Result<Self, UnknownSensitivity> {
        [Self::Open, Self::Restricted, Self::Protected]
            .get(usize::from(level).wrapping_sub(1))
            .copied()
            .ok_or(UnknownSensitivity)
    }
}

/// A rule that a text follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pattern {
    /// Two letters of ISO 3166-1.
    IsoCountry,
    /// A phone number.
    Phone,
}

/// When a field has a meaning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relevance {
    /// The field that decides; of the same group if the group has it, otherwise of the record.
    pub field: String,
    /// What must stand there.
    pub when: Condition,
}

/// What must stand in the deciding field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// Nothing.
    Empty,
    /// Anything.
    Filled,
    /// One of these codes (`true` and `false` for a boolean).
    In(Vec<String>),
}

/// A field as declared.
#[derive(Clone, Debug)]
pub struct Field {
    /// The name: the key in a document, or the last part of it in a group. It may contain dots.
    pub name: String,
    /// The section; `None` for a field of a group.
    pub section: Option<String>,
    /// The type.
    pub field_type: FieldType,
    /// Whether a complete record must have it.
    pub required: bool,
    /// How much harm it does in the wrong hands.
    pub sensitivity: Sensitivity,
    /// What people call it.
    pub labels: Labels,
    /// What is shown while two values stand.
    pub policy: Policy,
    /// The list its codes come from.
    pub codes: Option<Arc<CodeList>>,
    /// Whether codes outside the list are accepted.
    pub open: bool,
    /// The smallest number.
    pub min: Option<Decimal>,
    /// The largest number.
    pub max: Option<Decimal>,
    /// The most characters of a text.
    pub max_length: usize,
    /// The rule a text follows.
    pub pattern: Option<Pattern>,
    /// Whether a date after today is a slip.
    pub not_after_today: bool,
    /// The field whose value this one must not be before (dates, moments) or below (numbers).
    pub not_before: Option<String>,
    /// When the field has a meaning.
    pub relevant_if: Option<Relevance>,
    /// The kind of record that this field names, or `any`.
    pub link: Option<String>,
    /// The name in PFIF 1.4.
    pub pfif: Option<String>,
    /// The name in the GICHD minimum data.
    pub gichd: Option<String>,
    /// The HXL tag.
    pub hxl: Option<String>,
}

impl Field {
    /// What people call the field.
    pub fn label(&self, lang: Lang) -> &str {
        self.labels.get(lang)
    }

    /// What people call one of its codes; the code itself when the list does not have it.
    pub fn code_label<'a>(&'a self, code: &'a str, lang: Lang) -> &'a str {
        let entry = self.codes.as_ref().and_then(|list| list.get(code));
        entry.map_or(code, |entry| entry.labels.get(lang))
    }
}

/// A repeated group of fields as declared.
#[derive(Clone, Debug)]
pub struct Group {
    /// The name: the first part of its keys.
    pub name: String,
    /// The section.
    pub section: String,
    /// What people call it.
    pub labels: Labels,
    /// Whether a complete record must have an item.
    pub required: bool,
    /// The most items.
    pub max_items: usize,
    /// When the group has a meaning.
    pub relevant_if: Option<Relevance>,
    /// The fields of an item, in order.
    pub fields: Vec<Field>,
    /// The name in PFIF 1.4.
    pub pfif: Option<String>,
    /// The name in the GICHD minimum data.
    pub gichd: Option<String>,
    /// The HXL tag.
    pub hxl: Option<String>,
}

impl Group {
    /// The field of an item by its name in the group.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// The key of one field of one item.
    pub fn key(&self, item: &str, field: &str) -> String {
        format!("{}.{item}.{field}", self.name)
    }

    /// The items that stand in a record, in order. An item whose fields are all cleared is gone.
    pub fn items<'s>(&self, current: &'s BTreeMap<String, Scalar>) -> Vec<&'s str> {
        let stands = |key: &str, value: &Scalar| match value {
            Scalar::Null => false,
            // A code that was taken out of a set leaves nothing behind; a boolean field that says no does.
            Scalar::Bool(false) => {
                self.part_of(key).is_some_and(|(_, rest)| self.field(rest).is_some())
            }
            Scalar::Bool(true) | Scalar::Int(_) | Scalar::Str(_) | Scalar::Bytes(_) => true,
        };
        let keys =
            current.iter().filter(|(key, value)| stands(key, value)).map(|(key, _)| key.as_str());
        super::group_items(&self.name, keys)
    }

    /// Splits a key of this group into item id and the rest.
    fn part_of<'s>(&self, key: &'s str) -> Option<(&'s str, &'s str)> {
        let (item, rest) =
            key.strip_prefix(self.name.as_str())?.strip_prefix('.')?.split_once('.')?;
        (super::is_item_id(item) && !rest.is_empty()).then_some((item, rest))
    }
}

/// What a key of a document means: `kind` lives as long as the forms, `key` as long as the key that was resolved.
#[derive(Clone, Copy, Debug)]
pub struct FieldRef<'kind, 'key> {
    /// The declared field.
    pub field: &'kind Field,
    /// Its group, for a field of an item.
    pub group: Option<&'kind Group>,
    /// The item id, for a field of an item.
    pub item: Option<&'key str>,
    /// The code, for one code of a choices field. It need not be in the list.
    pub code: Option<&'key str>,
}

impl FieldRef<'_, '_> {
    /// The key of the whole field: without the code of a choices field.
    pub fn field_key(&self) -> String {
        match (self.group, self.item) {
            (Some(group), Some(item)) => group.key(item, &self.field.name),
            (_, _) => self.field.name.clone(),
        }
    }
}

impl Kind {
    /// A single field by name.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.field_index.get(name).and_then(|index| self.fields.get(*index))
    }

    /// A group by name.
    pub fn group(&self, name: &str) -> Option<&Group> {
        self.group_index.get(name).and_then(|index| self.groups.get(*index))
    }

    /// A field named as roles name it: `field`, or `group.field`. The group is given with the latter.
    pub fn role_field(&self, name: &str) -> Option<(Option<&Group>, &Field)> {
        if let Some(field) = self.field(name) {
            return Some((None, field));
        }
        splits(name).find_map(|(head, rest)| {
            let group = self.group(head)?;
            group.field(rest).map(|field| (Some(group), field))
        })
    }

    /// The fields and groups of one section, in order.
    pub fn in_section<'k>(
        &'k self,
        section: &'k str,
    ) -> (impl Iterator<Item = &'k Field>, impl Iterator<Item = &'k Group>) {
        (
            self.fields.iter().filter(move |field| field.section.as_deref() == Some(section)),
            self.groups.iter().filter(move |group| group.section == section),
        )
    }

    /// What a key means: `full_name`, `needs.road` (one code), `relatives.0.name`, `members.0.needs.road`, and `needs`
    /// itself. `None` for the key of a newer form, which is to be kept untouched.
    pub fn resolve<'kind, 'key>(&'kind self, key: &'key str) -> Option<FieldRef<'kind, 'key>> {
        if let Some(field) = self.field(key) {
            return Some(FieldRef { field, group: None, item: None, code: None });
        }
        splits(key).find_map(|(head, rest)| {
            if let Some(group) = self.group(head) {
                return resolve_in(group, key);
            }
            let field = self.field(head).filter(|field| field.field_type == FieldType::Choices)?;
            Some(FieldRef { field, group: None, item: None, code: Some(rest) })
        })
    }

    /// Where a key stands in the declaration: keys sort by it into the order of the page, unknown ones last.
    pub(crate) fn rank<'key>(&self, key: &'key str) -> Rank<'key> {
        let Some(found) = self.resolve(key) else {
            return Rank { section: usize::MAX, place: usize::MAX, item: None, field: 0, key };
        };
        let fields_before = self.fields.len();
        let (section, place, field) = match found.group {
            None => (found.field.section.as_deref(), self.field_index[&found.field.name], 0),
            Some(group) => (
                Some(group.section.as_str()),
                fields_before + self.group_index[&group.name],
                group.fields.iter().position(|field| field.name == found.field.name).unwrap_or(0),
            ),
        };
        let section =
            self.sections.iter().position(|candidate| Some(candidate.name.as_str()) == section);
        Rank {
            section: section.unwrap_or(usize::MAX),
            place,
            item: found.item.map(super::ItemOrder),
            field,
            key,
        }
    }
}

/// The order of keys on a page.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Rank<'key> {
    section: usize,
    place: usize,
    item: Option<super::ItemOrder<'key>>,
    field: usize,
    key: &'key str,
}

fn resolve_in<'kind, 'key>(group: &'kind Group, key: &'key str) -> Option<FieldRef<'kind, 'key>> {
    let (item, name) = group.part_of(key)?;
    if let Some(field) = group.field(name) {
        return Some(FieldRef { field, group: Some(group), item: Some(item), code: None });
    }
    splits(name).find_map(|(head, code)| {
        let field = group.field(head).filter(|field| field.field_type == FieldType::Choices)?;
        Some(FieldRef { field, group: Some(group), item: Some(item), code: Some(code) })
    })
}

/// The ways to cut a key at a dot, with something on both sides.
pub(crate) fn splits(key: &str) -> impl Iterator<Item = (&str, &str)> {
    key.match_indices('.')
        .map(|(dot, _)| (&key[..dot], &key[dot + 1..]))
        .filter(|(head, rest)| !head.is_empty() && !rest.is_empty())
}
