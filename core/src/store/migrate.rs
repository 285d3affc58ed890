//! The versions of the schema, in order, and the way from any of them to the newest.
//!
//! A migration is added at the end and never edited: a phone that was in a drawer for two years walks the same path
//! as one that was updated every week. The version stands in `user_version`, and each step commits with its number,
//! so a killed upgrade goes on where it stopped. A file that is newer than this program is left alone.

use rusqlite::{Connection, TransactionBehavior};

/// The SQL that leads from one version to the next, as the files that are run in order.
type Migration = &'static [&'static str];

const MIGRATIONS: &[Migration] = &[
    &[include_str!("../../sql/0001_sync.sql"), include_str!("../../sql/0001_rows.sql")],
    &[include_str!("../../sql/0002_orders.sql")],
    &[include_str!("../../sql/0003_trust.sql")],
    &[include_str!("../../sql/0004_letters.sql")],
    &[include_str!("../../sql/0005_pipeline.sql")],
    &[include_str!("../../sql/0006_refusals.sql")],
    &[include_str!("../../sql/0007_rereads.sql")],
    &[include_str!("../../sql/0008_who_decided.sql")],
    &[include_str!("../../sql/0009_frames_by_row.sql")],
    &[include_str!("../../sql/0010_backed_up.sql")],
    &[include_str!("../../sql/0011_lives.sql")],
];

/// Why the schema could not be brought up to date.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MigrateError {
    /// A newer program wrote this store.
    #[error("the store has version {found}, this program knows versions up to {known}")]
    Newer {
        /// The version of the file.
        found: u32,
        /// The newest version that this program knows.
        known: u32,
    },
    /// The database refused.
    #[error(transparent)]
    Database(#[from] rusqlite::Error),
}

/// Brings the schema to the newest version. Nothing is written when it is there already.
pub(crate) fn run(connection: &mut Connection) -> Result<(), MigrateError> {
    upgrade(connection, MIGRATIONS)
}

fn upgrade(connection: &mut Connection, migrations: &[Migration]) -> Result<(), MigrateError> {
    let known = migrations.len() as u32;
    let found: u32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if found > known {
        return Err(MigrateError::Newer { found, known });
    }
    for (version, migration) in (1..=known).zip(migrations).skip(found as usize) {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for sql in *migration {
            transaction.execute_batch(sql)?;
        }
        transaction.pragma_update(None, "user_version", version)?;
        transaction.commit()?;
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const FIRST: Migration = &["CREATE TABLE visits (id INTEGER PRIMARY KEY, place TEXT);"];
    const SECOND: Migration =
        &["ALTER TABLE visits ADD COLUMN year INTEGER;", "UPDATE visits SET year = 1994;"];
    const BROKEN: Migration = &["CREATE TABLE half (id INTEGER);", "this is not SQL;"];

    fn version(connection: &Connection) -> u32 {
        connection.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap()
    }

    #[test]
    fn a_new_store_gets_the_newest_version_and_running_again_changes_nothing() {
        let mut connection = Connection::open_in_memory().unwrap();
        run(&mut connection).unwrap();
        assert_eq!(version(&connection), MIGRATIONS.len() as u32);
        run(&mut connection).unwrap();
        assert_eq!(version(&connection), MIGRATIONS.len() as u32);
    }

    #[test]
    fn an_old_store_keeps_what_it_holds_when_it_is_brought_up_to_date() {
        let mut connection = Connection::open_in_memory().unwrap();
        upgrade(&mut connection, &[FIRST]).unwrap();
        connection.execute("INSERT INTO visits (place) VALUES ('somewhere')", []).unwrap();
        upgrade(&mut connection, &[FIRST, SECOND]).unwrap();
        let row = connection
            .query_row("SELECT place, year FROM visits", [], |row| Ok((row.get(0)?, row.get(1)?)));
        assert_eq!(row.unwrap(), ("somewhere".to_owned(), 1994));
    }

    #[test]
    fn a_step_that_fails_leaves_nothing_behind() {
        let mut connection = Connection::open_in_memory().unwrap();
        assert!(upgrade(&mut connection, &[FIRST, BROKEN]).is_err());
        assert_eq!(version(&connection), 1);
        let half = connection.prepare("SELECT id FROM half");
        assert!(half.is_err());
    }

    #[test]
    fn a_store_of_a_newer_program_is_left_alone() {
        let mut connection = Connection::open_in_memory().unwrap();
        upgrade(&mut connection, &[FIRST, SECOND]).unwrap();
        let answer = upgrade(&mut connection, &[FIRST]);
        assert!(matches!(answer, Err(MigrateError::Newer { found: 2, known: 1 })));
    }
}
