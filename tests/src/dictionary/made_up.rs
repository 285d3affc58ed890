//! Made-up records and what officers do with them, as batches.

use crate::batches::{Case, Fresh, Made, MakeError, batch};
use kahriz_core::forms::{FieldType, Forms, Kind};
use kahriz_core::record::{Author, Write};
use kahriz_core::value::{Scalar, Value};
use kahriz_hq::demo::generate::{Chance, Generator, Made as MadeUp};
use kahriz_hq::mapping::Mapping;
use kahriz_proto::ids::LogId;
use std::collections::BTreeMap;

/// How many samples of each sort the dictionary is trained on.
#[derive(Clone, Copy, Debug)]
pub struct Mix {
    /// Batches of one new record.
    pub creates: usize,
    /// Batches of a handful of new records.
    pub handfuls: usize,
    /// New records in a handful.
    pub handful: usize,
    /// Batches of one edit.
    pub edits: usize,
    /// Batches of a handful of edits.
    pub edit_handfuls: usize,
    /// Batches of one decision.
    pub decisions: usize,
    /// Of ten new records, how many were imported from another system.
    pub imported_of_ten: usize,
}

impl Mix {
    /// What the dictionary of the format is trained on.
    pub const STANDARD: Self = Self {
        creates: 3_000,
        handfuls: 300,
        handful: 4,
        edits: 3_000,
        edit_handfuls: 300,
        decisions: 600,
        imported_of_ten: 5,
    };
}

const MINE: LogId = LogId::from_bytes([1; 16]);
const THEIRS: LogId = LogId::from_bytes([2; 16]);
const THIRD: LogId = LogId::from_bytes([3; 16]);
/// Any moment will do: a batch says times as differences.
const BEGIN_S: i64 = 1_750_000_000;
/// What people say when they decide.
const REASONS: [&str; 10] = [
    "ailə ilə dəqiqləşdirildi",
    "sənədlə təsdiqləndi",
    "проверено по документам",
    "подтвердила семья",
    "confirmed by the family",
    "checked on the ground",
    "the other entry was a mistake",
    "səhv yazılıb",
    "ошибка ввода",
    "confirmé par la famille",
];

/// All samples of a mix, in no particular order.
///
/// # Errors
/// [`MakeError`] if a record can't be made, which would be a bug.
pub fn samples(mix: &Mix, seed: u64) -> Result<Vec<Vec<u8>>, MakeError> {
    let mut team = Team::new(seed, mix.imported_of_ten);
    let mut samples = vec![];
    for _ in 0..mix.creates {
        samples.push(batch(MINE, &[], &[team.create()?.1])?);
    }
    for _ in 0..mix.handfuls {
        samples.push(batch(MINE, &[], &team.creates(mix.handful)?)?);
    }
    for _ in 0..mix.edits {
        samples.push(batch(MINE, &[THEIRS], &[team.edit()?])?);
    }
    for _ in 0..mix.edit_handfuls {
        samples.push(batch(MINE, &[THEIRS], &team.edits(mix.handful)?)?);
    }
    for _ in 0..mix.decisions {
        samples.push(batch(MINE, &[THEIRS, THIRD], &[team.decision()?])?);
    }
    Ok(samples)
}

/// What an imported line becomes: the kind and its values, checked against the declaration.
#[must_use]
pub fn imported(kind: &str, entries: Vec<(String, Value)>) -> Option<Fresh> {
    let kind = Forms::builtin().kind(kind)?;
    let entries = entries.into_iter().map(|(key, value)| (key, Some(value)));
    fresh(kind, entries)
}

fn fresh(kind: &Kind, entries: impl IntoIterator<Item = (String, Option<Value>)>) -> Option<Fresh> {
    let mut entries = kind.prepare(entries, &BTreeMap::new()).ok()?.into_entries();
    entries.push(("form_version".to_owned(), Scalar::Int(i64::from(kind.version))));
    let writes = entries.into_iter().map(|(key, value)| write(kind, key, value)).collect();
    Some(Fresh { kind: u8::try_from(kind.code).ok()?, writes })
}

fn write(kind: &Kind, key: String, value: Scalar) -> Write {
    let found = kind.resolve(&key);
    let mergeable = found.is_some_and(|found| found.field.field_type == FieldType::Narrative);
    Write { key, value, mergeable }
}

/// The mapping through which some of the made-up records come in.
///
/// # Panics
/// If it isn't there or wrong, which the tests of `kahriz_hq` would have told.
fn mapping() -> Mapping {
    Mapping::builtin("records-1000", Forms::builtin())
        .and_then(Result::ok)
        .expect("the mapping comes with the program and is tested there")
}

/// Made-up officers at work.
pub(super) struct Team {
    generator: Generator,
    chance: Chance,
    imported_of_ten: usize,
    mapping: Mapping,
    counter: u64,
    now_s: i64,
}

impl Team {
    pub(super) fn new(seed: u64, imported_of_ten: usize) -> Self {
        Self {
            generator: Generator::new(seed),
            chance: Chance::new(seed ^ 0x5eed),
            imported_of_ten,
            mapping: mapping(),
            counter: 0,
            now_s: BEGIN_S,
        }
    }

    /// A new record of mine.
    pub(super) fn create(&mut self) -> Result<(Case, Made), MakeError> {
        self.create_of(MINE)
    }

    pub(super) fn creates(&mut self, count: usize) -> Result<Vec<Made>, MakeError> {
        (0..count).map(|_| self.create().map(|(_, made)| made)).collect()
    }

    /// My edit of one field, of a record of mine or of somebody else's.
    pub(super) fn edit(&mut self) -> Result<Made, MakeError> {
        loop {
            let creator = if self.chance.often(2, 3) { MINE } else { THEIRS };
            let (mut case, _) = self.create_of(creator)?;
            let writes = self.new_value(case.kind());
            if let Some(made) = case.edit(&writes, &self.author(MINE, None))? {
                return Ok(made);
            }
        }
    }

    pub(super) fn edits(&mut self, count: usize) -> Result<Vec<Made>, MakeError> {
        (0..count).map(|_| self.edit()).collect()
    }

    /// Two others wrote the same field without knowing of each other; I decide, and say why.
    pub(super) fn decision(&mut self) -> Result<Made, MakeError> {
        loop {
            let (mut case, _) = self.create_of(THEIRS)?;
            let (one, other) = self.two_values(case.kind());
            let (theirs, third) = (self.author(THEIRS, None), self.author(THIRD, None));
            let made = case.edit_apart((&one, &theirs), (&other, &third))?;
            let reason = *self.chance.one_of(&REASONS);
            let decided = case.edit(&one, &self.author(MINE, Some(reason)))?;
            if let (2, Some(decided)) = (made.len(), decided) {
                return Ok(decided);
            }
        }
    }

    fn create_of(&mut self, creator: LogId) -> Result<(Case, Made), MakeError> {
        let fresh = loop {
            if let Some(fresh) = self.fresh() {
                break fresh;
            }
        };
        self.counter += 1 + u64::from(self.chance.often(1, 3));
        let author = self.author(creator, None);
        Case::create(&fresh, self.counter, &author)
    }

    fn fresh(&mut self) -> Option<Fresh> {
        let mut made_up = self.generator.next()?;
        let kind = Forms::builtin().kind(made_up.kind)?;
        if self.chance.below(10) >= self.imported_of_ten {
            return fresh(kind, entries(kind, &made_up.fields));
        }
        self.add_source(&mut made_up);
        let own = fresh(kind, entries(kind, &made_up.fields))?;
        let record = own.writes.into_iter().map(|write| (write.key, write.value)).collect();
        let line = self.mapping.export(made_up.kind, &record)?.line;
        let again = self.mapping.import(&line.into()).ok()?;
        imported(&again.kind, again.entries)
    }

    /// Another system's record says where it was made, and by whom.
    fn add_source(&mut self, made_up: &mut MadeUp) {
        let chance = &mut self.chance;
        let hex = |chance: &mut Chance, digits: usize| -> String {
            (0..digits).map(|_| format!("{:x}", chance.below(16))).collect()
        };
        let id: Vec<String> = [8, 4, 4, 4, 12].map(|digits| hex(chance, digits)).into();
        let time = |chance: &mut Chance| {
            let (hour, minute) = (chance.between(7, 20), chance.below(60));
            format!("T{hour:02}:{minute:02}:{:02}+04:00", chance.below(60))
        };
        let created_at = format!("{}{}", chance.date(2024, 2025), time(chance));
        let of_source = [
            ("source.id", id.join("-").into()),
            ("source.form_version", chance.between(1, 9).into()),
            ("source.created_at", created_at.into()),
            ("source.created_by", format!("user-{:02}", chance.below(40)).into()),
            ("source.device", hex(chance, 8).into()),
        ];
        made_up.fields.extend(of_source.map(|(key, value)| (key.to_owned(), value)));
    }

    /// One field as it stands in another record of the kind.
    fn new_value(&mut self, kind: u8) -> Vec<Write> {
        let Some(kind) = Forms::builtin().kind_of_code(u16::from(kind)) else { return vec![] };
        let Some(other) = self.generator.of_kind(&kind.name) else { return vec![] };
        let mut fields = other.fields;
        fields.push(("state".into(), (*self.chance.one_of(&STATES)).into()));
        let (key, value) = self.chance.one_of(&fields).clone();
        let prepared = kind.prepare(entries(kind, &[(key, value)]), &BTreeMap::new());
        let written = prepared.map(|writes| writes.into_entries()).unwrap_or_default();
        written.into_iter().map(|(key, value)| write(kind, key, value)).collect()
    }

    /// Two different values of one field of the kind.
    fn two_values(&mut self, kind: u8) -> (Vec<Write>, Vec<Write>) {
        loop {
            let one = self.new_value(kind);
            for _ in 0..20 {
                let other = self.new_value(kind);
                let same_key = one.len() == 1 && other.len() == 1 && one[0].key == other[0].key;
                if same_key && one != other {
                    return (one, other);
                }
            }
        }
    }

    fn author(&mut self, log: LogId, reason: Option<&'static str>) -> Author<'static> {
        self.now_s += self.chance.between(1, 300);
        Author { log, claimed_s: self.now_s, reason }
    }
}

const STATES: [&str; 5] = ["ready", "in_review", "approved", "has_issues", "closed"];

fn entries(kind: &Kind, fields: &[(String, serde_json::Value)]) -> Vec<(String, Option<Value>)> {
    let read = |(key, json): &(String, serde_json::Value)| {
        let found = kind.find(key).ok()?;
        let value = match (found.code, json) {
            (Some(_), serde_json::Value::Bool(flag)) => Some(Value::Boolean(*flag)),
            (_, json) => found.field.parse_json(json).ok()?,
        };
        Some((key.clone(), value))
    };
    fields.iter().filter_map(read).collect()
}
