//! What stands around every page: its language, the way to the others, and how fresh headquarters' own copy is.

use kahriz_core::forms::Lang;

use super::PageState;
use super::address::Address;
use super::moment;
use super::visit::Visit;
use super::words::{TrustWords, Words, words};
use super::{assets, meaning};
use crate::accounts::{Role, Session};

/// Which of the main pages one stands on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// The first page.
    Overview,
    /// The list, or one of its records.
    Records,
    /// The map.
    Map,
    /// Members, and who asks to become one.
    People,
    /// What is not merged.
    Quarantine,
    /// What devices handed in that could not sync.
    Letters,
    /// What should be looked into.
    Alarms,
    /// The account of what left.
    Exports,
    /// Who may use the page.
    Accounts,
    /// None of them.
    Elsewhere,
}

/// The frame of a page.
pub(crate) struct Frame {
    pub(crate) words: &'static Words,
    pub(crate) trust: &'static TrustWords,
    pub(crate) lang: &'static str,
    pub(crate) dir: &'static str,
    pub(crate) version: &'static str,
    /// Where whoever is signed in may go.
    pub(crate) places: Vec<Link>,
    pub(crate) languages: Vec<Link>,
    /// Nobody's business who is not signed in.
    pub(crate) sync: Option<SyncLine>,
    pub(crate) who: Option<Signed>,
}

/// Whoever is signed in, for the frame and its forms.
pub(crate) struct Signed {
    pub(crate) name: String,
    pub(crate) role: &'static str,
    pub(crate) form_token: String,
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
            trust: TrustWords::of(visit.lang),
            lang: visit.lang.tag(),
            dir: if visit.lang.is_right_to_left() { "rtl" } else { "ltr" },
            version: assets::version(),
            places: PLACES
                .iter()
                .filter(|(_, _, _, role)| visit.may(*role))
                .map(|(here, path, label, _)| place(label(visit.lang), path, *here))
                .collect(),
            languages: Lang::ALL.into_iter().map(|lang| language(visit, lang)).collect(),
            sync: visit.who.as_ref().map(|_| sync_line(state, words)),
            who: visit.who.as_ref().map(|who| signed(who, words)),
        }
    }

    /// What every form carries.
    pub(crate) fn form_token(&self) -> &str {
        self.who.as_ref().map_or("", |who| &who.form_token)
    }
}

type Label = fn(Lang) -> &'static str;

/// The main pages, in their order, and who sees that there is one.
const PLACES: [(Place, &str, Label, Role); 9] = [
    (Place::Overview, "/", |lang| words(lang).overview, Role::Viewer),
    (Place::Records, "/records", |lang| words(lang).records, Role::Viewer),
    (Place::Map, "/map", |lang| words(lang).map, Role::Viewer),
    (Place::People, "/people", |lang| words(lang).people, Role::Viewer),
    (Place::Quarantine, "/quarantine", |lang| words(lang).quarantine, Role::Viewer),
    (Place::Letters, "/letters", |lang| TrustWords::of(lang).letters, Role::Viewer),
    (Place::Alarms, "/alarms", |lang| TrustWords::of(lang).alarms, Role::Viewer),
    (Place::Exports, "/exports", |lang| words(lang).exports, Role::Operator),
    (Place::Accounts, "/accounts", |lang| words(lang).accounts, Role::Administrator),
];

fn signed(who: &Session, words: &Words) -> Signed {
    Signed {
        name: who.name.clone(),
        role: role_name(who.role, words),
        form_token: who.form_token.clone(),
    }
}

/// What an account's role is called.
pub(crate) fn role_name(role: Role, words: &Words) -> &'static str {
    match role {
        Role::Viewer => words.viewer,
        Role::Operator => words.operator,
        Role::Administrator => words.administrator,
    }
}

fn language(visit: &Visit, lang: Lang) -> Link {
    let address = Address::new(&visit.path).with_all(&visit.pairs).with("lang", lang.tag());
    Link { label: meaning::own_name(lang), tag: lang.tag(), address, is_here: lang == visit.lang }
}

fn sync_line(state: &PageState, words: &Words) -> SyncLine {
    let sync = state.serving.state.borrow();
    let since = sync.last_ok_ms.map(When::at);
    let (tone, label) = match (&sync.failure, &since) {
        (Some(_), _) => ("failed", words.sync_failed),
        (None, Some(_)) => ("ok", words.sync_ok),
        (None, None) => ("new", words.sync_new),
    };
    SyncLine { tone, label, since, failure: sync.failure.clone() }
}
