//! The ways in which a relay can lie, each as what it does to what it hears and tells.

mod down;
mod talk;
mod up;

use crate::story::{HQ, Mission};
use kahriz_proto::ids::DeviceId;
use kahriz_tests::world::forged::{Hears, Tells};
use kahriz_tests::world::{Who, World};

/// One way of lying.
pub(crate) struct Strategy {
    /// "A relay that ..."
    pub(crate) name: &'static str,
    /// To whom it lies, if not to everybody.
    pub(crate) to: Option<fn(&Scene) -> Who>,
    /// What somebody must see of it (parts of the texts).
    pub(crate) seen: &'static [&'static str],
    /// Whether devices set aside what it has refused, and offer it again only after a while.
    pub(crate) is_believed: bool,
    /// By which step everybody agrees again at the latest: one of [`crate::trial::STEPS`].
    pub(crate) heals_by: &'static str,
    /// The lie, made for one device.
    pub(crate) lie: fn(&Scene, Who) -> (Hears<'static>, Tells<'static>),
}

/// What a liar knows: everything that lies at the relay, and another organisation's roster.
#[derive(Clone)]
pub(crate) struct Scene {
    pub(crate) rashad: Who,
    pub(crate) leylas_device: DeviceId,
    /// The frames of the first scope, in order.
    pub(crate) frames: Vec<Vec<u8>>,
    /// The frames of the second scope.
    pub(crate) elsewhere: Vec<Vec<u8>>,
    /// The roster's entries, and those of another organisation.
    pub(crate) roster: Vec<Vec<u8>>,
    pub(crate) foreign_roster: Vec<Vec<u8>>,
    /// A frame of another organisation.
    pub(crate) foreign_frame: Vec<u8>,
}

impl Scene {
    pub(crate) fn of(mission: &mut Mission) -> Self {
        let mut foreign = World::new(4_711);
        let stranger = foreign.admit("Stranger", kahriz_proto::roster::Role::Officer, &[0]);
        crate::story::creates(
            &mut foreign,
            stranger,
            0,
            "missing_person",
            &[("full_name", "Nobody")],
        );
        foreign.settle();
        let world = &mission.world;
        Self {
            rashad: mission.rashad,
            leylas_device: world.at(mission.leyla).device(),
            frames: frames_in(world, 0),
            elsewhere: frames_in(world, 1),
            roster: world.at(HQ).roster_entries(0).unwrap(),
            foreign_roster: foreign.at(HQ).roster_entries(0).unwrap(),
            foreign_frame: frames_in(&foreign, 0).pop().unwrap(),
        }
    }
}

fn frames_in(world: &World, scope: usize) -> Vec<Vec<u8>> {
    let (id, scope, log) = (world.at(HQ).id(), world.scope(scope), world.relay.log());
    let last = log.position(id, scope).unwrap();
    (1..=last).map(|position| log.frame(id, scope, position).unwrap().unwrap()).collect()
}

/// All of them.
pub(crate) fn all() -> Vec<Strategy> {
    [down::all(), up::all(), talk::all()].into_iter().flatten().collect()
}

fn to_rashad(scene: &Scene) -> Who {
    scene.rashad
}

fn hears_all() -> Hears<'static> {
    Box::new(|_| {})
}

/// A lie told to everybody, in the answers alone.
fn telling(
    name: &'static str,
    seen: &'static [&'static str],
    lie: fn(&Scene, Who) -> (Hears<'static>, Tells<'static>),
) -> Strategy {
    Strategy { name, to: None, seen, is_believed: false, heals_by: "at another relay", lie }
}
