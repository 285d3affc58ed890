//! Every place where Kahriz reads bytes that somebody else wrote, as a function of bytes.
//!
//! The fuzzer (`tests/fuzz`) calls them with what it makes up, and `tests/tests/corpus.rs` replays what it once found
//! worth keeping (`tests/fuzz/corpus`) on every run. A target returns or panics; what it returns nobody looks at, but
//! what it has read it holds against what must be so: written again it is the same, and no longer than was allowed.

mod core;
mod desk;
mod words;

/// One reader of foreign bytes.
pub struct Target {
    /// Its name, and its folder's in the corpus.
    pub name: &'static str,
    /// What it reads.
    pub about: &'static str,
    /// Reads.
    pub read: fn(&[u8]),
}

macro_rules! targets {
    ($($name:literal $about:literal $read:path,)*) => {
        /// All targets.
        pub const TARGETS: &[Target] = &[$(Target { name: $name, about: $about, read: $read }),*];
    };
}

targets! {
    "frame" "a frame's envelope" words::frame,
    "items" "the stream of length-prefixed items, arriving in pieces" words::items,
    "page-item" "one item of a page" words::page_item,
    "sync-request" "the control part of a request" words::sync_request,
    "sync-answer" "the control part of an answer, and refusals" words::sync_answer,
    "repair" "both control parts of a repair, answered and heard" words::repair,
    "bundle" "a bundle's file" words::bundle,
    "roster-entry" "one signed entry of the roster" words::roster_entry,
    "roster" "a page of entries, appended one by one" words::roster,
    "join" "a newcomer's request, and a page of them" words::join,
    "deposit" "a deposited letter, and a page of them" words::deposit,
    "token" "a device's token" words::token,
    "http" "a whole request body at the relay" words::http,
    "batch" "the inside of a frame, packed" core::batch,
    "batch-plain" "the inside of a frame, unpacked" core::batch_plain,
    "change" "one change of a document" core::change,
    "value" "a field's stored value, of each type" core::value,
    "human-id" "a record's number as somebody typed it" core::human_id,
    "input" "what is typed into the fields of each kind" core::input,
    "announcement" "what devices say of themselves" core::announcement,
    "invite" "an invite as text" desk::invite,
    "import" "a line of JSON, our own and by a mapping" desk::import,
    "mapping" "the declaration of a mapping" desk::mapping,
}

/// The target of this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}
