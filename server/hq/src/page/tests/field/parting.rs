//! A phone is revoked: what of its work is at the relay only, and what is nowhere but on the phone.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use kahriz_core::drive::{self, SyncError};
use kahriz_proto::ids::DeviceId;
use rand::SeedableRng;
use rand::rngs::StdRng;

use super::{Field, brief, drawn, line, now, sync};

impl Field {
    /// Only the phone meets the relay.
    pub(crate) fn phone_syncs(&self) -> Result<(), SyncError> {
        let report = drive::sync(&self.phone, &mut line(&self.relay_url), &mut brief())?;
        assert_eq!(report.failure, None);
        Ok(())
    }

    /// Only headquarters does.
    pub(crate) fn headquarters_syncs(&self) {
        sync(&self.headquarters, &self.relay_url);
    }

    /// The phone's device.
    pub(crate) fn leyla(&self) -> DeviceId {
        self.phone.device()
    }

    /// Headquarters revokes the phone before it has looked at what came last, and tells the relay.
    pub(crate) fn revoke_leyla(&self) {
        let mut rng = StdRng::seed_from_u64(drawn());
        self.headquarters.revoke(self.leyla(), now(), &mut rng).unwrap();
        drive::publish_roster(&self.headquarters, &mut line(&self.relay_url), &mut brief())
            .unwrap();
        self.headquarters_syncs();
    }

    /// What the phone has not synced is handed in as letters, and headquarters collects them.
    pub(crate) fn deliver_letters(&self) {
        self.phone.end_letter();
        let home = self.folder.path().join("phone");
        let (mut line, mut shell) = (line(&self.relay_url), brief());
        let delivered = drive::deliver_letters(&home, &mut line, &mut shell).unwrap();
        assert_eq!((delivered.letters, delivered.failure), (1, None));
        drive::collect_letters(&self.headquarters, &mut line, &mut brief()).unwrap();
    }

    /// Headquarters does its rounds while something else happens.
    pub(crate) fn at_work<T>(&self, meanwhile: impl FnOnce() -> T) -> T {
        let is_over = AtomicBool::new(false);
        thread::scope(|scope| {
            scope.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    self.headquarters_syncs();
                    self.sync.send_modify(|state| state.rounds += 1);
                    thread::sleep(Duration::from_millis(20));
                }
            });
            let done = meanwhile();
            is_over.store(true, Ordering::Relaxed);
            done
        })
    }
}
