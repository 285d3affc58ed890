//! An officer whose phone's disk makes trouble: the app is opened, records are saved and synced, others' come in, the
//! app is closed and opened again.

use super::{Course, Report, Trouble, cut_after_failed_syncs, die_at_the_first_refusal};
use crate::device::Shown;
use crate::op::Recording;
use crate::tap::{Fault, watch};
use kahriz_core::store::Store;
use kahriz_core::workspace::{StoreKey, Workspace};
use kahriz_proto::ids::RecordId;
use kahriz_proto::roster::Role;
use kahriz_tests::export::Export;
use kahriz_tests::world::{Who, World};
use std::cell::RefCell;
use std::path::Path;

const HQ: Who = Who::HEADQUARTERS;
const LEYLA: Who = Who(1);

/// The trouble begins at every `step`-th call of its sort, until it begins too late to be met.
///
/// # Panics
/// If something fails that is not the disk's fault.
#[must_use]
pub fn suffer(trouble: Trouble, step: usize) -> Report {
    let mut report = Report::default();
    for call in (0..).step_by(step) {
        let mut broken = std::mem::take(&mut report.broken);
        let was_met = live(trouble, call, &mut report);
        broken
            .extend(report.broken.drain(..).map(|wrong| format!("{trouble:?} at {call}: {wrong}")));
        report.broken = broken;
        if !was_met {
            break;
        }
        report.begun += 1;
    }
    report
}

/// One life; whether the trouble was met in it.
fn live(trouble: Trouble, call: usize, report: &mut Report) -> bool {
    let mut world = World::new(call as u64);
    world.admit("Leyla", Role::Officer, &[0]);
    world.kill(LEYLA);
    let home = world.device(LEYLA).home().to_owned();
    let course = Course::of(trouble, watch(&home, trouble.at(call)));
    let mut officer = Officer { world, course, saved: vec![] };
    officer.works();
    let Officer { mut world, course, saved } = officer;
    world.kill(LEYLA);
    let was_met = course.watching.struck() > 0;
    report.refused += course.refused;
    report.acknowledged += saved.len() as u64;
    report.broken.extend(course.wrong);
    let recording = course.watching.finish();
    let judged = judge(&mut world, &saved, &recording, report);
    report.broken.extend(judged.err());
    if let Some((refused_at, acknowledged)) = course.first_refusal {
        let before = &saved[..acknowledged];
        let died = dies(&mut world, before, &recording, refused_at, report);
        report.broken.extend(died.err());
    }
    was_met
}

struct Officer {
    world: World,
    course: Course,
    /// What was acknowledged: record, field, value.
    saved: Vec<(RecordId, String, String)>,
}

impl Officer {
    fn works(&mut self) {
        if !self.opens() {
            return;
        }
        let person = self.saves(None, "full_name", "Vaqif");
        self.saves(person, "mother_name", "Sevda");
        self.syncs();
        self.others_work();
        self.syncs();
        self.saves(None, "full_name", "Elnur");
        self.world.kill(LEYLA);
        if !self.opens() {
            return;
        }
        self.saves(person, "patronymic", "Natiq");
        self.syncs();
        self.saves(None, "full_name", "Samir");
    }

    fn opens(&mut self) -> bool {
        let Self { world, course, .. } = self;
        course.try_twice(|| world.device_mut(LEYLA).try_start()).is_some()
    }

    fn saves(&mut self, record: Option<RecordId>, field: &str, value: &str) -> Option<RecordId> {
        let scope = self.world.scope(0);
        let workspace = self.world.at(LEYLA);
        let begun = match record {
            Some(record) => workspace.edit(record),
            None => workspace.new_record(scope, "missing_person"),
        };
        // What is on the disk can be read also when nothing can be written.
        let mut draft = begun.expect("a draft can be begun");
        draft.allow_incomplete();
        draft.set_text(field, value).expect("the field takes any text");
        let now = self.world.now();
        let Self { world, course, .. } = self;
        let saved = course.try_twice(|| world.at(LEYLA).save(&draft, now))?;
        self.course.acknowledges();
        self.saved.push((saved.record, field.to_owned(), value.to_owned()));
        Some(saved.record)
    }

    fn syncs(&mut self) {
        let Self { world, course, .. } = self;
        course.try_twice(|| {
            let report = world.try_sync(LEYLA)?;
            assert!(report.failure.is_none(), "the line is good: {:?}", report.failure);
            Ok::<_, kahriz_core::drive::SyncError>(())
        });
    }

    fn others_work(&mut self) {
        let scope = self.world.scope(0);
        let workspace = self.world.at(HQ);
        let mut draft = workspace.new_record(scope, "missing_person").expect("a draft");
        draft.allow_incomplete();
        draft.set_text("full_name", "Günel").expect("the field takes any text");
        let now = self.world.now();
        self.world.at(HQ).save(&draft, now).expect("headquarters' disk is good");
        self.world.sync(HQ);
    }
}

/// The disk is good again: everything that was acknowledged is here, then at headquarters; and it would be here had
/// the power failed.
fn judge(
    world: &mut World,
    saved: &[(RecordId, String, String)],
    recording: &Recording,
    report: &mut Report,
) -> Result<(), String> {
    let key = world.device(LEYLA).key().clone();
    let scratch = world.folder().to_owned();
    let expected = |count: usize| -> Shown { saved[..count].iter().cloned().collect() };
    holds(&recording.root, &key, &expected(saved.len()))?;
    sound(&recording.root, &key)?;
    cut_after_failed_syncs(recording, &scratch, report, |place, told| {
        holds(place, &key, &expected(told))
    });
    world.device_mut(LEYLA).try_start().map_err(|error| error.to_string())?;
    world.settle();
    let shown = Export::of(world.at(HQ)).written;
    let lacks: Vec<_> = expected(saved.len()).difference(&shown).cloned().collect();
    if lacks.is_empty() { Ok(()) } else { Err(format!("headquarters lacks {lacks:?}")) }
}

/// The app died when the first error was told; started again, it saves once more.
fn dies(
    world: &mut World,
    before: &[(RecordId, String, String)],
    recording: &Recording,
    refused_at: usize,
    report: &mut Report,
) -> Result<(), String> {
    let key = world.device(LEYLA).key().clone();
    let (scratch, scope, now) = (world.folder().to_owned(), world.scope(0), world.now());
    let expected: RefCell<Shown> = RefCell::new(before.iter().cloned().collect());
    let go_on = |place: &Path| {
        let watching = watch(place, Fault::None);
        let workspace = Workspace::open(place, &key).map_err(|error| format!("{error:?}"))?;
        let mut draft = workspace.new_record(scope, "missing_person").expect("a draft");
        draft.allow_incomplete();
        draft.set_text("full_name", "After the death").expect("the field takes any text");
        let saved = workspace.save(&draft, now).map_err(|error| format!("{error:?}"))?;
        watching.told(0);
        let said = ("full_name".to_owned(), "After the death".to_owned());
        expected.borrow_mut().insert((saved.record, said.0, said.1));
        drop(workspace);
        Ok(watching.finish())
    };
    die_at_the_first_refusal(recording, refused_at, &scratch, report, go_on, |place| {
        holds(place, &key, &expected.borrow())
    })
}

fn holds(place: &Path, key: &StoreKey, expected: &Shown) -> Result<(), String> {
    let workspace = Workspace::open(place, key).map_err(|error| format!("{error:?}"))?;
    let shown = Export::of(&workspace).written;
    let lacks: Vec<_> = expected.difference(&shown).collect();
    if lacks.is_empty() { Ok(()) } else { Err(format!("acknowledged and lost: {lacks:?}")) }
}

fn sound(place: &Path, key: &StoreKey) -> Result<(), String> {
    Store::look_into(place, key, |_| Ok(())).map_err(|error| format!("it is not sound: {error:?}"))
}
