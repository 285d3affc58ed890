//! Searching all that a process has in its memory for many things at once.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

/// Something to look for.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Pattern {
    /// What it is, as a failure says it.
    pub(crate) name: &'static str,
    form: &'static str,
    bytes: Vec<u8>,
}

/// Where something was found.
#[derive(Debug)]
pub(crate) struct Hit {
    #[expect(dead_code, reason = "shown by a failure")]
    what: (&'static str, &'static str),
    #[expect(dead_code, reason = "shown by a failure")]
    places: Vec<String>,
}

impl Pattern {
    pub(crate) fn bytes(name: &'static str, bytes: &[u8]) -> Self {
        Self { name, form: "bytes", bytes: bytes.to_vec() }
    }

    pub(crate) fn text(name: &'static str, text: &str) -> Self {
        Self { name, form: "text", bytes: text.as_bytes().to_vec() }
    }

    pub(crate) fn utf16(name: &'static str, text: &str) -> Self {
        Self {
            name,
            form: "UTF-16",
            bytes: text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        }
    }

    pub(crate) fn hex(name: &'static str, bytes: &[u8]) -> Self {
        let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        Self { name, form: "hexadecimal", bytes: digits.into_bytes() }
    }
}

/// Those of the patterns that are in the process's memory, each once.
pub(crate) fn search(process: u32, patterns: &[Pattern]) -> Vec<Hit> {
    let mut places = vec![Vec::new(); patterns.len()];
    // By their first two bytes, since most places begin none.
    let mut begins = vec![Vec::new(); 1 << 16];
    for (number, pattern) in patterns.iter().enumerate() {
        begins[usize::from(u16::from_be_bytes([pattern.bytes[0], pattern.bytes[1]]))].push(number);
    }
    for (name, bytes) in regions(process) {
        for (at, pair) in bytes.windows(2).enumerate() {
            for &number in &begins[usize::from(u16::from_be_bytes([pair[0], pair[1]]))] {
                if bytes[at..].starts_with(&patterns[number].bytes) {
                    places[number].push(format!("{name} +{at:#x}"));
                }
            }
        }
    }
    let found = patterns.iter().zip(places).filter(|(_, places)| !places.is_empty());
    found.map(|(pattern, places)| Hit { what: (pattern.name, pattern.form), places }).collect()
}

/// All memory that can be read, each part with its line in the map.
fn regions(process: u32) -> Vec<(String, Vec<u8>)> {
    let process = Path::new("/proc").join(process.to_string());
    let maps = fs::read_to_string(process.join("maps")).unwrap();
    let mut memory = File::open(process.join("mem")).unwrap();
    let mut regions = vec![];
    for line in maps.lines().filter(|line| line.split(' ').nth(1).unwrap().starts_with('r')) {
        let (from, to) = line.split(' ').next().unwrap().split_once('-').unwrap();
        let number = |hex| u64::from_str_radix(hex, 16).unwrap();
        let mut bytes = vec![0; usize::try_from(number(to) - number(from)).unwrap()];
        // Some maps are the kernel's and cannot be read.
        if memory.seek(SeekFrom::Start(number(from))).is_ok()
            && memory.read_exact(&mut bytes).is_ok()
        {
            regions.push((line.to_owned(), bytes));
        }
    }
    assert!(regions.iter().map(|(_, bytes)| bytes.len()).sum::<usize>() > 1_000_000);
    regions
}
