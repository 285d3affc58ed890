//! The door from outside: what is refused, and that nothing typed is lost.

use super::field::{Browser, Field, PASSWORD};
use crate::accounts::Role;

/// Everything that changes something, and what would do it.
const CHANGES: [(&str, &[(&str, &str)]); 8] = [
    ("/people/invite", &[("minutes", "30")]),
    ("/people/admit", &[("code", "123456"), ("same", "yes"), ("scope", "Ağdam")]),
    ("/exports", &[("format", "csv"), ("kind", "missing_person")]),
    (
        "/accounts/add",
        &[
            ("name", "Eve"),
            ("role", "administrator"),
            ("password", PASSWORD),
            ("password_again", PASSWORD),
        ],
    ),
    (
        "/accounts/password",
        &[("name", "Leyla"), ("password", PASSWORD), ("password_again", PASSWORD)],
    ),
    ("/accounts/remove", &[("name", "Leyla")]),
    (
        "/password",
        &[
            ("present_password", PASSWORD),
            ("password", "beş ağ at iki dəyirman"),
            ("password_again", "beş ağ at iki dəyirman"),
        ],
    ),
    ("/sign-out", &[]),
];

fn with_token<'t>(fields: &[(&'t str, &'t str)], token: &'t str) -> Vec<(&'t str, &'t str)> {
    [&[("form_token", token)], fields].concat()
}

/// Nothing came of any of it.
fn nothing_happened(field: &Field, roster: u64) {
    assert_eq!(field.headquarters.roster_seq(), roster);
    let names: Vec<String> =
        field.accounts.list().unwrap().into_iter().map(|account| account.name).collect();
    assert_eq!(names, ["Aygün", "Leyla"]);
    assert!(crate::export_log::read(&field.headquarters).unwrap().exports.is_empty());
    assert_eq!(field.get("/people").status, 200, "and still signed in");
}

#[test]
fn nobody_sees_a_page_without_signing_in() {
    let field = Field::new();
    let record = field.record("missing_person", &[("full_name", "Əli Əliyev")]);
    let own = format!("/records/{}", record.to_uuid());
    for path in [
        "/",
        "/records",
        &own,
        "/map",
        "/people",
        "/quarantine",
        "/letters",
        "/alarms",
        "/people/00/revoke",
        "/exports",
        "/accounts",
        "/password",
        "/nowhere",
        "/api/records",
        "/api/counts",
    ] {
        let answer = field.stranger(path);
        assert_eq!(answer.status, 401, "{path}");
        assert!(!answer.body.contains("Əli") && !answer.body.contains("Leyla"), "{path}");
        assert!(
            answer.cookies.is_empty() && answer.head.contains("content-security-policy"),
            "{path}"
        );
    }
    let page = field.stranger("/records?q=a%26b&contested=1");
    assert!(
        page.body.contains("name=\"back\" value=\"/records?q=a%26b&#38;contested=1\""),
        "{}",
        page.body
    );
    assert_eq!(field.stranger("/assets/kahriz.css").status, 200);
}

#[test]
fn a_form_on_another_site_changes_nothing() {
    let field = Field::new();
    field.accounts.add("Leyla", Role::Viewer, PASSWORD, 0).unwrap();
    let (roster, browser) = (field.headquarters.roster_seq(), field.browser.clone());
    let host = format!("Host: {}\r\nCookie: {}\r\n", field.page, browser.cookie);
    for (path, fields) in CHANGES {
        for from in [
            "",
            "Origin: null\r\n",
            "Origin: https://evil.example\r\n",
            "Origin: http://127.0.0.1:1\r\n",
            "Sec-Fetch-Site: cross-site\r\n",
            "Sec-Fetch-Site: same-site\r\n",
        ] {
            let answer = field.send(
                path,
                &format!("{host}{from}"),
                &with_token(fields, &browser.form_token),
            );
            assert_eq!(answer.status, 403, "{path} {from}");
            assert!(answer.body.contains("did not come from"), "{path} {from}");
        }
    }
    nothing_happened(&field, roster);
}

#[test]
fn a_form_without_the_sessions_own_token_changes_nothing_and_keeps_what_was_typed() {
    let field = Field::new();
    let other = field.account("Leyla", Role::Administrator);
    let (roster, cookie) = (field.headquarters.roster_seq(), field.browser.cookie.clone());
    for (path, fields) in CHANGES {
        for form_token in [String::new(), "guess".to_owned(), other.form_token.clone()] {
            let browser = Browser { cookie: cookie.clone(), form_token };
            let answer = field.post_as(&browser, path, fields);
            assert_eq!(answer.status, 403, "{path}");
            assert!(
                answer.body.contains("Send it once more") && !answer.body.contains(PASSWORD),
                "{path}"
            );
        }
    }
    let browser = Browser { cookie, form_token: String::new() };
    let again =
        field.post_as(&browser, "/people/admit", &[("code", "12<34>56"), ("scope", "Ağdam")]).body;
    assert!(
        again.contains("action=\"/people/admit\"")
            && again.contains("name=\"scope\" value=\"Ağdam\"")
    );
    assert!(again.contains("12&#60;34&#62;56") && !again.contains("<34>"));
    nothing_happened(&field, roster);
}

#[test]
fn reading_changes_nothing_whatever_the_address_says() {
    let field = Field::new();
    field.accounts.add("Leyla", Role::Viewer, PASSWORD, 0).unwrap();
    let roster = field.headquarters.roster_seq();
    for (path, fields) in CHANGES {
        let query: Vec<String> = fields
            .iter()
            .map(|(name, value)| format!("{name}={}", value.replace(' ', "+")))
            .collect();
        let ascii = query.join("&").replace(|letter: char| !letter.is_ascii(), "x");
        let answer = field.get(&format!("{path}?{ascii}"));
        assert!(matches!(answer.status, 200 | 405), "{path} {}", answer.status);
    }
    nothing_happened(&field, roster);
}

#[test]
fn a_viewer_may_look_and_do_nothing_else() {
    let field = Field::new();
    let viewer = field.account("Leyla", Role::Viewer);
    let roster = field.headquarters.roster_seq();
    for (path, fields) in
        CHANGES.into_iter().filter(|(path, _)| !["/password", "/sign-out"].contains(path))
    {
        assert_eq!(field.post_as(&viewer, path, fields).status, 403, "{path}");
    }
    nothing_happened(&field, roster);
    for (path, status) in
        [("/", 200), ("/records", 200), ("/people", 200), ("/exports", 403), ("/accounts", 403)]
    {
        let page = field.get_as(&viewer, path);
        assert_eq!(page.status, status, "{path}");
        assert!(
            !page.body.contains("href=\"/accounts\"") && !page.body.contains("/people/invite"),
            "{path}"
        );
    }
}

#[test]
fn an_operator_does_not_make_accounts() {
    let field = Field::new();
    let operator = field.account("Leyla", Role::Operator);
    for path in ["/accounts/add", "/accounts/remove", "/accounts/password"] {
        assert_eq!(field.post_as(&operator, path, &[("name", "Aygün")]).status, 403, "{path}");
    }
    assert_eq!(field.get_as(&operator, "/exports").status, 200);
    assert_eq!(field.accounts.list().unwrap().len(), 2);
}

#[test]
fn whoever_signs_in_comes_back_to_where_they_were() {
    let field = Field::new();
    let nobody = Browser::default();
    let sign_in = |password: &str, back: &str| {
        field.post_as(
            &nobody,
            "/sign-in",
            &[("name", "aygün"), ("password", password), ("back", back)],
        )
    };
    let answer = sign_in(PASSWORD, "/records?q=a");
    assert_eq!(answer.status, 303);
    assert!(answer.head.contains("location: /records?q=a\r\n"), "{}", answer.head);
    let [cookie] = &answer.cookies[..] else { panic!("{:?}", answer.cookies) };
    for rule in ["; HttpOnly", "; SameSite=Strict", "; Path=/"] {
        assert!(cookie.contains(rule), "{cookie}");
    }
    let browser =
        Browser { cookie: cookie.split(';').next().unwrap().to_owned(), form_token: String::new() };
    assert_eq!(field.get_as(&browser, "/records").status, 200);
    assert!(sign_in(PASSWORD, "//evil.example").head.contains("location: /\r\n"));
    let wrong = sign_in("beş ağ at iki dəyirman", "/records");
    assert_eq!((wrong.status, wrong.cookies.len()), (401, 0));
    assert!(wrong.body.contains("is not right") && wrong.body.contains("value=\"/records\""));
}

#[test]
fn an_unknown_name_and_a_wrong_password_get_the_same_answer() {
    let field = Field::new();
    let nobody = Browser::default();
    let tried = |name: &str| {
        field.post_as(
            &nobody,
            "/sign-in",
            &[("name", name), ("password", "beş ağ at iki dəyirman")],
        )
    };
    let (known, unknown) = (tried("Aygün"), tried("Aysel"));
    assert_eq!((known.status, known.cookies), (unknown.status, unknown.cookies));
    assert_eq!(known.body.replace("Aygün", ""), unknown.body.replace("Aysel", ""));
    let mut last = tried("Aysel");
    for _ in 0..4 {
        last = tried("Aysel");
    }
    assert_eq!(last.status, 429);
    assert!(last.head.contains("retry-after: "));
}

#[test]
fn what_was_typed_when_a_session_had_ended_is_sent_after_signing_in() {
    let field = Field::new();
    let code = field.ask_to_join("Nigar", &field.invite());
    let team = field.team().to_string();
    let typed = [
        ("code", code.as_str()),
        ("scope", team.as_str()),
        ("same", "yes"),
        ("role", "supervisor"),
    ];
    let late = field.post_as(&Browser::default(), "/people/admit", &typed);
    assert_eq!(late.status, 401);
    let kept = late.body.split("name=\"kept\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let kept = kept.replace("&#38;", "&").replace("&amp;", "&");
    assert!(kept.contains(&code));
    let back = [
        ("name", "Aygün"),
        ("password", PASSWORD),
        ("back", "/people/admit"),
        ("kept", kept.as_str()),
    ];
    let again = field.post_as(&Browser::default(), "/sign-in", &back);
    assert_eq!(again.status, 200);
    assert!(again.body.contains("action=\"/people/admit\""));
    let token = again.body.split("action=\"/people/admit\"").nth(1).unwrap();
    let form_token =
        token.split("name=\"form_token\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let cookie = again.cookies[0].split(';').next().unwrap().to_owned();
    let browser = Browser { cookie, form_token: form_token.to_owned() };
    for (name, value) in typed {
        assert!(again.body.contains(&format!("name=\"{name}\" value=\"{value}\"")), "{name}");
    }
    assert_eq!(field.post_as(&browser, "/people/admit", &typed).status, 303);
    assert!(field.headquarters.people().iter().any(|person| person.officer == "Nigar"));
}

#[test]
fn whoever_signs_out_is_out() {
    let field = Field::new();
    let answer = field.post("/sign-out", &[]);
    assert_eq!(answer.status, 303);
    assert!(answer.cookies[0].contains("Max-Age=0"), "{:?}", answer.cookies);
    assert_eq!(field.get("/").status, 401, "also for whoever kept the cookie");
}

#[test]
fn the_first_account_is_made_by_whoever_has_the_link() {
    let field = Field::new();
    field.accounts.remove("Aygün").unwrap();
    assert_eq!(field.stranger("/setup").status, 410);
    let secret = field.accounts.setup_secret().unwrap().unwrap();
    let page = field.stranger(&format!("/setup?secret={secret}"));
    assert!(page.status == 200 && page.body.contains("The first account"));
    let nobody = Browser::default();
    let made = |secret: &str, password: &str, again: &str| {
        field.post_as(
            &nobody,
            "/setup",
            &[
                ("secret", secret),
                ("name", "Leyla"),
                ("password", password),
                ("password_again", again),
            ],
        )
    };
    assert_eq!(made("guess", PASSWORD, PASSWORD).status, 410);
    assert_eq!(made(&secret, PASSWORD, "another").status, 422);
    assert!(made(&secret, "password1234", "password1234").body.contains("would be guessed"));
    let answer = made(&secret, PASSWORD, PASSWORD);
    assert_eq!((answer.status, answer.cookies.len()), (303, 1));
    assert_eq!(made(&secret, PASSWORD, PASSWORD).status, 410);
    assert_eq!(field.stranger(&format!("/setup?secret={secret}")).status, 410);
}

#[test]
fn a_link_that_signs_in_does_so_once() {
    let field = Field::new();
    let secret = field.accounts.entry_secret("Aygün");
    let first = field.stranger(&format!("/enter?secret={secret}"));
    assert_eq!((first.status, first.cookies.len()), (303, 1));
    let again = field.stranger(&format!("/enter?secret={secret}"));
    assert_eq!((again.status, again.cookies.len()), (303, 0));
}

#[test]
fn an_administrator_makes_changes_and_removes_accounts() {
    let field = Field::new();
    let add = |name: &str, password: &str| {
        field.post(
            "/accounts/add",
            &[
                ("name", name),
                ("role", "operator"),
                ("password", password),
                ("password_again", password),
            ],
        )
    };
    assert_eq!(add("Leyla", PASSWORD).status, 303);
    assert_eq!(add("Leyla", PASSWORD).status, 422);
    assert!(add("Rauf", "qwertyuiop12").body.contains("would be guessed"));
    assert!(add("<b>", PASSWORD).body.contains("value=\"&#60;b&#62;\""));
    let page = field.get("/accounts").body;
    assert!(page.contains("Leyla") && page.contains("Operator"));
    assert_eq!(
        field.post("/accounts/remove", &[("name", "Aygün")]).status,
        422,
        "nobody removes themselves"
    );
    assert_eq!(field.post("/accounts/remove", &[("name", "Leyla")]).status, 303);
    assert_eq!(field.accounts.list().unwrap().len(), 1);
}
