//! More than one admin: a second headquarters asks, and whoever holds the root key certifies it.

use super::super::error::{AdminError, ReadError};
use super::super::founding::add_entry;
use super::super::identity::name;
use super::super::{Claimed, Workspace};
use crate::crypto::SigningSecret;
use crate::store::settings;
use kahriz_proto::frame::verify_signature;
use kahriz_proto::hash::{hash_short, signed_bytes};
use kahriz_proto::ids::{DeviceId, SigningPublic, WorkspaceId};
use kahriz_proto::roster::{Action, Role};
use minicbor::{Decode, Encode};
use rand_core::CryptoRng;

const REQUEST_DOMAIN: &str = "kahriz/v1/admin-request";
const CODE_DOMAIN: &str = "kahriz/v1/admin-code";

/// A headquarters device asks for its admin key to be certified.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct AdminRequest {
    #[n(0)]
    workspace: WorkspaceId,
    #[n(1)]
    device: DeviceId,
    #[n(2)]
    admin: SigningPublic,
    /// The device's, over all of the above.
    #[cbor(n(3), with = "minicbor::bytes")]
    signature: [u8; 64],
}

impl AdminRequest {
    fn message(workspace: WorkspaceId, device: DeviceId, admin: &SigningPublic) -> Vec<u8> {
        let parts: [&[u8]; 3] = [workspace.as_bytes(), device.as_bytes(), admin.as_bytes()];
        signed_bytes(REQUEST_DOMAIN, &parts.concat())
    }

    /// The device that asks.
    #[must_use]
    pub fn device(&self) -> DeviceId {
        self.device
    }
}

/// The code that both screens show for an admin's key: six digits.
#[must_use]
pub fn admin_code(admin: &SigningPublic) -> String {
    let hash: [u8; 8] = hash_short(CODE_DOMAIN, &[admin.as_bytes()]);
    format!("{:06}", u64::from_be_bytes(hash) % 1_000_000)
}

impl AdminRequest {
    /// The code that both screens show.
    #[must_use]
    pub fn code(&self) -> String {
        admin_code(&self.admin)
    }
}

impl Workspace {
    /// This headquarters' request to be certified. Its admin key is made the first time and stays; until the root
    /// has certified it, nothing that it signs is taken.
    ///
    /// # Errors
    /// [`AdminError::NotHeadquarters`] on any other device.
    pub fn admin_request(&self, rng: &mut dyn CryptoRng) -> Result<AdminRequest, AdminError> {
        let mut identity = self.identity_mut();
        let is_headquarters = identity
            .member()
            .is_some_and(|member| member.role == Role::Headquarters && member.revoked.is_none());
        if !is_headquarters {
            return Err(AdminError::NotHeadquarters);
        }
        let admin = match identity.admin.clone() {
            Some(admin) => admin,
            None => {
                let admin = SigningSecret::generate(rng);
                self.store.write(|tx| settings::put(tx, name::ADMIN, admin.seed().as_slice()))?;
                identity.admin = Some(admin.clone());
                admin
            }
        };
        let (workspace, device) = (identity.roster.workspace(), identity.device());
        let message = AdminRequest::message(workspace, device, &admin.public());
        let signature = identity.secrets.sign(&message);
        Ok(AdminRequest { workspace, device, admin: admin.public(), signature })
    }

    /// The root certifies the admin key of a headquarters.
    ///
    /// # Errors
    /// [`AdminError::Join`] if the request is not of a headquarters of this workspace, or was altered.
    pub fn add_admin(
        &self,
        root: &SigningSecret,
        request: &AdminRequest,
        claimed: Claimed,
    ) -> Result<(), AdminError> {
        self.change_roster(|tx, identity| {
            let AdminRequest { workspace, device, admin, signature } = request;
            let member = identity
                .roster
                .member(*device)
                .filter(|member| member.role == Role::Headquarters && member.revoked.is_none());
            let message = AdminRequest::message(*workspace, *device, admin);
            let signed = member
                .is_some_and(|member| verify_signature(&member.keys.sign, &message, signature));
            if !signed || *workspace != identity.roster.workspace() {
                return Err(AdminError::Join);
            }
            let added = Action::AdminAdded { admin: *admin };
            Ok(add_entry(tx, identity, root, claimed, added)??)
        })
    }

    /// The root withdraws an admin's key.
    ///
    /// # Errors
    /// [`AdminError::Roster`] if there is no such admin, or the key is not the root's.
    pub fn remove_admin(
        &self,
        root: &SigningSecret,
        admin: SigningPublic,
        claimed: Claimed,
    ) -> Result<(), AdminError> {
        self.change_roster(|tx, identity| {
            let removed = Action::AdminRemoved { admin };
            Ok(add_entry(tx, identity, root, claimed, removed)??)
        })
    }

    /// This device's admin key, certified or not; `None` if it never had one.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn own_admin(&self) -> Result<Option<SigningPublic>, ReadError> {
        Ok(self.identity().admin.as_ref().map(SigningSecret::public))
    }
}
