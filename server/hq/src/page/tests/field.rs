//! A headquarters and a phone with a real relay between them, and the page over a real connection: what a test says
//! is what a browser would see.

mod parting;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use kahriz_core::drive::{self, Progress, Shell, SyncError};
use kahriz_core::workspace::{Claimed, Founding, Profile, ScopeProfile, StoreKey, Workspace};
use kahriz_http::{HttpOptions, HttpTransport};
use kahriz_proto::ids::{RecordId, ScopeId};
use kahriz_proto::join::Invite;
use kahriz_proto::roster::Role;
use kahriz_relay::log::MemoryLog;
use kahriz_relay::{Registration, RelayConfig};
use rand::SeedableRng;
use rand::rngs::StdRng;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::watch;

use crate::accounts::{Accounts, Role as AccountRole};
use crate::bell::Bell;
use crate::operate::{Joins, Serving};
use crate::page::typed::folded;
use crate::page::{PageState, router};
use crate::sync_state::SyncState;

/// Headquarters, one phone, and the relay between them.
pub(crate) struct Field {
    pub(crate) headquarters: Arc<Workspace>,
    pub(crate) phone: Workspace,
    pub(crate) page: SocketAddr,
    pub(crate) sync: watch::Sender<SyncState>,
    pub(crate) accounts: Arc<Accounts>,
    /// Whose browser asks.
    pub(crate) browser: Browser,
    relay_url: String,
    _runtime: Runtime,
    folder: TempDir,
}

/// What a browser has of its session.
#[derive(Clone, Default)]
pub(crate) struct Browser {
    pub(crate) cookie: String,
    pub(crate) form_token: String,
}

/// Of every account here.
pub(crate) const PASSWORD: &str = "dörd qara qoyun bir körpü";

/// What the page answered.
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// In small letters.
    pub(crate) head: String,
    /// The session that was set, if one was.
    pub(crate) cookies: Vec<String>,
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
        let serving = Serving {
            relay_url: relay_url.clone(),
            pin: None,
            bell: Bell::default(),
            state: watched,
            joins: Joins::Announce,
            backups: None,
        };
        let accounts = Arc::new(Accounts::new(headquarters.clone()));
        let state =
            PageState { workspace: headquarters.clone(), serving, accounts: accounts.clone() };
        runtime.spawn(async move { axum::serve(page, router(state)).await });
        let mut field = Self {
            accounts,
            browser: Browser::default(),
            headquarters,
            phone,
            page: page_address,
            sync,
            relay_url,
            _runtime: runtime,
            folder,
        };
        field.sync();
        field.browser = field.account("Aygün", AccountRole::Administrator);
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

    /// Makes an account and signs it in.
    pub(crate) fn account(&self, name: &str, role: AccountRole) -> Browser {
        self.accounts.add(name, role, PASSWORD, now().ms).unwrap();
        self.browser_of(&self.accounts.sign_in(name, PASSWORD, now().ms).unwrap())
    }

    /// What a browser has after that.
    fn browser_of(&self, session: &crate::accounts::Session) -> Browser {
        let workspace = self.headquarters.id().to_string();
        let token = session.renewed.as_ref().unwrap();
        Browser {
            cookie: format!("kahriz-session-{}={token}", &workspace[..8]),
            form_token: session.form_token.clone(),
        }
    }

    /// Another phone, that asks to join with an invite; its code.
    pub(crate) fn ask_to_join(&self, officer: &str, invite: &Invite) -> String {
        let (key, mut rng) = (StoreKey::from_bytes([9; 32]), StdRng::seed_from_u64(drawn()));
        let at = self.folder.path().join(officer);
        let profile = Profile { officer: officer.to_owned(), device: "a phone".to_owned() };
        let phone = Workspace::prepare_join(&at, &key, invite, &profile, &mut rng).unwrap();
        // One that comes second is told so, and headquarters as well.
        let asked = drive::join(&phone, &mut line(&self.relay_url), &mut brief());
        assert!(matches!(asked, Ok(()) | Err(SyncError::InviteTaken)), "{asked:?}");
        phone.own_short_code().unwrap().unwrap()
    }

    /// An invite that the relay knows.
    pub(crate) fn invite(&self) -> Invite {
        let expires_at = now().ms.cast_unsigned() / 1_000 + 600;
        let mut rng = StdRng::seed_from_u64(drawn());
        let invite = self.headquarters.invite(expires_at, now(), &mut rng).unwrap();
        drive::publish_roster(&self.headquarters, &mut line(&self.relay_url), &mut brief())
            .unwrap();
        invite
    }

    /// Sends a form of one of our pages.
    pub(crate) fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let browser = self.browser.clone();
        self.post_as(&browser, path, fields)
    }

    /// The same from another browser.
    pub(crate) fn post_as(&self, browser: &Browser, path: &str, fields: &[(&str, &str)]) -> Answer {
        let token = [("form_token", browser.form_token.as_str())];
        let origin = format!("Host: {0}\r\nOrigin: http://{0}\r\n", self.page);
        let headers = format!("{origin}Cookie: {}\r\n", browser.cookie);
        self.send(path, &headers, &[&token, fields].concat())
    }

    /// Sends a form with exactly these headers and fields.
    pub(crate) fn send(&self, path: &str, headers: &str, fields: &[(&str, &str)]) -> Answer {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let body = folded(&fields.iter().map(owned).collect::<Vec<_>>());
        let form = format!(
            "{headers}Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n",
            body.len()
        );
        self.raw("POST", path, &form, &body)
    }

    /// What a browser on this machine gets.
    pub(crate) fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, &format!("Host: {}\r\n", self.page))
    }

    /// What whoever writes these headers gets.
    pub(crate) fn ask(&self, method: &str, path: &str, headers: &str) -> Answer {
        self.raw(method, path, &format!("{headers}Cookie: {}\r\n", self.browser.cookie), "")
    }

    /// What whoever is not signed in gets.
    pub(crate) fn stranger(&self, path: &str) -> Answer {
        self.raw("GET", path, &format!("Host: {}\r\n", self.page), "")
    }

    /// What another browser gets.
    pub(crate) fn get_as(&self, browser: &Browser, path: &str) -> Answer {
        let headers = format!("Host: {}\r\nCookie: {}\r\n", self.page, browser.cookie);
        self.raw("GET", path, &headers, "")
    }

    fn raw(&self, method: &str, path: &str, headers: &str, body: &str) -> Answer {
        let mut stream = TcpStream::connect(self.page).unwrap();
        let request =
            format!("{method} {path} HTTP/1.1\r\n{headers}Connection: close\r\n\r\n{body}");
        stream.write_all(request.as_bytes()).unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
        let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
        let body = String::from_utf8(bytes[end + 4..].to_vec()).unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { status, cookies: cookies(&head), head: head.to_lowercase(), body }
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
    Brief(StdRng::seed_from_u64(drawn()))
}

fn drawn() -> u64 {
    static DRAWN: AtomicU64 = AtomicU64::new(2);
    DRAWN.fetch_add(1, Ordering::Relaxed)
}

fn cookies(head: &str) -> Vec<String> {
    let lines = head.lines().filter_map(|line| line.split_once(": "));
    let set = lines.filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie"));
    set.map(|(_, cookie)| cookie.to_owned()).collect()
}

fn listen(runtime: &Runtime) -> TcpListener {
    runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap()
}
