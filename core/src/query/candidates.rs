//! The part of a question that full text and the map's index answer: which rows come into question at all.
//!
//! Both indexes know nothing of the other filters, so they give ids, and the walk over `rows_listed` keeps those that
//! pass. Few ids are looked up one by one; many are kept beside the walk.

use rusqlite::Connection;

use super::Query;
use super::near::within;
use crate::fold::{self, QueryWord};

/// A row costs about ten times as much to look up as to walk by, and a phone may hold a hundred thousand.
const FEW: usize = 8_192;

/// Rows that come into question, by id, each with its distance in metres if one was asked for.
pub(super) struct Candidates(Vec<(i64, Option<f64>)>);

impl Candidates {
    /// `None` if the question has neither words nor a place: then every row comes into question.
    pub(super) fn of(connection: &Connection, query: &Query) -> rusqlite::Result<Option<Self>> {
        let words = query.text.as_deref().and_then(match_expression);
        let worded = words.map(|words| mentioning(connection, &words)).transpose()?;
        let close = query.near.map(|near| within(connection, near)).transpose()?;
        Ok(match (worded, close) {
            (None, None) => None,
            (Some(ids), None) => Some(Self(ids.into_iter().map(|id| (id, None)).collect())),
            (None, Some(close)) => Some(Self::close(close)),
            (Some(ids), Some(mut close)) => {
                close.retain(|(id, _)| ids.binary_search(id).is_ok());
                Some(Self::close(close))
            }
        })
    }

    fn close(close: Vec<(i64, f64)>) -> Self {
        Self(close.into_iter().map(|(id, metres)| (id, Some(metres))).collect())
    }

    /// Whether looking them up one by one costs less than a walk over the whole index.
    pub(super) fn are_few(&self) -> bool {
        self.0.len() <= FEW
    }

    pub(super) fn ids(&self) -> impl Iterator<Item = i64> {
        self.0.iter().map(|(id, _)| *id)
    }

    /// Whether a row comes into question, and its distance.
    pub(super) fn get(&self, id: i64) -> Option<Option<f64>> {
        self.0.binary_search_by_key(&id, |(id, _)| *id).ok().map(|index| self.0[index].1)
    }
}

/// Ids of the rows that match a full-text expression, ascending.
fn mentioning(connection: &Connection, words: &str) -> rusqlite::Result<Vec<i64>> {
    let mut statement =
        connection.prepare_cached("SELECT rowid FROM row_words WHERE row_words MATCH ?1")?;
    let mut ids =
        statement.query_map([words], |row| row.get(0))?.collect::<rusqlite::Result<Vec<i64>>>()?;
    // The index gives them in order; a sorted list costs nothing to sort again, and the search below relies on it.
    ids.sort_unstable();
    Ok(ids)
}

/// All words of a question as an FTS5 expression; `None` if there is no word in the text.
fn match_expression(text: &str) -> Option<String> {
    let words = fold::query_tokens(text);
    (!words.is_empty()).then(|| words.iter().map(one_word).collect::<Vec<_>>().join(" AND "))
}

fn one_word(word: &QueryWord) -> String {
    let beginnings = [Some(&word.exact), Some(&word.loose).filter(|loose| **loose != word.exact)];
    let mut keys: Vec<String> =
        beginnings.into_iter().flatten().map(|key| format!("{}*", quoted(key))).collect();
    keys.extend(word.skeleton.as_deref().map(quoted));
    format!("({})", keys.join(" OR "))
}

/// Keys are letters and digits; quotes keep FTS5 from taking one for its own word, such as NOT.
fn quoted(key: &str) -> String {
    format!("\"{}\"", key.replace('"', ""))
}
