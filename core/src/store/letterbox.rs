//! The letters of a device: files in the folder `letters` of its store, outside of the database.
//!
//! They must outlive the database's key. A letter that is being written has room reserved in zeros, so that
//! adding to it moves no file's end and waits for one disk write only. A name is never used twice, and what
//! was delivered gets another ending and stays until it is known to have arrived.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

const FOLDER: &str = "letters";
const WRITTEN: &str = "letter";
const DELIVERED: &str = "delivered";
/// Room that is reserved at once: some hundred edits.
const RESERVED_BYTES: u64 = 64 * 1024;

/// The folder of a device's letters.
#[derive(Clone, Debug)]
pub(crate) struct Letterbox {
    folder: PathBuf,
}

/// A letter in the folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LetterFile {
    pub(crate) path: PathBuf,
    number: u64,
    /// Whether the relay has it.
    pub(crate) delivered: bool,
}

impl Letterbox {
    /// The letters of the store in this folder.
    pub(crate) fn of(store: &Path) -> Self {
        Self { folder: store.join(FOLDER) }
    }

    /// All letters, the oldest first. Whatever else lies in the folder is left alone.
    pub(crate) fn files(&self) -> io::Result<Vec<LetterFile>> {
        let mut files = vec![];
        match fs::read_dir(&self.folder) {
            Ok(entries) => {
                for entry in entries {
                    files.extend(LetterFile::of(entry?.path()));
                }
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        files.sort_by_key(|file| (file.number, file.delivered));
        Ok(files)
    }

    /// Begins a letter with these bytes; they are on the disk when this returns.
    pub(crate) fn begin(&self, bytes: &[u8]) -> io::Result<GrowingFile> {
        fs::create_dir_all(&self.folder)?;
        let number = self.files()?.last().map_or(1, |last| last.number + 1);
        let path = self.folder.join(format!("{number:08}.{WRITTEN}"));
        let file = OpenOptions::new().write(true).create_new(true).open(&path)?;
        let mut file = GrowingFile { file, path, end: 0, reserved: 0 };
        file.append(bytes)?;
        sync(&self.folder)?;
        sync(self.folder.parent().unwrap_or(&self.folder))?;
        Ok(file)
    }
}

impl LetterFile {
    fn of(path: PathBuf) -> Option<Self> {
        let number = path.file_stem()?.to_str()?.parse().ok()?;
        let delivered = match path.extension()?.to_str()? {
            WRITTEN => false,
            DELIVERED => true,
            _ => return None,
        };
        Some(Self { path, number, delivered })
    }

    /// Its bytes, reserved room among them.
    pub(crate) fn read(&self) -> io::Result<Vec<u8>> {
        fs::read(&self.path)
    }

    /// The relay has it: it is kept under another ending.
    pub(crate) fn mark_delivered(&self) -> io::Result<()> {
        fs::rename(&self.path, self.path.with_extension(DELIVERED))?;
        sync(self.path.parent().unwrap_or(&self.path))
    }

    /// Everything in it is known to have arrived.
    pub(crate) fn remove(&self) -> io::Result<()> {
        fs::remove_file(&self.path)
    }
}

/// A letter that is being written.
pub(crate) struct GrowingFile {
    file: File,
    path: PathBuf,
    end: u64,
    reserved: u64,
}

impl GrowingFile {
    /// Adds bytes; they are on the disk when this returns.
    pub(crate) fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let end = self.end + bytes.len() as u64;
        if end > self.reserved {
            self.reserve(end.next_multiple_of(RESERVED_BYTES))?;
        }
        self.file.seek(SeekFrom::Start(self.end))?;
        self.file.write_all(bytes)?;
        self.file.sync_data()?;
        self.end = end;
        Ok(())
    }

    /// Where it lies.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    fn reserve(&mut self, up_to: u64) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(self.reserved))?;
        let zeros = usize::try_from(up_to - self.reserved).unwrap_or_default();
        self.file.write_all(&vec![0; zeros])?;
        self.file.sync_all()?;
        self.reserved = up_to;
        Ok(())
    }
}

/// A new name in a folder is durable when the folder is.
#[cfg(unix)]
fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Windows keeps the names of a folder in its own journal and cannot sync one.
#[cfg(not(unix))]
fn sync(_: &Path) -> io::Result<()> {
    Ok(())
}
