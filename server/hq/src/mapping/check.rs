//! Whether the entries of a mapping agree with each other: nothing is read or filled twice, and every row gives its
//! own value back.

use std::collections::BTreeSet;

use super::entry::{Entry, Path, Row, Want};
use super::import::Values;
use super::{KindMap, export, import};

/// What is wrong with an entry of a mapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// No such kind of record.
    #[error("there is no such kind of record")]
    UnknownKind,
    /// No such field in the kind or group.
    #[error("there is no such field")]
    UnknownField,
    /// No such group in the kind.
    #[error("there is no such group")]
    UnknownGroup,
    /// No such table in the mapping.
    #[error("there is no such table")]
    UnknownTable,
    /// No such rows in the mapping.
    #[error("there are no such rows")]
    UnknownRows,
    /// No such letters in the mapping.
    #[error("there are no such letters")]
    UnknownLetters,
    /// The field's type does not fit what the entry does.
    #[error("the field is of a type that this entry cannot fill")]
    WrongType,
    /// A row sets a code that the field's list does not have.
    #[error("a row has a code that is not in the field's list")]
    NotInCodeList,
    /// The entry names too few or too many keys or fields.
    #[error("the entry needs other keys, fields or settings")]
    HowMany,
    /// Items hold simple entries only.
    #[error("an entry of this sort cannot stand in an item")]
    NotInAnItem,
    /// A key of the source is read by two entries, or is the key of the kind.
    #[error("a key of the source is read twice")]
    ReadTwice,
    /// A field is filled by two entries.
    #[error("a field is filled twice")]
    FilledTwice,
    /// A table that can't be read backwards.
    #[error("one code stands for two words")]
    OneCodeForTwoWords,
    /// A row whose fields another row above it answers for.
    #[error("a row does not give its own value back")]
    RowOfAnother,
}

pub(super) fn check(kind: &KindMap, kind_key: &str) -> Result<(), (String, Fault)> {
    let kind_path = [kind_key.to_owned()];
    each_once(
        kind.entries
            .iter()
            .flat_map(Entry::froms)
            .map(Path::as_slice)
            .chain([kind_path.as_slice()]),
    )
    .map_err(|path| (path.join("."), Fault::ReadTwice))?;
    let rest = BTreeSet::from([kind.rest.key.as_str()]);
    each_once(kind.entries.iter().flat_map(Entry::fills).chain(rest))
        .map_err(|key| (key.to_owned(), Fault::FilledTwice))?;
    for entry in &kind.entries {
        check_rows(entry)?;
    }
    Ok(())
}

fn check_rows(entry: &Entry) -> Result<(), (String, Fault)> {
    let failed = |fault| Err((entry.tops().collect::<Vec<_>>().join(" "), fault));
    if let Entry::Items { entries, .. } = entry {
        if each_once(entries.iter().flat_map(Entry::froms)).is_err() {
            return failed(Fault::ReadTwice);
        }
        if each_once(entries.iter().flat_map(Entry::fills)).is_err() {
            return failed(Fault::FilledTwice);
        }
        return entries.iter().try_for_each(check_rows);
    }
    if let Entry::Rows { rows, .. } = entry
        && !rows.iter().all(|row| gives_its_own_value(row, rows))
    {
        return failed(Fault::RowOfAnother);
    }
    Ok(())
}

/// Whether a record with exactly what the row sets is written as the row's value.
fn gives_its_own_value(row: &Row, rows: &[Row]) -> bool {
    let mut record = import::flat(&Values::new());
    for (to, want) in &row.fields {
        match want {
            Want::One(scalar) => {
                record.insert(to.key.clone(), scalar.clone());
            }
            Want::Codes(codes) => {
                record.extend(codes.iter().map(|code| (format!("{}.{code}", to.key), true.into())))
            }
        }
    }
    rows.iter()
        .find(|candidate| export::matches(candidate, &record, ""))
        .is_some_and(|first| first.value == row.value)
}

fn each_once<T: Ord + Copy>(mut things: impl Iterator<Item = T>) -> Result<(), T> {
    let mut seen = BTreeSet::new();
    things.try_for_each(|thing| if seen.insert(thing) { Ok(()) } else { Err(thing) })
}
