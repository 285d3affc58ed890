//! A headquarters and a phone with a real relay between them, and the page over a real connection: what a test says
//! is what a browser would see.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use kahriz_core::drive::{self, Progress, Shell};
use kahriz_core::workspace::{Claimed, Founding, Profile, ScopeProfile, StoreKey, Workspace};
use kahriz_http::{HttpOptions, HttpTransport};
use kahriz_proto::ids::{RecordId, ScopeId};
use kahriz_proto::roster::Role;
use kahriz_relay::log::MemoryLog;
use kahriz_relay::{Registration, RelayConfig};
use rand::SeedableRng;
use rand::rngs::StdRng;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::watch;

use crate::page::{PageState, router};
use crate::sync_state::SyncState;

/// Headquarters, one phone, and the relay between them.
pub(crate) struct Field {
    pub(crate) headquarters: Arc<Workspace>,
    pub(crate) phone: Workspace,
    pub(crate) page: SocketAddr,
    pub(crate) sync: watch::Sender<SyncState>,
    relay_url: String,
    _runtime: Runtime,
    _folder: TempDir,
}

/// What the page answered.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

/// The machine's clock, little patience, and chance from a seed.
struct Brief(StdRng);

impl Shell for Brief {
    fn now_ms(&mut self) -> u64 {
        now().ms.cast_unsigned()
    }

    fn wait_until(&mut self, _: u64) -> bool {
        std::thread::sleep(std::time::Duration::from_millis(20));
        true
    }

    fn rng(&mut self) -> &mut dyn rand::rand_core::CryptoRng {
        &mut self.0
    }

    fn progress(&mut self, _: &Progress) {}
}

fn now() -> Claimed {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    Claimed { ms: i64::try_from(since.unwrap_or_default().as_millis()).unwrap_or_default() }
}

impl Field {
    /// Founds a workspace with one team and admits Leyla's phone to it.
    pub(crate) fn new() -> Self {
        let runtime = Runtime::new().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let (relay, page) = (listen(&runtime), listen(&runtime));
        let relay_url = format!("http://{}", relay.local_addr().unwrap());
        let page_address = page.local_addr().unwrap();
        let config = RelayConfig {
            registration: Registration::Open,
            free_bytes_min: 0,
            ..RelayConfig::default()
        };
        let log = Arc::new(MemoryLog::create().unwrap());
        runtime.spawn(kahriz_relay::serve(relay, log, config, std::future::pending()));
        let (headquarters, phone) = founded(&folder, &relay_url);
        let headquarters = Arc::new(headquarters);
        let (sync, watched) = watch::channel(SyncState::default());
        let state = PageState { workspace: headquarters.clone(), sync: watched };
        runtime.spawn(async move { axum::serve(page, router(state)).await });
        let field = Self {
            headquarters,
            phone,
            page: page_address,
            sync,
            relay_url,
            _runtime: runtime,
            _folder: folder,
        };
        field.sync();
        field
    }

    /// The only team.
    pub(crate) fn team(&self) -> ScopeId {
        self.headquarters.scopes()[0].id
    }

    /// Both sides push and pull until each has what the other has.
    pub(crate) fn sync(&self) {
        for workspace in [&self.phone, &*self.headquarters, &self.phone] {
            sync(workspace, &self.relay_url);
        }
    }

    /// A record that the phone makes and both have.
    pub(crate) fn record(&self, kind: &str, fields: &[(&str, &str)]) -> RecordId {
        let record = make(&self.phone, self.team(), kind, fields);
        self.sync();
        record
    }

    /// Both sides write to the same field without knowing of each other.
    pub(crate) fn contradict(
        &self,
        record: RecordId,
        field: &str,
        phone: &str,
        headquarters: &str,
    ) {
        write(&self.phone, record, field, phone);
        write(&self.headquarters, record, field, headquarters);
        self.sync();
    }

    /// What a browser on this machine gets.
    pub(crate) fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, &format!("Host: {}\r\n", self.page))
    }

    /// What whoever writes these headers gets.
    pub(crate) fn ask(&self, method: &str, path: &str, headers: &str) -> Answer {
        let mut stream = TcpStream::connect(self.page).unwrap();
        let request = format!("{method} {path} HTTP/1.1\r\n{headers}Connection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { status, head: head.to_lowercase(), body: body.to_owned() }
    }
}

/// A record on one device.
pub(crate) fn make(
    workspace: &Workspace,
    team: ScopeId,
    kind: &str,
    fields: &[(&str, &str)],
) -> RecordId {
    let mut draft = workspace.new_record(team, kind).unwrap();
    for (field, typed) in fields {
        draft.set_text(field, typed).unwrap();
    }
    draft.allow_incomplete();
    workspace.save(&draft, now()).unwrap().record
}

fn write(workspace: &Workspace, record: RecordId, field: &str, typed: &str) {
    let mut draft = workspace.edit(record).unwrap();
    draft.set_text(field, typed).unwrap();
    draft.allow_incomplete();
    workspace.save(&draft, now()).unwrap();
}

fn sync(workspace: &Workspace, relay_url: &str) {
    let mut line = line(relay_url);
    let report = drive::sync(workspace, &mut line, &mut brief()).unwrap();
    assert_eq!(report.failure, None);
}

fn founded(folder: &TempDir, relay_url: &str) -> (Workspace, Workspace) {
    let (key, mut rng) = (StoreKey::from_bytes([7; 32]), StdRng::seed_from_u64(1));
    let profile = |officer: &str, device: &str| Profile {
        officer: officer.to_owned(),
        device: device.to_owned(),
    };
    let founding = Founding {
        workspace_name: "Return to Ağdam".to_owned(),
        operator: profile("Rauf", "Headquarters"),
        scopes: vec![ScopeProfile { name: "Ağdam".to_owned(), prefix: "AGD".to_owned() }],
        relay_url: relay_url.to_owned(),
    };
    let at = |name: &str| folder.path().join(name);
    let (headquarters, _) =
        Workspace::found(&at("headquarters"), &key, &founding, now(), &mut rng).unwrap();
    let (mut line, mut shell) = (line(relay_url), brief());
    drive::publish_workspace(&headquarters, &mut line, &mut shell, "").unwrap();
    let expires_at = now().ms.cast_unsigned() / 1_000 + 600;
    let invite = headquarters.invite(expires_at, now(), &mut rng).unwrap();
    drive::publish_roster(&headquarters, &mut line, &mut shell).unwrap();
    let phone = Workspace::prepare_join(
        &at("phone"),
        &key,
        &invite,
        &profile("Leyla", "Phone 12"),
        &mut rng,
    )
    .unwrap();
    drive::join(&phone, &mut line, &mut shell).unwrap();
    let joins = drive::waiting_joins(&headquarters, &mut line, &mut shell).unwrap();
    let team = headquarters.scopes()[0].id;
    headquarters.admit(&joins[0], Role::Officer, &[team], now(), &mut rng).unwrap();
    drive::publish_roster(&headquarters, &mut line, &mut shell).unwrap();
    (headquarters, phone)
}

fn line(relay_url: &str) -> HttpTransport {
    HttpTransport::new(relay_url, &HttpOptions::default()).unwrap()
}

/// Another chance each time: the relay refuses a token that it has seen.
fn brief() -> Brief {
    static DRAWN: AtomicU64 = AtomicU64::new(2);
    Brief(StdRng::seed_from_u64(DRAWN.fetch_add(1, Ordering::Relaxed)))
}

fn listen(runtime: &Runtime) -> TcpListener {
    runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap()
}
