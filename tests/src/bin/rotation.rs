//! Takes one of many devices out and gives the rest a new key: what that costs headquarters, the relay, each phone.
//!
//! ```text
//! cargo run --release -p kahriz-tests --bin rotation -- --devices 2000
//! ```
//!
//! Every device has real keys and is admitted as one that was read from a screen. Then one is revoked. A phone that
//! stays must open the new epoch's key from what a relay would send it; the one that was taken out must not find any
//! that it could.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program that prints figures")]

use clap::Parser;
use kahriz_core::batch::Announcement;
use kahriz_core::crypto::{DeviceSecrets, SigningSecret, WrapContext, unwrap_key};
use kahriz_core::workspace::{Claimed, Founding, Profile, ScopeProfile, StoreKey, Workspace};
use kahriz_proto::join::{Invite, Join};
use kahriz_proto::message::{KeyWrap, RosterPage};
use kahriz_proto::roster::Role;
use kahriz_tests::{measure, world};
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;
use serde_json::json;
use std::process::ExitCode;

type Stop = Box<dyn std::error::Error + Send + Sync>;

/// The most CPU that a rotation may take, and the most bytes for a phone, beside the design's targets.
const CPU_S_MAX: f64 = 5.0;
/// See [`CPU_S_MAX`].
const PHONE_KEY_BYTES_MAX: usize = 1_229;

/// Measures a revocation in a scope of many devices.
#[derive(Parser)]
struct Arguments {
    /// How many devices.
    #[arg(long, default_value_t = 2_000)]
    devices: usize,
    /// The same seed makes the same keys.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Print the figures as JSON.
    #[arg(long)]
    json: bool,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(stop) => {
            eprintln!("rotation: {stop}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<bool, Stop> {
    let mut rng = ChaCha20Rng::seed_from_u64(arguments.seed);
    let folder = world::scratch_folder();
    let headquarters = found(&folder.path().join("headquarters"), &mut rng)?;
    let scope = headquarters.scopes()[0].id;
    let mut devices = vec![];
    for number in 0..arguments.devices.max(2) {
        let secrets = DeviceSecrets::generate(&mut rng);
        let invite = headquarters.invite(u64::MAX / 2, now(), &mut rng)?;
        let join = join_of(&secrets, &invite, number);
        headquarters.admit(&join, Role::Officer, &[scope], now(), &mut rng)?;
        devices.push(secrets);
    }
    let before = headquarters.roster_seq();
    let lost = devices.pop().ok_or("at least two devices")?;
    let cpu = measure::own_cpu_s();
    let revoked = headquarters.revoke(lost.device(), now(), &mut rng)?;
    let cpu = measure::own_cpu_s().zip(cpu).map(|(after, before)| after - before);
    let page = headquarters.roster_page(before)?;
    let relay_bytes = encoded(&page);
    let keys = page.keys.unwrap_or_default();
    let [(_, epoch)] = revoked.epochs[..] else { return Err("one scope, one epoch".into()) };
    let context = WrapContext { workspace: headquarters.id(), scope, epoch };
    let opens = |secrets: &DeviceSecrets, key: &KeyWrap| {
        unwrap_key(&key.sealed, &secrets.wrap, context).is_ok()
    };
    let of = |secrets: &DeviceSecrets| keys.iter().find(|key| key.device == secrets.device());
    let stay = devices.iter().filter(|secrets| of(secrets).is_some_and(|key| opens(secrets, key)));
    let (stay, strays) = (stay.count(), keys.iter().filter(|key| opens(&lost, key)).count());
    let own = of(&devices[0]).cloned().ok_or("a phone that stays has a key")?;
    let entries = page.entries;
    let phone = RosterPage { entries: entries.clone(), keys: Some(vec![own.clone()]) };
    let key_bytes = encoded(&RosterPage { entries: vec![], keys: Some(vec![own]) });
    let figures = json!({
        "devices": arguments.devices,
        "cpu_s": cpu,
        "relay_bytes": relay_bytes,
        "phone_bytes": encoded(&phone),
        "phone_key_bytes": key_bytes,
        "phones_that_open_the_new_key": stay,
        "keys_that_the_revoked_device_opens": strays,
    });
    if arguments.json {
        println!("{figures}");
    } else {
        println!("{figures:#}");
    }
    Ok(stay == devices.len()
        && strays == 0
        && key_bytes <= PHONE_KEY_BYTES_MAX
        && cpu.is_none_or(|cpu| cpu <= CPU_S_MAX))
}

fn encoded(page: &RosterPage) -> usize {
    minicbor::to_vec(page).expect("writing to a vector cannot fail").len()
}

fn now() -> Claimed {
    Claimed { ms: 1_763_000_000_000 }
}

fn found(home: &std::path::Path, rng: &mut ChaCha20Rng) -> Result<Workspace, Stop> {
    let founding = Founding {
        workspace_name: "Rotation".into(),
        operator: Profile { officer: "Headquarters".into(), device: "headquarters".into() },
        scopes: vec![ScopeProfile { name: "Country".into(), prefix: "CTY".into() }],
        relay_url: "http://relay.test".into(),
    };
    let key = StoreKey::from_bytes([7; 32]);
    Ok(Workspace::found(home, &key, &founding, now(), rng)?.0)
}

/// As a device shows it on its screen: who asks stands in the clear.
fn join_of(secrets: &DeviceSecrets, invite: &Invite, number: usize) -> Join {
    let profile =
        Announcement::Profile { officer: format!("Officer {number}"), device: "phone".into() };
    let profile = minicbor::to_vec(profile).expect("writing to a vector cannot fail");
    let invite = SigningSecret::from_seed(&invite.secret);
    let keys = secrets.public();
    let message = Join::message(&invite.public(), &keys, &profile);
    Join {
        invite: invite.public(),
        invite_signature: invite.sign(&message),
        device_signature: secrets.sign(&message),
        keys,
        sealed_profile: profile,
    }
}
