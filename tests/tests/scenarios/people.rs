//! Who is let in, what they are called, and what they can see.

use crate::story::{HQ, creates, mission, set, stands};
use kahriz_core::drive::SyncError;
use kahriz_core::query::Query;
use kahriz_core::workspace::{AdminError, DraftError, Membership};
use kahriz_proto::roster::Role;

#[test]
fn a_phone_that_asked_to_join_waits_and_says_so() {
    let mut story = mission();
    let waiting = story.world.ask_to_join("Gülnar");
    assert_eq!(story.world.at(waiting).membership(), Membership::Waiting);
    assert!(matches!(story.world.try_sync(waiting), Err(SyncError::Waiting)));
    let scope = story.world.scope(0);
    let refused = story.world.at(waiting).new_record(scope, "missing_person");
    assert!(matches!(refused, Err(DraftError::NotInScope)));
    let join = story.world.waiting_joins().pop().unwrap();
    story.world.let_in(&join, Role::Officer, &[0]);
    story.world.sync(waiting);
    assert!(matches!(story.world.at(waiting).membership(), Membership::Member { .. }));
}

#[test]
fn an_invite_lets_in_one_phone_and_no_second() {
    let mut story = mission();
    let join = {
        story.world.ask_to_join("Gülnar");
        story.world.waiting_joins().pop().unwrap()
    };
    story.world.let_in(&join, Role::Officer, &[0]);
    let now = story.world.now();
    let scope = story.world.scope(0);
    let mut rng = <rand_chacha::ChaCha20Rng as rand::SeedableRng>::seed_from_u64(1);
    let again = story.world.at(HQ).admit(&join, Role::Officer, &[scope], now, &mut rng);
    assert!(matches!(again, Err(AdminError::Invite)));
    assert!(story.world.waiting_joins().is_empty());
}

/// A phone that had shown its request on its screen, where it says in the clear who asks, posted that same request
/// when it found a network: the relay could read the officer's name.
#[test]
fn a_request_that_was_shown_on_a_screen_is_never_posted() {
    let mut story = mission();
    let invite = story.world.invite();
    let name = "Gülnar, whom the relay must not know";
    let phone = story.world.prepare_with(&invite, name);
    let shown = story.world.at(phone).join_in_person().unwrap().unwrap();
    let reads = |bytes: &[u8]| bytes.windows(name.len()).any(|part| part == name.as_bytes());
    assert!(reads(&shown.sealed_profile), "on the screen it stands in the clear");
    assert!(story.world.at(HQ).read_join(&shown).is_ok());
    story.world.post_join(phone);
    let posted = story.world.waiting_joins().pop().unwrap();
    assert!(!reads(&posted.sealed_profile));
    assert_eq!(story.world.at(HQ).read_join(&posted).unwrap().officer, name);
}

#[test]
fn a_phone_that_was_admitted_later_reads_everything() {
    let mut story = mission();
    let person = story.known_person();
    story.changes(story.leyla, person, &[("full_name", "Vaqif")]);
    story.changes(story.rashad, person, &[("full_name", "Vagif")]);
    story.world.settle();
    let late = story.world.admit("Gülnar", Role::Officer, &[0]);
    assert_eq!(stands(&story.world, late, person, "full_name"), set(&["Vaqif", "Vagif"]));
    let rows = |who| story.world.at(who).list(&Query::default()).unwrap().rows;
    assert_eq!(rows(late), rows(HQ));
    let names: Vec<String> =
        story.world.at(late).people().into_iter().map(|person| person.officer).collect();
    for name in ["Headquarters", "Leyla", "Rashad", "Gülnar"] {
        assert!(names.contains(&name.to_owned()), "{name} is not among {names:?}");
    }
}

#[test]
fn an_officer_never_sees_another_teams_records() {
    let mut story = mission();
    let person = story.known_person();
    let theirs =
        creates(&mut story.world, story.nino, 1, "missing_person", &[("full_name", "Natavan")]);
    story.world.settle();
    assert!(story.world.at(story.nino).record(person).unwrap().is_none());
    assert!(story.world.at(story.leyla).record(theirs).unwrap().is_none());
    assert_eq!(story.world.at(story.nino).status().unwrap().records, 1);
    assert_eq!(story.world.at(HQ).status().unwrap().records, 2);
    let first = story.world.scope(0);
    let refused = story.world.at(story.nino).new_record(first, "missing_person");
    assert!(matches!(refused, Err(DraftError::NotInScope)));
    // Nor were the frames ever on that phone.
    assert_eq!(story.world.at(story.nino).parked().unwrap(), []);
    let names = story.world.at(story.nino).scopes();
    assert_eq!(names.iter().map(|scope| scope.name.as_str()).collect::<Vec<_>>(), ["Şuşa"]);
}

#[test]
fn a_record_has_one_number_on_every_phone_and_is_found_by_it() {
    let mut story = mission();
    let person = story.known_person();
    let spoken = story.world.at(story.leyla).record(person).unwrap().unwrap().human_id;
    assert!(spoken.starts_with("AGD-"), "{spoken}");
    for who in [HQ, story.leyla, story.rashad] {
        let workspace = story.world.at(who);
        assert_eq!(workspace.record(person).unwrap().unwrap().human_id, spoken);
        assert_eq!(workspace.find(&spoken).unwrap(), Some(person));
        assert_eq!(workspace.find(&spoken.to_lowercase().replace('-', " ")).unwrap(), Some(person));
        assert_eq!(workspace.find(&person.to_uuid()).unwrap(), Some(person));
    }
    assert_eq!(story.world.at(story.nino).find(&spoken).unwrap(), None);
    // One digit misheard is noticed and not another record.
    let mut misheard = spoken.clone().into_bytes();
    misheard[5] = if misheard[5] == b'7' { b'8' } else { b'7' };
    let misheard = String::from_utf8(misheard).unwrap();
    assert_eq!(story.world.at(HQ).find(&misheard).unwrap(), None);
}

#[test]
fn a_name_typed_in_another_alphabet_finds_the_record() {
    let mut story = mission();
    let person = story.known_person();
    for typed in ["aliyev", "ELIYEV", "алиев", "Əliyev vaqif"] {
        let query = Query { text: Some(typed.to_owned()), ..Query::default() };
        let found = story.world.at(story.rashad).list(&query).unwrap();
        assert_eq!(
            found.rows.iter().map(|row| row.record).collect::<Vec<_>>(),
            [person],
            "{typed}"
        );
    }
}
