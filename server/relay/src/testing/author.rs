//! An organisation with its roster, its devices, their frames and tokens. Bodies are opaque bytes: a
//! relay never opens them.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{Signer, SigningKey};
use kahriz_proto::frame::{FRAME_VERSION, Frame, FrameRef, Preamble, RosterMark, VerifiedFrame};
use kahriz_proto::hash::hash_short;
use kahriz_proto::ids::{DeviceId, FrameHash, LogId, RelayId, ScopeId, SigningPublic, WorkspaceId};
use kahriz_proto::join::Join;
use kahriz_proto::letter::Deposit;
use kahriz_proto::message::RosterPage;
use kahriz_proto::roster::{Action, DeviceKeys, Entry, EntryBody, Role, Roster, SealedKey, Wrap};
use kahriz_proto::token::control_hash;
use std::sync::atomic::{AtomicU64, Ordering};

/// An organisation, its roster signed with keys that follow from its number.
pub struct Organisation {
    number: u8,
    /// The roster as it stands.
    pub roster: Roster,
    /// All its entries, as their exact bytes.
    pub entries: Vec<Vec<u8>>,
}

/// A device (or an invite) with its key.
#[derive(Clone)]
pub struct Device {
    key: SigningKey,
    /// Its id.
    pub id: DeviceId,
}

/// One log, frame after frame.
#[derive(Clone)]
pub struct Chain {
    device: Device,
    scope: ScopeId,
    /// Of the log, from 1.
    pub generation: u32,
    /// The epoch that the next frame names.
    pub epoch: u32,
    /// The number of the last frame.
    pub seq: u64,
    /// The hash of the last frame.
    pub prev: FrameHash,
}

const ROOT: u8 = 1;
const ADMIN: u8 = 2;

impl Organisation {
    /// Founds an organisation with one headquarters (number 3) and one scope (number 1) in its first
    /// epoch.
    #[must_use]
    pub fn found(number: u8) -> Self {
        Self::found_for(number, RelayId::from_bytes([number; 8]))
    }

    /// The same, with tokens for a given audience.
    #[must_use]
    pub fn found_for(number: u8, relay: RelayId) -> Self {
        let root = Device::of(number, ROOT).public();
        let mut this =
            Self { number, roster: Roster::empty(WorkspaceId::of(&root)), entries: vec![] };
        this.add(ROOT, Action::Founded { root, relay, recovery: vec![9; 32] });
        this.add(ROOT, Action::AdminAdded { admin: Device::of(number, ADMIN).public() });
        this.add(ADMIN, Action::ScopeCreated { scope: this.scope(1) });
        this.admit(3, Role::Headquarters, &[1], None);
        this.start_epoch(1);
        this
    }

    /// The organisation's id.
    #[must_use]
    pub fn id(&self) -> WorkspaceId {
        self.roster.workspace()
    }

    /// A scope by its number.
    #[must_use]
    pub fn scope(&self, number: u8) -> ScopeId {
        ScopeId::from_bytes([self.number, number, 0, 0, 0, 0, 0, 0])
    }

    /// A device by its number, member or not.
    #[must_use]
    pub fn device(&self, number: u8) -> Device {
        Device::of(self.number, number)
    }

    /// Its headquarters.
    #[must_use]
    pub fn headquarters(&self) -> Device {
        self.device(3)
    }

    /// Creates a scope, grants it to nobody.
    pub fn create_scope(&mut self, number: u8) {
        self.add(ADMIN, Action::ScopeCreated { scope: self.scope(number) });
    }

    /// Makes a device a member of scopes.
    pub fn admit(
        &mut self,
        number: u8,
        role: Role,
        scopes: &[u8],
        invite: Option<DeviceId>,
    ) -> Device {
        let device = self.device(number);
        let scopes = scopes.iter().map(|scope| self.scope(*scope)).collect();
        self.add(ADMIN, Action::DeviceAdded { keys: device.keys(), role, scopes, invite });
        device
    }

    /// Makes a device an officer in the first scope.
    pub fn admit_officer(&mut self, number: u8) -> Device {
        self.admit(number, Role::Officer, &[1], None)
    }

    /// Starts a scope's next epoch.
    pub fn start_epoch(&mut self, scope: u8) {
        let scope = self.scope(scope);
        let epoch = self.roster.epoch(scope) + 1;
        let wrap = |recipient| Wrap { recipient, sealed: vec![0; 16] };
        let wraps = vec![wrap(Some(self.headquarters().id)), wrap(None)];
        let previous = (epoch > 1).then(|| SealedKey(vec![1; 16]));
        self.add(ADMIN, Action::EpochStarted { scope, epoch, wraps, previous, commitment: None });
    }

    /// Revokes a device after the last good frames of its logs.
    pub fn revoke(&mut self, device: DeviceId, last_good: Vec<FrameRef>) {
        self.add(ADMIN, Action::DeviceRevoked { device, last_good });
    }

    /// Issues an invite that ends at a time, in seconds since 1970.
    pub fn invite(&mut self, number: u8, expires_at: u64) -> Device {
        let invite = self.device(number);
        self.add(ADMIN, Action::Invited { invite: invite.public(), expires_at });
        invite
    }

    /// The entries after the `after`th, as they are posted.
    #[must_use]
    pub fn page(&self, after: usize) -> Vec<u8> {
        let entries = self.entries[after..].iter().cloned().map(Into::into).collect();
        minicbor::to_vec(RosterPage { entries, keys: None })
            .expect("writing to a vector cannot fail")
    }

    /// A frame that is known to be its device's.
    ///
    /// # Panics
    /// If the device is no member.
    #[must_use]
    pub fn verified(&self, frame: Frame) -> VerifiedFrame {
        let key = self.roster.member(frame.preamble().device).expect("a member").keys.sign;
        frame.verify(&key).expect("signed by the member")
    }

    fn add(&mut self, signer: u8, action: Action) {
        let signer = self.device(signer);
        let body = EntryBody {
            seq: self.roster.seq() + 1,
            prev: self.roster.head(),
            claimed_at: 0,
            signer: signer.public(),
            action,
        };
        let entry = Entry::sign(&body, |message| signer.sign(message)).to_bytes();
        self.roster.append(&entry).expect("the entry follows the last one");
        self.entries.push(entry);
    }
}

impl Device {
    fn of(organisation: u8, number: u8) -> Self {
        let mut seed = [organisation; 32];
        seed[0] = number;
        let key = SigningKey::from_bytes(&seed);
        let public = SigningPublic::from_bytes(key.verifying_key().to_bytes());
        Self { key, id: DeviceId::of(&public) }
    }

    /// Its public key.
    #[must_use]
    pub fn public(&self) -> SigningPublic {
        SigningPublic::from_bytes(self.key.verifying_key().to_bytes())
    }

    /// Its public keys.
    #[must_use]
    pub fn keys(&self) -> DeviceKeys {
        DeviceKeys { sign: self.public(), wrap: vec![7; 32] }
    }

    /// Its signature over bytes.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.key.sign(message).to_bytes()
    }

    /// Its log in a scope, from the beginning.
    #[must_use]
    pub fn chain(&self, scope: ScopeId) -> Chain {
        let prev = FrameHash::NONE;
        Chain { device: self.clone(), scope, generation: 1, epoch: 1, seq: 0, prev }
    }

    /// A letter of the device's, handed in with a key (another device's, here) that it has certified.
    #[must_use]
    pub fn deposit(&self, workspace: WorkspaceId, key: &Device, letter: &[u8]) -> Deposit {
        let certificate = Deposit::certificate_message(workspace, &key.public());
        Deposit {
            workspace,
            device: self.id,
            key: key.public(),
            certificate: self.sign(&certificate),
            letter: letter.to_vec(),
            signature: key.sign(&Deposit::message(workspace, self.id, letter)),
        }
    }

    /// Its request to be let in with an invite.
    #[must_use]
    pub fn join(&self, invite: &Device) -> Vec<u8> {
        let (keys, sealed_profile) = (self.keys(), b"sealed".to_vec());
        let message = Join::message(&invite.public(), &keys, &sealed_profile);
        let join = Join {
            invite: invite.public(),
            keys,
            sealed_profile,
            invite_signature: invite.sign(&message),
            device_signature: self.sign(&message),
        };
        minicbor::to_vec(join).expect("writing to a vector cannot fail")
    }
}

impl Chain {
    /// The log.
    #[must_use]
    pub fn log(&self) -> LogId {
        LogId::of(self.device.id, self.scope, self.generation)
    }

    /// Seals the next frame around a body.
    pub fn seal(&mut self, body: &[u8]) -> Frame {
        let preamble = Preamble {
            version: FRAME_VERSION,
            scope: self.scope,
            device: self.device.id,
            generation: self.generation,
            seq: self.seq + 1,
            prev: self.prev,
            epoch: self.epoch,
            roster: RosterMark { seq: 1, tag: [0; 8] },
            deps: vec![],
        };
        let preamble = minicbor::to_vec(preamble).expect("writing to a vector cannot fail");
        let frame = Frame::assemble(&preamble, body, |message| self.device.sign(message));
        let frame = frame.expect("the body is within the limits");
        self.seq += 1;
        self.prev = frame.hash();
        frame
    }
}

/// A token that a device signs for a request with this control part, ending at `expires_at`.
#[must_use]
pub fn token_for(device: &Device, relay: RelayId, control: &[u8], expires_at: u64) -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let id: [u8; 8] = hash_short("test/token", &[&count.to_be_bytes()]);
    let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let header = format!(r#"{{"alg":"EdDSA","kid":"{}"}}"#, text(device.id.as_bytes()));
    let claims = format!(
        r#"{{"aud":"{}","exp":{expires_at},"jti":"{}","sha":"{}"}}"#,
        text(relay.as_bytes()),
        text(&id),
        text(&control_hash(control)),
    );
    let message = format!("{}.{}", text(header.as_bytes()), text(claims.as_bytes()));
    let signature = text(&device.sign(message.as_bytes()));
    format!("{message}.{signature}")
}
