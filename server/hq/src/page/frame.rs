//! What stands around every page: its language, the way to the others, and how fresh headquarters' own copy is.

use kahriz_core::forms::Lang;

use super::PageState;
use super::address::Address;
use super::moment;
use super::visit::Visit;
use super::words::{Words, words};
use super::{assets, meaning};

/// Which of the main pages one stands on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// The first page.
    Overview,
    /// The list, or one of its records.
    Records,
    /// The map.
    Map,
    /// None of them.
    Elsewhere,
}

/// The frame of a page.
pub(crate) struct Frame {
    pub(crate) words: &'static Words,
    pub(crate) lang: &'static str,
    pub(crate) dir: &'static str,
    pub(crate) version: &'static str,
    pub(crate) places: [Link; 3],
    pub(crate) languages: Vec<Link>,
    pub(crate) sync: SyncLine,
}

/// A link of the frame.
pub(crate) struct Link {
    pub(crate) label: &'static str,
    pub(crate) tag: &'static str,
    pub(crate) address: Address,
    pub(crate) is_here: bool,
}

/// Headquarters' sync in one line.
pub(crate) struct SyncLine {
    /// `ok`, `new` (no round yet) or `failed`: the colour.
    pub(crate) tone: &'static str,
    pub(crate) label: &'static str,
    /// When a round last ended well.
    pub(crate) since: Option<When>,
    /// Why the latest failed, as a sentence of the program.
    pub(crate) failure: Option<String>,
}

/// A moment for a person and for a machine.
#[derive(Clone)]
pub(crate) struct When {
    pub(crate) text: String,
    pub(crate) machine: String,
}

impl When {
    pub(crate) fn at(ms: i64) -> Self {
        Self { text: moment::minute(ms), machine: moment::machine(ms) }
    }
}

impl Frame {
    pub(crate) fn new(state: &PageState, visit: &Visit, here: Place) -> Self {
        let words = words(visit.lang);
        let place = |label, path, place| Link {
            label,
            tag: "",
            address: Address::new(path),
            is_here: here == place,
        };
        Self {
            words,
            lang: visit.lang.tag(),
            dir: if visit.lang.is_right_to_left() { "rtl" } else { "ltr" },
            version: assets::version(),
            places: [
                place(words.overview, "/", Place::Overview),
                place(words.records, "/records", Place::Records),
                place(words.map, "/map", Place::Map),
            ],
            languages: Lang::ALL.into_iter().map(|lang| language(visit, lang)).collect(),
            sync: sync_line(state, words),
        }
    }
}

fn language(visit: &Visit, lang: Lang) -> Link {
    let address = Address::new(&visit.path).with_all(&visit.pairs).with("lang", lang.tag());
    Link { label: meaning::own_name(lang), tag: lang.tag(), address, is_here: lang == visit.lang }
}

fn sync_line(state: &PageState, words: &Words) -> SyncLine {
    let sync = state.sync.borrow();
    let since = sync.last_ok_ms.map(When::at);
    let (tone, label) = match (&sync.failure, &since) {
        (Some(_), _) => ("failed", words.sync_failed),
        (None, Some(_)) => ("ok", words.sync_ok),
        (None, None) => ("new", words.sync_new),
    };
    SyncLine { tone, label, since, failure: sync.failure.clone() }
}
