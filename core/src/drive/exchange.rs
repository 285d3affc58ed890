//! One exchange over the line: token, request, and the answer as it comes.

use super::transport::{HttpAnswer, HttpRequest, Method, Transport, TransportError};
use super::{Phase, Progress, Shell, SyncError, is_clock};
use crate::workspace::{Claimed, Workspace};
use kahriz_proto::item::{ITEM_BYTES_MAX, ItemReader, PageItem, push_item, read_varint};
use kahriz_proto::limits::CONTROL_BYTES_MAX;
use kahriz_proto::message::{Refusal, RefusalReason, SyncAnswer};
use kahriz_proto::session::{Exchange, Failure, Input, Output, Session, Stage};
use std::io::Read;

/// Bytes read from the line at once.
pub(super) const READ_BYTES: usize = 16 * 1024;
/// A token lives this long: enough for a slow upload to begin, too short to be worth stealing.
const TOKEN_SECONDS: u64 = 90;

/// A workspace, a transport and a shell for the length of one sync.
pub(super) struct Line<'a> {
    pub(super) workspace: &'a Workspace,
    pub(super) transport: &'a mut dyn Transport,
    pub(super) shell: &'a mut dyn Shell,
    /// What to add to this device's clock to get the relay's, in seconds; learned from a refusal.
    clock_offset_s: i64,
    pushed: u64,
    pulled: u64,
}

impl<'a> Line<'a> {
    pub(super) fn new(
        workspace: &'a Workspace,
        transport: &'a mut dyn Transport,
        shell: &'a mut dyn Shell,
    ) -> Self {
        let clock_offset_s = workspace.clock_offset_s();
        Self { workspace, transport, shell, clock_offset_s, pushed: 0, pulled: 0 }
    }

    /// Seals what waits in the outbox.
    pub(super) fn seal(&mut self) -> Result<u64, SyncError> {
        // The store's transaction is open while chance is drawn, so progress is shown after it.
        let sealed = self.workspace.seal(self.shell.rng(), &mut |_| {})?;
        if sealed > 0 {
            let progress = Progress { phase: Phase::Sealing, done: sealed, total: sealed };
            self.shell.progress(&progress);
        }
        Ok(sealed)
    }

    /// What this device's clock claims.
    pub(super) fn now(&mut self) -> Claimed {
        Claimed { ms: i64::try_from(self.shell.now_ms()).unwrap_or(i64::MAX) }
    }

    /// Commits what the session wants committed, and tells it so.
    pub(super) fn commit(&mut self, session: &mut Session, stage: &Stage) -> Result<(), SyncError> {
        let now = self.now();
        self.workspace.stage(stage, now)?;
        self.tell(session, Input::Staged);
        Ok(())
    }

    pub(super) fn tell(&mut self, session: &mut Session, input: Input) {
        let now = self.shell.now_ms();
        let rng = self.shell.rng();
        let mut draw = || {
            let mut bytes = [0; 8];
            rng.fill_bytes(&mut bytes);
            u64::from_le_bytes(bytes)
        };
        session.handle(now, &mut draw, input);
    }

    /// Sends a request; learns the relay's time from a refusal and tries once more.
    pub(super) fn request(
        &mut self,
        method: Method,
        path: &str,
        body: &[u8],
        signed: &[u8],
        registration: Option<&str>,
    ) -> Result<HttpAnswer, Failure> {
        let first = self.request_once(method, path, body, signed, registration);
        match first {
            Err(failure) if is_clock(&failure) => {
                self.request_once(method, path, body, signed, registration)
            }
            answered => answered,
        }
    }

    fn request_once(
        &mut self,
        method: Method,
        path: &str,
        body: &[u8],
        signed: &[u8],
        registration: Option<&str>,
    ) -> Result<HttpAnswer, Failure> {
        let device_s = i64::try_from(self.shell.now_ms() / 1_000).unwrap_or(0);
        let now_s = device_s.saturating_add(self.clock_offset_s);
        let expires_at = now_s.max(0).cast_unsigned().saturating_add(TOKEN_SECONDS);
        let token = self.workspace.token(expires_at, signed, self.shell.rng());
        let request = HttpRequest { method, path, token: &token, body, registration };
        let answer = self.transport.send(&request).map_err(failure_of)?;
        if answer.status == 200 && answer.is_cbor {
            return Ok(answer);
        }
        Err(self.refused(answer, now_s))
    }

    /// What a status other than 200 means. A page that is no CBOR is no relay's.
    fn refused(&mut self, answer: HttpAnswer, now_s: i64) -> Failure {
        if !answer.is_cbor {
            return Failure::NotARelay;
        }
        let Ok(body) = read_all(answer, CONTROL_BYTES_MAX) else { return Failure::Cut };
        let Ok(refusal) = minicbor::decode::<Refusal>(&body) else { return Failure::NotARelay };
        if refusal.reason == RefusalReason::Clock {
            let relay_s = i64::try_from(refusal.relay_time).unwrap_or(now_s);
            self.clock_offset_s = self.clock_offset_s.saturating_add(relay_s.saturating_sub(now_s));
            self.workspace.set_clock_offset_s(self.clock_offset_s);
        }
        Failure::Refused(refusal.reason)
    }

    /// Posts an exchange and tells the session the answer as it comes.
    pub(super) fn exchange(
        &mut self,
        session: &mut Session,
        exchange: &Exchange,
    ) -> Result<(), SyncError> {
        let mut body = Vec::with_capacity(exchange.control.len() + exchange.items.len() + 4);
        push_item(&mut body, &exchange.control);
        body.extend_from_slice(&exchange.items);
        self.pushed += exchange.items.len() as u64;
        self.show(Phase::Pushing, self.pushed);
        match self.request(Method::Post, "/v1/sync", &body, &exchange.control, None) {
            Ok(answer) => self.read(session, answer, exchange),
            Err(failure) => {
                self.tell(session, Input::Lost(failure, exchange.partial.clone()));
                Ok(())
            }
        }
    }

    fn read(
        &mut self,
        session: &mut Session,
        mut answer: HttpAnswer,
        exchange: &Exchange,
    ) -> Result<(), SyncError> {
        let mut head = Some(vec![]);
        let mut items = ItemReader::default();
        let mut buffer = vec![0; READ_BYTES];
        loop {
            let count = match answer.body.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) => count,
                Err(_) => {
                    return self.lost(session, Failure::Cut, head.is_some(), &items, exchange);
                }
            };
            self.pulled += count as u64;
            let bytes = &buffer[..count];
            match head.take() {
                None => items.push(bytes),
                Some(mut begun) => {
                    begun.extend_from_slice(bytes);
                    match Control::<SyncAnswer>::read(&begun) {
                        Control::More => head = Some(begun),
                        Control::Nonsense => {
                            return self.lost(session, Failure::Nonsense, true, &items, exchange);
                        }
                        Control::Whole(control, rest) => {
                            if control.resumed == Some(true) {
                                items = ItemReader::resumed(exchange.partial.clone());
                            }
                            items.push(rest);
                            self.tell(session, Input::Answered(*control));
                        }
                    }
                }
            }
            if !self.take_items(session, &mut items)? {
                return self.lost(
                    session,
                    Failure::Nonsense,
                    true,
                    &ItemReader::default(),
                    exchange,
                );
            }
            if head.is_none() && !session.is_exchanging() {
                return Ok(());
            }
            self.show(Phase::Pulling, self.pulled);
        }
        if head.is_some() || !items.partial().is_empty() {
            return self.lost(session, Failure::Cut, head.is_some(), &items, exchange);
        }
        self.tell(session, Input::Ended);
        Ok(())
    }

    /// Tells the session the items that are here whole, and commits what it wants committed meanwhile.
    /// False if what comes is no item.
    fn take_items(
        &mut self,
        session: &mut Session,
        items: &mut ItemReader,
    ) -> Result<bool, SyncError> {
        loop {
            let item = match items.next_item(ITEM_BYTES_MAX) {
                Ok(Some(item)) => item,
                Ok(None) => return Ok(true),
                Err(_) => return Ok(false),
            };
            let Ok(page_item) = minicbor::decode::<PageItem>(&item) else { return Ok(false) };
            self.tell(session, Input::Item(page_item, item.len()));
            if !session.is_exchanging() {
                // Not the item that must come next: what the session wants now is for the drive to do.
                return Ok(true);
            }
            while let Some(output) = session.poll() {
                // Within an exchange the session asks for nothing but commits.
                if let Output::Stage(stage) = output {
                    self.commit(session, &stage)?;
                }
            }
        }
    }

    fn lost(
        &mut self,
        session: &mut Session,
        failure: Failure,
        no_items_yet: bool,
        items: &ItemReader,
        exchange: &Exchange,
    ) -> Result<(), SyncError> {
        let partial =
            if no_items_yet { exchange.partial.clone() } else { items.partial().to_vec() };
        self.tell(session, Input::Lost(failure, partial));
        Ok(())
    }

    fn show(&mut self, phase: Phase, done: u64) {
        self.shell.progress(&Progress { phase, done, total: 0 });
    }
}

/// The control part at the head of an answer.
pub(super) enum Control<'a, T = SyncAnswer> {
    More,
    Whole(Box<T>, &'a [u8]),
    Nonsense,
}

impl<'a, T: minicbor::Decode<'a, ()>> Control<'a, T> {
    pub(super) fn read(bytes: &'a [u8]) -> Self {
        let Some((len, prefix)) = read_varint(bytes) else {
            return if bytes.len() < 10 { Self::More } else { Self::Nonsense };
        };
        let Some(len) = usize::try_from(len).ok().filter(|len| *len <= CONTROL_BYTES_MAX) else {
            return Self::Nonsense;
        };
        let Some(control) = bytes.get(prefix..prefix + len) else { return Self::More };
        match minicbor::decode(control) {
            Ok(answer) => Self::Whole(Box::new(answer), &bytes[prefix + len..]),
            Err(_) => Self::Nonsense,
        }
    }
}

/// The control part of an answer, as soon as it is here.
pub(super) fn read_control<T>(answer: &mut HttpAnswer) -> Result<T, Failure>
where
    T: for<'b> minicbor::Decode<'b, ()>,
{
    let mut begun = vec![];
    let mut buffer = vec![0; READ_BYTES];
    loop {
        let count = answer.body.read(&mut buffer).map_err(|_| Failure::Cut)?;
        begun.extend_from_slice(&buffer[..count]);
        match Control::read(&begun) {
            Control::Whole(control, _) => return Ok(*control),
            Control::Nonsense => return Err(Failure::Nonsense),
            Control::More if count == 0 => return Err(Failure::Cut),
            Control::More => {}
        }
    }
}

/// The whole body of a small answer.
pub(super) fn read_all(answer: HttpAnswer, max: usize) -> Result<Vec<u8>, Failure> {
    let mut body = vec![];
    let read = answer.body.take(max as u64 + 1).read_to_end(&mut body);
    if read.is_err() {
        return Err(Failure::Cut);
    }
    if body.len() > max { Err(Failure::Nonsense) } else { Ok(body) }
}

pub(super) fn failure_of(error: TransportError) -> Failure {
    match error {
        TransportError::Unreachable => Failure::Unreachable,
        TransportError::Cut => Failure::Cut,
        TransportError::NotARelay => Failure::NotARelay,
    }
}
