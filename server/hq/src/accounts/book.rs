//! The accounts as they are kept: one note of the store each.

use kahriz_core::workspace::{ReadError, Workspace};
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

use super::{AccountError, Hash, Role, random_text};

/// What begins the name of an account's note.
const NOTE: &str = "account/";
const NAME_LENGTH_MAX: usize = 64;

/// An account.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Account {
    /// As it was typed first.
    pub(crate) name: String,
    /// What it may do.
    pub(crate) role: Role,
    pub(super) hash: Hash,
    /// Drawn anew with each password: sessions of another stamp have ended, also those of an older account of the
    /// same name.
    pub(super) stamp: String,
    /// When it was made, as this machine's clock claimed.
    pub(crate) made_ms: i64,
}

/// The same name, however it is typed.
pub(super) fn key_of(name: &str) -> String {
    name.trim().nfkc().collect::<String>().to_lowercase()
}

pub(super) fn is_empty(workspace: &Workspace) -> Result<bool, ReadError> {
    Ok(workspace.notes(NOTE)?.is_empty())
}

/// Every account, by name. One whose note is damaged is left out: it can sign in no more.
pub(crate) fn list(workspace: &Workspace) -> Result<Vec<Account>, ReadError> {
    let notes = workspace.notes(NOTE)?;
    Ok(notes.iter().filter_map(|(_, note)| read(note)).collect())
}

pub(super) fn find(workspace: &Workspace, name: &str) -> Result<Option<Account>, ReadError> {
    Ok(workspace.note(&note_of(name))?.and_then(|note| read(&note)))
}

pub(super) fn add(
    workspace: &Workspace,
    name: &str,
    role: Role,
    hash: &Hash,
    now_ms: i64,
) -> Result<Account, AccountError> {
    check_name(name)?;
    let name = name.trim().to_owned();
    let note = note_of(&name);
    let account =
        Account { name, role, hash: hash.clone(), stamp: random_text::<16>(), made_ms: now_ms };
    workspace.change_note(&note, |kept| match kept {
        Some(_) => Err(AccountError::Taken),
        None => Ok(Some(write(&account))),
    })?;
    Ok(account)
}

/// Whether an account can be called so.
pub(super) fn check_name(name: &str) -> Result<(), AccountError> {
    let is_sign = |letter: char| letter.is_alphanumeric() || " ._-@".contains(letter);
    let (name, length) = (name.trim(), name.trim().chars().count());
    let is_name = (1..=NAME_LENGTH_MAX).contains(&length) && name.chars().all(is_sign);
    is_name.then_some(()).ok_or(AccountError::Name)
}

pub(super) fn remove(workspace: &Workspace, name: &str) -> Result<(), AccountError> {
    workspace.change_note(&note_of(name), |kept| kept.map(|_| None).ok_or(AccountError::NoSuch))
}

pub(super) fn set_password(
    workspace: &Workspace,
    name: &str,
    hash: &Hash,
) -> Result<(), AccountError> {
    workspace.change_note(&note_of(name), |kept| {
        let account = kept.and_then(|note| read(&note)).ok_or(AccountError::NoSuch)?;
        let changed = Account { hash: hash.clone(), stamp: random_text::<16>(), ..account };
        Ok(Some(write(&changed)))
    })
}

fn note_of(name: &str) -> String {
    format!("{NOTE}{}", key_of(name))
}

fn write(account: &Account) -> Vec<u8> {
    serde_json::to_vec(account).expect("an account is plain text")
}

fn read(note: &[u8]) -> Option<Account> {
    let account = serde_json::from_slice(note);
    if account.is_err() {
        tracing::warn!("the note of an account is damaged; remove the account and make it again");
    }
    account.ok()
}
