//! Sessions: what a browser carries after signing in.
//!
//! A session is a JSON Web Token (RFC 7519), signed with HMAC-SHA256 under a key that is made once for each
//! installation and stays in its store. It ends twelve hours after signing in, and after half an hour in which it was
//! not used: while it is used, it is written anew now and then. Ending it sooner needs memory: the store keeps the ids
//! of sessions that were signed out until they would have ended, and each account's stamp ends all sessions of an
//! older one.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use kahriz_core::workspace::{ReadError, SaveError, Workspace};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::book::{self, Account};
use super::{AccountError, Role};

/// However busy: a working day.
const LONGEST_S: i64 = 12 * 3_600;
/// Unused: long enough to compare codes on the phone, short enough for a desk that was left.
pub(crate) const IDLE_S: i64 = 30 * 60;
/// A session that is used is written anew when it is older than this.
const RENEWED_S: i64 = 60;
/// The notes of the key, and of the sessions that were ended.
const KEY_NOTE: &str = "session key";
const ENDED_NOTE: &str = "sessions ended";

/// Somebody who is signed in.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    /// The account's name.
    pub(crate) name: String,
    /// What it may do, as the account says now.
    pub(crate) role: Role,
    /// What every form of this session carries, so that no other page can send one.
    pub(crate) form_token: String,
    /// What the browser is to carry from now on, if that is new.
    pub(crate) renewed: Option<String>,
    id: String,
    begun_s: i64,
}

#[derive(Serialize, Deserialize)]
struct Claims {
    /// Whose.
    sub: String,
    /// The account's stamp when it signed in.
    stamp: String,
    /// The session's id.
    jti: String,
    /// The token of its forms.
    form: String,
    /// When it was signed in, when this was written, and when this ends; in seconds since 1970.
    auth_time: i64,
    iat: i64,
    exp: i64,
}

impl Session {
    /// Whether a form was made for this session.
    pub(crate) fn made(&self, form_token: &str) -> bool {
        self.form_token.as_bytes().ct_eq(form_token.as_bytes()).into()
    }
}

/// A new session of an account.
pub(super) fn begin(
    workspace: &Workspace,
    account: &Account,
    now_ms: i64,
) -> Result<Session, AccountError> {
    let now_s = now_ms.div_euclid(1_000);
    let claims = Claims {
        sub: account.name.clone(),
        stamp: account.stamp.clone(),
        jti: text_of::<16>(),
        form: text_of::<16>(),
        auth_time: now_s,
        iat: now_s,
        exp: now_s + IDLE_S,
    };
    let token = sign(&key(workspace)?, &claims);
    Ok(Session { renewed: Some(token), ..session(claims, account) })
}

/// The session of a token; none if it is not ours or is over.
pub(super) fn recognise(
    workspace: &Workspace,
    token: &str,
    now_ms: i64,
) -> Result<Option<Session>, ReadError> {
    let now_s = now_ms.div_euclid(1_000);
    let Some(key) = workspace.note(KEY_NOTE)?.map(Zeroizing::new) else { return Ok(None) };
    let Some(claims) = verified(&key, token).filter(|claims| claims.holds_at(now_s)) else {
        return Ok(None);
    };
    let account = book::find(workspace, &claims.sub)?;
    let Some(account) = account.filter(|account| account.stamp == claims.stamp) else {
        return Ok(None);
    };
    if ended(workspace)?.contains_key(&claims.jti) {
        return Ok(None);
    }
    let renewed = (now_s - claims.iat > RENEWED_S).then(|| sign(&key, &claims.anew(now_s)));
    Ok(Some(Session { renewed, ..session(claims, &account) }))
}

/// Ends one session.
pub(super) fn end(
    workspace: &Workspace,
    session: &Session,
    now_ms: i64,
) -> Result<(), AccountError> {
    let now_s = now_ms.div_euclid(1_000);
    let kept = workspace.change_note(ENDED_NOTE, |kept| {
        let mut ended = read_ended(kept.as_deref());
        ended.retain(|_, until_s| *until_s > now_s);
        ended.insert(session.id.clone(), session.begun_s + LONGEST_S);
        Ok::<_, SaveError>(Some(serde_json::to_vec(&ended).expect("ids and numbers")))
    });
    Ok(kept?)
}

/// So many random bytes as text.
pub(crate) fn text_of<const N: usize>() -> String {
    let mut bytes = Zeroizing::new([0_u8; N]);
    getrandom::fill(bytes.as_mut_slice()).expect("a system without entropy can make no keys");
    URL_SAFE_NO_PAD.encode(bytes.as_slice())
}

impl Claims {
    fn holds_at(&self, now_s: i64) -> bool {
        // A clock that was set back by more than a session lasts makes no older session valid again.
        let since = now_s - self.auth_time;
        now_s < self.exp && since < LONGEST_S && since > -IDLE_S
    }

    /// The same session, used now.
    fn anew(&self, now_s: i64) -> Self {
        Self {
            sub: self.sub.clone(),
            stamp: self.stamp.clone(),
            jti: self.jti.clone(),
            form: self.form.clone(),
            auth_time: self.auth_time,
            iat: now_s,
            exp: (now_s + IDLE_S).min(self.auth_time + LONGEST_S),
        }
    }
}

fn session(claims: Claims, account: &Account) -> Session {
    Session {
        name: account.name.clone(),
        role: account.role,
        form_token: claims.form,
        renewed: None,
        id: claims.jti,
        begun_s: claims.auth_time,
    }
}

/// The key of this installation's sessions, made when it is first needed.
fn key(workspace: &Workspace) -> Result<Zeroizing<Vec<u8>>, AccountError> {
    let mut key = Zeroizing::new(Vec::new());
    workspace.change_note(KEY_NOTE, |kept| {
        *key = kept.unwrap_or_else(|| text_of::<32>().into_bytes());
        Ok::<_, SaveError>(Some(key.to_vec()))
    })?;
    Ok(key)
}

fn sign(key: &[u8], claims: &Claims) -> String {
    encode(&Header::new(Algorithm::HS256), claims, &EncodingKey::from_secret(key))
        .expect("a key of bytes signs texts and numbers")
}

/// The claims of a token of ours, whenever it ends: this module compares times itself, by the clock that it is given.
fn verified(key: &[u8], token: &str) -> Option<Claims> {
    let mut rules = Validation::new(Algorithm::HS256);
    rules.validate_exp = false;
    rules.set_required_spec_claims(&["exp", "sub"]);
    decode::<Claims>(token, &DecodingKey::from_secret(key), &rules).ok().map(|token| token.claims)
}

/// The sessions that were ended, with when they would have.
fn ended(workspace: &Workspace) -> Result<BTreeMap<String, i64>, ReadError> {
    Ok(read_ended(workspace.note(ENDED_NOTE)?.as_deref()))
}

fn read_ended(note: Option<&[u8]>) -> BTreeMap<String, i64> {
    note.and_then(|note| serde_json::from_slice(note).ok()).unwrap_or_default()
}
