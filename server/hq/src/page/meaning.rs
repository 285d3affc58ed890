//! What a kind's declaration says that a page shows as colour, mark or label. No field is known here by name.

use kahriz_core::forms::{Field, Forms, Kind, Lang, Policy};

/// How a status is coloured. For a status whose policy is cautious it follows the declared order of danger; any
/// other status has no colour of its own, because green for one family is black for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Tone {
    /// The most dangerous of the order, or a state that this program does not know.
    Danger,
    /// The next.
    Warn,
    /// In between.
    Work,
    /// The last but one: what the work aims at.
    Safe,
    /// The last: nothing is there any more.
    Off,
    /// Not about danger.
    Plain,
}

impl Tone {
    /// The class in the style sheet.
    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Danger => "danger",
            Self::Warn => "warn",
            Self::Work => "work",
            Self::Safe => "safe",
            Self::Off => "off",
            Self::Plain => "plain",
        }
    }

    /// The tone of one place in an order of danger.
    pub(crate) fn of_rank(rank: usize, length: usize) -> Self {
        match length.saturating_sub(rank + 1) {
            _ if rank == 0 => Self::Danger,
            _ if rank == 1 => Self::Warn,
            0 => Self::Off,
            1 => Self::Safe,
            _ => Self::Work,
        }
    }
}

/// The field that holds the state of the case or hazard.
pub(crate) fn status_field(kind: &Kind) -> Option<&Field> {
    kind.roles.status.as_deref().and_then(|name| kind.field(name))
}

/// The colour of one status of a kind.
pub(crate) fn tone(kind: &Kind, status: &str) -> Tone {
    let Some(Policy::Cautious(order)) = status_field(kind).map(|field| &field.policy) else {
        return Tone::Plain;
    };
    let rank = order.iter().position(|code| code == status);
    rank.map_or(Tone::Danger, |rank| Tone::of_rank(rank, order.len()))
}

/// Whether records of this kind warn of a danger: their status has an order of danger.
pub(crate) fn warns(kind: &Kind) -> bool {
    status_field(kind).is_some_and(|field| matches!(field.policy, Policy::Cautious(_)))
}

/// What people call a status.
pub(crate) fn status_label(kind: &Kind, status: &str, lang: Lang) -> String {
    status_field(kind).map_or(status, |field| field.code_label(status, lang)).to_owned()
}

/// What people call an area, whichever kind's list has it.
pub(crate) fn area_label(area: &str, lang: Lang) -> String {
    let fields = Forms::builtin()
        .kinds()
        .iter()
        .filter_map(|kind| kind.roles.area.as_deref().and_then(|name| kind.field(name)));
    let mut labels = fields
        .filter_map(|field| field.codes.as_ref()?.get(area))
        .map(|code| code.labels.get(lang));
    labels.next().unwrap_or(area).to_owned()
}

/// What people call a kind; its name if this program does not know it.
pub(crate) fn kind_label(name: &str, lang: Lang) -> String {
    Forms::builtin().kind(name).map_or(name, |kind| kind.labels.get(lang)).to_owned()
}

/// The class of a kind's mark: by its place among the kinds, so that a new kind has one too.
pub(crate) fn kind_class(name: &str) -> &'static str {
    const CLASSES: [&str; 5] = ["k1", "k2", "k3", "k4", "k5"];
    let place = Forms::builtin().kinds().iter().position(|kind| kind.name == name);
    place.map_or("k0", |place| CLASSES[place % CLASSES.len()])
}

/// A language's name in itself.
pub(crate) fn own_name(lang: Lang) -> &'static str {
    match lang {
        Lang::En => "English",
        Lang::Az => "Azərbaycanca",
        Lang::Ru => "Русский",
        Lang::Fr => "Français",
        Lang::Ar => "العربية",
        Lang::Uk => "Українська",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn builtin(name: &str) -> &'static Kind {
        Forms::builtin().kind(name).expect("a builtin kind")
    }

    #[test]
    fn an_active_hazard_is_red_and_a_cleared_one_is_not() {
        let hazard = builtin("landmine_incident");
        assert_eq!(tone(hazard, "active"), Tone::Danger);
        assert_eq!(tone(hazard, "marked"), Tone::Warn);
        assert_eq!(tone(hazard, "cleared"), Tone::Safe);
        assert_eq!(tone(hazard, "cancelled"), Tone::Off);
    }

    #[test]
    fn a_state_this_program_does_not_know_is_as_red_as_the_worst() {
        assert_eq!(tone(builtin("landmine_incident"), "reseeded"), Tone::Danger);
    }

    #[test]
    fn no_colour_says_whether_a_person_is_alive() {
        assert_eq!(
            tone(builtin("missing_person"), "located_alive"),
            tone(builtin("missing_person"), "located_deceased")
        );
        assert!(!warns(builtin("missing_person")));
    }
}
