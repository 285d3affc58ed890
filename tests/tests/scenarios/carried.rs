//! What is carried by hand: a file on a memory stick, or two phones that meet with no network.

use crate::story::{HQ, Mission, mission, set, stands};
use kahriz_core::drive;
use kahriz_core::workspace::{BundleError, Bundled, Carry, Delivery, Unbundled};
use kahriz_proto::ids::RecordId;
use kahriz_tests::world::{Who, World};

fn bundle(world: &mut World, who: Who, carry: Carry) -> (Vec<u8>, Bundled) {
    let mut file = vec![];
    let mut rng = rand_chacha::ChaCha20Rng::clone(world.rng());
    let bundled = world.at(who).export_bundle(carry, &mut file, &mut rng, &mut |_| {}).unwrap();
    // The next draw of the world's is another.
    rand::Rng::next_u64(world.rng());
    assert_eq!(bundled.bytes, file.len() as u64);
    (file, bundled)
}

fn import(story: &Mission, who: Who, file: &[u8]) -> Result<Unbundled, BundleError> {
    story.world.at(who).import_bundle(&mut &file[..], &mut |_| {})
}

fn person(story: &mut Mission, who: Who, name: &str) -> RecordId {
    story.creates(who, "missing_person", &[("full_name", name)])
}

fn delivery(story: &Mission, who: Who, record: RecordId) -> Delivery {
    story.world.at(who).record(record).unwrap().unwrap().delivery
}

#[test]
fn a_phone_that_never_meets_a_network_delivers_by_memory_stick_and_hears_that_it_arrived() {
    let mut story = mission();
    let leyla = story.leyla;
    let record = person(&mut story, leyla, "Vaqif");
    let (file, bundled) = bundle(&mut story.world, leyla, Carry::Undelivered);
    assert_eq!((bundled.frames, bundled.held_back), (1, 0));
    let came = import(&story, HQ, &file).unwrap();
    assert_eq!((came.frames, came.new, came.merged, came.parked), (1, 1, 1, 0));
    assert!(came.damage.is_none());
    assert_eq!(stands(&story.world, HQ, record, "full_name"), set(&["Vaqif"]));
    // The same stick again brings nothing.
    assert_eq!(import(&story, HQ, &file).unwrap().new, 0);
    // And back: headquarters has signed for it.
    let (back, _) = bundle(&mut story.world, HQ, Carry::Undelivered);
    import(&story, leyla, &back).unwrap();
    assert_eq!(delivery(&story, leyla, record), Delivery::AtHeadquarters);
}

#[test]
fn anybody_carries_anybodys_and_the_relay_gets_it_from_the_carrier() {
    let mut story = mission();
    let (leyla, rashad) = (story.leyla, story.rashad);
    let record = person(&mut story, leyla, "Vaqif");
    let (file, _) = bundle(&mut story.world, leyla, Carry::Undelivered);
    import(&story, rashad, &file).unwrap();
    story.changes(rashad, record, &[("patronymic", "Ali")]);
    story.world.kill(leyla);
    // Both go up, what was carried before what builds on it.
    let report = story.world.sync(rashad);
    assert_eq!((report.frames_pushed, report.frames_refused), (2, 0));
    story.world.settle();
    assert_eq!(stands(&story.world, HQ, record, "full_name"), set(&["Vaqif"]));
    assert_eq!(stands(&story.world, HQ, record, "patronymic"), set(&["Ali"]));
}

#[test]
fn a_bundle_that_comes_before_what_it_builds_on_waits_for_it() {
    let mut story = mission();
    let (leyla, rashad) = (story.leyla, story.rashad);
    let record = person(&mut story, leyla, "Vaqif");
    let (first, _) = bundle(&mut story.world, leyla, Carry::Undelivered);
    import(&story, rashad, &first).unwrap();
    story.changes(rashad, record, &[("patronymic", "Ali")]);
    let (whole, _) = bundle(&mut story.world, rashad, Carry::Everything);
    let (late, _) = bundle(&mut story.world, rashad, Carry::Undelivered);
    // Of the second stick only the last frame can be read.
    let only_last = [&late[..200], &late[late.len() - 700..]].concat();
    let came = import(&story, HQ, &only_last).unwrap();
    assert!(!came.damage.is_none());
    let came_whole = import(&story, HQ, &whole).unwrap();
    assert_eq!(came.merged + came_whole.merged, 2);
    assert_eq!(story.world.at(HQ).status().unwrap().inbox_waiting, 0);
    assert_eq!(stands(&story.world, HQ, record, "patronymic"), set(&["Ali"]));
}

#[test]
fn a_cut_bundle_gives_what_is_whole_and_says_what_is_not() {
    let mut story = mission();
    let leyla = story.leyla;
    for n in 0..4 {
        person(&mut story, leyla, &format!("person {n}"));
        // Each in a frame of its own.
        bundle(&mut story.world, leyla, Carry::Undelivered);
    }
    let (file, bundled) = bundle(&mut story.world, leyla, Carry::Undelivered);
    assert_eq!(bundled.frames, 4);
    let cut = import(&story, HQ, &file[..file.len() - 300]).unwrap();
    assert!(cut.damage.cut && cut.merged == 3, "{cut:?}");
    let mut altered = file.clone();
    let middle = file.len() / 2;
    altered[middle] ^= 1;
    assert!(!import(&story, HQ, &altered).unwrap().damage.is_none());
    let came = import(&story, HQ, &file).unwrap();
    assert!(came.damage.is_none());
    assert_eq!(story.world.at(HQ).status().unwrap().records, 4);
}

#[test]
fn what_is_no_bundle_or_another_organisations_is_refused() {
    let mut story = mission();
    let mut other = World::new(story.world.seed + 1);
    let (file, _) = bundle(&mut other, HQ, Carry::Everything);
    assert!(matches!(import(&story, HQ, &file), Err(BundleError::OtherWorkspace(_))));
    assert!(matches!(import(&story, HQ, b"hello"), Err(BundleError::NotABundle)));
    assert!(matches!(import(&story, HQ, b""), Err(BundleError::NotABundle)));
    let nino = story.nino;
    let leyla = story.leyla;
    person(&mut story, leyla, "Vaqif");
    let (file, _) = bundle(&mut story.world, leyla, Carry::Undelivered);
    let came = import(&story, nino, &file).unwrap();
    assert_eq!((came.frames, came.not_granted, came.new), (1, 1, 0));
}

#[test]
fn a_phone_that_was_just_admitted_gets_everything_from_headquarters_stick() {
    let mut story = mission();
    let (leyla, rashad) = (story.leyla, story.rashad);
    let record = person(&mut story, leyla, "Vaqif");
    story.world.settle();
    story.world.kill(rashad);
    let newcomer = story.world.ask_to_join("Samir");
    let join = story.world.waiting_joins().pop().unwrap();
    story.world.let_in(&join, kahriz_proto::roster::Role::Officer, &[0]);
    let (file, _) = bundle(&mut story.world, HQ, Carry::Everything);
    let came = import(&story, newcomer, &file).unwrap();
    assert!(came.entries > 0 && came.parked == 0, "{came:?}");
    assert_eq!(stands(&story.world, newcomer, record, "full_name"), set(&["Vaqif"]));
}

#[test]
fn two_phones_that_meet_have_the_same_afterwards_and_either_brings_it_home() {
    let mut story = mission();
    let (leyla, rashad) = (story.leyla, story.rashad);
    let one = person(&mut story, leyla, "Leyla's");
    let two = person(&mut story, rashad, "Rashad's");
    // Leyla's phone serves: what it carries lies at a relay of its own.
    let roster = story.world.at(HQ).roster_page(0).unwrap();
    let mut hotspot = story.world.hotspot(roster);
    for who in [leyla, rashad, leyla] {
        let (workspace, _, shell) = story.world.device_mut(who).parts();
        let report = drive::meet(workspace, &mut hotspot, shell).unwrap();
        assert_eq!(report.frames_refused, 0);
    }
    assert_eq!(stands(&story.world, leyla, two, "full_name"), set(&["Rashad's"]));
    assert_eq!(stands(&story.world, rashad, one, "full_name"), set(&["Leyla's"]));
    // Neither takes it for delivered.
    assert_eq!(delivery(&story, leyla, one), Delivery::OnThisDevice);
    assert_eq!(delivery(&story, rashad, two), Delivery::OnThisDevice);
    story.world.kill(rashad);
    assert_eq!(story.world.sync(leyla).frames_pushed, 2);
    story.world.sync(HQ);
    assert_eq!(stands(&story.world, HQ, two, "full_name"), set(&["Rashad's"]));
}
