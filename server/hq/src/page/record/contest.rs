//! A contradiction laid open: every value that stands, whose it is, and which of them is shown and why.

use kahriz_core::forms::{Kind, Lang, Policy, Shown as Choice};
use kahriz_core::workspace::Standing;

use super::Writer;
use super::value::{Shown, single};
use crate::page::words::Words;

/// One contested key.
pub(crate) struct Contest {
    pub(crate) label: String,
    pub(crate) key: String,
    /// What is shown meanwhile, in a sentence.
    pub(crate) policy: &'static str,
    pub(crate) opinions: Vec<Opinion>,
}

/// One of the values.
pub(crate) struct Opinion {
    pub(crate) value: Shown,
    pub(crate) by: Writer,
    pub(crate) is_shown: bool,
}

impl Contest {
    /// The contradiction at a key, if there is one.
    pub(crate) fn at(
        kind: &Kind,
        key: &str,
        standing: &Standing,
        words: &Words,
        lang: Lang,
    ) -> Option<Self> {
        if !standing.contested {
            return None;
        }
        let policy = kind.resolve(key).map_or(&Policy::Both, |found| &found.field.policy);
        let opinion = |(place, opinion): (usize, &kahriz_core::workspace::Opinion)| Opinion {
            value: single(kind, key, &opinion.value, lang),
            by: Writer::of(&opinion.by),
            is_shown: standing.shown == Choice::Value(place),
        };
        Some(Self {
            label: kind.label(key, lang),
            key: key.to_owned(),
            policy: sentence(policy, words),
            opinions: standing.values.iter().enumerate().map(opinion).collect(),
        })
    }
}

fn sentence(policy: &Policy, words: &Words) -> &'static str {
    match policy {
        Policy::Both => words.policy_both,
        Policy::Cautious(_) => words.policy_cautious,
        Policy::Withhold => words.policy_withhold,
        Policy::Union => words.policy_union,
        Policy::LatestClaimed => words.policy_latest,
    }
}
