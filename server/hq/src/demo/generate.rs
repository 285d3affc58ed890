//! Makes records up: the same ones for the same seed, of all three kinds, as a team around Ağdam, Füzuli and Tərtər
//! might write them. Nobody in them exists. The demo fills its phones with them, the compression dictionary is
//! trained on them, and benchmarks take as many as they like.
//!
//! Records are complete: a draft takes every field as it is, and none that is required is missing. Dates end in the
//! middle of 2025, so that they are past whatever the clock says.
//!
//! ```
//! use kahriz_hq::demo::generate::Generator;
//!
//! let made: Vec<_> = Generator::new(7).take(3).collect();
//! assert_eq!(made, Generator::new(7).take(3).collect::<Vec<_>>());
//! assert_ne!(made, Generator::new(8).take(3).collect::<Vec<_>>());
//! ```

mod chance;
mod household;
mod incident;
mod person;
mod words;

use kahriz_core::forms::FieldError;
use kahriz_core::workspace::Draft;
use serde_json::Value as Json;

pub use chance::Chance;
pub use words::{District, Village};

/// A made-up record.
#[derive(Clone, Debug, PartialEq)]
pub struct Made {
    /// The name of its kind.
    pub kind: &'static str,
    /// Its fields by flat key, as `Draft::set_json` takes them.
    pub fields: Vec<(String, Json)>,
}

impl Made {
    /// Fills a draft of its kind.
    ///
    /// # Errors
    /// [`FieldError`] if the draft is of another kind.
    pub fn fill(&self, draft: &mut Draft) -> Result<(), FieldError> {
        self.fields.iter().try_for_each(|(key, value)| draft.set_json(key, value))
    }
}

/// An endless row of made-up records.
#[derive(Clone, Debug)]
pub struct Generator {
    chance: Chance,
    districts: Vec<District>,
}

impl Generator {
    /// The records of a seed, in all districts.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { chance: Chance::new(seed), districts: District::ALL.to_vec() }
    }

    /// Only records in this district.
    #[must_use]
    pub fn in_district(self, district: District) -> Self {
        Self { districts: vec![district], ..self }
    }

    /// A record of one kind; `None` for a kind that it does not know.
    pub fn of_kind(&mut self, kind: &str) -> Option<Made> {
        let district = *self.chance.one_of(&self.districts);
        let village = self.chance.one_of(words::villages(district));
        let chance = &mut self.chance;
        Some(match kind {
            person::KIND => Made { kind: person::KIND, fields: person::make(chance, village) },
            incident::KIND => {
                Made { kind: incident::KIND, fields: incident::make(chance, village) }
            }
            household::KIND => {
                Made { kind: household::KIND, fields: household::make(chance, village) }
            }
            _ => return None,
        })
    }
}

impl Iterator for Generator {
    type Item = Made;

    /// Of ten records four are missing persons, two are hazards and four are households.
    fn next(&mut self) -> Option<Made> {
        let kind = match self.chance.below(10) {
            0..=3 => person::KIND,
            4..=5 => incident::KIND,
            _ => household::KIND,
        };
        self.of_kind(kind)
    }
}

/// The fields of one record while it is made.
#[derive(Default)]
struct Fields(Vec<(String, Json)>);

impl Fields {
    fn set(&mut self, key: impl Into<String>, value: impl Into<Json>) {
        self.0.push((key.into(), value.into()));
    }

    fn maybe(&mut self, key: &str, value: Option<impl Into<Json>>) {
        if let Some(value) = value {
            self.set(key, value);
        }
    }

    /// The consent that nearly every record rests on.
    fn set_consent(&mut self, chance: &mut Chance, date: String) {
        self.set("consent.basis", if chance.often(9, 10) { "consent" } else { "vital_interest" });
        self.set(
            "consent.method",
            *chance.one_of(&["spoken", "written", "written", "by_phone", "thumbprint"]),
        );
        self.set("consent.date", date);
        self.set("consent.language", *chance.one_of(&["az", "az", "az", "ru"]));
        self.set("consent.ref", format!("C-{:05}", chance.below(100_000)));
        self.set("consent.tracing_ok", chance.often(5, 6));
    }
}

#[cfg(test)]
mod tests;
