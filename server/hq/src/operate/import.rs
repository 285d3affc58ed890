//! `import`: JSON lines, read as a stream and saved in batches.
//!
//! A line that can't be taken is reported by its number and the reason, never by its content, and the rest goes in.
//! Lines that a mapping knows by an id of their own are passed over if that id is here already, so an import that
//! broke off is simply run again.

mod lines;

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, BufReader};
use std::path::Path;

use kahriz_core::forms::Forms;
use kahriz_core::query::Query;
use kahriz_core::value::{Scalar, Value};
use kahriz_core::workspace::{Draft, SaveError};
use kahriz_proto::ids::ScopeId;
use serde_json::{Map, Value as Json, json};

use super::{Desk, find, scopes};
use crate::cli::Import;
use crate::failure::Failure;
use crate::mapping::Mapping;
use crate::{say, shell};
use lines::{Line, Lines};

/// Records that are saved in one commit.
const BATCH: usize = 200;
/// Lines that are reported one by one; the rest are counted.
const REPORTED_MAX: u64 = 50;

/// What an import came to.
#[derive(Default)]
struct Tally {
    lines: u64,
    saved: u64,
    here_already: u64,
    inexact: u64,
    failed: u64,
}

pub(super) fn run(desk: &mut Desk<'_>, order: &Import) -> Result<(), Failure> {
    let scope = scopes::meant(desk.workspace, order.scope.as_deref())?;
    let mapping = order.mapping.as_deref().map(mapping_of).transpose()?;
    let failed = |source: io::Error| Failure::File { path: order.file.clone(), source };
    let file = File::open(&order.file).map_err(failed)?;
    let bytes = file.metadata().map_err(failed)?.len();
    let known =
        mapping.as_ref().map(|mapping| known_ids(desk, mapping)).transpose()?.unwrap_or_default();
    let bar = desk.terminal.bar("importing", bytes, true);
    let mut importing =
        Importing { desk, scope, mapping, known, batch: Vec::new(), tally: Tally::default() };
    for line in Lines::new(BufReader::new(file)) {
        let Line { number, text, bytes } = line.map_err(failed)?;
        bar.inc(bytes);
        importing.take(number, text)?;
    }
    importing.save()?;
    bar.finish_and_clear();
    let Importing { desk, tally, .. } = importing;
    if let Some(serving) = &desk.serving {
        serving.bell.ring();
    }
    summarise(desk, &tally)
}

/// A mapping by the name of one that comes with the program, or from a file.
fn mapping_of(named: &str) -> Result<Mapping, Failure> {
    if let Some(builtin) = Mapping::builtin(named, Forms::builtin()) {
        return Ok(builtin?);
    }
    match fs::read_to_string(Path::new(named)) {
        Ok(text) => Ok(Mapping::parse(&text, Forms::builtin())?),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(Failure::NoMapping(named.to_owned()))
        }
        Err(source) => Err(Failure::File { path: named.into(), source }),
    }
}

/// The ids that the source gave to records that are here, deleted ones included.
fn known_ids(desk: &mut Desk<'_>, mapping: &Mapping) -> Result<BTreeSet<String>, Failure> {
    let ids = find::all(desk.workspace, &Query { deleted: true, ..Query::default() })?;
    let bar = desk.terminal.bar("looking at what is here", ids.len() as u64, false);
    let mut known = BTreeSet::new();
    for id in ids {
        if let Some(view) = desk.workspace.record(id)?
            && let Some(standing) =
                mapping.id_field(&view.kind.name).and_then(|field| view.fields.get(field))
        {
            known.extend(
                standing
                    .values
                    .iter()
                    .filter_map(|opinion| opinion.value.as_str())
                    .map(str::to_owned),
            );
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(known)
}

struct Importing<'d, 'w> {
    desk: &'d mut Desk<'w>,
    scope: ScopeId,
    mapping: Option<Mapping>,
    known: BTreeSet<String>,
    batch: Vec<(u64, Draft)>,
    tally: Tally,
}

impl Importing<'_, '_> {
    /// Takes one line; a full batch is saved.
    fn take(&mut self, number: u64, text: Result<String, &'static str>) -> Result<(), Failure> {
        self.tally.lines += 1;
        let read = text.map_err(str::to_owned).and_then(|text| {
            serde_json::from_str(&text)
                .map_err(|error| format!("broken JSON at column {}", error.column()))
        });
        match read.and_then(|json: Json| self.draft(&json)) {
            Ok(Some(draft)) => self.batch.push((number, draft)),
            Ok(None) => self.tally.here_already += 1,
            Err(why) => self.fail(number, &why)?,
        }
        if self.batch.len() >= BATCH { self.save() } else { Ok(()) }
    }

    /// The draft of a line; `None` if its record is here already.
    fn draft(&mut self, json: &Json) -> Result<Option<Draft>, String> {
        let said = |error: &dyn std::fmt::Display| error.to_string();
        let Some(mapping) = &self.mapping else {
            let object = json.as_object().ok_or("not a JSON object")?;
            return self.plain(object).map(Some);
        };
        let imported = mapping.import(json).map_err(|error| said(&error))?;
        let id_field = mapping.id_field(&imported.kind);
        let id = imported.entries.iter().find(|(key, _)| Some(key.as_str()) == id_field);
        if let Some(Scalar::Str(id)) = id.and_then(|(_, value)| value.to_scalar())
            && !self.known.insert(id)
        {
            return Ok(None);
        }
        let mut draft = self.begin(&imported.kind)?;
        for (key, value) in imported.entries {
            draft.set(&key, value).map_err(|error| said(&error))?;
        }
        self.tally.inexact += u64::from(!imported.exact);
        Ok(Some(draft))
    }

    /// A line that names our own fields.
    fn plain(&self, object: &Map<String, Json>) -> Result<Draft, String> {
        let kind = object.get("kind").and_then(Json::as_str).ok_or("does not say its kind")?;
        let mut draft = self.begin(kind)?;
        let fields = object.iter().filter(|(key, _)| *key != "kind");
        let fields: Map<String, Json> =
            fields.map(|(key, json)| (key.clone(), json.clone())).collect();
        let entries = draft.kind().read_json(&fields).map_err(|errors| {
            errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
        })?;
        for (key, value) in entries {
            set(&mut draft, &key, value)?;
        }
        Ok(draft)
    }

    fn begin(&self, kind: &str) -> Result<Draft, String> {
        let mut draft =
            self.desk.workspace.new_record(self.scope, kind).map_err(|error| error.to_string())?;
        draft.allow_incomplete();
        Ok(draft)
    }

    /// Saves the batch in one commit; if that is refused, one by one, to find the line that is.
    fn save(&mut self) -> Result<(), Failure> {
        let batch = std::mem::take(&mut self.batch);
        let drafts: Vec<Draft> = batch.iter().map(|(_, draft)| draft.clone()).collect();
        match self.desk.workspace.save_many(&drafts, shell::claimed()) {
            Ok(saved) => {
                self.tally.saved += saved.len() as u64;
                return Ok(());
            }
            Err(error @ (SaveError::DiskFull | SaveError::Database(_))) => return Err(error.into()),
            Err(_) => {}
        }
        for (number, draft) in batch {
            match self.desk.workspace.save(&draft, shell::claimed()) {
                Ok(_) => self.tally.saved += 1,
                Err(error @ (SaveError::DiskFull | SaveError::Database(_))) => {
                    return Err(error.into());
                }
                Err(error) => self.fail(number, &error.to_string())?,
            }
        }
        Ok(())
    }

    fn fail(&mut self, number: u64, why: &str) -> Result<(), Failure> {
        self.tally.failed += 1;
        if self.tally.failed <= REPORTED_MAX {
            self.desk.aside(&format!("line {number}: {}", say::printable(why)))?;
        }
        Ok(())
    }
}

fn set(draft: &mut Draft, key: &str, value: Option<Value>) -> Result<(), String> {
    let set = match value {
        Some(value) => draft.set(key, value),
        None => draft.clear(key),
    };
    set.map_err(|error| error.to_string())
}

fn summarise(desk: &mut Desk<'_>, tally: &Tally) -> Result<(), Failure> {
    let Tally { lines, saved, here_already, inexact, failed } = *tally;
    if failed > REPORTED_MAX {
        desk.aside(&format!("and {} more lines that were not taken", failed - REPORTED_MAX))?;
    }
    if desk.as_json {
        desk.say_json(&json!({
            "lines": lines, "saved": saved, "here_already": here_already, "inexact": inexact, "failed": failed,
        }))?;
    } else {
        let inexact = match inexact {
            0 => String::new(),
            count => format!("; {count} would read differently if exported again"),
        };
        desk.say(&format!("{lines} lines: {saved} saved, {here_already} were here already, {failed} not taken{inexact}"))?;
    }
    if failed > 0 { Err(Failure::SomeLines { failed, lines }) } else { Ok(()) }
}
