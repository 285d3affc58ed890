//! `kahriz account` on the caller's side: a password is asked for, checked and hashed here, so that it goes nowhere
//! else.

use std::fs;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::{AccountError, Hash, check};
use crate::cli::{AccountCommand, AccountOrder};
use crate::failure::Failure;

/// What is to be done, in which headquarters.
pub(crate) fn order(command: AccountCommand) -> Result<(PathBuf, AccountOrder), Failure> {
    Ok(match command {
        AccountCommand::List { dir } => (dir, AccountOrder::List),
        AccountCommand::Remove { dir, name } => (dir, AccountOrder::Remove { name }),
        AccountCommand::Add { dir, name, role, password_file } => {
            let hash = password(&name, password_file.as_deref())?;
            (dir, AccountOrder::Add { name, role, hash })
        }
        AccountCommand::Password { dir, name, password_file } => {
            let hash = password(&name, password_file.as_deref())?;
            (dir, AccountOrder::Password { name, hash })
        }
    })
}

fn password(name: &str, file: Option<&Path>) -> Result<Hash, Failure> {
    let password = match file {
        Some(path) => first_line(path)?,
        None => asked_twice()?,
    };
    check(name, &password).map_err(AccountError::from)?;
    Ok(Hash::of(&password))
}

fn first_line(path: &Path) -> Result<Zeroizing<String>, Failure> {
    let text = fs::read_to_string(path).map(Zeroizing::new);
    let text = text.map_err(|source| Failure::File { path: path.to_owned(), source })?;
    Ok(Zeroizing::new(text.lines().next().unwrap_or_default().to_owned()))
}

fn asked_twice() -> Result<Zeroizing<String>, Failure> {
    let ask = |prompt: &str| {
        rpassword::prompt_password(prompt).map(Zeroizing::new).map_err(|_| Failure::NoTerminal)
    };
    let first = ask("Password: ")?;
    if *first != *ask("Again: ")? {
        return Err(Failure::PasswordsDiffer);
    }
    Ok(first)
}
