//! Where keys and shares come from: typed at the terminal, or files that the person names.

use std::fs;
use std::io::{self, Read};
use std::path::Path;

use kahriz_core::crypto::shares::{CombineError, RecoveryKeys, Share, check_fit, combine};
use kahriz_core::crypto::{SigningSecret, WrapSecret};
use zeroize::Zeroizing;

use super::{Refusal, written};
use crate::cli::KeySource;
use crate::failure::Failure;
use crate::{paper, say};

/// No text of a share or of keepsakes is longer.
const FILE_BYTES_MAX: u64 = 64 * 1024;

/// Both keys, from wherever the person has them.
pub(super) fn keys(source: &KeySource) -> Result<RecoveryKeys, Failure> {
    if let Some(path) = &source.keepsakes {
        return keepsakes(path);
    }
    if source.keys {
        return both_keys();
    }
    let mut shares = vec![];
    for path in &source.share_files {
        let share = share_file(path)?;
        let place = path.display().to_string();
        check_fit(&shares, &share).map_err(|source| Refusal::Combine { place, source })?;
        shares.push(share);
    }
    // Files are all that there is; without any, a person types.
    if shares.is_empty() {
        shares = typed_shares()?;
    }
    Ok(combine(&shares).map_err(|source| match source {
        CombineError::TooFew { .. } => Refusal::TooFew(source),
        source @ (CombineError::Twice(_)
        | CombineError::AnotherWorkspace { .. }
        | CombineError::AnotherSplitting { .. }
        | CombineError::Altered) => Refusal::Combine { place: "the shares".to_owned(), source },
    })?)
}

/// The root key: from shares or the keepsakes as [`keys`], or typed alone.
pub(super) fn root(source: &KeySource) -> Result<SigningSecret, Failure> {
    if source.keys {
        return Ok(SigningSecret::from_seed(&*key("root")?));
    }
    keys(source).map(|keys| keys.root)
}

/// Shares one by one, until there are enough. One that is wrong is asked for again.
fn typed_shares() -> Result<Vec<Share>, Failure> {
    say::aside(
        "Type a share: its words, its letters, or what its QR code says. An empty line ends it.",
    );
    let mut shares: Vec<Share> = vec![];
    loop {
        let more = shares
            .first()
            .map(|first| usize::from(first.quorum().needed()).saturating_sub(shares.len()));
        let question = match more {
            Some(0) => return Ok(shares),
            None => "The first share:".to_owned(),
            Some(1) => "One more share:".to_owned(),
            Some(more) => format!("{more} more shares. The next:"),
        };
        let Some(typed) = several_lines(&question) else {
            // Nobody is there any more: what was typed has to do, and says itself that it is too little.
            return Ok(shares);
        };
        let share = written::read(&typed);
        match share {
            Ok(share) => match check_fit(&shares, &share) {
                Ok(()) => shares.push(share),
                Err(error) => say::aside(&format!("{error}.")),
            },
            Err(error) => say::aside(&format!("{error}.")),
        }
    }
}

/// One share, typed.
pub(super) fn share(question: &str) -> Result<Share, Failure> {
    let typed = several_lines(question).unwrap_or_default();
    let read = written::read(&typed);
    Ok(read.map_err(|source| Refusal::Share { place: "the share".to_owned(), source })?)
}

/// One share from a file.
pub(super) fn share_file(path: &Path) -> Result<Share, Failure> {
    let text = text_of(path)?;
    let place = path.display().to_string();
    Ok(written::read(&text).map_err(|source| Refusal::Share { place, source })?)
}

/// Both keys from the file that init wrote.
pub(super) fn keepsakes(path: &Path) -> Result<RecoveryKeys, Failure> {
    let text = text_of(path)?;
    let seeds: Vec<_> = text.lines().filter_map(|line| paper::read_seed(line).ok()).collect();
    let [root, recovery] = seeds.as_slice() else {
        return Err(Refusal::NotKeepsakes(path.to_owned()).into());
    };
    let keys = of_seeds(root, recovery);
    let named = text.lines().find_map(|line| line.strip_prefix("Workspace "));
    check_workspace(&keys, named.unwrap_or_default())?;
    Ok(keys)
}

/// Both keys, typed, and the workspace that they are said to be of: two keys look alike, and exchanged they would be
/// split without anybody noticing until the day that they are needed.
pub(super) fn keys_of_workspace() -> Result<RecoveryKeys, Failure> {
    let workspace = say::ask("The workspace's id, or its first six signs or more:");
    let keys = both_keys()?;
    check_workspace(&keys, if workspace.len() < 6 { "(nothing)" } else { &workspace })?;
    Ok(keys)
}

fn both_keys() -> Result<RecoveryKeys, Failure> {
    let root = key("root")?;
    Ok(of_seeds(&root, &*key("recovery")?))
}

fn key(what: &'static str) -> Result<Zeroizing<[u8; 32]>, Failure> {
    let typed = Zeroizing::new(say::ask(&format!("The {what} key:")));
    Ok(paper::read_seed(&typed).map_err(|source| Refusal::Key { what, source })?)
}

fn of_seeds(root: &[u8; 32], recovery: &[u8; 32]) -> RecoveryKeys {
    RecoveryKeys { root: SigningSecret::from_seed(root), recovery: WrapSecret::from_seed(recovery) }
}

fn check_workspace(keys: &RecoveryKeys, named: &str) -> Result<(), Failure> {
    let actual = keys.workspace().to_string();
    let named = named.trim().to_lowercase();
    if actual.starts_with(&named) {
        return Ok(());
    }
    Err(Refusal::AnotherWorkspace { expected: named, actual }.into())
}

/// Lines until a share is whole or one is empty; `None` if nobody types.
fn several_lines(question: &str) -> Option<Zeroizing<String>> {
    say::aside(question);
    let mut typed = Zeroizing::new(String::new());
    loop {
        let mut line = Zeroizing::new(String::new());
        let count = io::stdin().read_line(&mut line).unwrap_or(0);
        typed.push_str(&line);
        if count == 0 {
            return Some(typed).filter(|typed| !typed.trim().is_empty());
        }
        if (line.trim().is_empty() && !typed.trim().is_empty()) || written::is_enough(&typed) {
            return Some(typed);
        }
    }
}

fn text_of(path: &Path) -> Result<Zeroizing<String>, Failure> {
    let mut text = Zeroizing::new(String::new());
    let read =
        fs::File::open(path).and_then(|file| file.take(FILE_BYTES_MAX).read_to_string(&mut text));
    read.map_err(|source| Failure::File { path: path.to_owned(), source })?;
    Ok(text)
}
