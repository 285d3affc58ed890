//! The tap: the file calls of this process, written down on their way to the system.
//!
//! A program that defines `write` is called in the C library's place, by SQLite and by Rust's own library alike; what
//! comes here goes on to the system as it is. Below the watched folder it is also recorded, and may be made to fail.
//! What is mapped into memory is not seen: that is SQLite's `-shm` alone, which no recovery reads.
//!
//! Linux only; elsewhere nothing is recorded, and the tests that need it say so.

mod calls;
mod watch;

pub use watch::{Calls, Fault, Watching, watch};

use crate::op::Laid;
use std::fs;
use std::path::Path;

/// Everything below a folder, as the system shows it.
///
/// # Panics
/// If it cannot be read.
#[must_use]
pub fn read_all(root: &Path) -> Laid {
    let mut laid = Laid::default();
    if root.is_dir() {
        read_into(&mut laid, root);
    }
    laid
}

fn read_into(laid: &mut Laid, folder: &Path) {
    laid.folders.push(folder.to_owned());
    let mut entries: Vec<_> = fs::read_dir(folder)
        .expect("the folder can be read")
        .map(|entry| entry.expect("the folder can be read").path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            read_into(laid, &path);
        } else {
            let content = fs::read(&path).expect("the file can be read");
            laid.files.push((path, content));
        }
    }
}
