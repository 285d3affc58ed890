//! What a shell keeps in the store for itself: headquarters its accounts and its account of exports.
//!
//! Names and bytes, which the core neither reads nor syncs. They lie in the same encrypted file as everything else,
//! so a shell needs no second file with a key of its own. A *series* only grows: there is no way to change or take
//! back what was appended.

use super::{ReadError, SaveError, Workspace};
use crate::store::settings;

/// What begins the name of a shell's setting, so that it can never be one of the core's.
const NOTE: &str = "note:";
const SERIES: &str = "series:";

impl Workspace {
    /// What the shell keeps under a name.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn note(&self, name: &str) -> Result<Option<Vec<u8>>, ReadError> {
        let kept = self.store.read(|conn| settings::get(conn, &format!("{NOTE}{name}")))?;
        Ok(kept.map(|kept| kept.to_vec()))
    }

    /// Everything that the shell keeps under names that begin so, in the order of the names' bytes.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn notes(&self, beginning: &str) -> Result<Vec<(String, Vec<u8>)>, ReadError> {
        let found =
            self.store.read(|conn| settings::beginning(conn, &format!("{NOTE}{beginning}")))?;
        Ok(found.into_iter().map(|(name, value)| (name[NOTE.len()..].to_owned(), value)).collect())
    }

    /// Keeps a note in place of the one that is there. The store is one transaction for the whole of `change`, which
    /// is given what is kept now and answers with what to keep: so of two that come at once the second sees what the
    /// first has done. `None` keeps nothing.
    ///
    /// # Errors
    /// Those of `change`, and the database's; nothing is changed then.
    pub fn change_note<E: From<SaveError>>(
        &self,
        name: &str,
        change: impl FnOnce(Option<Vec<u8>>) -> Result<Option<Vec<u8>>, E>,
    ) -> Result<(), E> {
        let name = format!("{NOTE}{name}");
        self.store
            .write(|tx| {
                let kept = settings::get(tx, &name).map_err(Unchanged::Disk)?;
                match change(kept.map(|kept| kept.to_vec())).map_err(Unchanged::Refused)? {
                    Some(value) => settings::put(tx, &name, &value),
                    None => settings::remove(tx, &name),
                }
                .map_err(Unchanged::Disk)
            })
            .map_err(Unchanged::into_inner)
    }

    /// Appends to a series. `make` is given the latest part, if there is one, and the number of the new one, from 1.
    ///
    /// # Errors
    /// [`SaveError`]; nothing was appended then.
    pub fn append(
        &self,
        series: &str,
        make: impl FnOnce(Option<&[u8]>, u64) -> Vec<u8>,
    ) -> Result<u64, SaveError> {
        self.store.write(|tx| {
            let beginning = format!("{SERIES}{series}:");
            let latest = settings::last_beginning(tx, &beginning)?;
            let counted =
                latest.as_ref().map(|(name, _)| u64::from_str_radix(&name[beginning.len()..], 16));
            // A name that is no number stands after all numbers, and the next one is refused as taken.
            let number = counted.map_or(1, |counted| counted.unwrap_or(u64::MAX).saturating_add(1));
            let part = make(latest.as_ref().map(|(_, latest)| latest.as_slice()), number);
            settings::add(tx, &format!("{beginning}{number:016x}"), &part)?;
            Ok(number)
        })
    }

    /// All parts of a series, the oldest first.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn series(&self, series: &str) -> Result<Vec<Vec<u8>>, ReadError> {
        let parts =
            self.store.read(|conn| settings::beginning(conn, &format!("{SERIES}{series}:")))?;
        Ok(parts.into_iter().map(|(_, part)| part).collect())
    }
}

/// Why a note was not changed, while it is not yet known in whose words to say so.
enum Unchanged<E> {
    Refused(E),
    Disk(rusqlite::Error),
}

impl<E> From<rusqlite::Error> for Unchanged<E> {
    fn from(error: rusqlite::Error) -> Self {
        Self::Disk(error)
    }
}

impl<E: From<SaveError>> Unchanged<E> {
    fn into_inner(self) -> E {
        match self {
            Self::Refused(error) => error,
            Self::Disk(error) => SaveError::from(error).into(),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::{Claimed, Founding, Profile, ScopeProfile, StoreKey};
    use super::*;
    use crate::crypto::chance::SeededChance;
    use crate::store::scratch::Scratch;

    fn founded(scratch: &Scratch) -> Workspace {
        let founding = Founding {
            workspace_name: "Notes".into(),
            operator: Profile { officer: "Rauf".into(), device: "desk".into() },
            scopes: vec![ScopeProfile { name: "Ağdam".into(), prefix: "AGD".into() }],
            relay_url: "http://127.0.0.1:1".into(),
        };
        let (key, mut chance) = (StoreKey::from_bytes([5; 32]), SeededChance::new(1));
        let claimed = Claimed::default();
        Workspace::found(scratch.path(), &key, &founding, claimed, &mut chance).unwrap().0
    }

    fn keep(workspace: &Workspace, name: &str, value: Option<&[u8]>) {
        let kept: Result<(), SaveError> =
            workspace.change_note(name, |_| Ok(value.map(<[u8]>::to_vec)));
        kept.unwrap();
    }

    #[test]
    fn a_note_is_kept_replaced_and_forgotten() {
        let scratch = Scratch::new();
        let workspace = founded(&scratch);
        assert_eq!(workspace.note("account/rauf").unwrap(), None);
        keep(&workspace, "account/rauf", Some(b"1"));
        keep(&workspace, "account/aygün", Some(b"2"));
        keep(&workspace, "accounts", Some(b"3"));
        keep(&workspace, "account/rauf", Some(b"4"));
        let all = workspace.notes("account/").unwrap();
        assert_eq!(
            all,
            [
                ("account/aygün".to_owned(), b"2".to_vec()),
                ("account/rauf".to_owned(), b"4".to_vec())
            ]
        );
        keep(&workspace, "account/rauf", None);
        assert_eq!(workspace.notes("account/").unwrap().len(), 1);
    }

    #[test]
    fn a_change_that_is_refused_leaves_the_note_as_it_was() {
        let scratch = Scratch::new();
        let workspace = founded(&scratch);
        keep(&workspace, "rule", Some(b"old"));
        let refused = workspace.change_note("rule", |kept| {
            assert_eq!(kept.as_deref(), Some(&b"old"[..]));
            Err(SaveError::NotAllowed)
        });
        assert!(matches!(refused, Err(SaveError::NotAllowed)));
        assert_eq!(workspace.note("rule").unwrap().as_deref(), Some(&b"old"[..]));
    }

    #[test]
    fn no_note_reaches_the_cores_own_settings() {
        let scratch = Scratch::new();
        let workspace = founded(&scratch);
        assert_eq!(workspace.note("admin seed").unwrap(), None);
        keep(&workspace, "workspace name", Some(b"another"));
        assert_eq!(workspace.name(), "Notes");
    }

    #[test]
    fn a_series_grows_and_each_part_is_made_on_the_latest() {
        let scratch = Scratch::new();
        let workspace = founded(&scratch);
        for expected in 1..=20_u8 {
            let appended = workspace.append("exports", |latest, number| {
                let before = latest.map_or(0, |latest| latest[0]);
                assert_eq!((before + 1, number), (expected, u64::from(expected)));
                vec![before + 1]
            });
            assert_eq!(appended.unwrap(), u64::from(expected));
        }
        assert_eq!(workspace.series("exports").unwrap().concat(), (1..=20).collect::<Vec<u8>>());
        assert!(workspace.series("export").unwrap().is_empty(), "another series");
    }
}
