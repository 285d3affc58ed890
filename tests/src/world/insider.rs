//! What the honest devices of a world never do: an insider who seals what it likes with keys that are really its own,
//! and a relay that checks nothing and hands on whatever it is given.
//!
//! Together they put hostile bytes in front of a device that a real relay would have kept from it.

use super::World;
use super::clock;
use super::relay::{Posted, WireAnswer};
use kahriz_core::batch::Announcement;
use kahriz_core::crypto::{self, DeviceSecrets, EpochKey, SigningSecret, WrapContext, domain};
use kahriz_core::drive::{HttpAnswer, HttpRequest, Method, Transport, TransportError};
use kahriz_proto::cursor::Cursor as Reading;
use kahriz_proto::frame::{FRAME_VERSION, Frame, FrameRef, Preamble};
use kahriz_proto::ids::{FrameHash, Incarnation, ScopeId};
use kahriz_proto::item::{ItemReader, PageContent, PageItem, push_item};
use kahriz_proto::join::Join;
use kahriz_proto::message::{
    KeyWrap, Refusal, RefusalReason, RosterPage, SyncAnswer, SyncRequest, Verdict,
};
use kahriz_proto::roster::Role;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha20Rng;
use std::io::Cursor;
use std::thread::sleep;
use std::time::Duration;

/// The relay remembers so many tokens of a device until they end, and no more.
const TOO_OFTEN: u16 = 429;
const TOKEN_SECONDS: u64 = 60;

/// A member whose keys are in the test's hands.
pub struct Insider {
    /// Its secrets.
    pub secrets: DeviceSecrets,
    /// The scope's key.
    pub key: EpochKey,
    /// The scope.
    pub scope: ScopeId,
    rng: ChaCha20Rng,
}

impl Insider {
    /// Makes keys, asks to join with them and is let in.
    ///
    /// # Panics
    /// If any step fails.
    #[must_use]
    pub fn admitted(world: &mut World, scope: usize) -> Self {
        let mut rng = ChaCha20Rng::seed_from_u64(world.rng().random());
        let secrets = DeviceSecrets::generate(&mut rng);
        let invite = SigningSecret::from_seed(&world.invite().secret);
        let join = join_of(world, &secrets, &invite, &mut rng);
        world.let_in(&join, Role::Officer, &[scope]);
        let scope = world.scope(scope);
        let headquarters = world.at(super::Who::HEADQUARTERS);
        let keys = headquarters.roster_page(0).expect("the roster can be read").keys;
        let mine = |key: &KeyWrap| key.device == secrets.device() && key.scope == scope;
        let KeyWrap { epoch, sealed, .. } =
            &keys.into_iter().flatten().find(mine).expect("the key was granted");
        let context = WrapContext { workspace: headquarters.id(), scope, epoch: *epoch };
        let key = crypto::unwrap_key(sealed, &secrets.wrap, context).expect("the key opens");
        Self { secrets, key, scope, rng }
    }

    /// One who is no member at all, and has guessed a key.
    #[must_use]
    pub fn stranger(world: &mut World, scope: usize) -> Self {
        let mut rng = ChaCha20Rng::seed_from_u64(world.rng().random());
        let secrets = DeviceSecrets::generate(&mut rng);
        let key = EpochKey::generate(&mut rng);
        Self { secrets, key, scope: world.scope(scope), rng }
    }

    /// The preamble of its next frame.
    #[must_use]
    pub fn preamble(&self, seq: u64, prev: FrameHash, deps: Vec<FrameRef>) -> Preamble {
        Preamble {
            version: FRAME_VERSION,
            scope: self.scope,
            device: self.secrets.device(),
            generation: 1,
            seq,
            prev,
            epoch: 1,
            roster: kahriz_proto::frame::RosterMark { seq: 1, tag: [0; 8] },
            deps,
        }
    }

    /// Seals what is given as the inside of a frame, packed or not.
    ///
    /// # Panics
    /// If it would be over a limit.
    pub fn seal(&mut self, preamble: &Preamble, packed: &[u8]) -> Frame {
        let sealed = crypto::seal(preamble, packed, &self.key, &self.secrets, &mut self.rng);
        sealed.expect("the frame is within the limits")
    }

    /// Posts frames to a relay as a request of this device, and says what became of each. Bytes that are none may be
    /// among them. One who asks more often than a device may waits, as a device would.
    ///
    /// # Panics
    /// If the relay refuses the request as a whole.
    pub fn push(&mut self, world: &World, frames: &[Vec<u8>]) -> Vec<Verdict> {
        let mut answer = self.post(world, frames);
        for _ in 0..TOKEN_SECONDS {
            if answer.status != TOO_OFTEN {
                break;
            }
            sleep(Duration::from_secs(1));
            answer = self.post(world, frames);
        }
        assert_eq!(answer.status, 200, "the request is in order");
        let mut items = ItemReader::default();
        items.push(&answer.body);
        let control = items.next_item(usize::MAX).ok().flatten().expect("the control part");
        let answer: SyncAnswer = minicbor::decode(&control).expect("an answer");
        let count = answer.received.unwrap_or(0) as usize;
        answer.verdicts.unwrap_or_else(|| vec![Verdict::Stored; count])
    }

    /// Posts frames to a relay and gives back its answer as it is.
    pub fn post(&mut self, world: &World, frames: &[Vec<u8>]) -> WireAnswer {
        let control = minicbor::to_vec(SyncRequest::default());
        let control = control.expect("writing to a vector cannot fail");
        let mut body = vec![];
        push_item(&mut body, &control);
        frames.iter().for_each(|frame| push_item(&mut body, frame));
        let relay = world.at(super::Who::HEADQUARTERS).roster().relay();
        let expires_at = clock::real_ms() / 1_000 + TOKEN_SECONDS;
        let signing = &self.secrets.signing;
        let token = crypto::token(signing, relay, expires_at, &control, &mut self.rng);
        let request = HttpRequest {
            method: Method::Post,
            path: "/v1/sync",
            token: &token,
            body: &body,
            registration: None,
        };
        world.relay.deliver(&Posted::of(&request))
    }

    /// Its chance.
    pub fn rng(&mut self) -> &mut ChaCha20Rng {
        &mut self.rng
    }
}

fn join_of(
    world: &World,
    secrets: &DeviceSecrets,
    invite: &SigningSecret,
    rng: &mut ChaCha20Rng,
) -> Join {
    let headquarters = world.at(super::Who::HEADQUARTERS);
    let roster = headquarters.roster();
    let member = roster.member(headquarters.device()).expect("headquarters is a member");
    let profile = Announcement::Profile { officer: "Insider".into(), device: "phone".into() };
    let profile = minicbor::to_vec(profile).expect("writing to a vector cannot fail");
    let sealed = crypto::seal_to(&member.keys.wrap, domain::JOIN_PROFILE, &profile, rng);
    let sealed_profile = sealed.expect("a profile can be sealed");
    let keys = secrets.public();
    let message = Join::message(&invite.public(), &keys, &sealed_profile);
    Join {
        invite: invite.public(),
        invite_signature: invite.sign(&message),
        device_signature: secrets.sign(&message),
        keys,
        sealed_profile,
    }
}

/// How a forged relay lies about what it hands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lie {
    /// It tells the truth about bytes that it never checked.
    None,
    /// It skips a position.
    SkipsAPosition,
    /// It says that there is more, for ever.
    AlwaysMore,
    /// It says at each turn that its store is another one.
    AlwaysAnother,
}

/// A relay that believes everything and hands on what it is given.
pub struct ForgedRelay {
    /// The scope that it serves.
    pub scope: ScopeId,
    /// What it hands on, from position 1.
    pub frames: Vec<Vec<u8>>,
    /// How it lies.
    pub lie: Lie,
    /// The roster that it gives, from its first entry; none that it speaks of if empty.
    pub roster: RosterPage,
    /// It refuses every exchange, for this reason.
    pub refuses: Option<RefusalReason>,
    /// After so many requests it is unreachable, so that a device that never stops is noticed.
    pub requests_left: u32,
    incarnation: u64,
}

impl ForgedRelay {
    /// One that serves these frames of a scope.
    #[must_use]
    pub fn serving(scope: ScopeId, frames: Vec<Vec<u8>>) -> Self {
        Self {
            scope,
            frames,
            lie: Lie::None,
            roster: RosterPage::default(),
            refuses: None,
            requests_left: 200,
            incarnation: clock::real_ms(),
        }
    }

    fn page_of_roster(&self, path: &str) -> RosterPage {
        let after = path.split_once("after=").map_or("", |(_, rest)| rest);
        let after = after.split('&').next().and_then(|after| after.parse().ok()).unwrap_or(0);
        let entries = self.roster.entries.iter().skip(after).cloned().collect();
        RosterPage { entries, keys: self.roster.keys.clone() }
    }

    fn sync(&mut self, body: &[u8]) -> Vec<u8> {
        let mut items = ItemReader::default();
        items.push(body);
        let control = items.next_item(usize::MAX).ok().flatten().expect("the control part");
        let request: SyncRequest = minicbor::decode(&control).expect("a sync request");
        let mut received = 0;
        while let Ok(Some(_)) = items.next_item(usize::MAX) {
            received += 1;
        }
        if self.lie == Lie::AlwaysAnother {
            self.incarnation += 1;
        }
        let incarnation = Incarnation::from_bytes(self.incarnation.to_be_bytes());
        let known = |cursor: &Reading| cursor.position == 0 || cursor.incarnation == incarnation;
        let restart: Vec<u32> = (0..)
            .zip(&request.cursors)
            .filter(|(_, cursor)| !known(cursor))
            .map(|(index, _)| index)
            .collect();
        let answer = SyncAnswer {
            received: (received > 0).then_some(received),
            incarnation: Some(incarnation),
            restart: (!restart.is_empty()).then_some(restart),
            roster: Some(self.roster.entries.len() as u64).filter(|seq| *seq > request.roster),
            more: (self.lie == Lie::AlwaysMore).then_some(true),
            logs: request.ask_logs.map(|_| vec![]),
            ..SyncAnswer::default()
        };
        let mut out = vec![];
        push_item(&mut out, &minicbor::to_vec(&answer).expect("writing to a vector cannot fail"));
        for (index, cursor) in (0..).zip(&request.cursors) {
            let after = if known(cursor) { cursor.position } else { 0 };
            if cursor.scope == self.scope {
                self.page(index, after, &mut out);
            }
        }
        out
    }

    fn page(&self, scope: u32, after: u64, out: &mut Vec<u8>) {
        let skip = u64::from(self.lie == Lie::SkipsAPosition);
        for (position, frame) in (1_u64..).zip(&self.frames).filter(|(at, _)| *at > after) {
            let content = PageContent::Frame(frame.clone());
            let item = PageItem { scope, position: position + skip, content };
            push_item(out, &minicbor::to_vec(&item).expect("writing to a vector cannot fail"));
        }
    }
}

impl Transport for ForgedRelay {
    fn send(&mut self, request: &HttpRequest<'_>) -> Result<HttpAnswer, TransportError> {
        self.requests_left =
            self.requests_left.checked_sub(1).ok_or(TransportError::Unreachable)?;
        let is_sync = request.path == "/v1/sync";
        if let Some(reason) = self.refuses.filter(|_| is_sync) {
            let refusal = Refusal { reason, relay_time: clock::real_ms() / 1_000 };
            let body = minicbor::to_vec(refusal).expect("writing to a vector cannot fail");
            let body = Box::new(Cursor::new(body));
            return Ok(HttpAnswer { status: 403, is_cbor: true, body });
        }
        let body = if is_sync {
            self.sync(request.body)
        } else if request.path == "/v1/repair" {
            // As a relay of before there were comparisons.
            let body = Box::new(Cursor::new(vec![]));
            return Ok(HttpAnswer { status: 404, is_cbor: false, body });
        } else {
            let page = self.page_of_roster(request.path);
            minicbor::to_vec(page).expect("writing to a vector cannot fail")
        };
        Ok(HttpAnswer { status: 200, is_cbor: true, body: Box::new(Cursor::new(body)) })
    }
}
