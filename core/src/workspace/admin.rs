//! What headquarters does with the roster: invite, admit.

use super::epochs::give_key;
use super::error::AdminError;
use super::founding::add_entry;
use super::giving_way::admin_key;
use super::identity::{Identity, name, setting_id, setting_text};
use super::{Claimed, Profile, ReadError, Workspace};
use crate::batch::Announcement;
use crate::crypto::{SigningSecret, domain, open_sealed};
use crate::store::members;
use kahriz_proto::hash::hash_short;
use kahriz_proto::ids::{DeviceId, RelayId, ScopeId};
use kahriz_proto::join::{Invite, Join};
use kahriz_proto::message::RosterPage;
use kahriz_proto::roster::{Action, Role};
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
            let admin = admin_key(tx, identity)?;
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
            let admin = admin_key(tx, identity)?;
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
            let device = DeviceId::of(&join.keys.sign);
            for scope in scopes {
                give_key::<AdminError>(tx, identity, *scope, device, rng)?;
            }
            tell_who(tx, identity, scopes, device, &profile)?;
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

    /// The roster's entries after a number and the keys that go with them, as a relay takes them.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn roster_page(&self, after: u64) -> Result<RosterPage, ReadError> {
        self.store.read(|conn| {
            let entries = members::entries(conn, after)?.into_iter().map(Into::into).collect();
            let keys = members::wraps(conn, after)?;
            Ok(RosterPage { entries, keys: Some(keys).filter(|keys| !keys.is_empty()) })
        })
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
    // One that was handed over in person stands in the clear; it is signed all the same.
    let profile = opened.as_ref().map_or(&join.sealed_profile[..], |opened| opened);
    match minicbor::decode(profile) {
        Ok(Announcement::Profile { officer, device }) => Ok(Profile { officer, device }),
        _ => Err(AdminError::Join),
    }
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
        let log = identity.own_log(tx, *scope)?;
        let (officer, phone) = (officer.clone(), phone.clone());
        Workspace::announce(tx, &log, &Announcement::Person { device, officer, phone })?;
    }
    Ok(())
}
