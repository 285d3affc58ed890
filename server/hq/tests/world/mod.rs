//! A folder with a headquarters and devices, each used through the program itself.

// Each test program uses a part of it.
#![allow(dead_code)]

use std::cell::RefCell;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value as Json;
use tempfile::TempDir;

/// How a command ended.
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) error: String,
}

impl Ended {
    /// It ended well; what it printed.
    #[track_caller]
    pub(crate) fn done(&self) -> &str {
        assert_eq!(self.code, 0, "{}{}", self.out, self.error);
        &self.out
    }

    /// It ended well and printed JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Json {
        serde_json::from_str(self.done()).unwrap()
    }

    /// It failed with this code and said this.
    #[track_caller]
    pub(crate) fn failed(&self, code: i32, saying: &str) {
        assert_eq!(self.code, code, "{}{}", self.out, self.error);
        assert!(self.error.contains(saying), "{}", self.error);
        assert!(!self.error.contains("panicked"), "{}", self.error);
    }
}

/// Runs the program.
pub(crate) fn kahriz(arguments: &[&str]) -> Ended {
    told(program().args(arguments).stdin(Stdio::null()).output().unwrap())
}

/// Runs the program and types this.
pub(crate) fn kahriz_typing(arguments: &[&str], typed: &str) -> Ended {
    let mut command = program();
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // It may have ended before it has read all.
    _ = child.stdin.take().unwrap().write_all(typed.as_bytes());
    told(child.wait_with_output().unwrap())
}

fn told(ended: std::process::Output) -> Ended {
    Ended {
        code: ended.status.code().unwrap_or(-1),
        out: String::from_utf8(ended.stdout).unwrap(),
        error: String::from_utf8(ended.stderr).unwrap(),
    }
}

fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_kahriz"))
}

/// A folder for everything.
pub(crate) struct World {
    folder: TempDir,
    hq: String,
    /// Where the relay was last served: on another port each time, so that tests don't meet.
    relay: RefCell<Option<String>>,
}

/// A headquarters that serves, or a device that does.
pub(crate) struct Server {
    child: Child,
}

impl World {
    /// With a founded workspace of two areas.
    pub(crate) fn founded() -> Self {
        Self::founded_with(|_| vec![])
    }

    /// The same, with more arguments, which may name places in the folder.
    pub(crate) fn founded_with(more: impl FnOnce(&Path) -> Vec<String>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let hq = folder.path().join("hq").to_str().unwrap().to_owned();
        let mut all =
            vec!["init", &hq, "--name", "Tracing", "--scope", "Ağdam:AGD", "--scope", "Füzuli:FUZ"];
        let more = more(folder.path());
        all.extend(more.iter().map(String::as_str));
        kahriz(&all).done();
        Self { folder, hq, relay: RefCell::default() }
    }

    /// Headquarters is another folder from now on.
    pub(crate) fn move_headquarters(&mut self, name: &str) {
        self.hq = self.path(name).to_str().unwrap().to_owned();
    }

    /// Where the relay was last served.
    pub(crate) fn relay_url(&self) -> String {
        self.relay.borrow().clone().unwrap()
    }

    /// The relay is somebody else's from now on.
    pub(crate) fn set_relay_url(&self, url: &str) {
        self.relay.replace(Some(url.to_owned()));
    }

    /// Headquarters' folder.
    pub(crate) fn hq(&self) -> &str {
        &self.hq
    }

    /// Where the relay was last served.
    pub(crate) fn relay(&self) -> String {
        self.relay.borrow().clone().unwrap()
    }

    /// A path in the folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Serves headquarters on free ports.
    pub(crate) fn serve(&self, more: &[&str]) -> Server {
        let mut command = program();
        command
            .args(["serve", &self.hq, "--listen", "127.0.0.1:0", "--page", "127.0.0.1:0"])
            .args(more);
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(child.stdout.take().unwrap()).lines();
        let relay = said.next().unwrap().unwrap().strip_prefix("Relay: ").unwrap().to_owned();
        let page = said.next().unwrap().unwrap();
        assert!(page.starts_with("Headquarters: http://127.0.0.1:"), "{page}");
        self.relay.replace(Some(relay));
        Server { child }
    }

    /// Lets a device serve nearby on a free port; what it said of where and how.
    pub(crate) fn serve_nearby(&self, name: &str, more: &[&str]) -> (Server, Json) {
        let store = self.path(name);
        let serve = ["--json", "device", "--store", store.to_str().unwrap(), "serve-nearby"];
        let mut command = program();
        command.args(serve).args(more).stdin(Stdio::null()).stderr(Stdio::null());
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut said = BufReader::new(child.stdout.take().unwrap()).lines();
        let said = serde_json::from_str(&said.next().unwrap().unwrap()).unwrap();
        (Server { child }, said)
    }

    /// A device command.
    pub(crate) fn device(&self, name: &str, arguments: &[&str]) -> Ended {
        let store = self.path(name);
        let mut all = vec!["device", "--store", store.to_str().unwrap()];
        all.extend(arguments);
        let relay = self.relay.borrow();
        let speaks =
            arguments.iter().any(|word| ["sync", "join", "deliver", "repair"].contains(word))
                && !arguments.contains(&"--relay");
        if let Some(relay) = relay.as_ref().filter(|_| speaks && name != "hq") {
            all.extend(["--relay", relay]);
        }
        kahriz(&all)
    }

    /// A device command on headquarters' own store.
    pub(crate) fn headquarters(&self, arguments: &[&str]) -> Ended {
        self.device("hq", arguments)
    }

    /// Invites a device and lets it ask; its code.
    pub(crate) fn ask_to_join(&self, name: &str) -> String {
        let invite =
            kahriz(&["--json", "invite", &self.hq]).json()["invite"].as_str().unwrap().to_owned();
        let asked = self.device(name, &["--json", "join", &invite, "--officer", name]);
        asked.json()["code"].as_str().unwrap().to_owned()
    }

    /// Invites a device, lets it ask, and admits it.
    pub(crate) fn join(&self, name: &str, how: &[&str]) {
        let code = self.ask_to_join(name);
        let admit = ["admit", &self.hq, "--code", &code];
        kahriz(&admit.iter().chain(how).copied().collect::<Vec<_>>()).done();
    }
}

impl Server {
    /// Ends it as Ctrl-C does.
    pub(crate) fn end(self) {
        assert!(self.ended("-INT").success());
    }

    /// It dies where it stands.
    pub(crate) fn die(self) {
        assert!(!self.ended("-KILL").success());
    }

    fn ended(mut self, how: &str) -> std::process::ExitStatus {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args([how, &id]).status().unwrap().success());
        self.child.wait().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // A test that failed leaves nothing running.
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

/// A network that answers everything with its own page.
pub(crate) fn captive_portal() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            _ = stream.read(&mut [0; 4096]);
            let page = "<html>Please log in</html>";
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: {}\r\n\r\n",
                page.len()
            );
            _ = stream.write_all(format!("{head}{page}").as_bytes());
        }
    });
    address
}
