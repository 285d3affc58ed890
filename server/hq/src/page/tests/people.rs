//! Inviting, admitting and exporting from the page.

use super::field::Field;
use crate::export_log::{self, Who};
use crate::paper;

#[test]
fn a_phone_is_invited_and_admitted_by_comparing_codes() {
    let field = Field::new();
    let page = field.post("/people/invite", &[("minutes", "30")]);
    assert_eq!(page.status, 200);
    let text = page.body.split("kahriz:").nth(1).unwrap().split('<').next().unwrap();
    let invite = paper::read_invite(&format!("kahriz:{text}")).unwrap();
    let code = field.ask_to_join("Nigar", &invite);
    let asking = field.get("/people").body;
    let shown = format!("{} {}", &code[..3], &code[3..]);
    for said in ["Nigar", "a phone", &shown, "it is the same"] {
        assert!(asking.contains(said), "{said}");
    }
    let team = field.team().to_string();
    let admit = |fields: &[(&str, &str)]| {
        field.post("/people/admit", &[&[("code", shown.as_str())], fields].concat())
    };
    for (fields, said) in [
        (&[("scope", team.as_str())][..], "Compare the code"),
        (&[("same", "yes")][..], "at least one team"),
        (&[("same", "yes"), ("scope", "nowhere")][..], "no area of that name"),
    ] {
        let refused = admit(fields);
        assert!(refused.status == 409 && refused.body.contains(said), "{said}");
    }
    assert!(!field.headquarters.people().iter().any(|person| person.officer == "Nigar"));
    assert_eq!(admit(&[("same", "yes"), ("scope", &team)]).status, 303);
    let people = field.get("/people?done=admitted").body;
    assert!(people.contains("is a member now") && people.contains("Nobody asks to join"));
    assert!(field.headquarters.people().iter().any(|person| person.officer == "Nigar"));
}

#[test]
fn an_invite_that_two_devices_use_is_an_alarm_and_admits_neither() {
    let field = Field::new();
    let invite = field.invite();
    let codes = [field.ask_to_join("Nigar", &invite), field.ask_to_join("Eve", &invite)];
    let page = field.get("/people").body;
    assert_eq!(page.matches("Two devices ask with one invite").count(), 2);
    assert!(!page.contains("action=\"/people/admit\""));
    let team = field.team().to_string();
    for code in &codes {
        let answer =
            field.post("/people/admit", &[("code", code), ("scope", &team), ("same", "yes")]);
        assert!(answer.status == 409 && answer.body.contains("ALARM"), "{}", answer.body);
    }
    assert_eq!(field.headquarters.people().len(), 2, "headquarters and Leyla");
}

#[test]
fn an_invite_that_is_used_again_after_its_officer_joined_is_an_alarm() {
    let field = Field::new();
    let invite = field.invite();
    let team = field.team().to_string();
    let code = field.ask_to_join("Nigar", &invite);
    assert_eq!(
        field.post("/people/admit", &[("code", &code), ("scope", &team), ("same", "yes")]).status,
        303
    );
    let late = field.ask_to_join("Eve", &invite);
    assert!(field.get("/people").body.contains("This invite was used before"));
    assert_eq!(
        field.post("/people/admit", &[("code", &late), ("scope", &team), ("same", "yes")]).status,
        409
    );
}

#[test]
fn an_export_leaves_its_entry_and_none_of_its_content() {
    let field = Field::new();
    field.record("missing_person", &[("full_name", "Əli Əliyev"), ("case_status", "open")]);
    let answer = field
        .post("/exports", &[("format", "csv"), ("kind", "missing_person"), ("protected", "yes")]);
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert!(answer.head.contains("attachment; filename=\"missing_person.csv\""));
    assert!(answer.body.contains("case_status"));
    let account = export_log::read(&field.headquarters).unwrap();
    let [export] = &account.exports[..] else { panic!("{account:?}") };
    assert_eq!(export.who, Who::Account("Aygün".to_owned()));
    assert_eq!((export.found, export.records, export.with_protected), (1, Some(1), true));
    assert_eq!(export.filters, [("kind".to_owned(), "missing_person".to_owned())]);
    assert!(!format!("{account:?}").contains("Əli"));
    let page = field.get("/exports").body;
    assert!(
        page.contains("Aygün") && page.contains("kind=missing_person") && !page.contains("Əli")
    );
    let refused = field.post("/exports", &[("format", "csv"), ("kind", "no_such_kind")]);
    assert_eq!(refused.status, 409);
    assert_eq!(export_log::read(&field.headquarters).unwrap().exports.len(), 1);
}
