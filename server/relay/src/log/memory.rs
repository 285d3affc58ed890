//! The log in memory: for tests, and for whoever embeds a relay that need not outlive its process.

use super::judge::{Judgement, Tip, Usage, fits, judge, letter_fits, may_open};
use super::{
    Arrival, Extension, Fork, InLog, Letter, LetterOutcome, Listed, Log, LogError, Outcome, Room,
    WaitingJoin,
};
use crate::config::{FORKS_PER_LOG_MAX, JOINS_MAX, JOINS_PER_INVITE_MAX};
use kahriz_proto::cursor::{Position, Rolling};
use kahriz_proto::frame::FrameRef;
use kahriz_proto::ids::{DeviceId, FrameHash, Incarnation, LogId, ScopeId, WorkspaceId};
use kahriz_proto::letter::{KeptLetter, LetterPage};
use kahriz_proto::message::{KeyWrap, LogState};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// See the module.
pub struct MemoryLog {
    incarnation: Incarnation,
    spaces: Mutex<BTreeMap<WorkspaceId, Space>>,
}

#[derive(Default)]
struct Space {
    roster: Vec<Vec<u8>>,
    /// Each with the number of the entry that it came with.
    keys: Vec<(u64, KeyWrap)>,
    scopes: BTreeMap<ScopeId, Vec<Kept>>,
    logs: BTreeMap<LogId, Chain>,
    device_bytes: BTreeMap<DeviceId, u64>,
    joins: Vec<WaitingJoin>,
    letters: BTreeMap<u64, Letter>,
    /// The number of the last letter that ever came.
    last_letter: u64,
    forks: Vec<Fork>,
}

/// One log: whose, where, and of its frames, by their numbers, the hashes and the positions.
struct Chain {
    device: DeviceId,
    scope: ScopeId,
    frames: BTreeMap<u64, (FrameHash, Position)>,
}

struct Kept {
    device: DeviceId,
    hash: FrameHash,
    rolling: Rolling,
    bytes: Vec<u8>,
}

impl MemoryLog {
    /// An empty log with an incarnation of its own.
    ///
    /// # Errors
    /// [`LogError::Failed`] if the system gives no random bytes.
    pub fn create() -> Result<Self, LogError> {
        Ok(Self { incarnation: draw_incarnation()?, spaces: Mutex::default() })
    }

    fn spaces(&self) -> MutexGuard<'_, BTreeMap<WorkspaceId, Space>> {
        self.spaces.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn with<T: Default>(&self, workspace: WorkspaceId, ask: impl FnOnce(&Space) -> T) -> T {
        self.spaces().get(&workspace).map(ask).unwrap_or_default()
    }
}

pub(super) fn draw_incarnation() -> Result<Incarnation, LogError> {
    let mut bytes = [0; Incarnation::LEN];
    getrandom::fill(&mut bytes).map_err(|error| LogError::Failed(Arc::new(error)))?;
    Ok(Incarnation::from_bytes(bytes))
}

impl Log for MemoryLog {
    fn incarnation(&self) -> Incarnation {
        self.incarnation
    }

    fn workspaces(&self) -> Result<Vec<WorkspaceId>, LogError> {
        Ok(self.spaces().keys().copied().collect())
    }

    fn roster(
        &self,
        workspace: WorkspaceId,
        after: u64,
        bytes_max: usize,
    ) -> Result<Vec<Vec<u8>>, LogError> {
        let mut bytes = 0;
        Ok(self.with(workspace, |space| {
            let rest = space.roster.iter().skip(usize::try_from(after).unwrap_or(usize::MAX));
            rest.enumerate()
                .take_while(|(at, entry)| {
                    bytes += entry.len();
                    *at == 0 || bytes <= bytes_max
                })
                .map(|(_, entry)| entry.clone())
                .collect()
        }))
    }

    fn extend_roster(
        &self,
        workspace: WorkspaceId,
        after: u64,
        extension: &Extension,
    ) -> Result<bool, LogError> {
        let mut spaces = self.spaces();
        let held = spaces.get(&workspace).map_or(0, |space| space.roster.len());
        if held as u64 != after {
            return Ok(false);
        }
        spaces.entry(workspace).or_default().extend(extension);
        Ok(true)
    }

    fn keys(
        &self,
        workspace: WorkspaceId,
        device: DeviceId,
        after: u64,
        until: u64,
    ) -> Result<Vec<KeyWrap>, LogError> {
        Ok(self.with(workspace, |space| {
            let due =
                |(at, key): &&(u64, KeyWrap)| key.device == device && *at > after && *at <= until;
            space.keys.iter().filter(due).map(|(_, key)| key.clone()).collect()
        }))
    }

    fn append(&self, arrivals: &[Arrival], room: &Room) -> Result<Vec<Outcome>, LogError> {
        let mut spaces = self.spaces();
        if arrivals.iter().any(|arrival| !spaces.contains_key(&arrival.workspace)) {
            return Err(LogError::NoWorkspace);
        }
        let outcomes = arrivals.iter().map(|arrival| {
            let space = spaces.entry(arrival.workspace).or_default();
            space.append(arrival, room)
        });
        Ok(outcomes.collect())
    }

    fn position(&self, workspace: WorkspaceId, scope: ScopeId) -> Result<Position, LogError> {
        Ok(self.with(workspace, |space| space.scope(scope).len() as u64))
    }

    fn rolling(
        &self,
        workspace: WorkspaceId,
        scope: ScopeId,
        position: Position,
    ) -> Result<Option<Rolling>, LogError> {
        if position == 0 {
            return Ok(Some(Rolling::default()));
        }
        Ok(self.with(workspace, |space| space.at(scope, position).map(|kept| kept.rolling)))
    }

    fn listing(
        &self,
        workspace: WorkspaceId,
        scope: ScopeId,
        after: Position,
        count: usize,
    ) -> Result<Vec<Listed>, LogError> {
        Ok(self.with(workspace, |space| {
            let skip = usize::try_from(after).unwrap_or(usize::MAX);
            let rest = (after + 1..).zip(space.scope(scope).iter().skip(skip)).take(count);
            rest.map(|(position, kept)| Listed {
                position,
                device: kept.device,
                hash: kept.hash,
                len: kept.bytes.len(),
            })
            .collect()
        }))
    }

    fn listing_of_log(
        &self,
        workspace: WorkspaceId,
        scope: ScopeId,
        after: FrameRef,
        count: usize,
    ) -> Result<Vec<InLog>, LogError> {
        Ok(self.with(workspace, |space| space.listing_of_log(scope, after, count)))
    }

    fn frame(
        &self,
        workspace: WorkspaceId,
        scope: ScopeId,
        position: Position,
    ) -> Result<Option<Vec<u8>>, LogError> {
        Ok(self.with(workspace, |space| space.at(scope, position).map(|kept| kept.bytes.clone())))
    }

    fn log_states(
        &self,
        workspace: WorkspaceId,
        device: DeviceId,
    ) -> Result<Vec<LogState>, LogError> {
        Ok(self.with(workspace, |space| {
            let own = space.logs.iter().filter(|(_, chain)| chain.device == device);
            own.filter_map(|(log, chain)| chain.head(*log)).collect()
        }))
    }

    fn heads(&self, workspace: WorkspaceId, scope: ScopeId) -> Result<Vec<LogState>, LogError> {
        Ok(self.with(workspace, |space| {
            let here = space.logs.iter().filter(|(_, chain)| chain.scope == scope);
            here.filter_map(|(log, chain)| chain.head(*log)).collect()
        }))
    }

    fn keep_join(&self, workspace: WorkspaceId, join: WaitingJoin) -> Result<bool, LogError> {
        let mut spaces = self.spaces();
        let joins = &mut spaces.get_mut(&workspace).ok_or(LogError::NoWorkspace)?.joins;
        let same = |kept: &WaitingJoin| kept.invite == join.invite && kept.device == join.device;
        if let Some(kept) = joins.iter_mut().find(|kept| same(kept)) {
            *kept = join;
            return Ok(true);
        }
        let of_invite = joins.iter().filter(|kept| kept.invite == join.invite).count();
        let fits = joins.len() < JOINS_MAX && of_invite < JOINS_PER_INVITE_MAX;
        if fits {
            joins.push(join);
        }
        Ok(fits)
    }

    fn joins(&self, workspace: WorkspaceId) -> Result<Vec<WaitingJoin>, LogError> {
        Ok(self.with(workspace, |space| space.joins.clone()))
    }

    fn drop_joins(&self, workspace: WorkspaceId, devices: &[DeviceId]) -> Result<(), LogError> {
        if let Some(space) = self.spaces().get_mut(&workspace) {
            space.joins.retain(|join| !devices.contains(&join.device));
        }
        Ok(())
    }

    fn keep_letter(
        &self,
        workspace: WorkspaceId,
        letter: &Letter,
        room: &Room,
    ) -> Result<LetterOutcome, LogError> {
        let mut spaces = self.spaces();
        let space = spaces.get_mut(&workspace).ok_or(LogError::NoWorkspace)?;
        Ok(space.keep_letter(letter, room))
    }

    fn letters(
        &self,
        workspace: WorkspaceId,
        after: u64,
        bytes_max: usize,
    ) -> Result<LetterPage, LogError> {
        Ok(self.with(workspace, |space| space.letters_after(after, bytes_max)))
    }

    fn drop_letters(&self, workspace: WorkspaceId, up_to: u64) -> Result<(), LogError> {
        let mut spaces = self.spaces();
        let space = spaces.get_mut(&workspace).ok_or(LogError::NoWorkspace)?;
        space.letters.retain(|number, _| *number > up_to);
        Ok(())
    }

    fn forks(&self, workspace: WorkspaceId) -> Result<Vec<Fork>, LogError> {
        Ok(self.with(workspace, |space| space.forks.clone()))
    }

    fn free_bytes(&self) -> Option<u64> {
        None
    }
}

impl Space {
    fn extend(&mut self, extension: &Extension) {
        self.roster.extend_from_slice(&extension.entries);
        let at = self.roster.len() as u64;
        for key in &extension.keys {
            let place = (key.scope, key.epoch, key.device);
            self.keys.retain(|(_, kept)| (kept.scope, kept.epoch, kept.device) != place);
            self.keys.push((at, key.clone()));
        }
    }

    fn scope(&self, scope: ScopeId) -> &[Kept] {
        self.scopes.get(&scope).map_or(&[], Vec::as_slice)
    }

    fn at(&self, scope: ScopeId, position: Position) -> Option<&Kept> {
        let index = usize::try_from(position.checked_sub(1)?).ok()?;
        self.scope(scope).get(index)
    }

    fn listing_of_log(&self, scope: ScopeId, after: FrameRef, count: usize) -> Vec<InLog> {
        let chain = self.logs.get(&after.log).filter(|chain| chain.scope == scope);
        let above = chain.map(|chain| chain.frames.range(after.seq.saturating_add(1)..));
        let listed = above.into_iter().flatten().take(count).map(|(seq, (_, position))| {
            let len = self.at(scope, *position)?.bytes.len();
            Some(InLog { seq: *seq, position: *position, len })
        });
        listed.flatten().collect()
    }

    fn append(&mut self, arrival: &Arrival, room: &Room) -> Outcome {
        let frame = &arrival.frame;
        let place = frame.preamble().place();
        let chain = self.logs.get(&place.log);
        let tip = chain.and_then(Chain::tip);
        let standing = chain.and_then(|chain| chain.frames.get(&place.seq)).map(|(hash, _)| *hash);
        match judge(frame, tip, standing, room) {
            Judgement::Duplicate => Outcome::Duplicate,
            Judgement::Gap => Outcome::Gap,
            Judgement::Fork => self.keep_fork(arrival, room),
            Judgement::Append => self.store(arrival, room),
        }
    }

    fn store(&mut self, arrival: &Arrival, room: &Room) -> Outcome {
        let frame = &arrival.frame;
        let (device, scope) = (frame.preamble().device, frame.preamble().scope);
        let len = frame.bytes().len() as u64;
        if room.disk_full {
            return Outcome::DiskFull;
        }
        let log = frame.preamble().log();
        let in_scope =
            self.logs.values().filter(|chain| (chain.device, chain.scope) == (device, scope));
        let opens = self.logs.contains_key(&log) || may_open(in_scope.count() as u64);
        if !opens || !fits(self.usage(device), len, room) {
            return Outcome::OverQuota;
        }
        *self.device_bytes.entry(device).or_default() += len;
        let hash = frame.hash();
        let begun = || Chain { device, scope, frames: BTreeMap::new() };
        let chain = self.logs.entry(log).or_insert_with(begun);
        let kept = self.scopes.entry(scope).or_default();
        chain.frames.insert(frame.preamble().seq, (hash, kept.len() as u64 + 1));
        let before = kept.last().map(|kept| kept.rolling).unwrap_or_default();
        let rolling = before.then(&hash);
        kept.push(Kept { device, hash, rolling, bytes: frame.bytes().to_vec() });
        Outcome::Stored(kept.len() as u64)
    }

    fn keep_letter(&mut self, letter: &Letter, room: &Room) -> LetterOutcome {
        let of_device = self.letters.values().filter(|kept| kept.device == letter.device);
        if of_device.clone().any(|kept| kept.hash == letter.hash) {
            return LetterOutcome::Duplicate;
        }
        if room.disk_full {
            return LetterOutcome::DiskFull;
        }
        let device = of_device.map(|kept| kept.bytes.len() as u64).sum();
        let usage = Usage { device, workspace: self.bytes() };
        if !letter_fits(usage, letter.bytes.len() as u64, room) {
            return LetterOutcome::OverQuota;
        }
        self.last_letter += 1;
        self.letters.insert(self.last_letter, letter.clone());
        LetterOutcome::Kept
    }

    fn letters_after(&self, after: u64, bytes_max: usize) -> LetterPage {
        let (mut page, mut bytes) = (LetterPage::default(), 0);
        for (number, letter) in self.letters.range(after.saturating_add(1)..) {
            bytes += letter.bytes.len();
            if bytes > bytes_max && !page.letters.is_empty() {
                page.more = Some(true);
                break;
            }
            page.letters.push(KeptLetter { number: *number, deposit: letter.bytes.clone() });
        }
        page
    }

    fn usage(&self, device: DeviceId) -> Usage {
        let of_device = self.device_bytes.get(&device).copied().unwrap_or(0);
        Usage { device: of_device, workspace: self.bytes() }
    }

    /// What counts against the workspace's quota.
    fn bytes(&self) -> u64 {
        let letters = self.letters.values().map(|letter| letter.bytes.len() as u64);
        self.device_bytes.values().sum::<u64>() + letters.sum::<u64>()
    }

    fn keep_fork(&mut self, arrival: &Arrival, room: &Room) -> Outcome {
        let (device, len) = (arrival.frame.preamble().device, arrival.frame.bytes().len() as u64);
        let has_room = !room.disk_full && fits(self.usage(device), len, room);
        let place = arrival.frame.preamble().place();
        let fork = Fork { log: place.log, seq: place.seq, bytes: arrival.frame.bytes().to_vec() };
        let of_log = self.forks.iter().filter(|kept| kept.log == fork.log).count() as u64;
        if of_log < FORKS_PER_LOG_MAX && has_room && !self.forks.contains(&fork) {
            *self.device_bytes.entry(device).or_default() += len;
            self.forks.push(fork);
        }
        Outcome::Fork
    }
}

impl Chain {
    /// How far the log is held.
    fn head(&self, log: LogId) -> Option<LogState> {
        let Tip { seq, hash } = self.tip()?;
        Some(LogState { log, seq, tag: tag(&hash) })
    }

    /// Its last frame.
    fn tip(&self) -> Option<Tip> {
        self.frames.last_key_value().map(|(seq, (hash, _))| Tip { seq: *seq, hash: *hash })
    }
}

pub(super) fn tag(hash: &FrameHash) -> [u8; 8] {
    let mut tag = [0; 8];
    tag.copy_from_slice(&hash.as_bytes()[..8]);
    tag
}
