//! The account of what left: every export appends who, when, as what, which filters and how many records.
//!
//! It lies in the store, which only adds to it, and each entry carries the hash of the one before: whoever changes the
//! store with other tools and takes an entry out or alters one breaks the chain, and `kahriz exports` says where. What
//! the chain cannot show is an end that was cut off; who must rule that out writes down the number and hash of the
//! last entry from time to time. There are two entries for an export: one before its first byte leaves, and one with
//! the count after its last. No entry has anything of a record in it.

use kahriz_core::workspace::{ReadError, SaveError, Workspace};
use kahriz_proto::hash::hash;
use serde::{Deserialize, Serialize};

/// The series in the store.
const SERIES: &str = "exports";
const CHAIN_DOMAIN: &str = "kahriz/v1/export-log";

/// Who exports.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", content = "name", rename_all = "snake_case")]
pub(crate) enum Who {
    /// Somebody signed in to the page.
    Account(String),
    /// A user of this machine, at the command line.
    SystemUser(String),
}

impl Who {
    /// What they are called; a user of this machine with their number.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Account(name) | Self::SystemUser(name) => name,
        }
    }
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub(crate) enum Event {
    /// An export begins.
    Begun {
        who: Who,
        format: String,
        with_protected: bool,
        filters: Vec<(String, String)>,
        /// Records that the filters find.
        found: u64,
    },
    /// It went to its end.
    Ended {
        /// The number of the entry with which it began.
        begun: u64,
        /// Records that left.
        records: u64,
        /// Records that were left out because consent was withdrawn.
        withdrawn: u64,
        /// Fields that consent withheld.
        withheld: u64,
    },
}

#[derive(Serialize, Deserialize)]
struct Entry {
    number: u64,
    at_ms: i64,
    #[serde(flatten)]
    event: Event,
    /// The hash of the entry before as it is stored; of the first, 64 zeros.
    before: String,
}

/// An export, as the log tells it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Export {
    pub(crate) number: u64,
    pub(crate) at_ms: i64,
    pub(crate) who: Who,
    pub(crate) format: String,
    pub(crate) with_protected: bool,
    pub(crate) filters: Vec<(String, String)>,
    pub(crate) found: u64,
    /// Records that left; none if the export did not go to its end.
    pub(crate) records: Option<u64>,
}

/// The log, read and checked.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Account {
    /// The oldest first.
    pub(crate) exports: Vec<Export>,
    /// The first entry that is not what the one after it, or its number, says.
    pub(crate) broken_at: Option<u64>,
    /// The number of the last entry and its hash, to be written down.
    pub(crate) last: Option<(u64, String)>,
}

/// Appends an entry; its number.
pub(crate) fn append(workspace: &Workspace, event: Event, at_ms: i64) -> Result<u64, SaveError> {
    workspace.append(SERIES, |latest, number| {
        let entry = Entry { number, at_ms, event, before: chained(latest.unwrap_or_default()) };
        serde_json::to_vec(&entry).expect("an entry is plain text")
    })
}

/// Reads the whole log and checks its chain.
pub(crate) fn read(workspace: &Workspace) -> Result<Account, ReadError> {
    Ok(account_of(&workspace.series(SERIES)?))
}

fn account_of(parts: &[Vec<u8>]) -> Account {
    let (mut exports, mut broken_at) = (Vec::new(), None);
    let mut before: &[u8] = &[];
    for (number, part) in (1..).zip(parts) {
        let entry = serde_json::from_slice::<Entry>(part).ok();
        let holds = |entry: &Entry| entry.number == number && entry.before == chained(before);
        if !entry.as_ref().is_some_and(holds) {
            broken_at = broken_at.or(Some(number));
        }
        if let Some(entry) = entry {
            tell(&mut exports, entry);
        }
        before = part;
    }
    let last = parts.last().map(|part| (parts.len() as u64, chained(part)));
    Account { exports, broken_at, last }
}

fn tell(exports: &mut Vec<Export>, entry: Entry) {
    let Entry { number, at_ms, event, before: _ } = entry;
    match event {
        Event::Begun { who, format, with_protected, filters, found } => {
            exports.push(Export {
                number,
                at_ms,
                who,
                format,
                with_protected,
                filters,
                found,
                records: None,
            });
        }
        Event::Ended { begun, records: left, .. } => {
            if let Some(export) = exports.iter_mut().find(|export| export.number == begun) {
                export.records = Some(left);
            }
        }
    }
}

/// The hash of an entry as it is stored; of none, 64 zeros.
fn chained(part: &[u8]) -> String {
    let hash = if part.is_empty() { [0; 32] } else { hash(CHAIN_DOMAIN, &[part]) };
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Who calls this program, as the system knows them. A name in the environment is shown beside the number that
/// cannot be made up.
pub(crate) fn system_user() -> Who {
    let named =
        ["USER", "USERNAME", "LOGNAME"].into_iter().find_map(|name| std::env::var(name).ok());
    let named = named.map(|name| crate::say::printable(&name)).unwrap_or_default();
    #[cfg(unix)]
    let named = format!("{named} (uid {})", rustix::process::getuid().as_raw());
    Who::SystemUser(named.trim().to_owned())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn begun(records: u64) -> Event {
        Event::Begun {
            who: Who::Account("Leyla".to_owned()),
            format: "csv".to_owned(),
            with_protected: false,
            filters: vec![("kind".to_owned(), "missing_person".to_owned())],
            found: records,
        }
    }

    /// A log as the store holds it.
    fn log() -> Vec<Vec<u8>> {
        let ended = |begun, records| Event::Ended { begun, records, withdrawn: 0, withheld: 0 };
        let mut parts: Vec<Vec<u8>> = Vec::new();
        for event in [begun(3), ended(1, 2), begun(9)] {
            let before = chained(parts.last().map_or(&[], |part| part));
            let entry = Entry { number: parts.len() as u64 + 1, at_ms: 7, event, before };
            parts.push(serde_json::to_vec(&entry).unwrap());
        }
        parts
    }

    #[test]
    fn an_export_is_told_with_how_it_ended_or_that_it_did_not() {
        let account = account_of(&log());
        assert_eq!(account.broken_at, None);
        let told: Vec<_> =
            account.exports.iter().map(|export| (export.found, export.records)).collect();
        assert_eq!(told, [(3, Some(2)), (9, None)]);
        assert_eq!(account.last.unwrap().0, 3);
    }

    #[test]
    fn an_entry_that_was_altered_or_taken_out_breaks_the_chain() {
        let whole = log();
        for place in 0..whole.len() - 1 {
            let mut without = whole.clone();
            without.remove(place);
            assert!(account_of(&without).broken_at.is_some(), "without {place}");
            let mut altered = whole.clone();
            let text = String::from_utf8(altered[place].clone()).unwrap();
            altered[place] = text.replace("\"at_ms\":7", "\"at_ms\":8").into_bytes();
            assert_eq!(account_of(&altered).broken_at, Some(place as u64 + 2), "altered {place}");
        }
        let swapped = [whole[1].clone(), whole[0].clone(), whole[2].clone()];
        assert_eq!(account_of(&swapped).broken_at, Some(1));
    }
}
