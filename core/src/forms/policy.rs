//! What is shown of a field while more than one value stands in it, until a person decides.
//!
//! The document keeps every value; this module only chooses which of them a screen may show as fact. It never
//! changes anything, and it asks no clock.

use serde::Deserialize;

use crate::value::Scalar;

/// How a field behaves while two values stand in it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Policy {
    /// The document's winner is shown, marked contested, with the others one tap away.
    #[default]
    Both,
    /// The value that is safest to act on is shown, whoever wrote it last. The most dangerous comes first.
    Cautious(Vec<String>),
    /// Nothing is shown as fact.
    Withhold,
    /// A set: what anybody put in is in. For choices.
    Union,
    /// The value whose writer claims the latest time is shown. For harmless fields, because clocks are not to be
    /// trusted.
    LatestClaimed,
}

/// What a screen shows of the standing values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// No value stands.
    Nothing,
    /// The value at this index of the standing ones.
    Value(usize),
    /// None of them: a person has to decide first.
    Withheld,
    /// All of them together; for one code of a set, in if any of the values is true.
    Union,
}

/// Whether the standing values differ. Equal values written by two people are no conflict.
pub fn is_contested(standing: &[Scalar]) -> bool {
    standing.iter().any(|value| *value != standing[0])
}

/// What to show of the standing values, the document's winner first (for [`Policy::LatestClaimed`]: the one that
/// claims the latest time first).
///
/// Under [`Policy::Cautious`] a value that the order does not name counts as the most dangerous of all: an older app
/// cannot know that a newer form's code is harmless. A cleared value is the least dangerous: it hides no warning.
pub fn shown(policy: &Policy, standing: &[Scalar]) -> Shown {
    if standing.is_empty() {
        return Shown::Nothing;
    }
    if !is_contested(standing) {
        return Shown::Value(0);
    }
    match policy {
        Policy::Both | Policy::LatestClaimed => Shown::Value(0),
        Policy::Withhold => Shown::Withheld,
        Policy::Union => Shown::Union,
        Policy::Cautious(order) => {
            let most_dangerous =
                (0..standing.len()).min_by_key(|index| danger_rank(order, &standing[*index]));
            most_dangerous.map_or(Shown::Nothing, Shown::Value)
        }
    }
}

/// The lower, the more dangerous; 0 for a value that the order does not know.
fn danger_rank(order: &[String], value: &Scalar) -> usize {
    let name = match value {
        Scalar::Null => return usize::MAX,
        Scalar::Bool(true) => "true",
        Scalar::Bool(false) => "false",
        Scalar::Str(code) => code.as_str(),
        Scalar::Int(_) | Scalar::Bytes(_) => return 0,
    };
    order.iter().position(|code| code == name).map_or(0, |position| position + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(codes: &[&str]) -> Vec<Scalar> {
        codes.iter().map(|code| Scalar::from(*code)).collect()
    }

    fn hazard() -> Policy {
        Policy::Cautious(
            ["active", "marked", "being_cleared", "cleared", "cancelled"]
                .map(str::to_owned)
                .to_vec(),
        )
    }

    #[test]
    fn a_hazard_that_one_team_calls_cleared_and_another_active_is_active() {
        assert_eq!(shown(&hazard(), &codes(&["cleared", "active"])), Shown::Value(1));
        assert_eq!(shown(&hazard(), &codes(&["active", "cleared"])), Shown::Value(0));
        assert_eq!(shown(&hazard(), &codes(&["cancelled", "cleared", "marked"])), Shown::Value(2));
    }

    #[test]
    fn a_state_this_app_does_not_know_counts_as_the_most_dangerous() {
        assert_eq!(shown(&hazard(), &codes(&["active", "reseeded"])), Shown::Value(1));
    }

    #[test]
    fn clearing_the_field_does_not_hide_the_warning_of_another_team() {
        assert_eq!(shown(&hazard(), &[Scalar::Null, Scalar::from("cancelled")]), Shown::Value(1));
    }

    #[test]
    fn found_alive_against_found_dead_shows_neither() {
        let standing = codes(&["located_alive", "located_deceased"]);
        assert_eq!(shown(&Policy::Withhold, &standing), Shown::Withheld);
        assert_eq!(shown(&Policy::Both, &standing), Shown::Value(0));
        assert_eq!(shown(&Policy::LatestClaimed, &standing), Shown::Value(0));
        assert_eq!(shown(&Policy::Union, &standing), Shown::Union);
    }

    #[test]
    fn two_people_who_write_the_same_do_not_contradict_each_other() {
        let standing = codes(&["located_alive", "located_alive"]);
        assert!(!is_contested(&standing));
        assert_eq!(shown(&Policy::Withhold, &standing), Shown::Value(0));
        assert_eq!(shown(&Policy::Withhold, &[]), Shown::Nothing);
        assert!(!is_contested(&[]));
    }
}
