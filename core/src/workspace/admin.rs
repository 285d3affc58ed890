//! What headquarters does with the roster: invite, admit.

use super::error::AdminError;
use super::founding::add_entry;
use super::identity::{GENERATION, Identity, name, setting_id, setting_text};
use super::{Claimed, Profile, ReadError, Workspace};
use crate::batch::Announcement;
use crate::crypto::{EpochKey, SigningSecret, WrapContext, domain, open_sealed, wrap_key};
use crate::store::{logs, members};
use kahriz_proto::hash::hash_short;
use kahriz_proto::ids::{DeviceId, RelayId, ScopeId};
use kahriz_proto::join::{Invite, Join};
use kahriz_proto::roster::{Action, Role, RosterError, Wrap};
use rand_core::CryptoRng;
use rusqlite::Transaction;

impl Workspace {
    /// Issues an invite that ends at `expires_at`, in seconds since 1970. The roster gets its public
    /// half; publish it before the invite is used.
    ///
    /// # Errors
    /// [`AdminError`].
    pub fn invite(
        &self,
        expires_at: u64,
        claimed: Claimed,
        rng: &mut dyn CryptoRng,
    ) -> Result<Invite, AdminError> {
        let key = SigningSecret::generate(rng);
        let action = Action::Invited { invite: key.public(), expires_at };
        self.change_roster(|tx, identity| {
            let admin = identity.admin.clone().ok_or(AdminError::NotAdmin)?;
            add_entry(tx, identity, &admin, claimed, action)??;
            Ok::<_, AdminError>(Invite {
                workspace: identity.roster.workspace(),
                relay_url: setting_text(tx, name::RELAY_URL)?,
                relay: RelayId::from_bytes(setting_id(tx, name::RELAY)?.unwrap_or_default()),
                secret: *key.seed(),
                expires_at,
                pin: setting_id(tx, name::RELAY_PIN)?,
            })
        })
    }

    /// Who asks in a join, if its signatures are right and its profile opens here.
    ///
    /// # Errors
    /// [`AdminError::Join`].
    pub fn read_join(&self, join: &Join) -> Result<Profile, AdminError> {
        let identity = self.identity();
        read_join(&identity, join)
    }

    /// Makes the device of a join a member, with a role and scopes, and gives it the scopes' keys.
    ///
    /// # Errors
    /// [`AdminError`].
    pub fn admit(
        &self,
        join: &Join,
        role: Role,
        scopes: &[ScopeId],
        claimed: Claimed,
        rng: &mut dyn CryptoRng,
    ) -> Result<Profile, AdminError> {
        self.change_roster(|tx, identity| {
            let admin = identity.admin.clone().ok_or(AdminError::NotAdmin)?;
            let profile = read_join(identity, join)?;
            let invited = identity.roster.invite(join.invite_id()).copied();
            let invited = invited.ok_or(AdminError::Invite)?;
            let now = claimed.seconds().max(0).cast_unsigned();
            if invited.used_by.is_some() || invited.expires_at < now {
                return Err(AdminError::Invite);
            }
            let added = Action::DeviceAdded {
                keys: join.keys.clone(),
                role,
                scopes: scopes.to_vec(),
                invite: Some(join.invite_id()),
            };
            add_entry(tx, identity, &admin, claimed, added)??;
            for scope in scopes {
                let grant = grant(tx, identity, *scope, join, rng)?;
                add_entry(tx, identity, &admin, claimed, grant)??;
            }
            tell_who(tx, identity, scopes, DeviceId::of(&join.keys.sign), &profile)?;
            Ok(profile)
        })
    }

    /// The roster's entries after a number, as their exact bytes.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn roster_entries(&self, after: u64) -> Result<Vec<Vec<u8>>, ReadError> {
        Ok(self.store.read(|conn| members::entries(conn, after))?)
    }

    /// The short code that both screens show for a join, so that people can compare them: six digits.
    ///
    /// # Errors
    /// [`ReadError`]. `None` if this device has no join.
    pub fn own_short_code(&self) -> Result<Option<String>, ReadError> {
        let kept = self.store.read(|conn| crate::store::settings::get(conn, name::JOIN))?;
        let join: Option<Join> = kept.and_then(|bytes| minicbor::decode(&bytes).ok());
        Ok(join.as_ref().map(short_code))
    }
}

/// The short code of a join: six digits from a hash of all of it.
#[must_use]
pub fn short_code(join: &Join) -> String {
    let bytes = minicbor::to_vec(join).expect("writing to a vector cannot fail");
    let hash: [u8; 8] = hash_short("kahriz/v1/short-code", &[&bytes]);
    format!("{:06}", u64::from_be_bytes(hash) % 1_000_000)
}

fn read_join(identity: &Identity, join: &Join) -> Result<Profile, AdminError> {
    if !join.is_signed() {
        return Err(AdminError::Join);
    }
    let opened = open_sealed(&join.sealed_profile, &identity.secrets.wrap, domain::JOIN_PROFILE);
    let opened = opened.map_err(|_| AdminError::Join)?;
    match minicbor::decode(&opened) {
        Ok(Announcement::Profile { officer, device }) => Ok(Profile { officer, device }),
        _ => Err(AdminError::Join),
    }
}

/// The current epoch's key of a scope, wrapped to the newcomer.
fn grant(
    tx: &Transaction<'_>,
    identity: &Identity,
    scope: ScopeId,
    join: &Join,
    rng: &mut dyn CryptoRng,
) -> Result<Action, AdminError> {
    let epoch = identity.roster.epoch(scope);
    let key = members::key(tx, scope, epoch)?.ok_or(AdminError::Scope)?;
    let context = WrapContext { workspace: identity.roster.workspace(), scope, epoch };
    let sealed = wrap_key(&EpochKey::from_bytes(&key), &join.keys.wrap, context, rng);
    let sealed = sealed.map_err(|_| RosterError::Malformed)?;
    let wrap = Wrap { recipient: Some(DeviceId::of(&join.keys.sign)), sealed };
    Ok(Action::KeyGranted { scope, epoch, wrap })
}

/// Tells the scopes who the newcomer is.
fn tell_who(
    tx: &Transaction<'_>,
    identity: &Identity,
    scopes: &[ScopeId],
    device: DeviceId,
    profile: &Profile,
) -> rusqlite::Result<()> {
    let (officer, phone) = (profile.officer.clone(), profile.device.clone());
    let person = members::PersonName { officer: officer.clone(), phone: phone.clone() };
    members::name_person(tx, device, &person)?;
    for scope in scopes {
        let log = logs::ensure(tx, identity.device(), *scope, GENERATION)?;
        let (officer, phone) = (officer.clone(), phone.clone());
        Workspace::announce(tx, &log, &Announcement::Person { device, officer, phone })?;
    }
    Ok(())
}
