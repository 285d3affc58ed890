//! Which records: the filters that lists and exports share.

use clap::Args;
use serde::{Deserialize, Serialize};

#[derive(Args, Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Filters {
    /// Only this kind of record. May be repeated
    #[arg(long = "kind", value_name = "KIND")]
    pub(crate) kinds: Vec<String>,
    /// Only this area, by name or prefix. May be repeated
    #[arg(long = "scope", value_name = "AREA")]
    pub(crate) scopes: Vec<String>,
    /// Only records in this state: draft, ready, in_review, approved, has_issues, closed. May be repeated
    #[arg(long = "state", value_name = "STATE")]
    pub(crate) states: Vec<String>,
    /// Only this status, as in active or tracing. May be repeated
    #[arg(long = "status", value_name = "STATUS")]
    pub(crate) statuses: Vec<String>,
    /// Only this district, by its code
    #[arg(long, value_name = "CODE")]
    pub(crate) area: Option<String>,
    /// Only records about this date or later: 2024, 2024-05 or 2024-05-01
    #[arg(long, value_name = "DATE")]
    pub(crate) from: Option<String>,
    /// Only records about this date or earlier
    #[arg(long, value_name = "DATE")]
    pub(crate) to: Option<String>,
    /// Only records that wait for a decision
    #[arg(long)]
    pub(crate) contested: bool,
    /// Only records that lack a required field
    #[arg(long)]
    pub(crate) incomplete: bool,
}

impl Filters {
    /// Those that were given, as they were typed, for the account of exports.
    pub(crate) fn pairs(&self) -> Vec<(String, String)> {
        let many = [
            ("kind", &self.kinds),
            ("scope", &self.scopes),
            ("state", &self.states),
            ("status", &self.statuses),
        ];
        let many = many.into_iter().flat_map(|(name, all)| all.iter().map(move |one| (name, one)));
        let one = [("area", &self.area), ("from", &self.from), ("to", &self.to)];
        let one = one.into_iter().filter_map(|(name, value)| Some((name, value.as_ref()?)));
        let mut pairs: Vec<(String, String)> =
            many.chain(one).map(|(name, value)| (name.to_owned(), value.clone())).collect();
        let flags = [("contested", self.contested), ("incomplete", self.incomplete)];
        let set = flags.into_iter().filter(|(_, is_set)| *is_set);
        pairs.extend(set.map(|(name, _)| (name.to_owned(), "yes".to_owned())));
        pairs
    }
}
