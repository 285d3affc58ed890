//! Every limit of the protocol, in one place, each with its reason.

/// A sealed frame at most: what a relay takes at the door, and what a phone must hold whole to open.
pub const FRAME_BYTES_MAX: usize = 256 * 1024;

/// What a device aims at when it seals a frame. Links that die after 24 kB were met; because a
/// transfer resumes at the byte, a frame larger than that still arrives, and batches compress better.
pub const FRAME_BYTES_AIM: usize = 48 * 1024;

/// A frame's body inflates to at most this, so that a hostile one cannot exhaust a phone's memory.
pub const FRAME_INFLATED_MAX: usize = 4 * 1024 * 1024;

/// The highest number that a frame can have: stores count in signed integers.
pub const FRAME_SEQ_MAX: u64 = i64::MAX.cast_unsigned();

/// Logs that one frame may name as built on. Two hundred devices on one record fit.
pub const FRAME_DEPS_MAX: usize = 1_024;

/// Entries in one frame: bounded so that an inflated body cannot mean endless work.
pub const FRAME_ENTRIES_MAX: usize = 65_536;

/// One Automerge change, raw: a record's largest permitted save.
pub const CHANGE_BYTES_MAX: usize = 192 * 1024;

/// Operations in one change: a narrative of the largest permitted size is one a character. Run-length encoding lets a
/// few bytes claim any number of them, so they are counted before the engine is given any.
pub const CHANGE_OPS_MAX: usize = 262_144;

/// Other actors that one change names: as many as its frame can name logs.
pub const CHANGE_ACTORS_MAX: usize = FRAME_DEPS_MAX;

/// The highest operation counter of a record. The engine counts to 2^32 and stops in the middle of its work there.
pub const OP_COUNTER_MAX: u64 = 1 << 31;

/// How far a change's operation counters may run ahead of all that is held of its record. What an honest device saw
/// and this one did not is at most some long narratives; without a bound, one change could use up the counters for
/// everybody. A change that runs further ahead waits.
pub const OP_AHEAD_MAX: u64 = 65_536;

/// Changes of one log in one record: a save a day for five years. A limit of each log's own, so that nobody can use
/// up another's.
pub const LOG_CHANGES_PER_RECORD_MAX: u64 = 2_048;

/// From so many operations or bytes on, a change counts as heavy, and its log's heavy changes in the record are summed.
pub const HEAVY_CHANGE_OPS: u32 = 256;
/// See [`HEAVY_CHANGE_OPS`].
pub const HEAVY_CHANGE_BYTES: usize = 4_096;

/// Operations of one log's heavy changes in one record: the longest narrative written and cleared, and again.
pub const LOG_HEAVY_OPS_PER_RECORD_MAX: u64 = 1_048_576;
/// Bytes of one log's heavy changes in one record: twenty of the largest permitted saves.
pub const LOG_HEAVY_BYTES_PER_RECORD_MAX: u64 = 4 * 1024 * 1024;

/// Records and bytes that the engine is given at once. Few enough that a slow machine is done within
/// [`ENGINE_WAIT_MS_MAX`] many times over.
pub const ENGINE_RECORDS_AT_ONCE: usize = 128;
/// See [`ENGINE_RECORDS_AT_ONCE`].
pub const ENGINE_BYTES_AT_ONCE: usize = 1024 * 1024;

/// One question to an engine in another process, and one answer: a record of many logs that all use what they may.
pub const ENGINE_MESSAGE_BYTES_MAX: usize = 64 * 1024 * 1024;

/// How long an engine in another process may think over one question.
pub const ENGINE_WAIT_MS_MAX: u64 = 2_000;

/// Memory that an engine in another process may take beyond what it starts with: some ten times what a record at all
/// its limits was seen to need.
pub const ENGINE_MEMORY_BYTES_MAX: u64 = 512 * 1024 * 1024;

/// One entry of the roster: an epoch's wraps for 2,000 devices fit (1.2 KB each).
pub const ROSTER_ENTRY_BYTES_MAX: usize = 3 * 1024 * 1024;

/// A page of the roster in a bundle: the largest entry and a megabyte of keys beside it. It is also the longest record,
/// and so what a reader holds in memory.
pub const BUNDLE_PAGE_BYTES_MAX: usize = ROSTER_ENTRY_BYTES_MAX + 1024 * 1024;

/// The control part of a sync request: cursors of a thousand scopes fit.
pub const CONTROL_BYTES_MAX: usize = 64 * 1024;

/// Ranges in one message of a repair, and heads in all of them together: 43 and 36 bytes each at most, which together
/// leave a control part room for what else it says.
pub const REPAIR_RANGES_MAX: usize = 384;
/// See [`REPAIR_RANGES_MAX`].
pub const REPAIR_HEADS_MAX: usize = 1_280;

/// Logs of which one repair request wants frames: 27 bytes each, beside a full question.
pub const REPAIR_WANTS_MAX: usize = 1_024;

/// A range that differs is listed if it has no more logs than this: a kilobyte, where taking it apart would cost as much
/// and a turn more.
pub const REPAIR_LISTED: usize = 32;

/// Parts into which a longer one is taken apart: two levels of them in each turn, one by each side.
pub const REPAIR_PARTS: usize = 16;

/// Parts that a question has in all, about: where much differs, finer ones would cost more than they save.
pub const REPAIR_QUESTION_PARTS: usize = 64;

/// Turns of one comparison at most: enough to list 80,000 logs, each of which differs. Who needs more doesn't want it to
/// end.
pub const REPAIR_TURNS_MAX: u32 = 64;

/// Scopes that one device holds at most.
pub const SCOPES_MAX: usize = 1_024;

/// A join request: two public keys, a sealed profile and two signatures.
pub const JOIN_BYTES_MAX: usize = 8 * 1024;

/// A wrapped key: HPKE's encapsulated key (1,120 bytes), 32 bytes and a tag, with room for another suite.
pub const KEY_WRAP_BYTES_MAX: usize = 2 * 1024;

/// One letter: a stretch of a device's saves that only headquarters can read.
pub const LETTER_BYTES_MAX: usize = 256 * 1024;

/// Bytes of letters that a relay keeps for one device until headquarters has them: weeks of work.
pub const LETTERS_BYTES_PER_DEVICE_MAX: usize = 16 * 1024 * 1024;

/// Bytes of frames that one request pushes, at first and at most. Small at first, so that progress is
/// seen early on a bad link; grown while exchanges succeed, because each costs a round trip.
pub const PUSH_BYTES_FIRST: usize = 512 * 1024;
/// See [`PUSH_BYTES_FIRST`].
pub const PUSH_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Bytes of a page that one request pulls, at first and at most.
pub const PAGE_BYTES_FIRST: usize = 512 * 1024;
/// See [`PAGE_BYTES_FIRST`].
pub const PAGE_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Pulled bytes that are staged in one commit: what a cut or a crash can cost again.
pub const STAGE_BYTES: usize = 128 * 1024;

/// Wait after the first failed exchange, doubled for each further one.
pub const RETRY_DELAY_MS_FIRST: u64 = 1_000;
/// Longest wait between two tries.
pub const RETRY_DELAY_MS_MAX: u64 = 60_000;
/// Tries without any progress before a sync gives up and says so.
pub const TRIES_WITHOUT_PROGRESS_MAX: u32 = 5;

/// A token lives at most this long.
pub const TOKEN_SECONDS_MAX: u64 = 120;
