//! The bidirectional mapping: lines of another system's export become records, and records become such lines again.
//!
//! A mapping is a declaration (`mappings/*.toml`; the comment at the top of `records-1000.toml` is the language's
//! manual) and this is its engine, which knows no field of a source or of a record by name. It is pure: a line goes
//! in, checked values for a draft come out; a record's scalars go in, a line comes out. What a field doesn't take
//! exactly as it stands is kept word for word in the field `rest`, so that nothing of a source is lost.
//!
//! ```
//! use kahriz_core::forms::Forms;
//! use kahriz_hq::mapping::Mapping;
//!
//! let mapping = Mapping::builtin("records-1000", Forms::builtin()).expect("it comes with the program")?;
//! let line = serde_json::json!({ "kind": "return_survey", "members": [], "aid_received": [], "needs": ["road"], "pets": 2 });
//! let imported = mapping.import(&line)?;
//! assert!(imported.exact, "exported again, it is the same line");
//! assert!(imported.entries.iter().any(|(key, _)| key == "source.rest"), "the pets have no field, but a home");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod check;
mod compare;
mod convert;
mod declare;
mod entry;
mod export;
mod import;

use std::collections::BTreeMap;

use kahriz_core::forms::{Forms, Kind};
use kahriz_core::value::Scalar;
use serde_json::Value as Json;

pub use check::Fault;
pub use declare::MappingError;
pub use export::Exported;
pub use import::{Imported, LineProblem};

use entry::{Entry, Target};

/// A record as flat keys and the scalars that stand there.
pub type Flat = BTreeMap<String, Scalar>;

/// A mapping that was read and checked against the forms.
#[derive(Clone, Debug)]
pub struct Mapping {
    name: String,
    /// The key of a line that says its kind.
    kind_key: String,
    kinds: Vec<KindMap>,
}

/// How the lines of one source kind and the records of one of ours become each other.
#[derive(Clone, Debug)]
struct KindMap {
    source: String,
    target: &'static Kind,
    /// Where the keys go that don't convert.
    rest: Target,
    entries: Vec<Entry>,
}

/// The mappings that come with the program, by name.
const BUILTIN: [(&str, &str); 1] =
    [("records-1000", include_str!("../mappings/records-1000.toml"))];

impl Mapping {
    /// A mapping that comes with the program; `None` if there is none of this name.
    pub fn builtin(name: &str, forms: &'static Forms) -> Option<Result<Self, MappingError>> {
        let (_, text) = BUILTIN.iter().find(|(builtin, _)| *builtin == name)?;
        Some(Self::parse(text, forms))
    }

    /// The names of the mappings that come with the program.
    pub fn builtin_names() -> impl Iterator<Item = &'static str> {
        BUILTIN.iter().map(|(name, _)| *name)
    }

    /// Reads a mapping (TOML) and checks it against the forms.
    ///
    /// # Errors
    /// [`MappingError`] says what does not fit, and where.
    pub fn parse(text: &str, forms: &'static Forms) -> Result<Self, MappingError> {
        declare::parse(text, forms)
    }

    /// What the mapping calls itself.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Turns a line into the values of a record.
    ///
    /// # Errors
    /// [`LineProblem`] for a line that is no object or of an unknown kind; whatever else is odd about it goes to `rest`.
    pub fn import(&self, line: &Json) -> Result<Imported, LineProblem> {
        let object = line.as_object().ok_or(LineProblem::NotAnObject)?;
        let source =
            object.get(&self.kind_key).and_then(Json::as_str).ok_or(LineProblem::NoKind)?;
        let kind =
            self.kinds.iter().find(|kind| kind.source == source).ok_or(LineProblem::UnknownKind)?;
        let entries = import::import(kind, &self.kind_key, object);
        let again = export::export(kind, &self.kind_key, &import::flat(&entries));
        Ok(Imported {
            kind: kind.target.name.clone(),
            exact: compare::same_object(object, &again.line, &kind.set_keys()),
            entries: entries.into_iter().collect(),
        })
    }

    /// Turns a record into a line; `None` if the mapping has no kind for it.
    pub fn export(&self, kind: &str, record: &Flat) -> Option<Exported> {
        let kind = self.kinds.iter().find(|candidate| candidate.target.name == kind)?;
        Some(export::export(kind, &self.kind_key, record))
    }

    /// The key of the field in which a record of this kind remembers its line's own id, if the line has a key `id`
    /// that becomes a field: by it a second import of the same file knows what is here already.
    pub fn id_field(&self, kind: &str) -> Option<&str> {
        let kind = self.kinds.iter().find(|candidate| candidate.target.name == kind)?;
        let id = kind.entries.iter().find(|entry| entry.froms() == [["id"]])?;
        if let Entry::Value { to, .. } = id { Some(&to.key) } else { None }
    }
}

impl KindMap {
    /// The top-level keys whose lists are sets: their order carries no meaning.
    fn set_keys(&self) -> Vec<&str> {
        let sets = self.entries.iter().filter(|entry| matches!(entry, Entry::Set { .. }));
        sets.flat_map(Entry::tops).collect()
    }
}

#[cfg(test)]
mod tests;
