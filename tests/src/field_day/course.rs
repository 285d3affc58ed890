//! The phases one after another, each between two readings of what passed and what was spent.

use super::Stop;
use super::arguments::{Arguments, Phase};
use super::device::{Done, Errand, Seen, Work, folder_of, send_out};
use super::edits::{CONTESTED, EDITED, Edited, Officer, contested_value, own_value};
use super::figures::{Course, Derived, Figures, Setup, ratio};
use super::relay::RelayProcess;
use super::setup;
use crate::measure;
use crate::proxy::{Link, Proxy};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Rounds of both devices' syncs until P5 is quiet; three are enough if nothing is wrong.
const ROUNDS_MAX: u64 = 10;

/// Measures all phases that are asked for, in a folder of this name if the stores are kept.
pub(super) fn run(arguments: &Arguments, name: &str) -> Result<Course, Stop> {
    let temporary = tempfile::tempdir()?;
    let below = arguments.keep.as_ref().map_or(temporary.path().to_owned(), |keep| keep.join(name));
    std::fs::create_dir_all(&below)?;
    let relay = RelayProcess::start(&folder_of("relay", &below))?;
    let setup = set_up(&below, &relay)?;
    let mut day = Day { arguments, below, relay, phases: vec![], edited: vec![] };
    let asked = arguments.asked();
    for phase in Phase::ALL {
        if phase.is_needed_for(&asked) {
            day.phase(phase)?;
        }
    }
    Ok(Course {
        n: arguments.n,
        link: arguments.link,
        setup,
        relay_rss_mb: measure::rss_mb_of(day.relay.pid()).unwrap_or(f64::NAN),
        relay_disk_bytes: measure::disk_bytes(&folder_of("relay", &day.below))?,
        phases: day.phases,
    })
}

fn set_up(below: &Path, relay: &RelayProcess) -> Result<Setup, Stop> {
    let proxy = Proxy::start(relay.address, Link::LOOPBACK)?;
    let start = Instant::now();
    setup::run(below, &url(&proxy))?;
    let traffic = proxy.traffic();
    Ok(Setup {
        wall_s: start.elapsed().as_secs_f64(),
        bytes_up: traffic.bytes_up,
        bytes_down: traffic.bytes_down,
    })
}

struct Day<'a> {
    arguments: &'a Arguments,
    below: PathBuf,
    relay: RelayProcess,
    phases: Vec<Figures>,
    /// The records that are edited, the same on both devices.
    edited: Vec<String>,
}

impl Day<'_> {
    fn phase(&mut self, phase: Phase) -> Result<(), Stop> {
        let n = self.arguments.n;
        match phase {
            Phase::P1 => {
                let data = std::fs::canonicalize(&self.arguments.data)
                    .map_err(|error| format!("{}: {error}", self.arguments.data.display()))?;
                let (mut figures, _) = self.one(phase, "a", Work::Make { data, n })?;
                figures.derived.bytes_per_record = Some(ratio(figures.bytes(), n));
                self.phases.push(figures);
                self.choose()
            }
            Phase::P2 => {
                let (mut figures, done) = self.one(phase, "b", Work::Sync)?;
                if done.records != n {
                    return Err(format!("B holds {} of {n} records", done.records).into());
                }
                figures.derived.bytes_per_record = Some(ratio(figures.bytes(), n));
                self.phases.push(figures);
                Ok(())
            }
            Phase::P3a => {
                let short = self.arguments.edit;
                let work = Work::EditShort { records: self.edited.clone(), short };
                self.edit_phase(phase, "a", work)
            }
            Phase::P3b => self.edit_phase(phase, "b", Work::Sync),
            Phase::P4 => {
                let (figures, _) = self.one(phase, "a", Work::Sync)?;
                self.phases.push(figures);
                Ok(())
            }
            Phase::P5 => self.apart(),
        }
    }

    fn edit_phase(&mut self, phase: Phase, device: &str, work: Work) -> Result<(), Stop> {
        let (mut figures, _) = self.one(phase, device, work)?;
        let edits = self.edited.len() as u64;
        figures.derived.bytes_per_edit = Some(ratio(figures.bytes(), edits));
        self.phases.push(figures);
        Ok(())
    }

    /// One errand of one device over a link of its own.
    fn one(&self, phase: Phase, device: &str, work: Work) -> Result<(Figures, Done), Stop> {
        let link = self.arguments.link.link();
        let proxy = Proxy::start(self.relay.address, link)?;
        let before = self.relay_cpu_s();
        let done = self.send(device, work, &url(&proxy))?;
        let traffic = proxy.traffic();
        let figures = Figures {
            phase: phase.name(),
            n: self.arguments.n,
            link: self.arguments.link.name(),
            bytes_up: traffic.bytes_up,
            bytes_down: traffic.bytes_down,
            turns: traffic.turns,
            connections: traffic.connections,
            wall_s: done.wall_s,
            sync_s: done.sync_s,
            client_cpu_s: done.cpu_s,
            server_cpu_s: self.relay_cpu_s() - before,
            peak_rss_mb: done.peak_rss_mb,
            disk_bytes: done.disk_bytes,
            derived: Derived { syncs: Some(done.syncs), ..Derived::default() },
        };
        Ok((figures, done))
    }

    fn send(&self, device: &str, work: Work, relay_url: &str) -> Result<Done, Stop> {
        let folder = folder_of(device, &self.below);
        send_out(&Errand { folder, relay_url: relay_url.to_owned(), work })
    }

    /// Every so many-th record as they were made, as an officer works through a list.
    fn choose(&mut self) -> Result<(), Stop> {
        let all = self.send("a", Work::List, "")?.ids;
        if all.len() as u64 != self.arguments.n {
            return Err(format!("A holds {} of {} records", all.len(), self.arguments.n).into());
        }
        let step = (all.len() / EDITED).max(1);
        self.edited = all.into_iter().step_by(step).take(EDITED).collect();
        Ok(())
    }

    fn apart(&mut self) -> Result<(), Stop> {
        for (device, officer) in [("a", Officer::A), ("b", Officer::B)] {
            let records = self.edited.clone();
            self.send(device, Work::EditApart { records, officer }, "")?;
        }
        let mut figures: Option<Figures> = None;
        let mut rounds = 0;
        loop {
            rounds += 1;
            let mut frames = 0;
            for device in ["a", "b"] {
                let (more, done) = self.one(Phase::P5, device, Work::Sync)?;
                frames += done.frames;
                figures = Some(figures.map_or(more.clone(), |sum| added(sum, &more)));
            }
            if frames == 0 {
                break;
            }
            if rounds == ROUNDS_MAX {
                return Err("the two devices do not come to rest".into());
            }
        }
        let mut figures = figures.ok_or("nobody synced")?;
        let seen_by = |device| {
            let records = self.edited.clone();
            self.send(device, Work::Look { records }, "").map(|done| done.seen)
        };
        let (by_a, by_b) = (seen_by("a")?, seen_by("b")?);
        figures.derived.fields_kept = Some(count(&by_a, &by_b, is_kept)?);
        figures.derived.conflicts_visible =
            Some(count(&by_a[..CONTESTED], &by_b[..CONTESTED], is_visible)?);
        self.phases.push(figures);
        Ok(())
    }

    fn relay_cpu_s(&self) -> f64 {
        measure::cpu_s_of(self.relay.pid()).unwrap_or(f64::NAN)
    }
}

fn added(mut sum: Figures, more: &Figures) -> Figures {
    sum.bytes_up += more.bytes_up;
    sum.bytes_down += more.bytes_down;
    sum.turns += more.turns;
    sum.connections += more.connections;
    sum.wall_s += more.wall_s;
    sum.sync_s += more.sync_s;
    sum.client_cpu_s += more.client_cpu_s;
    sum.server_cpu_s += more.server_cpu_s;
    sum.peak_rss_mb = sum.peak_rss_mb.max(more.peak_rss_mb);
    sum.disk_bytes = sum.disk_bytes.max(more.disk_bytes);
    let syncs = [sum.derived.syncs, more.derived.syncs];
    sum.derived.syncs = Some(syncs.into_iter().flatten().sum());
    sum
}

/// For how many records it holds on both devices.
fn count(
    by_a: &[Seen],
    by_b: &[Seen],
    holds: fn(usize, &Seen) -> Result<bool, Stop>,
) -> Result<u64, Stop> {
    let mut holding = 0;
    for (number, (on_a, on_b)) in by_a.iter().zip(by_b).enumerate() {
        holding += u64::from(holds(number, on_a)? && holds(number, on_b)?);
    }
    Ok(holding)
}

/// Whether what each officer alone wrote stands there alone.
fn is_kept(number: usize, seen: &Seen) -> Result<bool, Stop> {
    let edited = Edited::of(&seen.kind)?;
    let stands = |officer| {
        let values = seen.values.get(edited.own_field(officer));
        values.is_some_and(|values| *values == [own_value(officer, number)])
    };
    Ok(stands(Officer::A) && stands(Officer::B))
}

/// Whether both values of the field that both wrote stand there, and it is marked as contested.
fn is_visible(number: usize, seen: &Seen) -> Result<bool, Stop> {
    let field = Edited::of(&seen.kind)?.of_both;
    let values = seen.values.get(field).map(Vec::as_slice).unwrap_or_default();
    let has = |officer| values.contains(&contested_value(officer, number));
    Ok(has(Officer::A) && has(Officer::B) && seen.contested.iter().any(|name| name == field))
}

fn url(proxy: &Proxy) -> String {
    format!("http://{}", proxy.address())
}
