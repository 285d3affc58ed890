//! Letters: what a device has saved and nobody else has yet, sealed to headquarters alone.
//!
//! A phone that is locked, revoked, expired or wiped cannot read its own store any more. So each save is
//! also written, beside the store, into a letter that every headquarters and the recovery key can open and
//! the device itself cannot. What stands in it are [`Statement`]s: single changes, each signed by the
//! device, so that whoever holds only the key that deposits letters can forge nothing. Headquarters adopts
//! them under their author's name, with the author's own signature.
//!
//! Pure: the bytes of a letter, of the cover that a device keeps around it, and of a statement. The files
//! are `store`'s, what is done with them is `workspace`'s.

mod cover;
mod letter;
mod statement;

pub use cover::Cover;
pub use letter::{Contents, LETTER_BYTES_AIM, Letter, LetterError, LetterWriter, RECIPIENTS_MAX};
pub use statement::{Said, Signed, Statement};

#[cfg(test)]
mod tests;
