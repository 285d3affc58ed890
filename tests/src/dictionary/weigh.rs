//! What batches weigh under a dictionary, as frames that a device would seal.

use super::made_up::Team;
use crate::batches::{Case, Fresh, Made, MakeError, batch};
use kahriz_core::record::{Author, Write};
use kahriz_proto::ids::LogId;
use std::fmt;
use std::io;

/// Raw bytes in one frame: what the core's sealing takes at once.
const RAW_BYTES: usize = 220 * 1_024;
/// The level that the core packs at.
const LEVEL: i32 = 19;
/// What a frame has beside its squeezed batch: header, commitment, tag, signature and half a padding.
const FRAME_OVERHEAD_BYTES: usize = 256;
/// Edits in one frame, as in a day's work.
const EDITS: usize = 100;

const MINE: LogId = LogId::from_bytes([1; 16]);
const THEIRS: LogId = LogId::from_bytes([2; 16]);
const THIRD: LogId = LogId::from_bytes([3; 16]);

/// Bytes for each record, edit or decision. Whole frames include their overhead, what is alone does not.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Weighed {
    /// A thousand new records in as many frames as it takes.
    pub thousand: f64,
    /// A hundred new records.
    pub hundred: f64,
    /// A new record alone.
    pub create: f64,
    /// A hundred edits of a telephone number in one frame.
    pub phones: f64,
    /// A hundred edits of the state in one frame.
    pub states: f64,
    /// One edit of any field alone.
    pub edit: f64,
    /// One decision alone.
    pub decision: f64,
}

impl fmt::Display for Weighed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { thousand, hundred, create, phones, states, edit, decision } = self;
        write!(
            f,
            "1000: {thousand:6.1}  100: {hundred:6.1}  one: {create:6.1}  100 phones: {phones:5.1}  \
             100 states: {states:5.1}  one edit: {edit:5.1}  one decision: {decision:5.1}"
        )
    }
}

/// Weighs batches under a dictionary: of these new records or, if there are none, of made-up ones of this seed.
///
/// # Errors
/// [`io::Error`] if zstd refuses the dictionary or a record can't be made.
pub fn weigh(dictionary: &[u8], fresh: &[Fresh], seed: u64) -> io::Result<Weighed> {
    let other = |error: MakeError| io::Error::other(error.to_string());
    let mut scale = Scale::new(dictionary)?;
    let mut team = Team::new(seed, 5);
    let mut cases: Vec<(Case, Made)> = match fresh {
        [] => (0..1_000).map(|_| team.create()).collect::<Result<_, _>>().map_err(other)?,
        fresh => fresh.iter().zip(1..).map(create).collect::<Result<_, _>>().map_err(other)?,
    };
    let creates: Vec<Made> = cases.iter().map(|(_, made)| made.clone()).collect();
    let mut alone = |scale: &mut Scale, decision: bool| -> io::Result<f64> {
        let mut bytes = 0;
        for _ in 0..EDITS {
            let made = if decision { team.decision() } else { team.edit() };
            bytes += scale.batch(&[made.map_err(other)?])?;
        }
        Ok(each(bytes, EDITS))
    };
    let (edit, decision) = (alone(&mut scale, false)?, alone(&mut scale, true)?);
    let hundred = creates.get(..100).unwrap_or(&creates);
    let mut create = 0;
    for made in hundred {
        create += scale.batch(std::slice::from_ref(made))?;
    }
    Ok(Weighed {
        thousand: each(scale.frames(&creates)?, creates.len()),
        hundred: each(scale.frames(hundred)?, hundred.len()),
        create: each(create, hundred.len()),
        phones: each(scale.frames(&edited(&mut cases, phone).map_err(other)?)?, EDITS),
        states: each(scale.frames(&edited(&mut cases, state).map_err(other)?)?, EDITS),
        edit,
        decision,
    })
}

fn create((fresh, counter): (&Fresh, u64)) -> Result<(Case, Made), MakeError> {
    Case::create(fresh, counter, &Author { log: MINE, claimed_s: 1_760_000_000, reason: None })
}

/// One short field in each of a hundred records, some seconds apart.
fn edited(
    cases: &mut [(Case, Made)],
    value: fn(&Case, usize) -> Write,
) -> Result<Vec<Made>, MakeError> {
    let step = (cases.len() / EDITS).max(1);
    let mut made = vec![];
    for (number, (case, _)) in cases.iter_mut().step_by(step).take(EDITS).enumerate() {
        let seconds = i64::try_from(number * 20 + number * number % 17).unwrap_or(0);
        let author = Author { log: MINE, claimed_s: 1_760_100_000 + seconds, reason: None };
        made.extend(case.edit(&[value(case, number)], &author)?);
    }
    Ok(made)
}

fn phone(case: &Case, number: usize) -> Write {
    let key = ["enquirer.contact", "reporter.contact", "respondent.phone"];
    let mixed = (number as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20;
    let key = key[usize::from(case.kind().clamp(1, 3)) - 1].to_owned();
    let value = format!("+99450{:07}", mixed % 10_000_000).into();
    Write { key, value, mergeable: false }
}

fn state(_: &Case, number: usize) -> Write {
    let value = ["ready", "in_review", "approved", "has_issues", "closed"][number % 5];
    Write { key: "state".into(), value: value.into(), mergeable: false }
}

struct Scale(zstd::bulk::Compressor<'static>);

impl Scale {
    fn new(dictionary: &[u8]) -> io::Result<Self> {
        let mut compressor = zstd::bulk::Compressor::with_dictionary(LEVEL, dictionary)?;
        compressor.include_dictid(false)?;
        compressor.include_checksum(false)?;
        Ok(Self(compressor))
    }

    /// One squeezed batch, with the byte that names the dictionary.
    fn batch(&mut self, made: &[Made]) -> io::Result<usize> {
        let logs = [THEIRS, THIRD];
        let raw = batch(MINE, &logs, made).map_err(|error| io::Error::other(error.to_string()))?;
        Ok(1 + self.0.compress(&raw)?.len())
    }

    /// All of them in frames, with what frames cost.
    fn frames(&mut self, made: &[Made]) -> io::Result<usize> {
        let mut bytes = 0;
        let mut rest = made;
        while !rest.is_empty() {
            let mut raw = 0;
            let fits = |made: &&Made| {
                raw += made.chunk_bytes();
                raw <= RAW_BYTES
            };
            let count = rest.iter().take_while(fits).count().max(1);
            bytes += self.batch(&rest[..count])? + FRAME_OVERHEAD_BYTES;
            rest = &rest[count..];
        }
        Ok(bytes)
    }
}

#[allow(clippy::cast_precision_loss)]
fn each(bytes: usize, of: usize) -> f64 {
    bytes as f64 / of.max(1) as f64
}
