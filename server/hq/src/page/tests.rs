#![allow(clippy::unwrap_used)]

mod door;
mod field;
mod judging;
mod people;
mod trust;

use field::Field;

const PERSON: &str = "missing_person";
const HAZARD: &str = "landmine_incident";
const PATHS: [&str; 11] = [
    "/",
    "/records",
    "/records?q=zz&kind=x",
    "/map",
    "/map?contested=1",
    "/people",
    "/quarantine",
    "/letters",
    "/alarms",
    "/nowhere",
    "/records/AGD-0000-0000-0",
];

#[test]
fn a_contested_record_shows_both_values_with_who_wrote_each() {
    let field = Field::new();
    let record =
        field.record(HAZARD, &[("location.nearest_town", "Şelli"), ("hazard_status", "marked")]);
    field.contradict(record, "hazard_status", "cleared", "active");
    let page = field.get(&format!("/records/{}", record.to_uuid()));
    assert_eq!(page.status, 200);
    let contest = page.body.split("class=\"contest\"").nth(1).unwrap();
    for said in ["Cleared", "Active", "Leyla", "Phone 12", "Rauf", "shown meanwhile"] {
        assert!(contest.contains(said), "{said}");
    }
    let shown = contest.split("class=\"is-shown\"").nth(1).unwrap();
    assert!(
        shown.split("</li>").next().unwrap().contains("Active"),
        "the most dangerous is the one that is shown"
    );
    let list = field.get("/records?contested=1").body;
    assert!(list.contains("Active") && list.contains("≠"));
    assert!(field.get("/").body.contains("Şelli"), "the first page names it");
}

#[test]
fn found_alive_against_found_dead_is_shown_as_neither() {
    let field = Field::new();
    let record = field.record(PERSON, &[("full_name", "Əli Əliyev"), ("case_status", "open")]);
    field.contradict(record, "case_status", "located_alive", "located_deceased");
    for path in ["/", "/records", "/map"] {
        let body = field.get(path).body;
        let listed =
            body.split("<form").next().unwrap().to_owned() + body.split("</form>").last().unwrap();
        assert!(!listed.contains("Found alive") && !listed.contains("Found dead"), "{path}");
    }
    assert!(field.get("/records").body.contains("withheld until decided"));
    let page = field.get(&format!("/records/{}", record.to_uuid())).body;
    let head = page.split("record-body").next().unwrap();
    assert!(head.contains("withheld until decided") && !head.contains("Found"));
    assert!(
        page.contains("Found alive") && page.contains("Found dead"),
        "both stand where they are laid open"
    );
    assert!(!page.contains("is-shown"), "and neither of them as the one that counts");
    assert!(field.get("/api/records").body.contains("\"status\":null"));
}

#[test]
fn a_list_is_what_its_address_says() {
    let field = Field::new();
    field.record(PERSON, &[("full_name", "Əli Əliyev"), ("last_seen.district", "AZ-AGM")]);
    field.record(HAZARD, &[("location.nearest_town", "Tərtər"), ("hazard_status", "active")]);
    let found = field.get("/records?q=aliyev").body;
    assert!(
        found.contains("Əli Əliyev") && !found.contains(">Tərtər<"),
        "search reads over the scripts"
    );
    assert!(found.contains("value=\"aliyev\""), "and the form says what was searched");
    let hazards = field.get("/records?kind=landmine_incident&status=active&sort=title").body;
    assert!(hazards.contains(">Tərtər<") && !hazards.contains("Əli Əliyev"));
    assert!(
        hazards.contains("/map?kind=landmine_incident&amp;status=active&amp;sort=title")
            || hazards.contains("/map?kind=landmine_incident&#38;status=active")
    );
    assert!(field.get("/records?from=2031").body.contains("No record matches"));
}

#[test]
fn a_half_typed_filter_is_said_and_breaks_nothing() {
    let field = Field::new();
    field.record(PERSON, &[("full_name", "Əli Əliyev")]);
    for address in [
        "?kind=missing",
        "?from=2026-13",
        "?page=x",
        "?near=40",
        "?colour=red",
        "?area=%22%3E",
        "?size=9",
    ] {
        let page = field.get(&format!("/records{address}"));
        assert_eq!(page.status, 200, "{address}");
        assert!(page.body.contains("Left out of the question:"), "{address}");
        assert_eq!(field.get(&format!("/api/records{address}")).status, 400, "{address}");
    }
    assert!(field.get("/records?page=9").body.contains("beyond the last"));
    assert_eq!(field.get("/records?page=18446744073709551615").status, 200);
    assert_eq!(field.get("/map?bbox=1,2").status, 200);
    assert_eq!(field.get("/records?q=%ff%fe&kind=%00").status, 200);
}

#[test]
fn an_unknown_id_is_answered_with_what_to_do() {
    let field = Field::new();
    for path in
        ["/records/AGD-0000-0000-0", "/records/nonsense", "/records/x/history/y", "/nowhere"]
    {
        let page = field.get(path);
        assert_eq!(page.status, 404, "{path}");
        assert!(page.body.contains("problem-ways"), "{path}");
    }
    let record = field.record(PERSON, &[("full_name", "Əli Əliyev")]);
    assert_eq!(field.get(&format!("/records/{}/history/no_such", record.to_uuid())).status, 404);
    assert!(
        field
            .get(&format!("/records/{}/history/full_name", record.to_uuid()))
            .body
            .contains("Əli Əliyev")
    );
    assert_eq!(field.post("/records", &[]).status, 405);
}

#[test]
fn a_name_that_is_a_script_stays_a_name() {
    let field = Field::new();
    let hostile = "<script>alert(1)</script>\"'><img src=x onerror=1>";
    let fields =
        [("full_name", hostile), ("last_seen.place", hostile), ("last_seen.point", "40.1,46.9,5")];
    let record = field.record(PERSON, &fields);
    let page = format!("/records/{}", record.to_uuid());
    let history = format!("{page}/history/full_name");
    for path in [
        "/",
        "/records",
        "/map",
        &page,
        &history,
        "/records?q=%3Cscript%3E",
        "/records/%3Cscript%3E",
    ] {
        let body = field.get(path).body;
        assert!(!body.contains("<script") && !body.contains("<img"), "{path}");
    }
    assert!(
        field.get("/records").body.contains("&#60;script&#62;")
            || field.get("/records").body.contains("&lt;script&gt;")
    );
}

#[test]
fn a_request_to_another_host_name_is_refused() {
    let field = Field::new();
    let record = field.record(PERSON, &[("full_name", "Əli Əliyev")]);
    let page = format!("/records/{}", record.to_uuid());
    for headers in [
        "Host: evil.example\r\n",
        "Host: localhost\r\nHost: evil.example\r\n",
        "Host: localhost.evil.example\r\n",
    ] {
        for path in ["/", "/api/records", &page] {
            let answer = field.ask("GET", path, headers);
            assert!(matches!(answer.status, 400 | 421), "{headers} {path}: {}", answer.status);
            assert!(!answer.body.contains("Əliyev"));
        }
    }
    assert_eq!(field.ask("GET", "/", "Host: localhost:1234\r\n").status, 200);
}

#[test]
fn no_page_asks_anybody_else_for_anything() {
    let field = Field::new();
    let record =
        field.record(HAZARD, &[("location.point", "40.1,46.9,5"), ("hazard_status", "active")]);
    let own = format!("/records/{}", record.to_uuid());
    for path in PATHS.into_iter().chain([own.as_str()]) {
        let page = field.get(path);
        assert!(
            !page.body.contains("://")
                && !page.body.contains("url(//")
                && !page.body.contains("=\"//"),
            "{path}"
        );
        assert!(!page.body.contains("style=\"") && !page.body.contains("<script"), "{path}");
        assert!(page.head.contains("content-security-policy: default-src 'none'"), "{path}");
        assert!(page.head.contains("cache-control: no-store"), "{path}");
        assert!(page.head.contains("x-content-type-options: nosniff"), "{path}");
    }
    let style = field.get("/assets/kahriz.css");
    assert!(
        style.body.len() > 1_000 && !style.body.contains("url(") && !style.body.contains("@import")
    );
}

#[test]
fn the_style_is_sent_once() {
    let field = Field::new();
    let first = field.get("/assets/kahriz.css");
    let tag = first.head.split("etag: ").nth(1).unwrap().split("\r\n").next().unwrap();
    let again = field.ask(
        "GET",
        "/assets/kahriz.css",
        &format!("Host: localhost\r\nIf-None-Match: {tag}\r\n"),
    );
    assert_eq!((again.status, again.body.as_str()), (304, ""));
    assert!(field.get("/").body.contains(&format!("kahriz.css?v={}", tag.trim_matches('"'))));
}

#[test]
fn the_language_is_chosen_once_and_remembered() {
    let field = Field::new();
    field.record(HAZARD, &[("hazard_status", "active")]);
    let chosen = field.get("/records?contested=0&lang=ar");
    assert!(chosen.body.contains("lang=\"ar\" dir=\"rtl\""));
    assert!(chosen.head.contains("set-cookie: kahriz_lang=ar;"));
    assert!(!chosen.body.contains("lang=ar&amp;lang"), "links do not collect languages");
    let azeri =
        field.ask("GET", "/records", "Host: localhost\r\nCookie: a=b; kahriz_lang=az\r\n").body;
    assert!(azeri.contains("Mina hadisəsi") && azeri.contains("Qeydlər"));
    assert!(
        field
            .ask("GET", "/", "Host: localhost\r\nAccept-Language: xx, fr-CA;q=0.8\r\n")
            .body
            .contains("Aperçu")
    );
    assert_eq!(field.get("/?lang=tlh").status, 200);
}

#[test]
fn a_sync_that_fails_is_said_on_every_page() {
    let field = Field::new();
    assert!(field.get("/").body.contains("Not synced yet"));
    let failure = Some("the relay can't be reached".to_owned());
    field.sync.send_modify(|sync| (sync.last_ok_ms, sync.failure) = (Some(0), failure));
    let page = field.get("/records").body;
    assert!(
        page.contains("Sync failed")
            && page.contains("be reached")
            && page.contains("1970-01-01 00:00")
    );
}

#[test]
fn an_empty_workspace_says_what_will_fill_it() {
    let field = Field::new();
    assert!(field.get("/").body.contains("No record has arrived yet"));
    assert!(field.get("/map").body.contains("No record that matches has a place"));
    assert!(field.get("/api/counts").body.contains("\"total\":0"));
}

#[test]
fn every_phone_has_its_line_and_every_area_its_bar() {
    let field = Field::new();
    field.record(
        HAZARD,
        &[
            ("location.point", "40.1,46.9"),
            ("hazard_status", "active"),
            ("location.district", "AZ-AGM"),
        ],
    );
    let page = field.get("/").body;
    for said in ["Leyla", "Phone 12", "Aghdam", "nothing missing", "Landmine incident"] {
        assert!(page.contains(said), "{said}");
    }
}

#[test]
fn positions_that_contradict_each_other_are_both_on_the_map() {
    let field = Field::new();
    let record =
        field.record(HAZARD, &[("location.point", "40.1,46.9"), ("hazard_status", "active")]);
    field.contradict(record, "location.point", "40.11,46.91", "40.13,46.93");
    let map = field.get("/map").body;
    assert_eq!(map.matches("class=\"mark is-contested\"").count(), 2);
    let page = field.get(&format!("/records/{}", record.to_uuid())).body;
    assert_eq!(page.matches("is-here").count(), 2);
}
