//! The sections of a record in the order of its declaration: single fields in pairs, repeated groups as tables.

use std::collections::BTreeMap;

use kahriz_core::forms::{Field, Group, Kind, Lang, Shown as Choice, group_items};
use kahriz_core::value::{FieldType, Scalar};
use kahriz_core::workspace::{RecordView, Standing};

use super::contest::Contest;
use super::value::{Shown, single};
use crate::page::address::Address;
use crate::page::words::Words;

/// A section with something in it.
pub(crate) struct Section {
    pub(crate) anchor: String,
    pub(crate) label: &'static str,
    pub(crate) parts: Vec<Part>,
    pub(crate) tables: Vec<Table>,
}

/// One field with its value.
pub(crate) struct Part {
    pub(crate) anchor: String,
    pub(crate) label: String,
    pub(crate) key: String,
    pub(crate) value: Shown,
    pub(crate) contests: Vec<Contest>,
    pub(crate) history: Option<Address>,
}

/// A repeated group: only the columns in which anything stands.
pub(crate) struct Table {
    pub(crate) anchor: String,
    pub(crate) label: &'static str,
    pub(crate) columns: Vec<&'static str>,
    pub(crate) rows: Vec<Vec<Cell>>,
    pub(crate) contests: Vec<Contest>,
}

/// One field of one item.
pub(crate) struct Cell {
    pub(crate) value: Shown,
    pub(crate) is_contested: bool,
    pub(crate) history: Option<Address>,
}

/// What is to be said of one field: its value, and the contradictions in it.
type Said = (Shown, Vec<Contest>);

/// What is the same for every part of one record.
struct Reader<'r> {
    record: &'r RecordView,
    uuid: String,
    words: &'r Words,
    lang: Lang,
}

/// The sections that say something, and the names of those that don't.
pub(crate) fn all(
    record: &RecordView,
    words: &Words,
    lang: Lang,
) -> (Vec<Section>, Vec<&'static str>) {
    let reader = Reader { record, uuid: record.id.to_uuid(), words, lang };
    let kind: &'static Kind = record.kind;
    let (mut sections, mut silent) = (Vec::new(), Vec::new());
    for declared in &kind.sections {
        let (fields, groups) = kind.in_section(&declared.name);
        let parts: Vec<Part> = fields.filter_map(|field| reader.part(field)).collect();
        let tables: Vec<Table> = groups.filter_map(|group| reader.table(group)).collect();
        let label = declared.labels.get(lang);
        if parts.is_empty() && tables.is_empty() {
            silent.push(label);
        } else {
            sections.push(Section {
                anchor: format!("section-{}", declared.name),
                label,
                parts,
                tables,
            });
        }
    }
    (sections, silent)
}

/// Fields that this program's form does not know, as they are stored.
pub(crate) fn newer(record: &RecordView, lang: Lang) -> Vec<Part> {
    let uuid = record.id.to_uuid();
    let unknown = record.fields.iter().filter(|(key, _)| record.kind.resolve(key).is_none());
    let part = |(key, standing): (&String, &Standing)| {
        let value = standing.shown_value()?;
        Some(Part {
            anchor: format!("field-{key}"),
            label: key.clone(),
            key: key.clone(),
            value: single(record.kind, key, value, lang),
            contests: Vec::new(),
            history: Some(Address::history(&uuid, key)),
        })
    };
    unknown.filter_map(part).collect()
}

/// Where on the page the field of a key stands: with its group, if it has one.
pub(crate) fn anchor(kind: &Kind, key: &str) -> String {
    match kind.resolve(key) {
        Some(found) => {
            format!("field-{}", found.group.map_or(&found.field.name, |group| &group.name))
        }
        None => format!("field-{key}"),
    }
}

impl Reader<'_> {
    fn part(&self, field: &'static Field) -> Option<Part> {
        let (value, contests) = self.value(&field.name, field)?;
        let is_set = field.field_type == FieldType::Choices;
        Some(Part {
            anchor: format!("field-{}", field.name),
            label: field.label(self.lang).to_owned(),
            key: field.name.clone(),
            value,
            contests,
            // A set has a history for each of its codes and none of its own.
            history: (!is_set).then(|| Address::history(&self.uuid, &field.name)),
        })
    }

    /// What is to be said of the field at a key; `None` if nothing is.
    fn value(&self, key: &str, field: &Field) -> Option<Said> {
        if field.field_type == FieldType::Choices {
            return self.set(key, field);
        }
        let standing = self.record.fields.get(key)?;
        let contests: Vec<Contest> = self.contest(key, standing).into_iter().collect();
        let value = match standing.shown_value() {
            _ if standing.shown == Choice::Withheld => Shown::withheld(),
            Some(value) => single(self.record.kind, key, value, self.lang),
            None => Shown::nothing(),
        };
        let says_something = value.withheld || !value.parts.is_empty() || !contests.is_empty();
        says_something.then_some((value, contests))
    }

    /// The codes of a set that are in, and those that people disagree about.
    fn set(&self, key: &str, field: &Field) -> Option<Said> {
        let prefix = format!("{key}.");
        let codes: Vec<(&str, &Standing)> = under(&self.record.fields, &prefix)
            .map(|(key, standing)| (&key[prefix.len()..], standing))
            .collect();
        let is_in = |standing: &Standing| standing.shown_value() == Some(&Scalar::Bool(true));
        let tags = codes.iter().filter(|(_, standing)| is_in(standing) || standing.contested);
        let tags = tags.map(|(code, standing)| {
            (field.code_label(code, self.lang).to_owned(), standing.contested)
        });
        let value = Shown::tags(tags);
        let contests = codes
            .iter()
            .filter_map(|(code, standing)| self.contest(&format!("{prefix}{code}"), standing))
            .collect();
        (!value.parts.is_empty()).then_some((value, contests))
    }

    fn contest(&self, key: &str, standing: &Standing) -> Option<Contest> {
        Contest::at(self.record.kind, key, standing, self.words, self.lang)
    }

    fn table(&self, group: &'static Group) -> Option<Table> {
        let items = self.items(group);
        let cells = |item: &str| -> Vec<Option<Said>> {
            group
                .fields
                .iter()
                .map(|field| self.value(&group.key(item, &field.name), field))
                .collect()
        };
        let mut grid: Vec<Vec<Option<Said>>> = items.iter().map(|item| cells(item)).collect();
        if grid.is_empty() {
            return None;
        }
        let used: Vec<usize> = (0..group.fields.len())
            .filter(|column| grid.iter().any(|row| row[*column].is_some()))
            .collect();
        let mut contests = Vec::new();
        let mut rows = Vec::new();
        for (item, row) in items.iter().zip(&mut grid) {
            rows.push(
                used.iter()
                    .map(|column| {
                        self.cell(group, item, *column, row[*column].take(), &mut contests)
                    })
                    .collect(),
            );
        }
        let columns = used.iter().map(|column| group.fields[*column].label(self.lang)).collect();
        let anchor = format!("field-{}", group.name);
        Some(Table { anchor, label: group.labels.get(self.lang), columns, rows, contests })
    }

    fn cell(
        &self,
        group: &Group,
        item: &str,
        column: usize,
        value: Option<Said>,
        contests: &mut Vec<Contest>,
    ) -> Cell {
        let Some((value, found)) = value else {
            return Cell { value: Shown::nothing(), is_contested: false, history: None };
        };
        let field = &group.fields[column];
        let is_contested = !found.is_empty();
        contests.extend(found);
        let has_history = field.field_type != FieldType::Choices;
        let history =
            has_history.then(|| Address::history(&self.uuid, &group.key(item, &field.name)));
        Cell { value, is_contested, history }
    }

    /// The items in which anything stands, or about which people disagree.
    fn items(&self, group: &Group) -> Vec<&str> {
        let prefix = format!("{}.", group.name);
        let stands = |standing: &Standing| {
            standing.values.iter().any(|opinion| opinion.value != Scalar::Null)
        };
        let keys = under(&self.record.fields, &prefix).filter(|(_, standing)| stands(standing));
        group_items(&group.name, keys.map(|(key, _)| key.as_str()))
    }
}

fn under<'f>(
    fields: &'f BTreeMap<String, Standing>,
    prefix: &str,
) -> impl Iterator<Item = (&'f String, &'f Standing)> {
    let from = (std::ops::Bound::Included(prefix), std::ops::Bound::Unbounded);
    fields.range::<str, _>(from).take_while(move |(key, _)| key.starts_with(prefix))
}
