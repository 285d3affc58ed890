//! The canaries: 64 words that are typed on phones must be found nowhere on the relay nor on the way to it: not in its
//! files, its log, its memory, nor the traffic, in any form that a program may have left them in. Something that is sent in clear is found by the same
//! search, so the search can find.
//!
//! The relay is a process of its own (this test started anew), with its store on SQLite, all logging on, and real
//! HTTP between, over a line that keeps what passes in both directions.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

#[path = "canary/day.rs"]
mod day;
#[path = "canary/forms.rs"]
mod forms;
#[path = "canary/tap.rs"]
mod tap;
#[path = "canary/words.rs"]
mod words;

use forms::Form;
use kahriz_relay::log::SqliteLog;
use kahriz_relay::{Registration, Relay, RelayConfig};
use kahriz_tests::world::scratch_folder;
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use tap::Tap;
use tracing_subscriber::filter::LevelFilter;

/// Sent in clear, as the path of a request: the relay logs it.
const IN_THE_CLEAR: &str = "clear-Sərçə-4402";
const RELAY_HOME: &str = "KAHRIZ_CANARY_RELAY";

#[test]
fn what_is_typed_on_a_phone_is_nowhere_on_the_relay_nor_on_the_line() {
    let folder = scratch_folder();
    let home = folder.path().join("relay");
    fs::create_dir_all(&home).unwrap();
    let mut relay = RelayProcess::start(&home);
    let tap = Tap::on(&relay.address);
    day::of_work(folder.path(), &tap.address);
    say_in_the_clear(&tap.address);
    let mut places = relay.everything(&home);
    places.extend(tap.heard());
    relay.stop();
    is_a_real_search(&places);
    let canaries = words::all();
    let hits = search(&places, &canaries);
    for hit in &hits {
        writeln!(std::io::stdout(), "{hit}").unwrap();
    }
    let bytes: usize = places.iter().map(|(_, bytes)| bytes.len()).sum();
    let said = format!(
        "\n{} canaries: {} hits ({} places, {} MB: files, log, memory, traffic)",
        canaries.len(),
        hits.len(),
        places.len(),
        bytes / 1_000_000
    );
    writeln!(std::io::stdout(), "{said}").unwrap();
    assert_eq!((canaries.len(), hits.len()), (64, 0));
}

/// The same search finds what was sent in clear, in the log, in memory and on the line; and what it looks through is
/// what it is said to be.
fn is_a_real_search(places: &[(String, Vec<u8>)]) {
    let hits = search(places, &[IN_THE_CLEAR.to_owned()]);
    for place in ["log.txt", "memory", "line up"] {
        assert!(hits.iter().any(|hit| hit.contains(place)), "not found in {place}: {hits:?}");
    }
    let has =
        |part: &str| places.iter().any(|(name, bytes)| name.contains(part) && !bytes.is_empty());
    assert!(has("-wal") && has("line down") && has("[heap]"), "a place is missing");
    let log = places.iter().find(|(name, _)| name.ends_with("log.txt")).unwrap();
    assert!(
        String::from_utf8_lossy(&log.1).contains("DEBUG"),
        "the log is not as talkative as it can be"
    );
}

/// Where any of these texts is, in any form.
fn search(places: &[(String, Vec<u8>)], texts: &[String]) -> Vec<String> {
    let forms: Vec<Form> = texts.iter().flat_map(|text| forms::of(text)).collect();
    let bytes = forms.iter().map(|form| &form.bytes);
    let search = aho_corasick::AhoCorasick::new(bytes).unwrap();
    let mut hits = BTreeSet::new();
    for (name, bytes) in places {
        for found in search.find_overlapping_iter(bytes) {
            let form = &forms[found.pattern().as_usize()];
            hits.insert(format!("'{}' is in {name}, as {}", form.of, form.name));
        }
    }
    hits.into_iter().collect()
}

fn say_in_the_clear(address: &str) {
    let mut line = TcpStream::connect(address.trim_start_matches("http://")).unwrap();
    let path: String = IN_THE_CLEAR.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let said = format!(
        "GET /{IN_THE_CLEAR}/{path} HTTP/1.1\r\nhost: x\r\nx-clear: {IN_THE_CLEAR}\r\nconnection: close\r\n\r\n"
    );
    line.write_all(said.as_bytes()).unwrap();
    let mut answer = vec![];
    line.read_to_end(&mut answer).unwrap();
}

/// Not a test of its own: the relay's process, when this program is started as one.
#[test]
fn the_relays_process() {
    let Some(home) = std::env::var_os(RELAY_HOME) else { return };
    tracing_subscriber::fmt()
        .with_max_level(LevelFilter::TRACE)
        .with_writer(std::io::stderr)
        .init();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let log = Arc::new(SqliteLog::open(Path::new(&home)).unwrap());
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        writeln!(std::io::stdout(), "\nready on {}", listener.local_addr().unwrap()).unwrap();
        let config = RelayConfig {
            registration: Registration::Open,
            free_bytes_min: 0,
            ..RelayConfig::default()
        };
        let relay = Relay::start(log, config).unwrap();
        relay.serve(listener, std::future::pending()).await.unwrap();
    });
}

struct RelayProcess {
    child: Child,
    address: String,
}

impl RelayProcess {
    /// The program `kahriz-relay` if it lies beside the tests, with all its logging; else this test as a relay.
    fn start(home: &Path) -> Self {
        let log = File::create(home.join("log.txt")).unwrap();
        let own = std::env::current_exe().unwrap();
        let built = own.parent().and_then(Path::parent).unwrap().join("kahriz-relay");
        let mut command = if built.is_file() {
            let mut command = Command::new(built);
            command.args([
                "serve",
                "--open-registration",
                "--listen",
                "127.0.0.1:0",
                "--keep-free",
                "0",
            ]);
            command.arg("--store").arg(home.join("store"));
            command
        } else {
            let mut command = Command::new(own);
            command.args(["--exact", "the_relays_process", "--nocapture"]);
            command.env(RELAY_HOME, home.join("store"));
            command
        };
        command.env("KAHRIZ_LOG", "trace").stdout(Stdio::piped()).stderr(log);
        let mut child = command.spawn().unwrap();
        let said = BufReader::new(child.stdout.take().unwrap()).lines();
        let ready = said.map(Result::unwrap).find(|line| line.contains("ready on")).unwrap();
        let address = ready.rsplit(' ').next().unwrap().trim_start_matches("http://");
        Self { child, address: format!("http://{address}") }
    }

    /// Its files and its memory, each with a name.
    fn everything(&self, home: &Path) -> Vec<(String, Vec<u8>)> {
        let mut places = vec![];
        files_below(home, &mut places);
        let process = Path::new("/proc").join(self.child.id().to_string());
        let maps = fs::read_to_string(process.join("maps")).unwrap();
        let mut memory = File::open(process.join("mem")).unwrap();
        for line in maps.lines().filter(|line| line.split(' ').nth(1).unwrap().starts_with('r')) {
            let (from, to) = line.split(' ').next().unwrap().split_once('-').unwrap();
            let number = |hex| u64::from_str_radix(hex, 16).unwrap();
            let mut bytes = vec![0; usize::try_from(number(to) - number(from)).unwrap()];
            // Some maps are the kernel's and cannot be read.
            if memory.seek(SeekFrom::Start(number(from))).is_ok()
                && memory.read_exact(&mut bytes).is_ok()
            {
                places.push((format!("memory {line}"), bytes));
            }
        }
        places
    }

    fn stop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for RelayProcess {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn files_below(folder: &Path, places: &mut Vec<(String, Vec<u8>)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files_below(&path, places);
        } else {
            places.push((path.display().to_string(), fs::read(&path).unwrap()));
        }
    }
}
