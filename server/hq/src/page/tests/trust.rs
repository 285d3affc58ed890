//! Revoking, quarantine, letters and alarms from the page.

use std::sync::Barrier;

use kahriz_core::drive::SyncError;
use kahriz_core::workspace::LetterState;

use super::field::{Answer, Browser, Field, make};
use crate::accounts::Role;

pub(super) const PERSON: &str = "missing_person";

type Fields<'t> = Vec<(&'t str, String)>;

/// A field in which everything waits that these pages decide about.
pub(super) struct Trouble {
    pub(super) field: Field,
    /// The forms that would decide it: address and fields.
    pub(super) forms: Vec<(String, Fields<'static>)>,
}

/// Leyla is revoked: one frame of hers waits, and one letter. Nigar is a member. An invite was used twice.
pub(super) fn trouble() -> Trouble {
    let field = Field::new();
    let nigar = field.ask_to_join("Nigar", &field.invite());
    let team = field.team().to_string();
    let fields = [("code", nigar.as_str()), ("scope", &team), ("same", "yes")];
    assert_eq!(field.post("/people/admit", &fields).status, 303);
    let nigar = member(&field, "Nigar");
    field.sync();
    late(&field, "Late");
    make(&field.phone, field.team(), PERSON, &[("full_name", "Never synced")]);
    field.revoke_leyla();
    field.deliver_letters();
    let invite = field.invite();
    for officer in ["Eve", "Mallory"] {
        field.ask_to_join(officer, &invite);
    }
    field.get("/people");
    // Whatever moves the roster has what was quarantined for it tried again.
    field.headquarters_syncs();
    let alarm = field.headquarters.alarms().unwrap()[0].id.to_string();
    let letter = field.headquarters.letters().unwrap()[0].id.to_string();
    let log = log(&field);
    let forms = vec![
        (format!("/people/{nigar}/revoke"), vec![("sure", "yes".to_owned())]),
        ("/quarantine".to_owned(), release(&log, "0")),
        ("/letters".to_owned(), adopt(&letter)),
        ("/alarms/close".to_owned(), vec![("alarm", alarm)]),
    ];
    Trouble { field, forms }
}

/// A frame of the phone that is at the relay, and that headquarters has not looked at.
pub(super) fn late(field: &Field, name: &str) {
    make(&field.phone, field.team(), PERSON, &[("full_name", name)]);
    field.phone_syncs().unwrap();
}

pub(super) fn log(field: &Field) -> String {
    field.headquarters.quarantine().unwrap()[0].log.to_string()
}

pub(super) fn member(field: &Field, officer: &str) -> String {
    let people = field.headquarters.people();
    people.iter().find(|person| person.officer == officer).unwrap().device.to_string()
}

pub(super) fn release(log: &str, seen: &str) -> Fields<'static> {
    let mut fields = reject(log, seen);
    fields[2].1 = "release".to_owned();
    fields
}

pub(super) fn reject(log: &str, seen: &str) -> Fields<'static> {
    let given = [
        ("log", log),
        ("seen", seen),
        ("ruling", "reject"),
        ("up_to", "9"),
        ("from", "1"),
        ("reason", "she <called> us"),
    ];
    given.map(|(name, value)| (name, value.to_owned())).into()
}

pub(super) fn adopt(letter: &str) -> Fields<'static> {
    let given =
        [("letter", letter), ("seen", "waiting"), ("ruling", "adopt"), ("reason", "her own work")];
    given.map(|(name, value)| (name, value.to_owned())).into()
}

pub(super) fn with(fields: &Fields<'static>, name: &str, value: &str) -> Fields<'static> {
    let changed = |(known, kept): &(&'static str, String)| {
        (*known, if *known == name { value.to_owned() } else { kept.clone() })
    };
    fields.iter().map(changed).collect()
}

pub(super) fn post(field: &Field, browser: &Browser, path: &str, fields: &Fields<'_>) -> Answer {
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, &**value)).collect();
    field.post_as(browser, path, &fields)
}

/// What the decisions so far have come to.
fn standing(field: &Field) -> (u64, usize, Vec<LetterState>, usize) {
    let headquarters = &field.headquarters;
    let letters = headquarters.letters().unwrap().into_iter().map(|letter| letter.state);
    let open = headquarters.alarms().unwrap().iter().filter(|alarm| !alarm.closed).count();
    let rulings = headquarters.rulings().unwrap().len();
    (headquarters.roster_seq(), rulings, letters.collect(), open)
}

pub(super) fn has(field: &Field, name: &str) -> bool {
    field
        .get(&format!("/records?q={}", name.replace(' ', "%20")))
        .body
        .contains(&format!(">{name}<"))
}

#[test]
fn only_an_operator_with_a_form_of_ours_decides_and_reading_decides_nothing() {
    let Trouble { field, forms } = trouble();
    let viewer = field.account("Look", Role::Viewer);
    let operator = field.account("Act", Role::Operator);
    let before = standing(&field);
    let tokenless = Browser { form_token: String::new(), ..operator.clone() };
    let foreign = format!(
        "Host: {}\r\nOrigin: https://evil.example\r\nCookie: {}\r\n",
        field.page, operator.cookie
    );
    for (path, fields) in &forms {
        let pairs: Vec<(&str, &str)> =
            fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_eq!(post(&field, &Browser::default(), path, fields).status, 401, "{path}");
        assert_eq!(post(&field, &viewer, path, fields).status, 403, "{path}");
        let again = post(&field, &tokenless, path, fields);
        assert!(again.status == 403 && again.body.contains("Send it once more"), "{path}");
        let signed = [&[("form_token", operator.form_token.as_str())], &pairs[..]].concat();
        assert_eq!(field.send(path, &foreign, &signed).status, 403, "{path}");
        let read = field.get_as(&operator, &format!("{path}?ruling=release&sure=yes&alarm=1"));
        assert!(matches!(read.status, 200 | 405), "{path}");
        assert!(
            !field.get_as(&viewer, path).body.contains(&format!("action=\"{path}\"")),
            "{path}"
        );
    }
    assert_eq!(standing(&field), before);
    for (path, fields) in &forms {
        let answer = field.at_work(|| post(&field, &operator, path, fields));
        assert_eq!(answer.status, 303, "{path} {}", answer.body);
    }
    let (_, rulings, letters, open) = standing(&field);
    assert_eq!((rulings, open), (1, 0));
    assert!(letters.iter().all(|state| matches!(state, LetterState::Adopted { .. })));
    let revoked = field.headquarters.people().into_iter().filter(|person| person.revoked).count();
    assert_eq!(revoked, 2, "Leyla and Nigar");
}

#[test]
fn a_device_that_is_revoked_on_the_page_is_refused_by_the_relay() {
    let field = Field::new();
    field.record(PERSON, &[("full_name", "Before")]);
    late(&field, "Sent already");
    let path = format!("/people/{}/revoke", field.leyla());
    assert!(field.get("/people").body.contains(&format!("href=\"{path}\"")));
    let page = field.get(&path);
    for said in ["Leyla", "Phone 12", "Ağdam", "refuses the device at once", "sealed letters"] {
        assert!(page.body.contains(said), "{said}");
    }
    let unsure = field.post(&path, &[]);
    assert!(unsure.status == 409 && unsure.body.contains("Tick the box first"));
    assert!(unsure.body.contains(&format!("action=\"{path}\"")), "the form stands there again");
    assert!(!field.headquarters.people().iter().any(|person| person.revoked));

    let answer = field.at_work(|| field.post(&path, &[("sure", "yes")]));
    assert_eq!(answer.status, 303, "{}", answer.body);
    let back = answer.head.split("location: ").nth(1).unwrap().split("\r\n").next().unwrap();
    let people = field.get(back).body;
    assert!(
        people.contains("Revoked: the relay refuses this device") && people.contains("is-gone")
    );
    assert!(!people.contains(&format!("href=\"{path}\"")));
    assert!(matches!(field.phone_syncs(), Err(SyncError::Revoked)));
    assert!(has(&field, "Before") && has(&field, "Sent already"), "its honest work is believed");

    let roster = field.headquarters.roster_seq();
    let again = field.at_work(|| field.post(&path, &[("sure", "yes")]));
    assert!(again.status == 409 && again.body.contains("revoked already"));
    let own = format!("/people/{}/revoke", field.headquarters.device());
    let itself = field.at_work(|| field.post(&own, &[("sure", "yes")]));
    assert!(itself.status == 409 && itself.body.contains("cannot revoke itself"));
    assert_eq!(field.headquarters.roster_seq(), roster);
    for nobody in ["/people/00/revoke", "/people/%ff/revoke"] {
        assert_eq!(field.get(nobody).status, 404);
    }
    let claimed = format!("/people?revoked={}", field.headquarters.device());
    assert!(!field.get(&claimed).body.contains("Revoked:"), "an address alone says nothing");
}

#[test]
fn two_forms_that_arrive_in_the_same_moment_are_one_decision() {
    let Trouble { field, forms } = trouble();
    let browsers = [field.account("A", Role::Operator), field.account("B", Role::Operator)];
    for (path, fields) in forms {
        let start = Barrier::new(2);
        let at_once = |browser: &Browser| {
            start.wait();
            post(&field, browser, &path, &fields)
        };
        let answers = field.at_work(|| {
            std::thread::scope(|scope| {
                let other = scope.spawn(|| at_once(&browsers[0]));
                [at_once(&browsers[1]), other.join().unwrap()]
            })
        });
        let is_late =
            |answer: &&Answer| answer.status == 409 || answer.head.contains("done=before");
        let is_done = |answer: &&Answer| answer.status == 303 && !is_late(answer);
        let (late, done) =
            (answers.iter().filter(is_late).count(), answers.iter().filter(is_done).count());
        assert_eq!((late, done), (1, 1), "{path}");
    }
    assert_eq!(standing(&field).1, 1, "one ruling");
}

#[test]
fn an_alarm_is_on_the_first_page_until_somebody_has_seen_to_it() {
    let Trouble { field, forms } = trouble();
    let (path, fields) = &forms[3];
    for page in ["/", "/alarms"] {
        let body = field.get(page).body;
        assert!(body.contains("is-red") && body.contains("photographed it"), "{page}");
        assert!(body.contains("Admit neither, ask the officer"), "{page}");
    }
    let browser = field.browser.clone();
    let answer = post(&field, &browser, path, fields);
    assert!(answer.head.contains("location: /alarms?done=closed"));
    let page = field.get("/alarms?done=closed").body;
    assert!(page.contains("Nothing is alarming") && page.contains("opens again by itself"));
    assert!(page.contains("photographed it"), "the closed ones stand below");
    assert!(!field.get("/").body.contains("alarm-box"));
    let late = post(&field, &browser, path, fields);
    assert!(late.head.contains("location: /alarms?done=before"));
    assert!(field.get("/alarms?done=before").body.contains("closed already"));
    assert_eq!(post(&field, &browser, path, &vec![("alarm", "x".to_owned())]).status, 400);
}

#[test]
fn every_page_of_trust_speaks_every_language() {
    let Trouble { field, forms } = trouble();
    for lang in ["en", "az", "ru", "fr", "ar", "uk"] {
        for (path, _) in &forms[..3] {
            let page = field.get(&format!("{path}?lang={lang}"));
            assert_eq!(page.status, 200, "{path} {lang}");
            let is_turned = page.body.contains("dir=\"rtl\">");
            assert_eq!(is_turned, lang == "ar", "{path} {lang}");
            let has_english = ["Decide", "Revoke a device", "What will happen", "revoked before"];
            let english = has_english.iter().any(|word| page.body.contains(word));
            assert_eq!(english, lang == "en", "{path} {lang}");
        }
        assert_eq!(field.get(&format!("/alarms?lang={lang}")).status, 200);
    }
}
