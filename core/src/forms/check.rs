//! Whether a whole record is complete and agrees with itself: required fields, fields that do not apply, dates and
//! numbers that contradict each other, dates in the future, too many items.
//!
//! Merging can bring together what no single person entered, so this is asked when a record is declared ready, and
//! its answers are questions to a person: nothing is changed and nothing is refused here. Values that cannot be read
//! belong to a newer form and are passed over.

use std::collections::BTreeMap;

use super::declare::sibling;
use super::kind::{Condition, Field, Group, Kind, Relevance};
use super::problem::{FieldError, Problem};
use super::write::chosen;
use crate::value::{Decimal, FieldType, PartialDate, Scalar, Value};

impl Kind {
    /// What keeps a record from being complete, in the order of the declaration. `today` is the date where the person
    /// is; without it no date is called a date in the future.
    pub fn check_complete(
        &self,
        current: &BTreeMap<String, Scalar>,
        today: Option<&PartialDate>,
    ) -> Vec<FieldError> {
        let record = Record { kind: self, current, today };
        let mut errors = Vec::new();
        for field in &self.fields {
            record.check_field(field, None, &mut errors);
        }
        for group in &self.groups {
            record.check_group(group, &mut errors);
        }
        errors.sort_by(|one, other| self.rank(&one.field).cmp(&self.rank(&other.field)));
        errors
    }

    /// Whether a required field is empty: the part of [`Kind::check_complete`] that every row answers, asked of the
    /// required fields alone.
    pub fn lacks_required(&self, current: &BTreeMap<String, Scalar>) -> bool {
        let record = Record { kind: self, current, today: None };
        let mut errors = Vec::new();
        for field in self.fields.iter().filter(|field| field.required) {
            record.check_field(field, None, &mut errors);
        }
        for group in &self.groups {
            let required: Vec<&Field> =
                group.fields.iter().filter(|field| field.required).collect();
            if !group.required && required.is_empty() {
                continue;
            }
            let items = group.items(current);
            let is_relevant =
                || group.relevant_if.as_ref().is_none_or(|rule| record.holds(rule, None));
            if group.required && items.is_empty() && is_relevant() {
                return true;
            }
            for item in items {
                for field in &required {
                    record.check_field(field, Some((group, item)), &mut errors);
                }
            }
        }
        errors.iter().any(|error| error.problem == Problem::Required)
    }
}

/// An item of a group.
type Item<'r> = Option<(&'r Group, &'r str)>;

struct Record<'r> {
    kind: &'r Kind,
    current: &'r BTreeMap<String, Scalar>,
    today: Option<&'r PartialDate>,
}

impl Record<'_> {
    fn check_group(&self, group: &Group, errors: &mut Vec<FieldError>) {
        let items = group.items(self.current);
        let is_relevant = group.relevant_if.as_ref().is_none_or(|rule| self.holds(rule, None));
        let problem = match (&group.relevant_if, items.len()) {
            (_, 0) if group.required && is_relevant => Some(Problem::Required),
            (_, count) if count > group.max_items => {
                Some(Problem::TooManyItems { max: group.max_items })
            }
            (Some(rule), count) if count > 0 && !is_relevant => {
                Some(Problem::NotRelevant { because: rule.field.clone() })
            }
            (_, _) => None,
        };
        errors.extend(problem.map(|problem| FieldError::new(&group.name, problem)));
        for item in items {
            for field in &group.fields {
                self.check_field(field, Some((group, item)), errors);
            }
        }
    }

    fn check_field(&self, field: &Field, item: Item<'_>, errors: &mut Vec<FieldError>) {
        let key = key_of(field, item);
        let found = match (self.is_empty(field, &key), &field.relevant_if) {
            (true, rule)
                if field.required && rule.as_ref().is_none_or(|rule| self.holds(rule, item)) =>
            {
                Some(Problem::Required)
            }
            (true, _) => None,
            (false, Some(rule)) if !self.holds(rule, item) => {
                Some(Problem::NotRelevant { because: rule.field.clone() })
            }
            (false, _) => self.contradiction(field, &key, item),
        };
        errors.extend(found.map(|problem| FieldError::new(&key, problem)));
    }

    fn contradiction(&self, field: &Field, key: &str, item: Item<'_>) -> Option<Problem> {
        let value = self.value(field, key)?;
        if field.not_after_today
            && self.today.is_some_and(|today| {
                date_of(&value).is_some_and(|date| date.is_surely_after(today))
            })
        {
            return Some(Problem::AfterToday);
        }
        let other_name = field.not_before.as_deref()?;
        let (other, other_key) = self.sibling(other_name, item)?;
        let is_before = is_surely_before(&value, &self.value(other, &other_key)?);
        is_before.then_some(Problem::Before { other: other_key })
    }

    fn holds(&self, rule: &Relevance, item: Item<'_>) -> bool {
        let Some((field, key)) = self.sibling(&rule.field, item) else { return true };
        match &rule.when {
            Condition::Empty => self.is_empty(field, &key),
            Condition::Filled => !self.is_empty(field, &key),
            Condition::In(codes) if field.field_type == FieldType::Choices => {
                chosen(&key, self.current)
                    .iter()
                    .any(|code| codes.iter().any(|wanted| wanted == code))
            }
            Condition::In(codes) => match self.current.get(&key) {
                Some(Scalar::Str(code)) => codes.contains(code),
                Some(Scalar::Bool(flag)) => codes.contains(&flag.to_string()),
                Some(Scalar::Null | Scalar::Int(_) | Scalar::Bytes(_)) | None => false,
            },
        }
    }

    /// A field that another refers to, with its key: of the same item if the group has it, otherwise of the record.
    fn sibling(&self, name: &str, item: Item<'_>) -> Option<(&Field, String)> {
        let of_item = item.filter(|(group, _)| group.field(name).is_some());
        let field =
            sibling(name, of_item.and_then(|(group, _)| self.kind.group(&group.name)), self.kind)?;
        Some((field, key_of(field, of_item)))
    }

    fn value(&self, field: &Field, key: &str) -> Option<Value> {
        Value::from_scalar(field.field_type, self.current.get(key)?).ok().flatten()
    }

    fn is_empty(&self, field: &Field, key: &str) -> bool {
        match field.field_type {
            FieldType::Choices => chosen(key, self.current).is_empty(),
            FieldType::Text
            | FieldType::Narrative
            | FieldType::Integer
            | FieldType::Decimal
            | FieldType::Boolean
            | FieldType::Date
            | FieldType::DateTime
            | FieldType::Choice
            | FieldType::Point
            | FieldType::Shape
            | FieldType::Attachment => self.current.get(key).is_none_or(Scalar::is_empty),
        }
    }
}

fn key_of(field: &Field, item: Item<'_>) -> String {
    item.map_or_else(|| field.name.clone(), |(group, item)| group.key(item, &field.name))
}

/// The day of a date or moment. A moment's is that of the place where it was written, as is today's.
fn date_of(value: &Value) -> Option<PartialDate> {
    if let Value::DateTime(moment) = value {
        return moment.local_date();
    }
    if let Value::Date(date) = value { Some(*date) } else { None }
}

/// Whether one value is before (dates, moments) or below (numbers) another whatever their missing parts are.
fn is_surely_before(value: &Value, other: &Value) -> bool {
    if let (Value::DateTime(one), Value::DateTime(two)) = (value, other) {
        return one.unix_seconds() < two.unix_seconds();
    }
    if let (Some(one), Some(two)) = (date_of(value), date_of(other)) {
        return two.is_surely_after(&one);
    }
    match (number_of(value), number_of(other)) {
        (Some(one), Some(two)) => one < two,
        (_, _) => false,
    }
}

fn number_of(value: &Value) -> Option<Decimal> {
    if let Value::Integer(number) = value {
        return Decimal::parse(&number.to_string()).ok();
    }
    if let Value::Decimal(number) = value { Some(number.clone()) } else { None }
}
