//! What is edited in the measurement: which field of each kind, and what is written there.

use super::Stop;
use super::arguments::ShortField;
use kahriz_core::value::Scalar;
use kahriz_core::workspace::Draft;
use serde::{Deserialize, Serialize};

/// How many records are edited.
pub(super) const EDITED: usize = 100;
/// In how many of them both officers write the same field.
pub(super) const CONTESTED: usize = 20;

/// Which of the two officers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Officer {
    A,
    B,
}

/// The fields of one kind that the measurement writes.
pub(super) struct Edited {
    kind: &'static str,
    phone: &'static str,
    /// What A alone writes, and what B alone writes, in P5.
    pub(super) of_a: &'static str,
    pub(super) of_b: &'static str,
    /// What both write.
    pub(super) of_both: &'static str,
}

const KINDS: [Edited; 3] = [
    Edited {
        kind: "missing_person",
        phone: "enquirer.contact",
        of_a: "occupation",
        of_b: "enquirer.contact",
        of_both: "clothing",
    },
    Edited {
        kind: "landmine_incident",
        phone: "reporter.contact",
        of_a: "reporter.name",
        of_b: "reporter.contact",
        of_both: "imsma_ref",
    },
    Edited {
        kind: "return_household",
        phone: "respondent.phone",
        of_a: "intention.conditions",
        of_b: "respondent.phone",
        of_both: "household_ref",
    },
];

const STATES: [&str; 5] = ["ready", "in_review", "approved", "has_issues", "closed"];

impl Edited {
    /// The fields of this kind.
    pub(super) fn of(kind: &str) -> Result<&'static Self, Stop> {
        let edited = KINDS.iter().find(|edited| edited.kind == kind);
        edited.ok_or_else(|| "no edits are declared for this kind".into())
    }

    pub(super) fn own_field(&self, officer: Officer) -> &'static str {
        match officer {
            Officer::A => self.of_a,
            Officer::B => self.of_b,
        }
    }
}

/// P3a: one short field of the `number`th record.
pub(super) fn edit_short(draft: &mut Draft, short: ShortField, number: usize) -> Result<(), Stop> {
    match short {
        ShortField::Phone => {
            let field = Edited::of(&draft.kind().name)?.phone;
            draft.set_text(field, &phone(number))?;
        }
        ShortField::State => {
            let stands = draft.current().remove("state");
            let stands = stands.as_ref().and_then(Scalar::as_str);
            let mut others = STATES.iter().filter(|state| Some(**state) != stands);
            draft.set_text(
                "state",
                others.nth(number % (STATES.len() - 1)).copied().unwrap_or(""),
            )?;
        }
    }
    Ok(())
}

/// P5: the officer's own field of the `number`th record, and in the first ones the field of both.
pub(super) fn edit_apart(draft: &mut Draft, officer: Officer, number: usize) -> Result<(), Stop> {
    let edited = Edited::of(&draft.kind().name)?;
    draft.set_text(edited.own_field(officer), &own_value(officer, number))?;
    if number < CONTESTED {
        draft.set_text(edited.of_both, &contested_value(officer, number))?;
    }
    Ok(())
}

/// What an officer writes in the field that nobody else writes.
pub(super) fn own_value(officer: Officer, number: usize) -> String {
    match officer {
        Officer::A => format!("as told at the second visit, {number}"),
        Officer::B => phone(number + EDITED),
    }
}

/// What an officer writes in the field that the other writes too.
pub(super) fn contested_value(officer: Officer, number: usize) -> String {
    match officer {
        Officer::A => format!("seen by the first team, {number}"),
        Officer::B => format!("corrected by the second team, {number}"),
    }
}

/// A number with seven digits that follow from nothing that a compressor sees.
fn phone(number: usize) -> String {
    let mixed = (number as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20;
    format!("+99450{:07}", mixed % 10_000_000)
}
