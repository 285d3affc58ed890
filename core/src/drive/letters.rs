//! Letters over the line: a device hands in what it can perhaps no longer read, headquarters fetches it.
//!
//! Delivering needs no store and no key: everything stands in the files. A deposit carries no token and may
//! be repeated; the relay keeps one letter once.

use super::exchange::{Line, failure_of, read_all};
use super::transport::{HttpAnswer, HttpRequest, Method, Transport};
use super::{Shell, SyncError};
use crate::letters::Cover;
use crate::store::letterbox::{LetterFile, Letterbox};
use crate::workspace::{LettersError, LettersSettled, Workspace};
use kahriz_proto::letter::{Deposit, LetterPage};
use kahriz_proto::limits::{
    CONTROL_BYTES_MAX, LETTER_BYTES_MAX, RETRY_DELAY_MS_FIRST, RETRY_DELAY_MS_MAX,
    TRIES_WITHOUT_PROGRESS_MAX,
};
use kahriz_proto::message::{Refusal, RefusalReason};
use kahriz_proto::session::Failure;
use std::io;
use std::path::{Path, PathBuf};

/// A page of letters at most: some sixty of the largest.
const LETTER_PAGE_BYTES_MAX: usize = 64 * LETTER_BYTES_MAX;

/// A letter that lies in a store's folder.
pub struct WaitingLetter {
    /// The file. It can also be carried by hand.
    pub path: PathBuf,
    /// The relay that it is for.
    pub relay_url: String,
    /// The pin of that relay's key, if it has one.
    pub pin: Option<[u8; 32]>,
    deposit: Deposit,
    file: LetterFile,
}

/// What delivering came to.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Delivered {
    /// Letters that the relay has taken.
    pub letters: u64,
    /// Letters that are still only here.
    pub waiting: u64,
    /// Why it stopped, if it did.
    pub failure: Option<Failure>,
}

/// What collecting came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Collected {
    /// Letters that are new here.
    pub letters: u64,
    /// Deposits that are no letters of this workspace's devices; they were left out.
    pub refused: u64,
    /// What became of the letters.
    pub settled: LettersSettled,
}

/// The letters in a store's folder that were not delivered, the oldest first. A file that a crash has cut
/// before its first entry holds nothing and is left out.
///
/// # Errors
/// If the folder cannot be read.
pub fn letters_in(store: &Path) -> io::Result<Vec<WaitingLetter>> {
    waiting_in(&Letterbox::of(store))
}

fn waiting_in(letterbox: &Letterbox) -> io::Result<Vec<WaitingLetter>> {
    let mut waiting = vec![];
    for file in letterbox.files()?.into_iter().filter(|file| !file.delivered) {
        let bytes = file.read()?;
        let Ok((cover, letter)) = Cover::read(&bytes) else { continue };
        let deposit = cover.deposit(letter);
        let Cover { relay_url, pin, .. } = cover;
        waiting.push(WaitingLetter { path: file.path.clone(), relay_url, pin, deposit, file });
    }
    Ok(waiting)
}

/// Delivers the letters in a store's folder. Needs no key: the store may be locked, or gone. While a
/// workspace is open there, call [`Workspace::end_letter`] before, and save nothing meanwhile.
///
/// # Errors
/// If the folder cannot be read or a name in it changed. What the relay or the line says is in the report.
pub fn deliver_letters(
    store: &Path,
    transport: &mut dyn Transport,
    shell: &mut dyn Shell,
) -> io::Result<Delivered> {
    deliver(letters_in(store)?, transport, shell)
}

/// As [`deliver_letters`], for a store that is open and has ended its letter.
pub(super) fn hand_in(line: &mut Line<'_>) -> io::Result<Delivered> {
    let letters = waiting_in(&line.workspace.letterbox())?;
    deliver(letters, line.transport, line.shell)
}

fn deliver(
    letters: Vec<WaitingLetter>,
    transport: &mut dyn Transport,
    shell: &mut dyn Shell,
) -> io::Result<Delivered> {
    let mut delivered = Delivered { waiting: letters.len() as u64, ..Delivered::default() };
    for letter in letters {
        match deposit(&letter.deposit, transport, shell) {
            Ok(()) => {
                letter.file.mark_delivered()?;
                delivered.letters += 1;
                delivered.waiting -= 1;
            }
            Err(failure) => {
                delivered.failure = Some(failure);
                return Ok(delivered);
            }
        }
    }
    Ok(delivered)
}

/// Posts one deposit, again and again while the line is at fault and there is hope.
fn deposit(
    deposit: &Deposit,
    transport: &mut dyn Transport,
    shell: &mut dyn Shell,
) -> Result<(), Failure> {
    let body = minicbor::to_vec(deposit).expect("writing to a vector cannot fail");
    let mut delay_ms = RETRY_DELAY_MS_FIRST;
    for _ in 1..TRIES_WITHOUT_PROGRESS_MAX {
        match post_once(&body, transport) {
            Err(Failure::Unreachable | Failure::Cut) => {
                let now_ms = shell.now_ms();
                if !shell.wait_until(now_ms.saturating_add(delay_ms)) {
                    return Err(Failure::Unreachable);
                }
                delay_ms = (delay_ms * 2).min(RETRY_DELAY_MS_MAX);
            }
            ended => return ended,
        }
    }
    post_once(&body, transport)
}

fn post_once(body: &[u8], transport: &mut dyn Transport) -> Result<(), Failure> {
    let (method, path) = (Method::Post, "/v1/letters");
    let request = HttpRequest { method, path, token: "", body, registration: None };
    let answer = transport.send(&request).map_err(failure_of)?;
    // A hotel's page says 200 too.
    match (answer.status, answer.is_cbor) {
        (200, true) => Ok(()),
        (_, true) => Err(refused(answer)),
        (_, false) => Err(Failure::NotARelay),
    }
}

fn refused(answer: HttpAnswer) -> Failure {
    match read_all(answer, CONTROL_BYTES_MAX) {
        Ok(body) => minicbor::decode::<Refusal>(&body)
            .map_or(Failure::NotARelay, |refusal| Failure::Refused(refusal.reason)),
        Err(failure) => failure,
    }
}

/// Headquarters fetches what was deposited, keeps it, and lets the relay forget it; then adopts what needs
/// nobody's decision. A relay that knows of no letters has none.
///
/// # Errors
/// [`SyncError`].
pub fn collect_letters(
    workspace: &Workspace,
    transport: &mut dyn Transport,
    shell: &mut dyn Shell,
) -> Result<Collected, SyncError> {
    let mut line = Line::new(workspace, transport, shell);
    let mut collected = Collected::default();
    // What is read, and up to where all of it is kept here: the relay forgets only that.
    let (mut read, mut kept_up_to, mut all_kept) = (0, 0, true);
    while let Some(page) = page_after(&mut line, read)? {
        let before = (read, kept_up_to);
        for kept in &page.letters {
            all_kept &= take(workspace, &kept.deposit, &mut collected)?;
            read = read.max(kept.number);
            kept_up_to = if all_kept { read } else { kept_up_to };
        }
        if kept_up_to > before.1 {
            let path = format!("/v1/letters?up_to={kept_up_to}");
            line.request(Method::Delete, &path, &[], &[], None)?;
        }
        if page.more != Some(true) || read == before.0 {
            break;
        }
    }
    let now = line.now();
    collected.settled = workspace.settle_deposits(collected.letters > 0, now)?;
    Ok(collected)
}

fn page_after(line: &mut Line<'_>, after: u64) -> Result<Option<LetterPage>, SyncError> {
    let path = format!("/v1/letters?after={after}");
    let answer = match line.request(Method::Get, &path, &[], &[], None) {
        Err(Failure::Refused(RefusalReason::NotFound)) => return Ok(None),
        answer => answer?,
    };
    let body = read_all(answer, LETTER_PAGE_BYTES_MAX)?;
    Ok(Some(minicbor::decode(&body).map_err(|_| Failure::Nonsense)?))
}

/// Keeps one deposit; false if it cannot be taken now and is to stay at the relay.
fn take(
    workspace: &Workspace,
    deposit: &[u8],
    collected: &mut Collected,
) -> Result<bool, LettersError> {
    let Ok(deposit) = minicbor::decode::<Deposit>(deposit) else {
        collected.refused += 1;
        return Ok(true);
    };
    match workspace.take_deposit(&deposit) {
        Ok(new) => collected.letters += u64::from(new),
        Err(LettersError::TooMany) => return Ok(false),
        Err(LettersError::Stranger | LettersError::Letter(_)) => collected.refused += 1,
        Err(error) => return Err(error),
    }
    Ok(true)
}
