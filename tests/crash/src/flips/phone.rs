//! A phone's store in which a bit is flipped: opened, read record by record, written, made again from what it holds.

use super::{Course, Image, Part, Report};
use crate::tap::read_all;
use kahriz_core::query::Query;
use kahriz_core::store::OpenStoreError;
use kahriz_core::workspace::{Claimed, OpenError, StoreKey, Workspace};
use kahriz_proto::ids::RecordId;
use kahriz_proto::roster::Role;
use kahriz_tests::world::{Who, World};
use std::collections::BTreeMap;
use std::path::Path;

const LEYLA: Who = Who(1);
/// Records on the phone.
const RECORDS: usize = 24;

/// What a phone shows: each record with all that is said of it.
type Shown = BTreeMap<RecordId, String>;

/// Flips one bit a page, so many times.
///
/// # Panics
/// If something panics that reads the store.
#[must_use]
pub fn flip(part: Part, rounds: u64) -> Report {
    let mut world = World::new(7);
    world.admit("Leyla", Role::Officer, &[0]);
    // A log that ends early may end before the first record.
    let mut moments = vec![Shown::new()];
    for number in 0..RECORDS {
        save(&mut world, &format!("Person {number}"));
        if number == RECORDS / 2 {
            world.sync(LEYLA);
        }
        moments.push(shown(world.at(LEYLA)).expect("a sound store can be read"));
    }
    let (home, key) = (world.device(LEYLA).home().to_owned(), world.device(LEYLA).key().clone());
    if part == Part::File {
        world.kill(LEYLA);
    }
    let mut laid = read_all(&home);
    laid.files.retain(|(path, _)| !path.to_string_lossy().ends_with("-shm"));
    let image = Image { laid, root: home, part };
    image.flip_everywhere(rounds, world.folder(), |place| judge(place, &key, part, &moments))
}

fn judge(place: &Path, key: &StoreKey, part: Part, moments: &[Shown]) -> Result<Course, String> {
    let workspace = match Workspace::open(place, key) {
        Ok(workspace) => workspace,
        Err(OpenError::Store(OpenStoreError::Damaged { moved_to })) if moved_to.exists() => {
            return Ok(Course::Said);
        }
        Err(OpenError::Store(OpenStoreError::NotFound | OpenStoreError::WrongKey)) => {
            return Err("the officer is told that it is not there, or the key not right".to_owned());
        }
        Err(_) => return Ok(Course::Said),
    };
    let all = moments.last().expect("there were some");
    // What can be read by itself is what was written, whatever else cannot.
    for record in all.keys() {
        if let Ok(Some(told)) = tell(&workspace, *record) {
            let was_it = moments.iter().any(|moment| moment.get(record) == Some(&told));
            if !was_it {
                return Err(format!("it shows {told}"));
            }
        }
    }
    let course = match shown(&workspace) {
        Err(_) => Course::Said,
        Ok(found) if found == *all => Course::Unchanged,
        Ok(found) if part == Part::Log && moments.contains(&found) => Course::Earlier,
        Ok(found) => {
            return Err(format!("{} of {} records, without a word", found.len(), all.len()));
        }
    };
    // Whether it can be used or not: without a panic, and without showing something else.
    let saved = workspace.scopes().first().and_then(|scope| {
        let mut draft = workspace.new_record(scope.id, "missing_person").ok()?;
        draft.allow_incomplete();
        draft.set_text("full_name", "After the flip").ok()?;
        workspace.save(&draft, Claimed { ms: 1 }).ok()
    });
    let rebuilt = workspace.rebuild();
    match (course, saved, rebuilt) {
        (Course::Unchanged | Course::Earlier, None, _) | (_, None, Err(_)) => Ok(Course::Said),
        _ => Ok(course),
    }
}

fn shown(workspace: &Workspace) -> Result<Shown, String> {
    let said = |error: kahriz_core::workspace::ReadError| error.to_string();
    let rows = workspace.list(&Query { deleted: true, limit: 1_000, ..Query::default() });
    let mut shown = Shown::new();
    for row in rows.map_err(said)?.rows {
        let told = tell(workspace, row.record)?.ok_or("a listed record is not there")?;
        shown.insert(row.record, told);
    }
    Ok(shown)
}

fn tell(workspace: &Workspace, record: RecordId) -> Result<Option<String>, String> {
    let view = workspace.record(record).map_err(|error| error.to_string())?;
    let told = view.map(|view| {
        let fields = view.fields.iter().map(|(field, standing)| {
            let values = standing.values.iter().map(|opinion| &opinion.value);
            format!("{field} {:?} {:?}", standing.shown, values.collect::<Vec<_>>())
        });
        format!("{} {} {:?}", view.human_id, view.kind.name, fields.collect::<Vec<_>>())
    });
    Ok(told)
}

fn save(world: &mut World, name: &str) {
    let mut draft = world.at(LEYLA).new_record(world.scope(0), "missing_person").expect("a draft");
    draft.allow_incomplete();
    draft.set_text("full_name", name).expect("the field takes any text");
    let now = world.now();
    world.at(LEYLA).save(&draft, now).expect("it can be saved");
}
