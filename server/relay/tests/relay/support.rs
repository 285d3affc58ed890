//! A relay on a free port, and a client that counts every byte.

use kahriz_proto::cursor::Cursor;
use kahriz_proto::frame::Frame;
use kahriz_proto::ids::ScopeId;
use kahriz_proto::item::{PageItem, push_item, read_varint};
use kahriz_proto::message::{Refusal, SyncAnswer, SyncRequest};
use kahriz_proto::repair::RepairRequest;
use kahriz_relay::log::{Log, MemoryLog};
use kahriz_relay::testing::{Device, Organisation, token_for};
use kahriz_relay::{Relay, RelayConfig};
use minicbor::{Decode, Encode};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// A running relay.
pub(crate) struct Running {
    pub(crate) relay: Relay,
    pub(crate) address: String,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Running {
    /// A relay in memory that knows an organisation.
    pub(crate) async fn with(organisation: &Organisation) -> Self {
        let log = Arc::new(MemoryLog::create().unwrap());
        let running = Self::start(log, RelayConfig::default()).await;
        running.relay.register(organisation.entries.clone()).await.unwrap();
        running
    }

    pub(crate) async fn start(log: Arc<dyn Log>, config: RelayConfig) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let relay = Relay::start(log, config).unwrap();
        let (stop, stopped) = oneshot::channel();
        let serving = relay.clone();
        let task = tokio::spawn(async move {
            serving.serve(listener, async { _ = stopped.await }).await.unwrap();
        });
        Self { relay, address, stop, task }
    }

    /// Shuts down in order.
    pub(crate) async fn stop(self) {
        _ = self.stop.send(());
        self.task.await.unwrap();
    }

    pub(crate) async fn line(&self) -> Line {
        Line { stream: TcpStream::connect(&self.address).await.unwrap(), sent: 0, received: 0 }
    }

    /// One exchange on a connection of its own.
    pub(crate) async fn sync(
        &self,
        of: &Organisation,
        device: &Device,
        request: &SyncRequest,
        frames: &[&Frame],
    ) -> (SyncAnswer, Vec<PageItem>) {
        let answer = self.try_sync(of, device, request, &items(frames)).await;
        assert_eq!(answer.status, 200, "{:?}", answer.refusal());
        answer.page()
    }

    pub(crate) async fn try_sync(
        &self,
        of: &Organisation,
        device: &Device,
        request: &SyncRequest,
        items: &[u8],
    ) -> Answer {
        let mut line = self.line().await;
        line.send(&sync_request(of, device, request, items)).await;
        line.answer().await
    }

    /// One turn of a repair, whatever comes of it.
    pub(crate) async fn try_repair(
        &self,
        of: &Organisation,
        device: &Device,
        request: &RepairRequest,
        after: &[u8],
    ) -> Answer {
        let mut line = self.line().await;
        line.send(&with_control(of, device, "/v1/repair", request, after)).await;
        line.answer().await
    }

    pub(crate) async fn get(&self, of: &Organisation, device: &Device, path: &str) -> Answer {
        let mut line = self.line().await;
        line.send(&get_request(of, device, path)).await;
        line.answer().await
    }

    pub(crate) async fn post(
        &self,
        of: &Organisation,
        device: &Device,
        path: &str,
        body: &[u8],
    ) -> Answer {
        let token = token_for(device, of.roster.relay(), body, now() + 60);
        let mut line = self.line().await;
        line.send(&request("POST", path, &token, body)).await;
        line.answer().await
    }
}

/// A connection.
pub(crate) struct Line {
    pub(crate) stream: TcpStream,
    pub(crate) sent: usize,
    pub(crate) received: usize,
}

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Line {
    pub(crate) async fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.unwrap();
        self.sent += bytes.len();
    }

    pub(crate) async fn answer(&mut self) -> Answer {
        self.try_answer().await.expect("the connection was closed without an answer")
    }

    /// The answer, or `None` if the connection is closed before it.
    pub(crate) async fn try_answer(&mut self) -> Option<Answer> {
        let mut bytes = vec![];
        let head_len = loop {
            if let Some(at) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
                break at + 4;
            }
            self.more(&mut bytes).await?;
        };
        let head = String::from_utf8(bytes[..head_len].to_vec()).unwrap().to_lowercase();
        let status = head.split(' ').nth(1)?.parse().ok()?;
        let mut rest = bytes.split_off(head_len);
        let body = if let Some(len) = header(&head, "content-length") {
            let len: usize = len.parse().unwrap();
            while rest.len() < len {
                self.more(&mut rest).await?;
            }
            rest
        } else {
            self.chunks(rest).await?
        };
        Some(Answer { status, head, body })
    }

    async fn chunks(&mut self, mut rest: Vec<u8>) -> Option<Vec<u8>> {
        let mut body = vec![];
        loop {
            let Some(end) = rest.windows(2).position(|two| two == b"\r\n") else {
                self.more(&mut rest).await?;
                continue;
            };
            let len = std::str::from_utf8(&rest[..end]).unwrap();
            let len = usize::from_str_radix(len, 16).unwrap();
            while rest.len() < end + 2 + len + 2 {
                self.more(&mut rest).await?;
            }
            body.extend_from_slice(&rest[end + 2..end + 2 + len]);
            rest.drain(..end + 2 + len + 2);
            if len == 0 {
                return Some(body);
            }
        }
    }

    async fn more(&mut self, into: &mut Vec<u8>) -> Option<()> {
        into.reserve(16 * 1024);
        let read = self.stream.read_buf(into).await;
        let count = read.ok().filter(|count| *count > 0)?;
        self.received += count;
        Some(())
    }
}

impl Answer {
    pub(crate) fn refusal(&self) -> Option<Refusal> {
        minicbor::decode(&self.body).ok()
    }

    /// The control part and the items.
    pub(crate) fn page(&self) -> (SyncAnswer, Vec<PageItem>) {
        let (answer, items) = self.parts();
        (answer, items.into_iter().map(|item| minicbor::decode(item).unwrap()).collect())
    }

    /// The control part, and the items as their exact bytes.
    pub(crate) fn parts<T: for<'b> Decode<'b, ()>>(&self) -> (T, Vec<&[u8]>) {
        let (control, mut rest) = first_item(&self.body);
        let mut items = vec![];
        while !rest.is_empty() {
            let (item, after) = first_item(rest);
            items.push(item);
            rest = after;
        }
        (minicbor::decode(control).unwrap(), items)
    }

    /// The control part, and the bytes after it.
    pub(crate) fn control(&self) -> (SyncAnswer, &[u8]) {
        let (control, rest) = first_item(&self.body);
        (minicbor::decode(control).unwrap(), rest)
    }
}

fn first_item(bytes: &[u8]) -> (&[u8], &[u8]) {
    let (len, prefix) = read_varint(bytes).unwrap();
    bytes[prefix..].split_at(usize::try_from(len).unwrap())
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// A request by the byte, with no header but what is needed.
pub(crate) fn request(method: &str, path: &str, token: &str, body: &[u8]) -> Vec<u8> {
    let length = if method == "GET" {
        String::new()
    } else {
        format!("content-type: application/cbor\r\ncontent-length: {}\r\n", body.len())
    };
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: 192.0.2.1:8470\r\nauthorization: Bearer {token}\r\n{length}\r\n"
    );
    [head.as_bytes(), body].concat()
}

pub(crate) fn get_request(of: &Organisation, device: &Device, path: &str) -> Vec<u8> {
    request("GET", path, &token_for(device, of.roster.relay(), b"", now() + 60), b"")
}

pub(crate) fn sync_request(
    of: &Organisation,
    device: &Device,
    sync: &SyncRequest,
    items: &[u8],
) -> Vec<u8> {
    with_control(of, device, "/v1/sync", sync, items)
}

/// A request whose token covers its control part.
pub(crate) fn with_control(
    of: &Organisation,
    device: &Device,
    path: &str,
    control: &impl Encode<()>,
    items: &[u8],
) -> Vec<u8> {
    let control = minicbor::to_vec(control).unwrap();
    let token = token_for(device, of.roster.relay(), &control, now() + 60);
    let mut body = vec![];
    push_item(&mut body, &control);
    body.extend_from_slice(items);
    request("POST", path, &token, &body)
}

pub(crate) fn items(frames: &[&Frame]) -> Vec<u8> {
    let mut items = vec![];
    frames.iter().for_each(|frame| push_item(&mut items, frame.bytes()));
    items
}

/// A request from the beginning of some scopes.
pub(crate) fn from_start(of: &Organisation, scopes: &[ScopeId]) -> SyncRequest {
    SyncRequest {
        cursors: scopes.iter().map(|scope| Cursor::start(*scope)).collect(),
        roster: of.roster.seq(),
        page_bytes: 512 * 1024,
        ..SyncRequest::default()
    }
}

/// Only pushes, in the organisation's first scope.
pub(crate) fn push_only(of: &Organisation) -> SyncRequest {
    SyncRequest { cursors: vec![], ..from_start(of, &[]) }
}

/// Waits until something is so.
pub(crate) async fn until(mut so: impl AsyncFnMut() -> bool) {
    for _ in 0..400 {
        if so().await {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    panic!("it did not come about");
}
