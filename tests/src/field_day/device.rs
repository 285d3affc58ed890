//! One phase of one device, in a process of its own: it opens its store, does its errand, and says what that cost.

use super::Stop;
use super::arguments::ShortField;
use super::edits::{self, Officer};
use super::lines::Lines;
use crate::measure;
use kahriz_core::drive::transport::Transport;
use kahriz_core::drive::{self, Progress, Shell};
use kahriz_core::forms::Forms;
use kahriz_core::query::{Query, Sort};
use kahriz_core::workspace::{Claimed, Draft, RecordView, StoreKey, Workspace};
use kahriz_hq::mapping::Mapping;
use kahriz_http::{HttpOptions, HttpTransport};
use kahriz_proto::ids::RecordId;
use rand::rngs::SysRng;
use rand_chacha::ChaCha20Rng;
use rand_core::{CryptoRng, SeedableRng};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Records that one transaction of the import makes.
const SAVED_AT_ONCE: u64 = 100;
/// Syncs that a phase may need; the worst link needs some dozens.
const SYNCS_MAX: u64 = 2_000;
/// Rows that one page of a list brings when all records are wanted.
const PAGE_ROWS: u32 = 1_000;

/// What a device's process is to do.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Errand {
    pub(super) folder: PathBuf,
    pub(super) relay_url: String,
    pub(super) work: Work,
}

/// The kinds of errand.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) enum Work {
    /// Makes records from a file and syncs.
    Make { data: PathBuf, n: u64 },
    /// Syncs until nothing is left to do.
    Sync,
    /// Edits one short field of each of these records and syncs.
    EditShort { records: Vec<String>, short: ShortField },
    /// Edits these records as one of two officers, and doesn't sync.
    EditApart { records: Vec<String>, officer: Officer },
    /// Says the ids of all records in the order in which they were made.
    List,
    /// Says what stands in the fields of these records that P5 is about.
    Look { records: Vec<String> },
}

/// What an errand cost and brought.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Done {
    pub(super) wall_s: f64,
    pub(super) sync_s: f64,
    pub(super) cpu_s: f64,
    pub(super) peak_rss_mb: f64,
    pub(super) disk_bytes: u64,
    pub(super) records: u64,
    pub(super) syncs: u64,
    /// Frames that went either way.
    pub(super) frames: u64,
    pub(super) ids: Vec<String>,
    pub(super) seen: Vec<Seen>,
}

/// What stands in one record: text values by field, and which fields are contested.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Seen {
    pub(super) kind: String,
    pub(super) values: BTreeMap<String, Vec<String>>,
    pub(super) contested: Vec<String>,
}

/// Starts a process for the errand and waits for what it says.
pub(super) fn send_out(errand: &Errand) -> Result<Done, Stop> {
    let output = Command::new(std::env::current_exe()?)
        .arg("__device")
        .arg(serde_json::to_string(errand)?)
        .stderr(Stdio::inherit())
        .output()?;
    if !output.status.success() {
        return Err("a device did not do its errand; what it says is above".into());
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// The process itself.
pub(super) fn run(errand: &str, out: &mut dyn Write) -> Result<(), Stop> {
    let errand: Errand = serde_json::from_str(errand)?;
    let mut done = Done::default();
    let lines = match &errand.work {
        Work::Make { data, .. } => Some(Lines::read(data)?),
        Work::Sync
        | Work::EditShort { .. }
        | Work::EditApart { .. }
        | Work::List
        | Work::Look { .. } => None,
    };
    let start = Instant::now();
    let workspace = Workspace::open(&errand.folder, &store_key())?;
    work(&workspace, &errand, lines.as_ref(), &mut done)?;
    done.records = workspace.status()?.records;
    done.wall_s = start.elapsed().as_secs_f64();
    drop(workspace);
    done.cpu_s = measure::own_cpu_s().unwrap_or(f64::NAN);
    done.peak_rss_mb = measure::own_peak_rss_mb().unwrap_or(f64::NAN);
    done.disk_bytes = measure::disk_bytes(&errand.folder)?;
    writeln!(out, "{}", serde_json::to_string(&done)?)?;
    Ok(())
}

fn work(
    workspace: &Workspace,
    errand: &Errand,
    lines: Option<&Lines>,
    done: &mut Done,
) -> Result<(), Stop> {
    match &errand.work {
        Work::Make { n, .. } => {
            make(workspace, lines.ok_or("no lines")?, *n)?;
            sync(workspace, &errand.relay_url, done)
        }
        Work::Sync => sync(workspace, &errand.relay_url, done),
        Work::EditShort { records, short } => {
            edit(workspace, records, |draft, number| edits::edit_short(draft, *short, number))?;
            sync(workspace, &errand.relay_url, done)
        }
        Work::EditApart { records, officer } => {
            edit(workspace, records, |draft, number| edits::edit_apart(draft, *officer, number))
        }
        Work::List => {
            done.ids = list(workspace)?;
            Ok(())
        }
        Work::Look { records } => {
            done.seen = records.iter().map(|id| look(workspace, id)).collect::<Result<_, _>>()?;
            Ok(())
        }
    }
}

fn make(workspace: &Workspace, lines: &Lines, n: u64) -> Result<(), Stop> {
    let mapping = Mapping::builtin("records-1000", Forms::builtin()).ok_or("no such mapping")??;
    let scope = workspace.scopes().first().ok_or("the device is granted no scope")?.id;
    let mut begun = 0;
    while begun < n {
        let end = n.min(begun + SAVED_AT_ONCE);
        let drafts: Vec<Draft> = (begun..end)
            .map(|number| {
                let imported = mapping.import(&lines.record(number)?)?;
                let mut draft = workspace.new_record(scope, &imported.kind)?;
                draft.allow_incomplete();
                for (field, value) in imported.entries {
                    draft.set(&field, value)?;
                }
                Ok(draft)
            })
            .collect::<Result<_, Stop>>()?;
        workspace.save_many(&drafts, now())?;
        begun = end;
    }
    Ok(())
}

/// Each edit is a save of its own, as an officer makes it.
fn edit(
    workspace: &Workspace,
    records: &[String],
    write: impl Fn(&mut Draft, usize) -> Result<(), Stop>,
) -> Result<(), Stop> {
    for (number, id) in records.iter().enumerate() {
        let mut draft = workspace.edit(record_id(id)?)?;
        draft.allow_incomplete();
        write(&mut draft, number)?;
        let saved = workspace.save(&draft, now())?;
        if !saved.changed {
            return Err("an edit changed nothing: the measurement would lie".into());
        }
    }
    Ok(())
}

/// Syncs until a sync ends well. A device in the field does the same, over hours.
fn sync(workspace: &Workspace, relay_url: &str, done: &mut Done) -> Result<(), Stop> {
    let start = Instant::now();
    let mut relay = transport(relay_url)?;
    let mut shell = BenchShell::new()?;
    let mut last = None;
    while done.syncs < SYNCS_MAX {
        let report = drive::sync(workspace, &mut relay, &mut shell)?;
        done.syncs += 1;
        done.frames += report.frames_pushed + report.frames_pulled;
        last = report.failure;
        if last.is_none() {
            done.sync_s = start.elapsed().as_secs_f64();
            return Ok(());
        }
    }
    Err(format!("no sync ends well: {last:?}").into())
}

/// All records in the order in which they were made.
fn list(workspace: &Workspace) -> Result<Vec<String>, Stop> {
    let mut ids = vec![];
    loop {
        let query = Query {
            sort: Sort::Newest,
            offset: ids.len() as u64,
            limit: PAGE_ROWS,
            ..Query::default()
        };
        let page = workspace.list(&query)?;
        if page.rows.is_empty() {
            ids.reverse();
            return Ok(ids);
        }
        ids.extend(page.rows.iter().map(|row| row.record.to_uuid()));
    }
}

fn look(workspace: &Workspace, id: &str) -> Result<Seen, Stop> {
    let record: RecordView = workspace.record(record_id(id)?)?.ok_or("a record is not there")?;
    let mut seen = Seen { kind: record.kind.name.clone(), ..Seen::default() };
    let fields = edits::Edited::of(&record.kind.name)?;
    for field in [fields.of_a, fields.of_b, fields.of_both] {
        let Some(standing) = record.fields.get(field) else { continue };
        let texts = standing.values.iter().filter_map(|opinion| opinion.value.as_str());
        seen.values.insert(field.to_owned(), texts.map(str::to_owned).collect());
        if standing.contested {
            seen.contested.push(field.to_owned());
        }
    }
    Ok(seen)
}

fn record_id(text: &str) -> Result<RecordId, Stop> {
    RecordId::from_uuid(text).ok_or_else(|| "not the id of a record".into())
}

/// The key of every store of a measurement: what they hold is made up.
pub(crate) fn store_key() -> StoreKey {
    StoreKey::from_bytes([7; 32])
}

/// The way to the relay, as an app has it.
pub(crate) fn transport(relay_url: &str) -> Result<impl Transport + use<>, Stop> {
    Ok(HttpTransport::new(relay_url, &HttpOptions::default())?)
}

/// What this machine's clock claims.
pub(super) fn now() -> Claimed {
    Claimed { ms: i64::try_from(now_ms()).unwrap_or(i64::MAX) }
}

fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// Real time and real chance for the drive.
pub(crate) struct BenchShell(ChaCha20Rng);

impl BenchShell {
    pub(crate) fn new() -> Result<Self, Stop> {
        Ok(Self(ChaCha20Rng::try_from_rng(&mut SysRng)?))
    }
}

impl Shell for BenchShell {
    fn now_ms(&mut self) -> u64 {
        now_ms()
    }

    fn wait_until(&mut self, ms: u64) -> bool {
        std::thread::sleep(Duration::from_millis(ms.saturating_sub(now_ms())));
        true
    }

    fn rng(&mut self) -> &mut dyn CryptoRng {
        &mut self.0
    }

    fn progress(&mut self, _progress: &Progress) {}
}

/// Where a device of this name has its store.
pub(crate) fn folder_of(name: &str, below: &Path) -> PathBuf {
    below.join(name)
}
