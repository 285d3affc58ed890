//! The canary: words that are typed on phones must be found nowhere on the relay: not in its files, its log, nor its
//! memory, in any form that a program may have left them in. Something that is sent in clear is found by the same
//! search, so the search can find.
//!
//! The relay is a process of its own (this test started anew), with its store on SQLite, debug logging on, and real
//! HTTP between.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

use base64::Engine;
use kahriz_core::drive::{self, Progress, Shell};
use kahriz_core::workspace::{Claimed, Founding, Profile, ScopeProfile, StoreKey, Workspace};
use kahriz_http::{HttpOptions, HttpTransport};
use kahriz_proto::roster::Role;
use kahriz_relay::log::SqliteLog;
use kahriz_relay::{Registration, Relay, RelayConfig};
use kahriz_tests::world::{clock, scratch_folder};
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

/// Typed into records and names.
const CANARY: &str = "Qaranquş-Ördək-7719";
/// Sent in clear, as the path of a request: the relay logs it.
const IN_THE_CLEAR: &str = "clear-Sərçə-4402";
const RELAY_HOME: &str = "KAHRIZ_CANARY_RELAY";

#[test]
fn what_is_typed_on_a_phone_is_nowhere_on_the_relay() {
    let folder = scratch_folder();
    let home = folder.path().join("relay");
    fs::create_dir_all(&home).unwrap();
    let mut relay = RelayProcess::start(&home);
    a_day_of_work(folder.path(), &relay.address);
    drop(std::net::TcpStream::connect(relay.address.trim_start_matches("http://")).map(|mut line| {
        let path: String = IN_THE_CLEAR.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let said = format!("GET /{IN_THE_CLEAR}/{path} HTTP/1.1\r\nhost: x\r\nx-clear: {IN_THE_CLEAR}\r\nconnection: close\r\n\r\n");
        line.write_all(said.as_bytes()).unwrap();
        let mut answer = vec![];
        line.read_to_end(&mut answer).unwrap();
    }));
    let places = relay.everything(&home);
    assert!(places.iter().map(|(_, bytes)| bytes.len()).sum::<usize>() > 1_000_000);
    for form in forms(CANARY) {
        for (name, bytes) in &places {
            assert!(!contains(bytes, &form.1), "the canary is in {name}, as {}", form.0);
        }
    }
    let found = |form: &[u8]| places.iter().any(|(_, bytes)| contains(bytes, form));
    assert!(
        found(IN_THE_CLEAR.as_bytes()),
        "what was sent in clear is not found: neither would be the canary"
    );
    assert!(found(b"application/cbor"));
    relay.stop();
}

/// Not a test of its own: the relay's process, when this program is started as one.
#[test]
fn the_relays_process() {
    let Some(home) = std::env::var_os(RELAY_HOME) else { return };
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
    /// The program `kahriz-relay` if it lies beside the tests, with debug logging; else this test as a relay.
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
        command.env("KAHRIZ_LOG", "debug").stdout(Stdio::piped()).stderr(log);
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

/// How a program may have left a text.
fn forms(text: &str) -> Vec<(&'static str, Vec<u8>)> {
    let standard = base64::engine::general_purpose::STANDARD_NO_PAD;
    let for_urls = base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let utf16 = |order: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(order).collect();
    let hex = |upper: bool| -> String {
        let digits = text
            .bytes()
            .map(|byte| if upper { format!("{byte:02X}") } else { format!("{byte:02x}") });
        digits.collect()
    };
    let mut forms = vec![
        ("text", text.as_bytes().to_vec()),
        ("UTF-16, low byte first", utf16(u16::to_le_bytes)),
        ("UTF-16, high byte first", utf16(u16::to_be_bytes)),
        ("hexadecimal", hex(false).into_bytes()),
        ("hexadecimal in capitals", hex(true).into_bytes()),
    ];
    forms.push(("its plain letters", b"Qaranqu".to_vec()));
    // Base64 of a text depends on where in three bytes it begins, and on what stands before and after it.
    for shift in 0..3 {
        let shifted = [&vec![b' '; shift][..], text.as_bytes()].concat();
        for engine in [&standard, &for_urls] {
            let encoded = engine.encode(&shifted);
            forms.push(("base64", encoded.as_bytes()[4..encoded.len() - 4].to_vec()));
        }
    }
    forms
}

fn contains(bytes: &[u8], form: &[u8]) -> bool {
    let first = form[0];
    let mut rest = bytes;
    while let Some(at) = rest.iter().position(|byte| *byte == first) {
        if rest[at..].starts_with(form) {
            return true;
        }
        rest = &rest[at + 1..];
    }
    false
}

/// A founding, a phone that joins, records and edits in both directions: the canary in every text there is.
fn a_day_of_work(folder: &Path, address: &str) {
    let mut shell = RealShell(ChaCha20Rng::seed_from_u64(5));
    let key = StoreKey::from_bytes([4; 32]);
    let now = Claimed { ms: i64::try_from(clock::real_ms()).unwrap() };
    let profile =
        |role: &str| Profile { officer: format!("{role} {CANARY}"), device: CANARY.into() };
    let founding = Founding {
        workspace_name: CANARY.into(),
        operator: profile("desk"),
        scopes: vec![ScopeProfile { name: CANARY.into(), prefix: "CAN".into() }],
        relay_url: address.to_owned(),
    };
    let (hq, _) = Workspace::found(&folder.join("hq"), &key, &founding, now, &mut shell.0).unwrap();
    let line = || HttpTransport::new(address, &HttpOptions::default()).unwrap();
    let (mut desk, mut phone) = (line(), line());
    drive::publish_workspace(&hq, &mut desk, &mut shell, "").unwrap();
    drive::sync(&hq, &mut desk, &mut shell).unwrap();
    let until = clock::real_ms() / 1_000 + 600;
    let invite = hq.invite(until, now, &mut shell.0).unwrap();
    drive::publish_roster(&hq, &mut desk, &mut shell).unwrap();
    let home = folder.join("phone");
    let officer =
        Workspace::prepare_join(&home, &key, &invite, &profile("officer"), &mut shell.0).unwrap();
    drive::join(&officer, &mut phone, &mut shell).unwrap();
    let join = drive::waiting_joins(&hq, &mut desk, &mut shell).unwrap().remove(0);
    let scope = hq.scopes()[0].id;
    hq.admit(&join, Role::Officer, &[scope], now, &mut shell.0).unwrap();
    drive::publish_roster(&hq, &mut desk, &mut shell).unwrap();
    drive::sync(&officer, &mut phone, &mut shell).unwrap();
    for (workspace, line) in [(&officer, &mut phone), (&hq, &mut desk)] {
        for kind in ["missing_person", "landmine_incident"] {
            let mut draft = workspace.new_record(scope, kind).unwrap();
            draft.allow_incomplete();
            let field = if kind == "missing_person" { "full_name" } else { "imsma_ref" };
            draft.set_text(field, CANARY).unwrap();
            let saved = workspace.save(&draft, now).unwrap();
            let mut edit = workspace.edit(saved.record).unwrap();
            edit.allow_incomplete();
            edit.set_text(field, &format!("again {CANARY}")).unwrap();
            workspace.save(&edit, now).unwrap();
        }
        let report = drive::sync(workspace, line, &mut shell).unwrap();
        assert_eq!((report.failure, report.frames_refused), (None, 0));
    }
    drive::sync(&officer, &mut phone, &mut shell).unwrap();
    assert_eq!(officer.status().unwrap().records, 4);
}

struct RealShell(ChaCha20Rng);

impl Shell for RealShell {
    fn now_ms(&mut self) -> u64 {
        clock::real_ms()
    }

    fn wait_until(&mut self, ms: u64) -> bool {
        let wait = ms.saturating_sub(clock::real_ms());
        std::thread::sleep(std::time::Duration::from_millis(wait));
        true
    }

    fn rng(&mut self) -> &mut dyn rand_core::CryptoRng {
        &mut self.0
    }

    fn progress(&mut self, _: &Progress) {}
}
