//! The story that the demo tells: a week of work offline, and what becomes of it when it meets.

use std::time::Duration;

use kahriz_core::query::Query;
use kahriz_core::workspace::Saved;
use kahriz_proto::ids::{RecordId, ScopeId};
use serde_json::{Value as Json, json};

use super::generate::{District, Generator, Made};
use super::officers::Officer;
use crate::failure::Failure;
use crate::headquarters::Headquarters;
use crate::shell;

/// The records are the same in every demo.
const SEED: u64 = 1994;
/// Merging 100,000 records takes minutes.
const MERGE_LONGEST: Duration = Duration::from_secs(3_600);
/// Of so many records of their own, officers correct one in the second week.
const CORRECTED_ONE_IN: usize = 10;

/// Records that two officers of one area will both change.
struct Shared {
    hazard: Saved,
    measured: Saved,
    case: Saved,
    household: Saved,
    agreed: Saved,
}

/// Frames and bytes of all devices together.
#[derive(Default)]
struct Traffic {
    frames: u64,
    records_merged: u64,
}

/// Has the officers work and sync, headquarters merge, and says what happened, a line each.
pub(super) fn tell(
    officers: &mut [Officer],
    headquarters: &Headquarters,
    records: u32,
) -> Result<Vec<String>, Failure> {
    let (leyla, others) = officers.split_last_mut().ok_or(Failure::NoScopeYet)?;
    let mut shared = Vec::new();
    for officer in others.iter() {
        shared.push(set_the_scene(officer)?);
    }
    let staged = shared.len() as u64 * 5;
    let each = (u64::from(records).saturating_sub(staged)) / 3;
    for (seed, officer) in (SEED..).step_by(10).zip(others.iter()) {
        officer.write(each, seed)?;
    }
    leyla.write(u64::from(records).saturating_sub(staged + 2 * each), SEED + 100)?;

    let mut traffic = Traffic::default();
    // Everybody sends, then everybody receives what the others have sent.
    for _ in 0..2 {
        sync_all(others, leyla, &mut traffic)?;
    }
    for (officer, shared) in others.iter().zip(&shared) {
        first_opinions(officer, shared)?;
        second_opinions(leyla, shared)?;
        correct_some(officer)?;
    }
    for _ in 0..2 {
        sync_all(others, leyla, &mut traffic)?;
    }
    headquarters.serving.wait_for_rounds(2, MERGE_LONGEST);
    summary(others, leyla, headquarters, &shared, &traffic)
}

fn sync_all(
    others: &mut [Officer],
    leyla: &mut Officer,
    traffic: &mut Traffic,
) -> Result<(), Failure> {
    for officer in others.iter_mut().chain([leyla]) {
        let report = officer.sync()?;
        traffic.frames += report.frames_pushed;
        traffic.records_merged += report.records_changed;
    }
    Ok(())
}

/// Five records of one area that two officers will have different knowledge of.
fn set_the_scene(officer: &Officer) -> Result<Shared, Failure> {
    let (scope, district) = officer.areas.first().copied().ok_or(Failure::NoScopeYet)?;
    let mut maker = Generator::new(SEED + 7).in_district(district);
    let mut save = |kind: &str, key: &str, value: Json| {
        save_with(officer, scope, &mut maker, kind, key, value)
    };
    Ok(Shared {
        hazard: save("landmine_incident", "hazard_status", json!("marked"))?,
        measured: save("landmine_incident", "hazard_status", json!("active"))?,
        case: save("missing_person", "case_status", json!("tracing"))?,
        household: save("return_household", "services.water_source", json!("tanker"))?,
        agreed: save("missing_person", "enquirer.contact", json!("+994500000000"))?,
    })
}

fn save_with(
    officer: &Officer,
    scope: ScopeId,
    maker: &mut Generator,
    kind: &str,
    key: &str,
    value: Json,
) -> Result<Saved, Failure> {
    let Made { kind, mut fields } = maker.of_kind(kind).ok_or(Failure::NoRecord)?;
    fields.retain(|(name, _)| name != key);
    fields.push((key.to_owned(), value));
    officer.save(scope, &Made { kind, fields })
}

fn first_opinions(officer: &Officer, shared: &Shared) -> Result<(), Failure> {
    edit(officer, &shared.hazard, &[("hazard_status", "cleared")])?;
    edit(officer, &shared.measured, &[("location.point", measured_at(officer, 0.0))])?;
    edit(officer, &shared.case, &[("case_status", "located_alive")])?;
    edit(
        officer,
        &shared.household,
        &[("services.water_source", "piped"), ("services.water_minutes", "0")],
    )?;
    edit(officer, &shared.agreed, &[("enquirer.contact", "+994501112233")])
}

fn second_opinions(leyla: &Officer, shared: &Shared) -> Result<(), Failure> {
    edit(leyla, &shared.hazard, &[("hazard_status", "active")])?;
    edit(leyla, &shared.measured, &[("location.point", measured_at(leyla, 0.0011))])?;
    edit(leyla, &shared.case, &[("case_status", "located_deceased")])?;
    edit(leyla, &shared.household, &[("dwelling.rooms", "4"), ("needs.seeds", "yes")])?;
    edit(leyla, &shared.agreed, &[("enquirer.contact", "+994501112233")])
}

/// The same hazard, measured by two receivers.
fn measured_at(officer: &Officer, off: f64) -> String {
    let lat = match officer.areas.first() {
        Some((_, District::Fuzuli)) => 39.53,
        Some((_, District::Agdam | District::Tartar)) | None => 40.04,
    };
    format!("{:.5},{:.5},8", lat + off, 46.99 + off)
}

fn edit(
    officer: &Officer,
    record: &Saved,
    fields: &[(&str, impl AsRef<str>)],
) -> Result<(), Failure> {
    let mut draft = officer.workspace.edit(record.record)?;
    for (field, value) in fields {
        draft.set_text(field, value.as_ref())?;
    }
    officer.workspace.save(&draft, shell::claimed())?;
    Ok(())
}

/// Small corrections that nobody else touches.
fn correct_some(officer: &Officer) -> Result<(), Failure> {
    let own = Query { limit: 500, kinds: vec!["return_household".to_owned()], ..Query::default() };
    let rows = officer.workspace.list(&own)?.rows;
    let ids: Vec<RecordId> = rows.iter().map(|row| row.record).step_by(CORRECTED_ONE_IN).collect();
    for id in ids {
        let mut draft = officer.workspace.edit(id)?;
        draft.set_text("food.meals_per_day", "3")?;
        draft.set_text("state", "ready")?;
        officer.workspace.save(&draft, shell::claimed())?;
    }
    Ok(())
}

fn summary(
    others: &[Officer],
    leyla: &Officer,
    headquarters: &Headquarters,
    shared: &[Shared],
    traffic: &Traffic,
) -> Result<Vec<String>, Failure> {
    let status = headquarters.workspace.status()?;
    let all = || others.iter().chain([leyla]);
    let up: u64 = all().map(|officer| officer.count.up()).sum();
    let down: u64 = all().map(|officer| officer.count.down()).sum();
    let names: Vec<&str> = all().map(|officer| officer.name).collect();
    let ids = |pick: fn(&Shared) -> &Saved| {
        shared.iter().map(|shared| pick(shared).human_id.clone()).collect::<Vec<_>>().join(" and ")
    };
    Ok(vec![
        format!("{} worked offline in two areas; {} in both.", names.join(", "), leyla.name),
        format!(
            "They sent {} sealed frames, {:.0} kB ({:.0} bytes a record), and received {:.0} kB. The relay could read none of it.",
            traffic.frames,
            up as f64 / 1e3,
            up as f64 / status.records.max(1) as f64,
            down as f64 / 1e3
        ),
        format!(
            "Headquarters has merged {} records; {} wait for a decision, {} lack a required field.",
            status.records, status.contested, status.incomplete
        ),
        "Then two officers changed the same records offline, neither knowing of the other:"
            .to_owned(),
        format!(
            "  {}: one says cleared, the other active. Shown: active, because that is the safe one.",
            ids(|shared| &shared.hazard)
        ),
        format!(
            "  {}: one found the person alive, the other dead. Neither is shown as fact.",
            ids(|shared| &shared.case)
        ),
        format!(
            "  {}: measured twice, some 100 m apart. Both places are drawn.",
            ids(|shared| &shared.measured)
        ),
        format!(
            "  {}: different fields of one household. All merged, nobody is asked.",
            ids(|shared| &shared.household)
        ),
        format!("  {}: the same phone number twice. No conflict.", ids(|shared| &shared.agreed)),
    ])
}
