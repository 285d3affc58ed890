//! How a workspace begins, and how a device asks to be let in.

use super::alarms::{AlarmKind, raise};
use super::epochs::start_epoch;
use super::error::OpenError;
use super::identity::{FIRST_LIFE, Identity, name};
use super::{Claimed, Profile, ScopeProfile, Workspace};
use crate::batch::Announcement;
use crate::crypto::{DeviceSecrets, SigningSecret, WrapSecret, domain};
use crate::store::{Store, StoreKey, members, settings};
use kahriz_proto::ids::{DeviceId, RelayId, ScopeId, WorkspaceId};
use kahriz_proto::join::{Invite, Join};
use kahriz_proto::roster::{Action, Entry, EntryBody, Role, Roster, RosterError};
use rand_core::CryptoRng;
use rusqlite::Transaction;
use std::path::Path;
use zeroize::Zeroizing;

/// What a new workspace is called, and what it begins with.
#[derive(Clone, Debug)]
pub struct Founding {
    /// The organisation's name for it.
    pub workspace_name: String,
    /// Who operates headquarters.
    pub operator: Profile,
    /// Its teams or areas.
    pub scopes: Vec<ScopeProfile>,
    /// Where phones will find the relay.
    pub relay_url: String,
}

/// What must be kept safe and apart, and is not stored on the device.
pub struct Keepsakes {
    /// The seed of the root key, which makes admins.
    pub root_seed: Zeroizing<[u8; 32]>,
    /// The seed of the recovery key, to which every epoch key is wrapped.
    pub recovery_seed: Zeroizing<[u8; 32]>,
}

impl Workspace {
    /// Founds a workspace, whose first device this is: its headquarters and admin.
    ///
    /// # Errors
    /// [`OpenError`]; nothing of it remains usable then, try again in another folder.
    pub fn found(
        dir: &Path,
        key: &StoreKey,
        founding: &Founding,
        claimed: Claimed,
        rng: &mut dyn CryptoRng,
    ) -> Result<(Self, Keepsakes), OpenError> {
        if founding.scopes.is_empty()
            || founding.scopes.iter().any(|scope| scope.name.trim().is_empty())
        {
            return Err(OpenError::NoScope);
        }
        let root = SigningSecret::generate(rng);
        let recovery = WrapSecret::generate(rng);
        let admin = SigningSecret::generate(rng);
        let secrets = DeviceSecrets::generate(rng);
        let workspace = WorkspaceId::of(&root.public());
        let relay = RelayId::from_bytes(random(rng));
        let mut identity = Identity {
            secrets,
            admin: Some(admin),
            roster: Roster::empty(workspace),
            generation: FIRST_LIFE,
            copied: None,
        };
        let store = Store::create(dir, key)?;
        store.write(|tx| {
            keep_identity(tx, &identity, workspace, &founding.relay_url, relay)?;
            settings::put(tx, name::WORKSPACE_NAME, founding.workspace_name.as_bytes())?;
            let admin = identity.admin.as_ref().map(SigningSecret::seed);
            let admin = admin.unwrap_or_default();
            settings::put(tx, name::ADMIN, admin.as_slice())?;
            let scopes =
                write_roster(tx, &mut identity, &root, &recovery, relay, founding, claimed, rng)?;
            introduce(tx, &identity, &scopes, founding)
        })?;
        let keepsakes = Keepsakes { root_seed: root.seed(), recovery_seed: recovery.seed() };
        Ok((Self::new(dir, store, identity)?, keepsakes))
    }

    /// Makes a device's keys and its request to join. The request is kept and posted by
    /// [`crate::drive::join`]; until a roster names the device, it waits.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn prepare_join(
        dir: &Path,
        key: &StoreKey,
        invite: &Invite,
        profile: &Profile,
        rng: &mut dyn CryptoRng,
    ) -> Result<Self, OpenError> {
        let secrets = DeviceSecrets::generate(rng);
        let roster = Roster::empty(invite.workspace);
        let generation = FIRST_LIFE;
        let identity = Identity { secrets, admin: None, roster, generation, copied: None };
        let store = Store::create(dir, key)?;
        store.write(|tx| {
            keep_identity(tx, &identity, invite.workspace, &invite.relay_url, invite.relay)?;
            settings::put(tx, name::INVITE_SEED, &invite.secret)?;
            settings::put(tx, name::LETTER_CHANCE, &random::<32>(rng))?;
            if let Some(pin) = &invite.pin {
                settings::put(tx, name::RELAY_PIN, pin)?;
            }
            let person = members::PersonName {
                officer: profile.officer.clone(),
                phone: profile.device.clone(),
            };
            members::name_person(tx, identity.device(), &person)
        })?;
        Self::new(dir, store, identity)
    }

    /// Whether another device has become a member with this device's invite; raises the alarm if so.
    pub(crate) fn invite_is_taken(&self) -> rusqlite::Result<bool> {
        let identity = self.identity();
        let Some(seed) = self.invite_seed()? else { return Ok(false) };
        let invite = SigningSecret::from_seed(&seed).id();
        let used_by = identity.roster.invite(invite).and_then(|invited| invited.used_by);
        let taken = used_by.is_some_and(|device| device != identity.device());
        if taken {
            self.store.write(|tx| raise(tx, AlarmKind::InviteTaken { invite }))?;
        }
        Ok(taken)
    }

    /// The request to join, sealed to headquarters; `None` if this device is a member already or never
    /// had an invite, or no headquarters is known yet (read the roster first).
    pub(crate) fn join_request(&self, rng: &mut dyn CryptoRng) -> rusqlite::Result<Option<Join>> {
        let identity = self.identity();
        let headquarters = |(_, member): &(DeviceId, &kahriz_proto::roster::Member)| {
            member.role == Role::Headquarters && member.revoked.is_none()
        };
        let Some((_, headquarters)) = identity.roster.members().find(headquarters) else {
            return Ok(None);
        };
        let key = &headquarters.keys.wrap;
        // One that was shown on the screen says in the clear who asks: the relay must not read that.
        self.request(&identity, is_sealed, |profile| {
            crate::crypto::seal_to(key, domain::JOIN_PROFILE, &profile, rng).ok()
        })
    }

    /// The request to join as it is shown on this device's screen, to be read by headquarters' camera or typed over:
    /// no network is needed, and so no member list was read and no key of headquarters is known. Who asks stands in
    /// it in the clear, for whoever sees the screen. `None` if this device is a member or never had an invite.
    ///
    /// # Errors
    /// What the store says.
    pub fn join_in_person(&self) -> Result<Option<Join>, super::ReadError> {
        Ok(self.request(&self.identity(), |_| true, Some)?)
    }

    /// The request that is kept, if it will do, or a new one. `cover` makes of who asks what the request says of it.
    fn request(
        &self,
        identity: &Identity,
        will_do: impl FnOnce(&Join) -> bool,
        cover: impl FnOnce(Vec<u8>) -> Option<Vec<u8>>,
    ) -> rusqlite::Result<Option<Join>> {
        let seed = self.invite_seed()?.filter(|_| identity.member().is_none());
        let Some(seed) = seed else { return Ok(None) };
        let kept = self.store.read(|conn| settings::get(conn, name::JOIN))?;
        let kept = kept.and_then(|bytes| minicbor::decode(&bytes).ok());
        if let Some(join) = kept.filter(will_do) {
            return Ok(Some(join));
        }
        let Some(profile) = cover(own_profile(self, identity)?) else { return Ok(None) };
        let join = signed_join(identity, &seed, profile);
        let bytes = minicbor::to_vec(&join).expect("writing to a vector cannot fail");
        self.store.write(|tx| settings::put(tx, name::JOIN, &bytes))?;
        Ok(Some(join))
    }

    fn invite_seed(&self) -> rusqlite::Result<Option<Zeroizing<[u8; 32]>>> {
        let seed = self.store.read(|conn| super::identity::setting_id(conn, name::INVITE_SEED))?;
        Ok(seed.map(Zeroizing::new))
    }
}

/// Whether only headquarters can read who asks.
fn is_sealed(join: &Join) -> bool {
    minicbor::decode::<Announcement>(&join.sealed_profile).is_err()
}

/// What this device and who uses it are called, as they are said to headquarters.
fn own_profile(workspace: &Workspace, identity: &Identity) -> rusqlite::Result<Vec<u8>> {
    let names = workspace.store.read(members::people)?;
    let person = names.get(&identity.device()).cloned().unwrap_or_default();
    let profile = Announcement::Profile { officer: person.officer, device: person.phone };
    Ok(minicbor::to_vec(profile).expect("writing to a vector cannot fail"))
}

fn signed_join(identity: &Identity, seed: &[u8; 32], sealed_profile: Vec<u8>) -> Join {
    let invite = SigningSecret::from_seed(seed);
    let keys = identity.secrets.public();
    let message = Join::message(&invite.public(), &keys, &sealed_profile);
    Join {
        invite: invite.public(),
        invite_signature: invite.sign(&message),
        device_signature: identity.secrets.sign(&message),
        keys,
        sealed_profile,
    }
}

pub(super) fn keep_identity(
    tx: &Transaction<'_>,
    identity: &Identity,
    workspace: WorkspaceId,
    relay_url: &str,
    relay: RelayId,
) -> rusqlite::Result<()> {
    settings::put(tx, name::SECRETS, identity.secrets.to_bytes().as_slice())?;
    settings::put(tx, name::WORKSPACE, workspace.as_bytes())?;
    settings::put(tx, name::RELAY_URL, relay_url.as_bytes())?;
    settings::put(tx, name::RELAY, relay.as_bytes())
}

/// The founding entries: root, admin, scopes, this device as headquarters, and a first epoch each.
#[allow(clippy::too_many_arguments)]
fn write_roster(
    tx: &Transaction<'_>,
    identity: &mut Identity,
    root: &SigningSecret,
    recovery: &WrapSecret,
    relay: RelayId,
    founding: &Founding,
    claimed: Claimed,
    rng: &mut dyn CryptoRng,
) -> Result<Vec<ScopeId>, OpenError> {
    let scopes: Vec<ScopeId> =
        founding.scopes.iter().map(|_| ScopeId::from_bytes(random(rng))).collect();
    let admin = identity.admin.clone().ok_or(RosterError::NotAllowed)?;
    let founded = Action::Founded { root: root.public(), relay, recovery: recovery.public() };
    add_entry(tx, identity, root, claimed, founded)??;
    add_entry(tx, identity, root, claimed, Action::AdminAdded { admin: admin.public() })??;
    for scope in &scopes {
        add_entry(tx, identity, &admin, claimed, Action::ScopeCreated { scope: *scope })??;
    }
    let headquarters = Action::DeviceAdded {
        keys: identity.secrets.public(),
        role: Role::Headquarters,
        scopes: scopes.clone(),
        invite: None,
    };
    add_entry(tx, identity, &admin, claimed, headquarters)??;
    for scope in &scopes {
        start_epoch::<OpenError>(tx, identity, &admin, *scope, claimed, rng)?;
    }
    Ok(scopes)
}

/// What scopes and headquarters are called, as the first thing in each scope's log.
fn introduce(
    tx: &Transaction<'_>,
    identity: &Identity,
    scopes: &[ScopeId],
    founding: &Founding,
) -> Result<(), OpenError> {
    let operator = &founding.operator;
    let person =
        members::PersonName { officer: operator.officer.clone(), phone: operator.device.clone() };
    members::name_person(tx, identity.device(), &person)?;
    for (scope, profile) in scopes.iter().zip(&founding.scopes) {
        members::name_scope(tx, *scope, &profile.name, &profile.prefix)?;
        let log = identity.own_log(tx, *scope)?;
        let (name, prefix) = (profile.name.clone(), profile.prefix.clone());
        Workspace::announce(tx, &log, &Announcement::Scope { scope: *scope, name, prefix })?;
        let (officer, device) = (operator.officer.clone(), operator.device.clone());
        Workspace::announce(tx, &log, &Announcement::Profile { officer, device })?;
    }
    Ok(())
}

/// Signs the roster's next entry and takes it.
pub(super) fn add_entry(
    tx: &Transaction<'_>,
    identity: &mut Identity,
    signer: &SigningSecret,
    claimed: Claimed,
    action: Action,
) -> rusqlite::Result<Result<(), RosterError>> {
    let body = EntryBody {
        seq: identity.roster.seq() + 1,
        prev: identity.roster.head(),
        claimed_at: claimed.seconds().max(0).cast_unsigned(),
        signer: signer.public(),
        action,
    };
    let entry = Entry::sign(&body, |message| signer.sign(message)).to_bytes();
    identity.append(tx, [entry.as_slice()], &[])
}

fn random<const N: usize>(rng: &mut dyn CryptoRng) -> [u8; N] {
    let mut bytes = [0; N];
    rng.fill_bytes(&mut bytes);
    bytes
}
