//! The long table: every way in that is known to have been tried on a JWT, and what must come back.
//!
//! Each row is a token that is rightly signed by the device unless it says otherwise, so that nothing but what the
//! row names can be the reason.

use super::*;
use TokenError::{Clock, Malformed, Signature};
use std::io::Write;

type Row = (&'static str, String, Result<(), TokenError>);

/// Fewer rows than this: somebody has cut the table.
const ROWS_MIN: usize = 130;

#[test]
fn every_known_way_in_is_shut() {
    let rows = [headers(), header_forms(), claims_table(), claim_forms(), segments(), signatures()]
        .concat();
    for (name, token, expected) in &rows {
        assert_eq!(&check(token).map(|_| ()), expected, "{name}: {token}");
    }
    let mut names: Vec<_> = rows.iter().map(|row| row.0).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), rows.len(), "each row has a name of its own");
    assert!(rows.len() >= ROWS_MIN, "{} rows", rows.len());
    writeln!(std::io::stdout(), "\ntokens: {} rows, each with its answer", rows.len()).unwrap();
}

fn kid() -> String {
    text(device().id.as_bytes())
}

/// A header of these members beside a rightful `kid`, or with none where the row says so.
fn headers() -> Vec<Row> {
    let jwk = text(device().public().as_bytes());
    let stranger = Organisation::found(2).headquarters();
    let with = |members: &str| signed(&format!("{{{members},\"kid\":\"{}\"}}", kid()), &claims());
    let alg = |value: &str| with(&format!("\"alg\":{value}"));
    let and = |member: &str| with(&format!("\"alg\":\"EdDSA\",{member}"));
    let for_kid =
        |value: &str| signed(&format!("{{\"alg\":\"EdDSA\",\"kid\":{value}}}"), &claims());
    let bad = Err(Malformed);
    vec![
        ("alg none", alg("\"none\""), bad),
        ("alg None", alg("\"None\""), bad),
        ("alg NONE", alg("\"NONE\""), bad),
        ("alg nOnE", alg("\"nOnE\""), bad),
        ("alg empty", alg("\"\""), bad),
        ("alg HS256", alg("\"HS256\""), bad),
        ("alg HS512", alg("\"HS512\""), bad),
        ("alg RS256", alg("\"RS256\""), bad),
        ("alg PS256", alg("\"PS256\""), bad),
        ("alg ES256", alg("\"ES256\""), bad),
        ("alg Ed25519", alg("\"Ed25519\""), bad),
        ("alg Ed448", alg("\"Ed448\""), bad),
        ("alg in small letters", alg("\"eddsa\""), bad),
        ("alg in capitals", alg("\"EDDSA\""), bad),
        ("alg with a space", alg("\"EdDSA \""), bad),
        ("alg with a NUL", alg("\"EdDSA\\u0000\""), bad),
        ("alg an array", alg("[\"EdDSA\"]"), bad),
        ("alg an object", alg("{\"EdDSA\":1}"), bad),
        ("alg a number", alg("0"), bad),
        ("alg null", alg("null"), bad),
        ("alg missing", signed(&format!("{{\"kid\":\"{}\"}}", kid()), &claims()), bad),
        ("alg twice", and("\"alg\":\"EdDSA\""), bad),
        ("alg twice, the second none", and("\"alg\":\"none\""), bad),
        ("alg twice, once as an escape", and("\"\\u0061lg\":\"none\""), bad),
        ("typ JWT is allowed", and("\"typ\":\"JWT\""), Ok(())),
        ("typ null is as good as none", and("\"typ\":null"), Ok(())),
        ("typ in small letters", and("\"typ\":\"jwt\""), bad),
        ("typ JWE", and("\"typ\":\"JWE\""), bad),
        ("typ at+jwt", and("\"typ\":\"at+jwt\""), bad),
        ("typ an array", and("\"typ\":[\"JWT\"]"), bad),
        ("cty", and("\"cty\":\"JWT\""), bad),
        ("crit", and("\"crit\":[\"exp\"]"), bad),
        ("crit empty", and("\"crit\":[]"), bad),
        ("b64 false", and("\"b64\":false,\"crit\":[\"b64\"]"), bad),
        ("zip", and("\"zip\":\"DEF\""), bad),
        ("enc", and("\"enc\":\"A256GCM\""), bad),
        (
            "jwk, the right one",
            and(&format!("\"jwk\":{{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"{jwk}\"}}")),
            bad,
        ),
        ("jku", and("\"jku\":\"https://example.org/keys\""), bad),
        ("x5u", and("\"x5u\":\"https://example.org/chain\""), bad),
        ("x5c", and("\"x5c\":[\"MIIB\"]"), bad),
        ("x5t", and("\"x5t\":\"AAAA\""), bad),
        ("kid missing", signed("{\"alg\":\"EdDSA\"}", &claims()), bad),
        (
            "kid of a stranger",
            for_kid(&format!("\"{}\"", text(stranger.id.as_bytes()))),
            Err(Signature),
        ),
        ("kid too short", for_kid("\"AAAA\""), bad),
        ("kid too long", for_kid(&format!("\"{}AAAA\"", kid())), bad),
        ("kid a path", for_kid("\"../../../../dev/null\""), bad),
        ("kid a query", for_kid("\"x' OR '1'='1\""), bad),
        ("kid with a NUL", for_kid(&format!("\"{}\\u0000\"", kid())), bad),
        ("kid an array", for_kid(&format!("[\"{}\"]", kid())), bad),
        ("kid null", for_kid("null"), bad),
        ("kid twice", with(&format!("\"alg\":\"EdDSA\",\"kid\":\"{}\"", kid())), bad),
    ]
}

/// The header as something else than one object of text.
fn header_forms() -> Vec<Row> {
    let with = |header: &str| signed(header, &claims());
    let good = header();
    let bad = Err(Malformed);
    let deep = format!("{}{}", "[".repeat(100), "]".repeat(100));
    let escaped = good.replace("\"alg\"", "\"\\u0061\\u006c\\u0067\"");
    vec![
        ("a header of nothing", with(""), bad),
        ("a header that is an array", with(&format!("[\"EdDSA\",\"{}\",null]", kid())), bad),
        ("a header that is a text", with("\"EdDSA\""), bad),
        ("a header that is null", with("null"), bad),
        ("a header with something after it", with(&format!("{good}{{}}")), bad),
        ("a header with a NUL after it", with(&format!("{good}\0")), bad),
        ("a header with a NUL before it", with(&format!("\0{good}")), bad),
        ("a header with a byte order mark", with(&format!("\u{feff}{good}")), bad),
        ("a header cut short", with(&good[..good.len() - 1]), bad),
        ("a header with a comma too many", with(&good.replace('}', ",}")), bad),
        ("a header nested deeply", with(&good.replace('}', &format!(",\"x\":{deep}}}"))), bad),
        ("a header whose names are escapes is the same header", with(&escaped), Ok(())),
        ("a header of a megabyte", with(&good.replace('}', &" ".repeat(1 << 20))), bad),
        (
            "a header that is no UTF-8",
            format!(
                "{}.{}.{}",
                text(b"{\"alg\":\"\xff\"}"),
                text(claims().as_bytes()),
                text(&[0; 64])
            ),
            bad,
        ),
    ]
}

fn claims_table() -> Vec<Row> {
    let with = |from: &str, to: &str| {
        let changed = claims().replacen(from, to, 1);
        assert_ne!(changed, claims(), "{from} stands in the claims");
        signed(&header(), &changed)
    };
    let end = format!("\"exp\":{}", NOW + 60);
    let exp = |value: &str| with(&end, &format!("\"exp\":{value}"));
    let and = |member: &str| with("{", &format!("{{{member},"));
    let aud = format!("\"aud\":\"{}\"", text(relay().as_bytes()));
    let jti = format!("\"jti\":\"{}\"", text(&[1; 8]));
    let bad = Err(Malformed);
    vec![
        ("aud missing", with(&format!("{aud},"), ""), bad),
        (
            "aud of another relay",
            with(&aud, &format!("\"aud\":\"{}\"", text(&[2; 8]))),
            Err(Signature),
        ),
        ("aud an array", with(&aud, &format!("\"aud\":[\"{}\"]", text(relay().as_bytes()))), bad),
        ("aud empty", with(&aud, "\"aud\":\"\""), bad),
        ("aud null", with(&aud, "\"aud\":null"), bad),
        ("aud twice", and(&aud), bad),
        ("exp missing", with(&format!("{end},"), ""), bad),
        ("exp a text", exp(&format!("\"{}\"", NOW + 60)), bad),
        ("exp a fraction", exp(&format!("{}.5", NOW + 60)), bad),
        ("exp a whole number written as a fraction", exp(&format!("{}.0", NOW + 60)), bad),
        ("exp with an exponent", exp("1.80000006e9"), bad),
        ("exp negative", exp("-1"), bad),
        ("exp null", exp("null"), bad),
        ("exp true", exp("true"), bad),
        ("exp beyond any number", exp("1e999"), bad),
        ("exp one more than 64 bits", exp("18446744073709551616"), bad),
        ("exp the last of 64 bits", exp("18446744073709551615"), Err(Clock)),
        ("exp with a zero in front", exp(&format!("0{}", NOW + 60)), bad),
        ("exp long past", exp("1"), Err(Clock)),
        ("exp now", exp(&NOW.to_string()), Err(Clock)),
        ("exp in a year", exp(&(NOW + 31_536_000).to_string()), Err(Clock)),
        ("exp twice", and(&end), bad),
        ("exp twice, the second later", with(&end, &format!("{end},\"exp\":{}", NOW + 90)), bad),
        ("nbf", and(&format!("\"nbf\":{}", NOW - 60)), bad),
        ("iat in the future", and(&format!("\"iat\":{}", NOW + 3_600)), bad),
        ("iss", and("\"iss\":\"me\""), bad),
        ("sub", and("\"sub\":\"admin\""), bad),
        ("jti missing", with(&format!("{jti},"), ""), bad),
        ("jti too long", with(&jti, &format!("\"jti\":\"{}\"", text(&[1; 9]))), bad),
        ("jti too short", with(&jti, &format!("\"jti\":\"{}\"", text(&[1; 7]))), bad),
        ("jti a number", with(&jti, "\"jti\":1"), bad),
        ("jti empty", with(&jti, "\"jti\":\"\""), bad),
        ("sha missing", with(&format!(",\"sha\":\"{}\"", text(&control_hash(b""))), ""), bad),
        ("sha too short", with(&text(&control_hash(b"")), "AAAA"), bad),
        ("a role", and("\"role\":\"headquarters\""), bad),
        ("a prototype", and("\"__proto__\":{\"exp\":1}"), bad),
    ]
}

fn claim_forms() -> Vec<Row> {
    let with = |claims: &str| signed(&header(), claims);
    let good = claims();
    let listed = format!(
        "[\"{}\",{},\"{}\",\"{}\"]",
        text(relay().as_bytes()),
        NOW + 60,
        text(&[1; 8]),
        text(&control_hash(b""))
    );
    let bad = Err(Malformed);
    vec![
        ("claims of nothing", with(""), bad),
        ("claims that are an array", with(&listed), bad),
        ("claims in claims", with(&format!("{{\"claims\":{good}}}")), bad),
        ("claims with something after them", with(&format!("{good} {good}")), bad),
        ("claims with a NUL within", with(&good.replace("\"jti", "\0\"jti")), bad),
        (
            "claims whose binary is padded",
            with(&good.replace(&text(&[1; 8]), &format!("{}=", text(&[1; 8])))),
            bad,
        ),
        (
            "claims whose binary has bits left over",
            with(&good.replace(&text(&[1; 8]), "AQEBAQEBAQF")),
            bad,
        ),
        (
            "claims whose binary is of the other alphabet",
            with(&good.replace(&text(&[1; 8]), "AQEBAQEBAQ+")),
            bad,
        ),
    ]
}

/// The three segments, and what is put around and between them.
fn segments() -> Vec<Row> {
    let good = signed(&header(), &claims());
    let (message, signature) = good.rsplit_once('.').unwrap();
    let (head, body) = message.split_once('.').unwrap();
    let bad = Err(Malformed);
    vec![
        ("nothing at all", String::new(), bad),
        ("two dots", "..".to_owned(), bad),
        ("one segment", head.to_owned(), bad),
        ("two segments", message.to_owned(), bad),
        ("a dot at the end", format!("{good}."), bad),
        ("a dot at the beginning", format!(".{good}"), bad),
        ("five segments, as of an encrypted one", format!("{good}.{body}.{signature}"), bad),
        ("a padded header", format!("{head}=.{body}.{signature}"), bad),
        ("padded claims", format!("{head}.{body}=.{signature}"), bad),
        ("a space before", format!(" {good}"), bad),
        ("a line end within", format!("{head}\n.{body}.{signature}"), bad),
        (
            "a header with bits left over",
            format!("{}.{body}.{signature}", bits_left_over(head)),
            bad,
        ),
        ("claims with bits left over", format!("{head}.{}.{signature}", bits_left_over(body)), bad),
        ("the standard alphabet", format!("{head}.{body}.{}", "+/".repeat(43)), Err(Signature)),
        ("the JSON form", format!("{{\"payload\":\"{body}\",\"signature\":\"{signature}\"}}"), bad),
    ]
}

/// The same bytes to a lax reader: the last character's unused bits are set. Lengthened by spaces until it has some.
fn bits_left_over(segment: &str) -> String {
    let mut bytes = URL_SAFE_NO_PAD.decode(segment).unwrap();
    while bytes.len() % 3 != 1 {
        bytes.push(b' ');
    }
    let text = text(&bytes);
    let (rest, last) = text.split_at(text.len() - 1);
    let next = char::from(last.as_bytes()[0] + 1);
    format!("{rest}{next}")
}

fn signatures() -> Vec<Row> {
    let good = signed(&header(), &claims());
    let (message, signature) = good.rsplit_once('.').unwrap();
    let with = |signature: &[u8]| format!("{message}.{}", text(signature));
    let bytes = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let mut flipped = bytes.clone();
    flipped[63] ^= 0x80;
    let swapped = [&bytes[32..], &bytes[..32]].concat();
    let bad = Err(Signature);
    vec![
        ("a signature of nothing", with(&[]), bad),
        ("a signature cut short", with(&bytes[..63]), bad),
        ("a signature with a byte more", with(&[&bytes[..], &[0]].concat()), bad),
        ("a signature twice", with(&[&bytes[..], &bytes].concat()), bad),
        ("a signature of zeros", with(&[0; 64]), bad),
        ("a signature of small order", with(&[&[1][..], &[0; 63]].concat()), bad),
        ("a signature with a bit changed", with(&flipped), bad),
        ("a signature with its halves swapped", with(&swapped), bad),
        ("a signature plus the group's order", with(&malleated(&bytes)), bad),
        ("a signature with padding", format!("{good}=="), bad),
        ("a signature with bits left over", format!("{message}.{}", last_bits_set(signature)), bad),
        ("a signature over other claims", foreign_claims(signature), bad),
    ]
}

fn foreign_claims(signature: &str) -> String {
    let later = claims().replace(&(NOW + 60).to_string(), &(NOW + 61).to_string());
    format!("{}.{}.{signature}", text(header().as_bytes()), text(later.as_bytes()))
}

fn last_bits_set(signature: &str) -> String {
    let (rest, last) = signature.split_at(signature.len() - 1);
    format!("{rest}{}", char::from(last.as_bytes()[0] + 1))
}

fn malleated(signature: &[u8]) -> Vec<u8> {
    const ORDER: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde,
        0x14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let mut out = signature.to_vec();
    let mut carry = 0;
    for (byte, add) in out[32..].iter_mut().zip(ORDER) {
        let sum = u16::from(*byte) + u16::from(add) + carry;
        *byte = u8::try_from(sum & 0xff).unwrap();
        carry = sum >> 8;
    }
    out
}

/// An admin could enter such a key for a device; then anybody could speak for it.
#[test]
fn a_device_whose_key_is_of_small_order_cannot_speak() {
    let mut identity = [0; 32];
    identity[0] = 1;
    let key = SigningPublic::from_bytes(identity);
    let header = format!(r#"{{"alg":"EdDSA","kid":"{}"}}"#, text(DeviceId::of(&key).as_bytes()));
    let mut signature = [0; 64];
    signature[0] = 1;
    let message = format!("{}.{}", text(header.as_bytes()), text(claims().as_bytes()));
    let token = Unverified::read(&format!("{message}.{}", text(&signature))).unwrap();
    assert_eq!(token.verify(&key, relay(), NOW), Err(Signature));
}

/// The request's body is no part of the token's text, but of what it covers.
#[test]
fn a_token_covers_one_control_part_and_no_other() {
    let token = check(&token_for(&device(), relay(), b"one", NOW + 60)).unwrap();
    for (control, covered) in
        [(&b"one"[..], true), (b"", false), (b"one ", false), (b"On", false), (b"two", false)]
    {
        assert_eq!(token.covers(control), covered, "{control:?}");
    }
}
