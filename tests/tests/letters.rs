//! Letters: what was saved on a phone arrives although the phone can no longer read it.

#![allow(clippy::unwrap_used)]

#[path = "scenarios/story.rs"]
#[allow(dead_code)]
mod story;

use kahriz_core::batch::{self, Adopted, Entry};
use kahriz_core::crypto::{DeviceSecrets, MarkKey, WrapSecret};
use kahriz_core::drive::{self, Collected, Delivered, SyncError};
use kahriz_core::letters::{Cover, Letter, LetterWriter, Signed, Statement};
use kahriz_core::workspace::{Claimed, Grounds, LetterState, LetterView, LettersError};
use kahriz_proto::frame::FrameRef;
use kahriz_proto::ids::{DeviceId, FrameHash, RecordId};
use kahriz_proto::letter::Deposit;
use kahriz_proto::limits::LETTERS_BYTES_PER_DEVICE_MAX;
use kahriz_proto::roster::Role;
use kahriz_tests::world::weather::Fault;
use kahriz_tests::world::{Insider, Who, World};
use std::path::PathBuf;
use story::{HQ, Mission, mission, set};

/// The phone's store can never be opened again; its letters lie beside where it was.
fn wipe(world: &mut World, who: Who) {
    world.kill(who);
    for entry in std::fs::read_dir(world.device(who).home()).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_file() {
            std::fs::remove_file(entry.path()).unwrap();
        }
    }
}

fn deliver(world: &mut World, who: Who) -> Delivered {
    let device = world.device_mut(who);
    let home = device.home().to_owned();
    drive::deliver_letters(&home, &mut device.line, &mut device.shell).unwrap()
}

fn collect(world: &mut World) -> Collected {
    let (workspace, line, shell) = world.device_mut(HQ).parts();
    drive::collect_letters(workspace, line, shell).unwrap()
}

fn letters(world: &World) -> Vec<LetterView> {
    world.at(HQ).letters().unwrap()
}

/// The files in a device's folder of letters.
fn files(world: &World, who: Who) -> Vec<PathBuf> {
    let folder = world.device(who).home().join("letters");
    let Ok(entries) = std::fs::read_dir(folder) else { return vec![] };
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// What a device has signed in its letters, read with the recovery key.
fn statements(world: &World, who: Who) -> Vec<Signed> {
    let recovery = WrapSecret::from_seed(&world.keepsakes.recovery_seed);
    let read = |path: PathBuf| {
        let file = std::fs::read(path).unwrap();
        let (_, letter) = Cover::read(&file).unwrap();
        let letter = Letter::read(letter).unwrap();
        letter.open(&letter.key(None, &recovery).unwrap()).statements
    };
    files(world, who).into_iter().flat_map(read).collect()
}

fn everybody_has(story: &Mission, record: RecordId, key: &str, values: &[&str]) {
    for who in [HQ, story.leyla, story.rashad] {
        if story.world.device(who).is_running() {
            assert_eq!(story.stands(who, record, key), set(values), "{who:?}");
            assert_eq!(story.world.at(who).parked().unwrap(), [], "{who:?}");
            assert_eq!(story.world.at(who).status().unwrap().changes_stuck, 0);
        }
    }
}

fn author(story: &Mission, at: Who, record: RecordId, key: &str) -> String {
    let view = story.world.at(at).record(record).unwrap().unwrap();
    view.fields[key].values[0].by.officer.clone()
}

#[test]
fn what_an_officer_saved_on_a_phone_that_was_wiped_arrives_under_the_officers_name() {
    let mut story = mission();
    let leyla = story.leyla;
    let person = story.creates(leyla, "missing_person", &[("full_name", "Vaqif"), ("sex", "male")]);
    story.changes(leyla, person, &[("full_name", "Vaqif Əliyev")]);
    let mine = story.creates(leyla, "landmine_incident", &[("hazard_status", "active")]);
    wipe(&mut story.world, leyla);
    assert!(files(&story.world, leyla).iter().all(|path| path.extension().unwrap() == "letter"));
    let delivered = deliver(&mut story.world, leyla);
    assert_eq!((delivered.letters, delivered.waiting, delivered.failure), (1, 0, None));
    // It is kept, and delivering again delivers nothing twice.
    assert_eq!(files(&story.world, leyla).len(), 1);
    assert_eq!(deliver(&mut story.world, leyla), Delivered::default());

    let collected = collect(&mut story.world);
    assert_eq!((collected.letters, collected.settled.changes), (1, 3));
    assert_eq!(letters(&story.world), [], "everything of it is here: closed");
    assert_eq!(collect(&mut story.world).letters, 0, "the relay was told to forget it");
    story.world.settle();
    everybody_has(&story, person, "full_name", &["Vaqif Əliyev"]);
    everybody_has(&story, mine, "hazard_status", &["active"]);
    for at in [HQ, story.rashad] {
        assert_eq!(author(&story, at, person, "full_name"), "Leyla");
        assert_eq!(story.world.at(at).record(person).unwrap().unwrap().created.officer, "Leyla");
    }

    // Others build on it, also who comes later and never meets the phone.
    story.changes(story.rashad, person, &[("full_name", "Vaqif Oruc oğlu Əliyev")]);
    story.changes(HQ, mine, &[("hazard_status", "cleared")]);
    story.world.settle();
    let late = story.world.admit("Gülnar", Role::Officer, &[0]);
    story.changes(late, person, &[("sex", "female")]);
    story.changes(late, mine, &[("imsma_ref", "I-1")]);
    story.world.settle();
    everybody_has(&story, person, "full_name", &["Vaqif Oruc oğlu Əliyev"]);
    everybody_has(&story, person, "sex", &["female"]);
    everybody_has(&story, mine, "hazard_status", &["cleared"]);
    everybody_has(&story, mine, "imsma_ref", &["I-1"]);
    assert_eq!(story.world.at(late).parked().unwrap(), []);
}

#[test]
fn of_a_phone_that_had_synced_in_part_only_the_rest_is_adopted() {
    let mut story = mission();
    let (leyla, rashad) = (story.leyla, story.rashad);
    let person = story.known_person();
    assert_eq!(
        files(&story.world, leyla),
        Vec::<PathBuf>::new(),
        "what has arrived needs no letter"
    );
    story.changes(rashad, person, &[("mother_name", "Gülnar")]);
    story.world.settle();
    story.changes(leyla, person, &[("mother_name", "Gülnarə")]);
    let mine = story.creates(leyla, "landmine_incident", &[("hazard_status", "active")]);
    let before = story.world.at(HQ).status().unwrap().records;
    wipe(&mut story.world, leyla);
    deliver(&mut story.world, leyla);
    assert_eq!(collect(&mut story.world).settled.changes, 2);
    story.world.settle();
    everybody_has(&story, person, "mother_name", &["Gülnarə"]);
    everybody_has(&story, mine, "hazard_status", &["active"]);
    assert_eq!(author(&story, rashad, person, "mother_name"), "Leyla");
    assert_eq!(story.world.at(HQ).status().unwrap().records, before + 1);
}

#[test]
fn who_joins_anew_in_the_folder_of_a_wiped_phone_leaves_its_letters_alone() {
    let mut story = mission();
    let leyla = story.leyla;
    let person = story.creates(leyla, "missing_person", &[("full_name", "Vaqif")]);
    wipe(&mut story.world, leyla);
    let old = files(&story.world, leyla);
    let anew = story.world.admit("Leyla", Role::Officer, &[0]);
    let folder = story.world.device(anew).home().join("letters");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::rename(&old[0], folder.join(old[0].file_name().unwrap())).unwrap();
    let mine = story.creates(anew, "missing_person", &[("full_name", "Elvin")]);
    story.world.settle();
    story.world.kill(anew);
    story.world.start(anew);
    assert_eq!(files(&story.world, anew).len(), 1, "her own are gone, because all has arrived");
    assert_eq!(deliver(&mut story.world, anew).letters, 1);
    assert_eq!(collect(&mut story.world).settled.changes, 1);
    story.world.settle();
    everybody_has(&story, person, "full_name", &["Vaqif"]);
    everybody_has(&story, mine, "full_name", &["Elvin"]);
}

#[test]
fn a_letter_that_says_nothing_new_is_closed_and_nobody_is_asked() {
    let mut story = mission();
    let leyla = story.leyla;
    let person = story.creates(leyla, "missing_person", &[("full_name", "Vaqif")]);
    let file = std::fs::read(&files(&story.world, leyla)[0]).unwrap();
    story.world.settle();
    assert!(story.world.at(HQ).import_letter(&file).unwrap());
    let now = story.world.now();
    let settled = story.world.at(HQ).settle_deposits(true, now).unwrap();
    assert_eq!((settled.closed, settled.changes), (1, 0));
    assert_eq!(letters(&story.world), []);
    everybody_has(&story, person, "full_name", &["Vaqif"]);
}

#[test]
fn the_phones_own_frames_may_come_after_its_letter_was_adopted() {
    let mut story = mission();
    let (leyla, rashad) = (story.leyla, story.rashad);
    let person = story.creates(leyla, "missing_person", &[("full_name", "A")]);
    // Two frames are sealed that the line does not carry, each edit on the one before; a third edit waits.
    for name in ["B", "C"] {
        story.world.device_mut(leyla).shell.patience = Some(0);
        story.world.device_mut(leyla).line.next_faults = [Some(Fault::RequestLost)].into();
        assert!(story.world.try_sync(leyla).unwrap().failure.is_some());
        story.changes(leyla, person, &[("full_name", name)]);
    }
    story.world.at(leyla).end_letter();
    deliver(&mut story.world, leyla);
    assert_eq!(collect(&mut story.world).settled.changes, 3);
    story.world.sync(HQ);
    story.world.sync(rashad);
    assert_eq!(story.stands(rashad, person, "full_name"), set(&["C"]));
    story.changes(rashad, person, &[("mother_name", "Gülnar")]);
    story.world.sync(rashad);
    story.world.sync(HQ);

    // Now the phone is found and goes on as if nothing had been.
    story.world.device_mut(leyla).shell.patience = None;
    story.changes(leyla, person, &[("full_name", "D")]);
    story.world.settle();
    everybody_has(&story, person, "full_name", &["D"]);
    everybody_has(&story, person, "mother_name", &["Gülnar"]);
    story.changes(leyla, person, &[("full_name", "E")]);
    story.changes(HQ, person, &[("mother_name", "Gülnarə")]);
    story.world.settle();
    everybody_has(&story, person, "full_name", &["E"]);
    everybody_has(&story, person, "mother_name", &["Gülnarə"]);
    assert_eq!(files(&story.world, leyla), Vec::<PathBuf>::new());
    let late = story.world.admit("Gülnar", Role::Officer, &[0]);
    assert_eq!(story.stands(late, person, "full_name"), set(&["E"]));
    assert_eq!(story.world.at(late).parked().unwrap(), []);
}

#[test]
fn who_has_the_frames_already_takes_the_adopted_changes_as_nothing_new() {
    let mut story = mission();
    let (leyla, rashad) = (story.leyla, story.rashad);
    let person = story.creates(leyla, "missing_person", &[("full_name", "Vaqif")]);
    story.changes(leyla, person, &[("sex", "male")]);
    let file = std::fs::read(&files(&story.world, leyla)[0]).unwrap();
    story.world.sync(leyla);
    story.world.sync(rashad);
    // Headquarters is given the letter by hand before it has read the frames.
    assert!(story.world.at(HQ).import_letter(&file).unwrap());
    let now = story.world.now();
    assert_eq!(story.world.at(HQ).settle_deposits(true, now).unwrap().changes, 2);
    story.changes(HQ, person, &[("full_name", "Vaqif Əliyev")]);
    story.world.settle();
    everybody_has(&story, person, "full_name", &["Vaqif Əliyev"]);
    everybody_has(&story, person, "sex", &["male"]);
}

#[test]
fn a_letter_that_was_cut_short_delivers_what_is_whole() {
    let mut story = mission();
    let leyla = story.leyla;
    let person = story.creates(leyla, "missing_person", &[("full_name", "A")]);
    story.changes(leyla, person, &[("full_name", "B")]);
    story.changes(leyla, person, &[("full_name", "C")]);
    wipe(&mut story.world, leyla);
    let path = files(&story.world, leyla).remove(0);
    let file = std::fs::read(&path).unwrap();
    let (_, letter) = Cover::read(&file).unwrap();
    let start = file.windows(letter.len()).position(|window| window == letter).unwrap();
    std::fs::write(&path, &file[..start + letter.len() - 10]).unwrap();
    deliver(&mut story.world, leyla);
    assert_eq!(collect(&mut story.world).settled.changes, 2);
    story.world.settle();
    everybody_has(&story, person, "full_name", &["B"]);
}

#[test]
fn an_entry_that_was_damaged_is_said_and_the_others_are_adopted() {
    let mut story = mission();
    let leyla = story.leyla;
    let one = story.creates(leyla, "missing_person", &[("full_name", "A")]);
    let other = story.creates(leyla, "missing_person", &[("full_name", "B")]);
    wipe(&mut story.world, leyla);
    let path = files(&story.world, leyla).remove(0);
    let mut file = std::fs::read(&path).unwrap();
    let (_, letter) = Cover::read(&file).unwrap();
    let end =
        file.windows(letter.len()).position(|window| window == letter).unwrap() + letter.len();
    file[end - 5] ^= 1;
    std::fs::write(&path, &file).unwrap();
    deliver(&mut story.world, leyla);
    assert_eq!(collect(&mut story.world).settled.changes, 1);
    story.world.settle();
    everybody_has(&story, one, "full_name", &["A"]);
    assert!(story.world.at(HQ).record(other).unwrap().is_none());
    let [view] = &letters(&story.world)[..] else { panic!("it stays, because something is lost") };
    assert_eq!((view.entries, view.damaged, view.new_changes), (1, 1, 0));
    assert_eq!(
        view.state,
        LetterState::Adopted { who: String::new(), reason: "a member's own work".into() }
    );
}

#[test]
fn who_finds_a_wiped_phone_can_hand_in_letters_and_say_nothing_in_the_officers_name() {
    let mut story = mission();
    let leyla = story.leyla;
    story.creates(leyla, "missing_person", &[("full_name", "Vaqif")]);
    let genuine = statements(&story.world, leyla).remove(0);
    wipe(&mut story.world, leyla);
    let file = std::fs::read(&files(&story.world, leyla)[0]).unwrap();
    let (cover, _) = Cover::read(&file).unwrap();
    // The finder knows the officer's ids, even headquarters' key, and has the key that deposits.
    let roster = story.world.at(HQ).roster();
    let headquarters = roster.member(story.world.at(HQ).device()).unwrap().keys.wrap.clone();
    let thief = DeviceSecrets::generate(story.world.rng());
    let Statement { chunk, kind, generation, creator, counter } = genuine.statement().unwrap();
    let forged = Statement { chunk, kind, generation, creator, counter: counter + 1 };
    let mut forged = Signed::of(&forged, roster.workspace(), genuine.scope, &thief).unwrap();
    forged.device = genuine.device;
    let spliced = Signed { signature: genuine.signature, ..forged.clone() };
    let to = [(Some(story.world.at(HQ).device()), headquarters)];
    let begun =
        LetterWriter::begin(roster.workspace(), genuine.device, &to, story.world.rng()).unwrap();
    let (mut writer, mut letter) = begun;
    for signed in [forged, spliced] {
        letter.extend(writer.entry(&MarkKey::from_bytes([1; 32]), &[2; 32], &signed));
    }
    post(&mut story.world, leyla, &cover.deposit(&letter));
    let collected = collect(&mut story.world);
    assert_eq!((collected.letters, collected.settled.changes), (1, 0));
    let [view] = &letters(&story.world)[..] else { panic!("it is shown") };
    assert_eq!((view.entries, view.damaged), (0, 2));
    assert_eq!(story.world.at(HQ).status().unwrap().records, 0);
    // A deposit that claims to be another device's is not even taken by the relay.
    let rashad = story.world.at(story.rashad).device();
    let claimed = Deposit { device: rashad, ..cover.deposit(&letter) };
    assert_eq!(post_status(&mut story.world, leyla, &claimed), 400);
    assert_eq!(collect(&mut story.world).letters, 0);
}

#[test]
fn the_letter_of_a_revoked_phone_waits_for_a_person_and_a_rejected_one_stays_to_be_seen() {
    let mut story = mission();
    let leyla = story.leyla;
    let person = story.known_person();
    story.changes(leyla, person, &[("full_name", "Vaqif Əliyev")]);
    story.world.revoke(leyla);
    // The phone hears of it at its next contact, lets go of what it could read, and hands its letter in.
    assert!(matches!(story.world.try_sync(leyla), Err(SyncError::Revoked)));
    assert_eq!(deliver(&mut story.world, leyla).letters, 0);
    let collected = collect(&mut story.world);
    assert_eq!(
        (collected.letters, collected.settled.changes, collected.settled.waiting),
        (1, 0, 1)
    );
    let [view] = &letters(&story.world)[..] else { panic!("one letter waits") };
    assert_eq!((view.officer.as_str(), view.revoked, view.new_changes), ("Leyla", true, 1));
    assert_eq!((view.records.as_slice(), &view.state), (&[person][..], &LetterState::Waiting));
    assert_eq!(story.stands(HQ, person, "full_name"), set(&["Əliyev Vaqif"]));

    let (letter, now) = (view.id, story.world.now());
    story.world.at(HQ).reject_letter(letter, &grounds("who had the phone?", now)).unwrap();
    assert_eq!(collect(&mut story.world).settled.changes, 0);
    let rejected =
        LetterState::Rejected { who: "Səidə".into(), reason: "who had the phone?".into() };
    assert_eq!(letters(&story.world)[0].state, rejected);
    assert_eq!(story.stands(HQ, person, "full_name"), set(&["Əliyev Vaqif"]));

    assert_eq!(story.world.at(HQ).adopt(letter, &grounds("Leyla called", now)).unwrap(), 1);
    story.world.sync(HQ);
    story.world.sync(story.rashad);
    for who in [HQ, story.rashad] {
        assert_eq!(story.stands(who, person, "full_name"), set(&["Vaqif Əliyev"]));
        assert_eq!(author(&story, who, person, "full_name"), "Leyla");
        assert_eq!(story.world.at(who).parked().unwrap(), []);
    }
    let missing = story.world.at(HQ).adopt(letter + 1, &grounds("", now));
    assert!(matches!(missing, Err(LettersError::NoLetter)), "{missing:?}");
}

#[test]
fn a_change_that_builds_on_what_is_not_here_follows_when_that_has_come() {
    let mut story = mission();
    let (leyla, rashad) = (story.leyla, story.rashad);
    let person = story.creates(rashad, "missing_person", &[("full_name", "Vaqif")]);
    story.world.sync(rashad);
    story.world.sync(leyla);
    story.changes(leyla, person, &[("full_name", "Vaqif Əliyev")]);
    let mine = story.creates(leyla, "landmine_incident", &[("hazard_status", "active")]);
    wipe(&mut story.world, leyla);
    deliver(&mut story.world, leyla);
    // Headquarters has not read what Rashad wrote.
    assert_eq!(collect(&mut story.world).settled.changes, 1);
    assert_eq!(letters(&story.world)[0].new_changes, 1);
    story.world.settle();
    assert_eq!(collect(&mut story.world).settled.changes, 1);
    story.world.settle();
    assert_eq!(letters(&story.world), []);
    everybody_has(&story, person, "full_name", &["Vaqif Əliyev"]);
    everybody_has(&story, mine, "hazard_status", &["active"]);
}

#[test]
fn only_headquarters_hands_on_what_another_device_has_signed() {
    let mut story = mission();
    let (leyla, rashad) = (story.leyla, story.rashad);
    let person = story.creates(leyla, "missing_person", &[("full_name", "Vaqif")]);
    let genuine = statements(&story.world, leyla).remove(0);
    let mut insider = Insider::admitted(&mut story.world, 0);
    story.world.settle_but(leyla);
    let adopted =
        Adopted { device: genuine.device, signature: &genuine.signature, packed: &genuine.packed };
    let creator = genuine.statement().unwrap().creator;
    let preamble = insider.preamble(1, FrameHash::NONE, vec![FrameRef { log: creator, seq: 0 }]);
    let inside = batch::write(preamble.log(), &[creator], &[Entry::Adopted(adopted)]).unwrap();
    let frame = insider.seal(&preamble, &batch::pack(&inside).unwrap());
    insider.push(&story.world, &[frame.into_bytes()]);
    story.world.sync(rashad);
    assert!(story.world.at(rashad).record(person).unwrap().is_none());
    let [parked] = &story.world.at(rashad).parked().unwrap()[..] else { panic!("it is parked") };
    assert!(parked.reason.is_quarantine());
}

#[test]
fn a_phone_that_lost_its_letters_or_died_before_one_was_written_writes_them_when_it_starts() {
    let mut story = mission();
    let leyla = story.leyla;
    let person = story.creates(leyla, "missing_person", &[("full_name", "A")]);
    story.world.device_mut(leyla).shell.patience = Some(0);
    story.world.device_mut(leyla).line.next_faults = [Some(Fault::RequestLost)].into();
    story.world.try_sync(leyla).unwrap();
    // One change in a sealed frame, one that waits to be sealed.
    story.changes(leyla, person, &[("full_name", "B")]);
    let written = statements(&story.world, leyla);
    assert_eq!(written.len(), 2);
    story.world.kill(leyla);
    std::fs::remove_dir_all(story.world.device(leyla).home().join("letters")).unwrap();
    story.world.start(leyla);
    assert_eq!(statements(&story.world, leyla), written);
    // What is lettered is not lettered again, and a torn entry is.
    story.world.kill(leyla);
    story.world.start(leyla);
    assert_eq!(files(&story.world, leyla).len(), 1);
    story.world.kill(leyla);
    let path = files(&story.world, leyla).remove(0);
    let mut file = std::fs::read(&path).unwrap();
    let last = file.iter().rposition(|byte| *byte != 0).unwrap();
    file[last - 3..=last].fill(0);
    std::fs::write(&path, file).unwrap();
    story.world.start(leyla);
    assert_eq!(statements(&story.world, leyla).len(), 2);
    assert_eq!(files(&story.world, leyla).len(), 2);
    assert!(!story.world.at(leyla).owes_letters());
}

#[test]
fn many_saves_go_on_in_further_letters_and_headquarters_writes_none() {
    let mut story = mission();
    let leyla = story.leyla;
    let scope = story.world.scope(0);
    // Characters that follow from nothing, so that they cannot be squeezed.
    let account = |number: u32| -> String {
        let letter = |n: u32| 0x4e00 + (n + number * 7_919).wrapping_mul(2_654_435_761) % 20_000;
        (0..4_000).filter_map(|n| char::from_u32(letter(n))).collect()
    };
    let drafts: Vec<_> = (0..60)
        .map(|number| {
            let mut draft = story.world.at(leyla).new_record(scope, "landmine_incident").unwrap();
            draft.allow_incomplete();
            draft.set_text("narrative", &account(number)).unwrap();
            draft
        })
        .collect();
    let now = story.world.now();
    story.world.at(leyla).save_many(&drafts, now).unwrap();
    assert!(files(&story.world, leyla).len() > 1);
    assert_eq!(statements(&story.world, leyla).len(), 60);
    story.creates(HQ, "missing_person", &[("full_name", "Vaqif")]);
    assert_eq!(files(&story.world, HQ), Vec::<PathBuf>::new());
    wipe(&mut story.world, leyla);
    let delivered = deliver(&mut story.world, leyla);
    assert_eq!(delivered.waiting, 0);
    assert_eq!(collect(&mut story.world).settled.changes, 60);
    story.world.settle();
    assert_eq!(story.world.at(story.rashad).status().unwrap().records, 61);
}

#[test]
fn a_delivery_over_a_bad_line_goes_on_where_it_was() {
    let mut story = mission();
    let leyla = story.leyla;
    let person = story.creates(leyla, "missing_person", &[("full_name", "Vaqif")]);
    wipe(&mut story.world, leyla);
    story.world.device_mut(leyla).line.next_faults =
        [Some(Fault::RequestLost), Some(Fault::AnswerLost)].into();
    assert_eq!(deliver(&mut story.world, leyla).letters, 1);
    assert_eq!(collect(&mut story.world).letters, 1, "twice deposited, once there");
    story.world.settle();
    everybody_has(&story, person, "full_name", &["Vaqif"]);
    // A hotel's page is no relay, and takes nothing.
    let mine = story.creates(story.rashad, "missing_person", &[("full_name", "Elvin")]);
    let rashad = story.rashad;
    wipe(&mut story.world, rashad);
    story.world.device_mut(rashad).line.next_faults = [Some(Fault::Portal)].into();
    let stopped = deliver(&mut story.world, rashad);
    assert_eq!((stopped.letters, stopped.waiting), (0, 1));
    assert_eq!(deliver(&mut story.world, rashad).letters, 1);
    collect(&mut story.world);
    assert_eq!(story.stands(HQ, mine, "full_name"), set(&["Elvin"]));
}

#[test]
fn the_recovery_key_opens_letters_that_no_headquarters_can() {
    let mut story = mission();
    let leyla = story.leyla;
    let person = story.creates(leyla, "missing_person", &[("full_name", "Vaqif")]);
    let signed = statements(&story.world, leyla).remove(0);
    let file = std::fs::read(&files(&story.world, leyla)[0]).unwrap();
    let (cover, _) = Cover::read(&file).unwrap();
    // As if it had been written while another headquarters was the only one.
    let recovery = WrapSecret::from_seed(&story.world.keepsakes.recovery_seed);
    let workspace = story.world.at(HQ).id();
    let to = [(None, recovery.public()), (Some(DeviceId::from_bytes([9; 16])), recovery.public())];
    let (mut writer, mut letter) =
        LetterWriter::begin(workspace, signed.device, &to, story.world.rng()).unwrap();
    letter.extend(writer.entry(&MarkKey::from_bytes([1; 32]), &[2; 32], &signed));
    wipe(&mut story.world, leyla);
    post(&mut story.world, leyla, &cover.deposit(&letter));
    assert_eq!(collect(&mut story.world).settled.changes, 0);
    let view = letters(&story.world).remove(0);
    assert_eq!(view.state, LetterState::Sealed);
    let now = story.world.now();
    let refused = story.world.at(HQ).adopt(view.id, &grounds("", now));
    assert!(matches!(refused, Err(LettersError::Sealed)), "{refused:?}");
    let wrong = WrapSecret::from_seed(&[3; 32]);
    assert_eq!(story.world.at(HQ).unlock_letters(&wrong).unwrap(), 0);
    assert_eq!(story.world.at(HQ).unlock_letters(&recovery).unwrap(), 1);
    assert_eq!(story.world.at(HQ).settle_deposits(true, now).unwrap().changes, 1);
    story.world.settle();
    everybody_has(&story, person, "full_name", &["Vaqif"]);
}

#[test]
fn rubbish_that_is_handed_in_without_end_fills_headquarters_only_so_far() {
    let mut story = mission();
    let leyla = story.leyla;
    let person = story.creates(leyla, "missing_person", &[("full_name", "Vaqif")]);
    let file = std::fs::read(&files(&story.world, leyla)[0]).unwrap();
    let (cover, genuine) = Cover::read(&file).unwrap();
    let mut taken = 0_u64;
    let refused = loop {
        // A head that is right, and noise behind it.
        let mut letter = genuine.to_vec();
        letter.extend((taken + 1).to_be_bytes());
        letter.resize(250 * 1_024, 7);
        match story.world.at(HQ).take_deposit(&cover.deposit(&letter)) {
            Ok(new) => taken += u64::from(new),
            Err(error) => break error,
        }
        assert!(taken < 1_000);
    };
    assert!(matches!(refused, LettersError::TooMany), "{refused:?}");
    assert_eq!(taken, LETTERS_BYTES_PER_DEVICE_MAX as u64 / (250 * 1_024));
    // Rashad's is not in the way of it.
    let mine = story.creates(story.rashad, "missing_person", &[("full_name", "Elvin")]);
    let rashad = story.rashad;
    wipe(&mut story.world, rashad);
    post(&mut story.world, leyla, &cover.deposit(genuine));
    deliver(&mut story.world, rashad);
    collect(&mut story.world);
    assert_eq!(story.stands(HQ, mine, "full_name"), set(&["Elvin"]));
    assert_eq!(story.stands(HQ, person, "full_name"), set(&["Vaqif"]));
}

/// Posts a deposit as it is.
fn post(world: &mut World, who: Who, deposit: &Deposit) {
    assert_eq!(post_status(world, who, deposit), 200);
}

fn post_status(world: &mut World, who: Who, deposit: &Deposit) -> u16 {
    let body = minicbor::to_vec(deposit).unwrap();
    let (method, path) = (drive::Method::Post, "/v1/letters");
    let request = drive::HttpRequest { method, path, token: "", body: &body, registration: None };
    drive::Transport::send(&mut world.device_mut(who).line, &request).unwrap().status
}

/// Everybody but one device syncs.
trait SettleBut {
    fn settle_but(&mut self, who: Who);
}

impl SettleBut for World {
    fn settle_but(&mut self, who: Who) {
        let others: Vec<Who> = self.everybody().filter(|other| *other != who).collect();
        for _ in 0..2 {
            for other in &others {
                self.sync(*other);
            }
        }
    }
}

fn grounds(why: &str, claimed: Claimed) -> Grounds<'_> {
    Grounds { who: "Səidə", why, claimed }
}
