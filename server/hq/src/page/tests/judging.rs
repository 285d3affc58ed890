//! Deciding about quarantined frames and letters on the page.

use super::field::{Field, make};
use super::trust::{PERSON, adopt, has, late, log, post, reject, release, with};
use crate::accounts::Role;

#[test]
fn frames_are_released_up_to_one_and_rejected_from_the_next() {
    let field = Field::new();
    field.record(PERSON, &[("full_name", "Before")]);
    for name in ["First", "Second", "Third"] {
        late(&field, name);
    }
    field.revoke_leyla();
    let waiting = &field.headquarters.quarantine().unwrap()[0];
    let (log, first) = (waiting.log.to_string(), waiting.seqs[0]);
    let page = field.get("/quarantine").body;
    assert!(page.contains("Leyla") && page.contains("its device was revoked"));
    assert!(page.contains(&format!("#{first}–{}", first + 2)));
    let browser = field.browser.clone();
    let fields = with(&release(&log, "0"), "up_to", &first.to_string());
    assert_eq!(post(&field, &browser, "/quarantine", &fields).status, 303);
    assert!(has(&field, "First") && !has(&field, "Second"));
    let fields = reject(&log, "1");
    assert_eq!(post(&field, &browser, "/quarantine", &fields).status, 303);
    let page = field.get("/quarantine?done=rejected").body;
    for said in [
        "Nothing is set aside",
        "Rejected: it is kept",
        &format!("released up to frame <code>#{first}</code>"),
        "rejected from frame",
        "she &#60;called&#62; us",
        "Rejected, and kept",
    ] {
        assert!(page.contains(said), "{said}");
    }
    let again = post(&field, &browser, "/quarantine", &reject(&log, "2"));
    assert_eq!((again.status, field.headquarters.rulings().unwrap().len()), (409, 2));
    let fields = release(&log, "2");
    assert_eq!(post(&field, &browser, "/quarantine", &fields).status, 303, "and thought better of");
    assert!(has(&field, "Second") && has(&field, "Third"));
}

#[test]
fn what_was_typed_about_a_frame_is_kept_beside_what_is_wrong_with_it() {
    let field = Field::new();
    for name in ["First", "Second"] {
        late(&field, name);
    }
    field.revoke_leyla();
    let (log, browser) = (log(&field), field.browser.clone());
    let typed = with(&reject(&log, "0"), "from", "2");
    let long = "ə".repeat(501);
    for (name, value, said) in [
        ("reason", "  ", "Say why"),
        ("reason", long.as_str(), "Say why"),
        ("ruling", "", "Choose what is to be done"),
        ("from", "0", "Give the number of a frame"),
        ("from", "x", "Give the number of a frame"),
        ("from", "77", "nothing of that log is quarantined there"),
    ] {
        let answer = post(&field, &browser, "/quarantine", &with(&typed, name, value));
        assert!(answer.status == 409 && answer.body.contains(said), "{said}: {}", answer.status);
        if name != "reason" {
            assert!(answer.body.contains("value=\"she &#60;called&#62; us\""), "{said}");
        }
        if name != "ruling" {
            assert!(answer.body.contains("value=\"reject\" required checked"), "{said}");
        }
    }
    for (name, value) in [("log", "zz"), ("seen", "many")] {
        assert_eq!(post(&field, &browser, "/quarantine", &with(&typed, name, value)).status, 400);
    }
    assert!(field.headquarters.rulings().unwrap().is_empty());
}

#[test]
fn of_two_people_who_decide_at_once_the_second_sees_what_the_first_decided() {
    let field = Field::new();
    late(&field, "Late");
    field.revoke_leyla();
    let (log, second) = (log(&field), field.account("Second", Role::Operator));
    assert!(field.get_as(&second, "/quarantine").body.contains("name=\"seen\" value=\"0\""));
    assert_eq!(post(&field, &field.browser, "/quarantine", &reject(&log, "0")).status, 303);
    let roster = field.headquarters.roster_seq();
    let fields = with(&release(&log, "0"), "reason", "but I know him");
    let answer = post(&field, &second, "/quarantine", &fields);
    assert_eq!(answer.status, 409);
    for said in ["Somebody else has decided", "she &#60;called&#62; us", "but I know him"] {
        assert!(answer.body.contains(said), "{said}");
    }
    assert!(answer.body.contains("name=\"seen\" value=\"1\""), "and may decide with that in view");
    let rulings = field.headquarters.rulings().unwrap();
    let [ruling] = &rulings[..] else { panic!("the first one's alone") };
    let first = format!("{}: she &#60;called&#62; us", ruling.who);
    assert!(!ruling.who.is_empty() && answer.body.contains(&first), "whose it is");
    assert_eq!(field.headquarters.roster_seq(), roster);
}

#[test]
fn a_letter_of_a_revoked_phone_waits_and_is_adopted() {
    let field = Field::new();
    make(&field.phone, field.team(), PERSON, &[("full_name", "Never synced")]);
    field.revoke_leyla();
    assert!(field.get("/letters").body.contains("No letter waits for you"));
    field.deliver_letters();
    let page = field.get("/letters").body;
    assert!(page.contains("Leyla") && page.contains("revoked") && !has(&field, "Never synced"));
    let letter = field.headquarters.letters().unwrap()[0].id.to_string();
    let (browser, fields) = (field.browser.clone(), adopt(&letter));
    let silent = post(&field, &browser, "/letters", &with(&fields, "reason", ""));
    assert!(silent.status == 409 && silent.body.contains("value=\"adopt\" required checked"));
    // Somebody refuses it first: who meant to adopt it is told, and may still.
    let refused = post(&field, &browser, "/letters", &with(&fields, "ruling", "refuse"));
    assert_eq!(refused.status, 303);
    let late = post(&field, &browser, "/letters", &with(&fields, "reason", "not so fast"));
    assert!(late.status == 409 && late.body.contains("Somebody else has decided"));
    assert!(late.body.contains("her own work") && late.body.contains("not so fast"));
    assert!(!has(&field, "Never synced"));
    let answer = post(&field, &browser, "/letters", &with(&fields, "seen", "rejected"));
    assert_eq!(answer.status, 303);
    assert!(answer.head.contains("location: /letters?done=adopted&changes=1"), "{}", answer.head);
    assert!(has(&field, "Never synced"));
    let page = field.get("/letters?done=adopted&changes=1").body;
    assert!(page.contains("Changes taken in: 1") && page.contains("her own work"));
    field.sync.send_modify(|state| state.rounds += 1);
    let gone = post(&field, &browser, "/letters", &with(&fields, "letter", "99"));
    assert_eq!(gone.status, 409);
}

#[test]
fn an_invite_that_is_made_meanwhile_hides_nothing_that_waits_for_a_decision() {
    let field = Field::new();
    late(&field, "Late");
    field.revoke_leyla();
    let log = log(&field);
    assert_eq!(field.post("/people/invite", &[("minutes", "30")]).status, 200);
    assert!(field.get("/quarantine").body.contains("name=\"ruling\" value=\"release\""));
    let answer = post(&field, &field.browser, "/quarantine", &release(&log, "0"));
    assert!(answer.status == 303 && has(&field, "Late"), "{}", answer.body);
}
