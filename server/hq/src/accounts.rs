//! Who may use headquarters' page: accounts, their passwords, and the sessions that follow from signing in.
//!
//! Accounts stand in headquarters' own encrypted store, so whoever lacks its key learns not even their names. A
//! password is kept as an Argon2id hash. Signing in gives a browser a session: a signed token that names the account,
//! ends by itself, and is refused once it was ended here. What the roles may do is decided at the page's door; this
//! module says who somebody is, and knows nothing of HTTP.

mod ask;
mod book;
mod delay;
mod once;
mod password;
mod role;
mod session;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kahriz_core::workspace::{ReadError, SaveError, Workspace};

pub(crate) use ask::order;
pub(crate) use book::{Account, list};
pub(crate) use delay::Wait;
pub(crate) use once::Once;
pub(crate) use password::{Hash, Unfit, check};
pub(crate) use role::Role;
pub(crate) use session::{IDLE_S, Session, text_of as random_text};

use delay::Delays;

/// Why an account could not be made or changed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AccountError {
    /// There is one of that name.
    #[error("there is an account of that name already")]
    Taken,
    /// There is none.
    #[error("there is no account of that name")]
    NoSuch,
    /// No such name can be given.
    #[error("a name has 1 to 64 letters, digits, spaces or . _ - @")]
    Name,
    /// The password would be guessed.
    #[error(transparent)]
    Unfit(#[from] Unfit),
    /// The one-time secret was used, or is none.
    #[error("this link was used already, or is not whole: start headquarters again for a new one")]
    Spent,
    /// The store.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The store.
    #[error(transparent)]
    Save(#[from] SaveError),
}

/// Why nobody was signed in.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refused {
    /// The name or the password: which of the two is not said, here or by how long it takes.
    #[error("the name or the password is not right")]
    Wrong,
    /// Too many have tried.
    #[error("too many attempts; wait")]
    Wait(Wait),
    /// The store.
    #[error(transparent)]
    Account(#[from] AccountError),
}

/// The accounts of one headquarters, while it serves.
pub(crate) struct Accounts {
    workspace: Arc<Workspace>,
    delays: Mutex<Delays>,
    /// Makes the first account.
    setup: Once,
    /// Signs one browser in without a password: the demo's.
    entry: Once,
    /// Only so many passwords are hashed at once: each takes 64 MiB.
    hashing: Mutex<()>,
}

impl Accounts {
    pub(crate) fn new(workspace: Arc<Workspace>) -> Self {
        Self {
            workspace,
            delays: Mutex::default(),
            setup: Once::default(),
            entry: Once::default(),
            hashing: Mutex::default(),
        }
    }

    /// A secret that makes the first account; none if there is an account.
    pub(crate) fn setup_secret(&self) -> Result<Option<String>, AccountError> {
        Ok(if book::is_empty(&self.workspace)? { Some(self.setup.draw(None)) } else { None })
    }

    /// Whether a first account can be made with this secret.
    pub(crate) fn may_set_up(&self, secret: &str) -> Result<bool, AccountError> {
        Ok(self.setup.holds(secret) && book::is_empty(&self.workspace)?)
    }

    /// Makes the first account, an administrator's. The secret is spent only when that went well.
    pub(crate) fn set_up(
        &self,
        secret: &str,
        name: &str,
        password: &str,
        now_ms: i64,
    ) -> Result<Session, AccountError> {
        if !self.may_set_up(secret)? {
            return Err(AccountError::Spent);
        }
        book::check_name(name)?;
        let hash = self.hash(name, password)?;
        // Of two browsers that come at once, one has spent it.
        self.setup.spend(secret).ok_or(AccountError::Spent)?;
        let account = book::add(&self.workspace, name, Role::Administrator, &hash, now_ms)?;
        session::begin(&self.workspace, &account, now_ms)
    }

    /// A secret that signs one browser in as this account.
    pub(crate) fn entry_secret(&self, name: &str) -> String {
        self.entry.draw(Some(name))
    }

    /// Signs in whoever brings that secret, once.
    pub(crate) fn enter(&self, secret: &str, now_ms: i64) -> Result<Session, AccountError> {
        let name = self.entry.spend(secret).flatten().ok_or(AccountError::Spent)?;
        let account = book::find(&self.workspace, &name)?.ok_or(AccountError::NoSuch)?;
        session::begin(&self.workspace, &account, now_ms)
    }

    /// Signs in by name and password. The same work is done whether there is such an account or not.
    pub(crate) fn sign_in(
        &self,
        name: &str,
        password: &str,
        now_ms: i64,
    ) -> Result<Session, Refused> {
        self.delays().try_now(name, now_ms).map_err(Refused::Wait)?;
        let found = book::find(&self.workspace, name).map_err(AccountError::from)?;
        let is_right = {
            let _one = self.hashing.lock().unwrap_or_else(PoisonError::into_inner);
            password::is_right(found.as_ref().map(|account| &account.hash), password)
        };
        match found.filter(|_| is_right) {
            Some(account) => {
                self.delays().forget(name);
                Ok(session::begin(&self.workspace, &account, now_ms)?)
            }
            None => Err(Refused::Wrong),
        }
    }

    /// Whose session a browser's token is; none if it has ended, was ended, or never was.
    pub(crate) fn recognise(&self, token: &str, now_ms: i64) -> Result<Option<Session>, ReadError> {
        session::recognise(&self.workspace, token, now_ms)
    }

    /// Ends a session before its time.
    pub(crate) fn sign_out(&self, session: &Session, now_ms: i64) -> Result<(), AccountError> {
        session::end(&self.workspace, session, now_ms)
    }

    /// Every account.
    pub(crate) fn list(&self) -> Result<Vec<Account>, ReadError> {
        list(&self.workspace)
    }

    /// Makes an account.
    pub(crate) fn add(
        &self,
        name: &str,
        role: Role,
        password: &str,
        now_ms: i64,
    ) -> Result<Account, AccountError> {
        let hash = self.hash(name, password)?;
        book::add(&self.workspace, name, role, &hash, now_ms)
    }

    /// Removes an account, with all its sessions.
    pub(crate) fn remove(&self, name: &str) -> Result<(), AccountError> {
        book::remove(&self.workspace, name)
    }

    /// Gives an account another password, and ends all its sessions.
    pub(crate) fn set_password(&self, name: &str, password: &str) -> Result<(), AccountError> {
        let hash = self.hash(name, password)?;
        book::set_password(&self.workspace, name, &hash)
    }

    /// Changes the own password, for whoever knows the present one. All sessions end; the one that this answers with
    /// begins.
    pub(crate) fn change_password(
        &self,
        name: &str,
        present: &str,
        password: &str,
        now_ms: i64,
    ) -> Result<Session, Refused> {
        let session = self.sign_in(name, present, now_ms)?;
        self.set_password(&session.name, password)?;
        let account = book::find(&self.workspace, name).map_err(AccountError::from)?;
        Ok(session::begin(&self.workspace, &account.ok_or(AccountError::NoSuch)?, now_ms)?)
    }

    fn hash(&self, name: &str, password: &str) -> Result<Hash, AccountError> {
        check(name, password)?;
        let _one = self.hashing.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(Hash::of(password))
    }

    fn delays(&self) -> MutexGuard<'_, Delays> {
        self.delays.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Carries out a change that came from the command line, where the password was hashed already.
pub(crate) fn add_hashed(
    workspace: &Workspace,
    name: &str,
    role: Role,
    hash: &Hash,
    now_ms: i64,
) -> Result<Account, AccountError> {
    book::add(workspace, name, role, hash, now_ms)
}

/// The same for another password.
pub(crate) fn set_hashed(
    workspace: &Workspace,
    name: &str,
    hash: &Hash,
) -> Result<(), AccountError> {
    book::set_password(workspace, name, hash)
}

/// The same for the end of an account.
pub(crate) fn remove(workspace: &Workspace, name: &str) -> Result<(), AccountError> {
    book::remove(workspace, name)
}

#[cfg(test)]
mod tests;
