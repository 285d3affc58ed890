//! One saved change as its device signed it.

use crate::batch::{Reference, pack, unpack};
use crate::crypto::{DeviceSecrets, domain};
use crate::record::Change;
use kahriz_proto::frame::verify_signature;
use kahriz_proto::hash::signed_bytes;
use kahriz_proto::ids::{DeviceId, LogId, ScopeId, SigningPublic, WorkspaceId};
use minicbor::{Decode, Encode};

/// What a device says of one change that it has saved.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Statement {
    /// The generation of the device's log.
    #[n(0)]
    pub generation: u32,
    /// The log in which the record was created.
    #[n(1)]
    pub creator: LogId,
    /// Which of that log's records it is.
    #[n(2)]
    pub counter: u64,
    /// The wire code of the record's kind.
    #[n(3)]
    pub kind: u8,
    /// The exact chunk of the change.
    #[cbor(n(4), with = "minicbor::bytes")]
    pub chunk: Vec<u8>,
}

/// A statement with its signature, not yet verified: as it stands in a letter, and as headquarters hands
/// it on.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Signed {
    /// The device that made the change.
    #[n(0)]
    pub device: DeviceId,
    /// The record's scope.
    #[n(1)]
    pub scope: ScopeId,
    /// The device's signature over workspace, device, scope and what is packed.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub signature: [u8; 64],
    /// Encoded [`Statement`], packed like a batch.
    #[cbor(n(3), with = "minicbor::bytes")]
    pub packed: Vec<u8>,
}

/// A statement that its device has really made.
#[derive(Clone, Debug)]
pub struct Said {
    /// The device's log of the scope.
    pub log: LogId,
    /// The generation of that log.
    pub generation: u32,
    /// The record.
    pub reference: Reference,
    /// The wire code of its kind.
    pub kind: u8,
    /// The change, whose actor is that log.
    pub change: Change,
}

impl Signed {
    /// Signs a statement. `None` if its change is larger than a change may be.
    #[must_use]
    pub fn of(
        statement: &Statement,
        workspace: WorkspaceId,
        scope: ScopeId,
        secrets: &DeviceSecrets,
    ) -> Option<Self> {
        let plain = minicbor::to_vec(statement).expect("writing to a vector cannot fail");
        let packed = pack(&plain).ok()?;
        let device = secrets.device();
        let signature = secrets.sign(&message(workspace, device, scope, &packed));
        Some(Self { device, scope, signature, packed })
    }

    /// What the device says, if it was this device that signed it, given its key from the roster.
    #[must_use]
    pub fn verify(&self, workspace: WorkspaceId, key: &SigningPublic) -> Option<Said> {
        let message = message(workspace, self.device, self.scope, &self.packed);
        let is_signed =
            DeviceId::of(key) == self.device && verify_signature(key, &message, &self.signature);
        is_signed.then(|| self.read()).flatten()
    }

    /// The statement as it stands there, whoever signed it.
    #[must_use]
    pub fn statement(&self) -> Option<Statement> {
        minicbor::decode(&unpack(&self.packed).ok()?).ok()
    }

    /// What it comes to, whoever signed it.
    pub(super) fn read(&self) -> Option<Said> {
        let Statement { generation, creator, counter, kind, chunk } = self.statement()?;
        let log = LogId::of(self.device, self.scope, generation);
        let change = Change::from_chunk(chunk).ok()?;
        // No honest log comes to numbers that a database cannot hold.
        let countable =
            [change.seq(), change.max_op()].map(i64::try_from).iter().all(Result::is_ok);
        let reference = Reference { creator, counter };
        (change.log() == Some(log) && countable).then_some(Said {
            log,
            generation,
            reference,
            kind,
            change,
        })
    }
}

impl Said {
    /// Whether the change begins its record: it builds on nothing, in the log that the record is named for.
    #[must_use]
    pub fn begins_record(&self) -> bool {
        self.change.deps().is_empty() && self.reference.creator == self.log
    }
}

fn message(workspace: WorkspaceId, device: DeviceId, scope: ScopeId, packed: &[u8]) -> Vec<u8> {
    let parts: [&[u8]; 4] = [workspace.as_bytes(), device.as_bytes(), scope.as_bytes(), packed];
    signed_bytes(domain::STATEMENT, &parts.concat())
}
