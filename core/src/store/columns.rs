//! Ids and hashes as columns: the one place where a blob of the wrong length becomes an error.

use kahriz_proto::ids::{DeviceId, FrameHash, Incarnation, LogId, RecordId, ScopeId};
use rusqlite::Row;
use rusqlite::types::Type;

/// An id that is kept as a blob.
pub(crate) trait BlobId: Sized {
    /// The id in these bytes, if there are as many as it has.
    fn of(bytes: &[u8]) -> Option<Self>;
}

macro_rules! blob_id {
    ($($id:ty),*) => {
        $(impl BlobId for $id {
            fn of(bytes: &[u8]) -> Option<Self> {
                Self::from_slice(bytes)
            }
        })*
    };
}

blob_id!(DeviceId, FrameHash, Incarnation, LogId, RecordId, ScopeId);

impl<const N: usize> BlobId for [u8; N] {
    fn of(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok()
    }
}

/// Reads a column that holds an id.
pub(crate) fn id<T: BlobId>(row: &Row<'_>, column: usize) -> rusqlite::Result<T> {
    let bytes = row.get_ref(column)?.as_blob().unwrap_or_default();
    T::of(bytes).ok_or_else(|| {
        let damage = "an id of the wrong length".into();
        rusqlite::Error::FromSqlConversionFailure(column, Type::Blob, damage)
    })
}
