//! The values that stand in the field that plays a role, and what its policy lets a screen show of them.

use std::ops::Bound;

use crate::forms::{Field, FieldType, Kind, Shown, policy};
use crate::record::Fields;
use crate::value::Scalar;

/// A single field with the values that stand in it.
#[derive(Clone, Copy)]
pub(super) struct Standing<'a> {
    pub(super) field: &'a Field,
    pub(super) values: &'a [Scalar],
}

impl<'a> Standing<'a> {
    pub(super) fn is_contested(&self) -> bool {
        policy::is_contested(self.values)
    }

    pub(super) fn is_withheld(&self) -> bool {
        policy::shown(&self.field.policy, self.values) == Shown::Withheld
    }

    /// The value that is shown as fact.
    pub(super) fn value(&self) -> Option<&'a Scalar> {
        match policy::shown(&self.field.policy, self.values) {
            Shown::Value(index) => self.values.get(index),
            Shown::Union => self.values.first(),
            Shown::Nothing | Shown::Withheld => None,
        }
    }

    /// The same if it is text with something in it.
    pub(super) fn text(&self) -> Option<&'a str> {
        self.value()?.as_str().map(str::trim).filter(|text| !text.is_empty())
    }
}

/// What stands in a single field of the kind.
pub(super) fn standing<'a>(kind: &'a Kind, fields: &'a Fields, name: &str) -> Option<Standing<'a>> {
    let field = kind.field(name)?;
    fields.get(name).map(|values| Standing { field, values })
}

/// All texts that stand in the field of a search role; in each item's, for a field of a group.
pub(super) fn words_of<'a>(kind: &'a Kind, fields: &'a Fields, role: &str) -> Vec<&'a str> {
    match kind.role_field(role) {
        None => Vec::new(),
        Some((None, field)) => {
            fields.get(role).into_iter().flatten().filter_map(|value| word(field, value)).collect()
        }
        Some((Some(group), field)) => {
            let prefix = format!("{}.", group.name);
            let of_group =
                fields.range::<str, _>((Bound::Included(prefix.as_str()), Bound::Unbounded));
            of_group
                .take_while(|(key, _)| key.starts_with(&prefix))
                .filter(|(key, _)| {
                    kind.resolve(key).is_some_and(|found| std::ptr::eq(found.field, field))
                })
                .flat_map(|(_, values)| values.iter().filter_map(|value| word(field, value)))
                .collect()
        }
    }
}

pub(super) fn is_true(value: &Scalar) -> bool {
    value.as_bool() == Some(true)
}

fn word<'a>(field: &Field, value: &'a Scalar) -> Option<&'a str> {
    // A point in a search role would be a slip in a declaration, and its bytes are not words.
    let is_place = matches!(field.field_type, FieldType::Point | FieldType::Shape);
    value.as_str().filter(|_| !is_place)
}
