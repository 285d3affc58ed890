//! Lies about itself, about time, and about who is a member.

use super::{Scene, Strategy, hears_all, telling, to_rashad};
use kahriz_core::crypto::SigningSecret;
use kahriz_proto::hash::signed_bytes;
use kahriz_proto::ids::{DeviceId, Incarnation, ScopeId};
use kahriz_proto::item::push_varint;
use kahriz_proto::message::{Refusal, RefusalReason};
use kahriz_proto::roster::{Action, DeviceKeys, Entry, EntryBody, Role, Wrap};
use kahriz_tests::world::Who;
use kahriz_tests::world::forged::{Asked, Hears, Tells, Told};

pub(super) fn all() -> Vec<Strategy> {
    let only = |strategy: Strategy| Strategy { to: Some(to_rashad), ..strategy };
    let nonsense: &[&str] = &["does not follow the protocol"];
    vec![
        telling("is another one at each turn", &[], |_, _| another()),
        telling("says that no cursor means anything", &[], |_, _| forgets_cursors()),
        telling("promises more for ever", nonsense, |_, _| always_more()),
        telling("answers with a control part of a gigabyte", nonsense, |_, _| huge_control()),
        telling("answers with noise", nonsense, |_, _| noise()),
        telling("answers with a page for people", &["log-in page"], |_, _| portal()),
        telling("gives a wrong time, another at each refusal", &["Clock"], |_, _| wrong_time()),
        only(telling("refuses one device", &["NotMember"], |_, _| {
            refuses(RefusalReason::NotMember)
        })),
        only(telling("says falsely that a device is revoked", &["Revoked"], |_, _| {
            refuses(RefusalReason::Revoked)
        })),
        telling("says that every token is wrong", &["Token"], |_, _| refuses(RefusalReason::Token)),
        telling("says that no scope is granted", &[], |_, _| not_granted()),
        telling("injects a member", &["roster"], |scene, _| injects(scene, member)),
        telling("injects an epoch with a key of its own", &["roster"], |scene, _| {
            injects(scene, epoch)
        }),
        telling("injects a revocation", &["roster"], |scene, _| injects(scene, revocation)),
        telling("gives another organisation's roster", &["roster"], foreign_roster),
        telling("gives the old roster again", &["roster"], old_roster),
        telling("promises a roster and gives none", &[], |_, _| empty_roster()),
    ]
}

fn answers(lie: impl FnMut(&Asked, &mut Told) + 'static) -> (Hears<'static>, Tells<'static>) {
    let mut lie = lie;
    (
        hears_all(),
        Box::new(move |asked, told| {
            if asked.path == "/v1/sync" {
                lie(asked, told)
            }
        }),
    )
}

fn another() -> (Hears<'static>, Tells<'static>) {
    let mut number = 900_u64;
    answers(move |asked, told| {
        number += 1;
        told.answer.incarnation = Some(Incarnation::from_bytes(number.to_be_bytes()));
        told.answer.restart = Some((0..).take(asked.control.cursors.len()).collect());
        told.items.clear();
    })
}

fn forgets_cursors() -> (Hears<'static>, Tells<'static>) {
    answers(|asked, told| {
        told.answer.restart = Some((0..).take(asked.control.cursors.len()).collect());
        told.items.clear();
    })
}

fn always_more() -> (Hears<'static>, Tells<'static>) {
    answers(|_, told| told.answer.more = Some(true))
}

fn huge_control() -> (Hears<'static>, Tells<'static>) {
    answers(|_, told| {
        let mut bytes = vec![];
        push_varint(&mut bytes, 1 << 30);
        bytes.extend_from_slice(&[0xbf; 4_096]);
        told.instead = Some(bytes);
    })
}

fn noise() -> (Hears<'static>, Tells<'static>) {
    let mut turn = 0_u8;
    answers(move |_, told| {
        turn = turn.wrapping_add(1);
        let noise = (0..600_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 13) as u8 ^ turn);
        told.instead = Some(noise.collect());
    })
}

fn portal() -> (Hears<'static>, Tells<'static>) {
    answers(|_, told| {
        told.instead = Some(b"<!doctype html><title>Welcome</title>".to_vec());
        told.is_web_page = true;
    })
}

fn refusing(told: &mut Told, reason: RefusalReason, relay_time: u64) {
    told.status = 403;
    told.instead = Some(minicbor::to_vec(Refusal { reason, relay_time }).unwrap());
}

fn wrong_time() -> (Hears<'static>, Tells<'static>) {
    let mut time = 1_000_000_000;
    answers(move |_, told| {
        time += 100_000_000;
        refusing(told, RefusalReason::Clock, time);
    })
}

fn refuses(reason: RefusalReason) -> (Hears<'static>, Tells<'static>) {
    answers(move |_, told| refusing(told, reason, 1_773_302_400))
}

fn not_granted() -> (Hears<'static>, Tells<'static>) {
    answers(|asked, told| {
        told.answer.not_granted = Some((0..).take(asked.control.cursors.len()).collect());
        told.items.clear();
    })
}

/// Tells of a longer roster, and what its next entries are.
fn rosters(seq: u64, entries: Vec<Vec<u8>>) -> (Hears<'static>, Tells<'static>) {
    let tells: Tells<'static> = Box::new(move |asked, told| {
        if asked.path == "/v1/sync" && told.status == 200 {
            told.answer.roster = Some(seq);
        } else if asked.path.starts_with("/v1/roster") && told.status == 200 {
            told.roster.clone_from(&entries);
        }
    });
    (hears_all(), tells)
}

/// An entry that follows the last one in all but its signer, who is nobody.
fn injects(scene: &Scene, action: fn(&Scene) -> Action) -> (Hears<'static>, Tells<'static>) {
    let nobody = SigningSecret::from_seed(&[66; 32]);
    let last = Entry::decode(scene.roster.last().unwrap()).unwrap();
    let seq = last.verified_body().unwrap().seq + 1;
    let body = EntryBody {
        seq,
        prev: last.hash(),
        claimed_at: 1_773_302_400,
        signer: nobody.public(),
        action: action(scene),
    };
    let entry = Entry::sign(&body, |message| nobody.sign(message)).to_bytes();
    rosters(seq, vec![entry])
}

fn member(scene: &Scene) -> Action {
    let keys = SigningSecret::from_seed(&[67; 32]);
    let scopes = vec![scope_of(scene)];
    let keys = DeviceKeys { sign: keys.public(), wrap: vec![7; 1_216] };
    Action::DeviceAdded { keys, role: Role::Headquarters, scopes, invite: None }
}

fn epoch(scene: &Scene) -> Action {
    let wrap = |recipient| Wrap { recipient, sealed: signed_bytes("x", &[0; 1_168]) };
    let wraps = vec![wrap(Some(scene.leylas_device)), wrap(None)];
    Action::EpochStarted {
        scope: scope_of(scene),
        epoch: 2,
        wraps,
        previous: None,
        commitment: None,
    }
}

fn revocation(scene: &Scene) -> Action {
    let device: DeviceId = scene.leylas_device;
    Action::DeviceRevoked { device, last_good: vec![] }
}

fn scope_of(scene: &Scene) -> ScopeId {
    kahriz_proto::frame::Frame::decode(scene.frames[0].clone()).unwrap().preamble().scope
}

fn foreign_roster(scene: &Scene, _: Who) -> (Hears<'static>, Tells<'static>) {
    rosters(scene.foreign_roster.len() as u64 + 40, scene.foreign_roster.clone())
}

fn old_roster(scene: &Scene, _: Who) -> (Hears<'static>, Tells<'static>) {
    rosters(scene.roster.len() as u64 + 1, scene.roster[..3].to_vec())
}

fn empty_roster() -> (Hears<'static>, Tells<'static>) {
    rosters(1_000, vec![])
}
