//! The three officers and their devices.

use std::path::Path;

use kahriz_core::drive::{self, Shell, SyncReport};
use kahriz_core::workspace::{Claimed, Draft, Profile, Saved, Workspace, short_code};
use kahriz_http::{HttpOptions, HttpTransport};
use kahriz_proto::ids::ScopeId;
use kahriz_proto::roster::Role;

use super::counted::{Count, Counted};
use super::generate::{District, Generator, Made};
use crate::bell::Bell;
use crate::export_log;
use crate::failure::Failure;
use crate::headquarters::Headquarters;
use crate::keyfile::Keys;
use crate::operate::{Desk, admit_join, waiting_joins};
use crate::shell::{self, Terminal};

/// Records saved in one commit.
const BATCH: usize = 100;
/// An invite's life: the demo uses it at once.
const INVITE_S: u64 = 600;
const HOUR_MS: i64 = 3_600_000;

/// An officer with a device.
pub(super) struct Officer {
    pub(super) name: &'static str,
    pub(super) workspace: Workspace,
    pub(super) count: Count,
    /// The areas, and the district whose records the officer makes in each.
    pub(super) areas: Vec<(ScopeId, District)>,
    relay_url: String,
}

/// Who somebody is, and the prefix of each of their areas with a district.
struct Part {
    name: &'static str,
    folder: &'static str,
    areas: &'static [(&'static str, District)],
}

const CAST: [Part; 3] = [
    Part { name: "Günel Əliyeva", folder: "gunel", areas: &[("AGD", District::Agdam)] },
    Part { name: "Rəşad Quliyev", folder: "reshad", areas: &[("FUZ", District::Fuzuli)] },
    Part {
        name: "Leyla Həsənova",
        folder: "leyla",
        areas: &[("AGD", District::Tartar), ("FUZ", District::Fuzuli)],
    },
];

impl Officer {
    /// Invites, joins and admits all three.
    pub(super) fn join_all(
        devices: &Path,
        headquarters: &Headquarters,
    ) -> Result<Vec<Self>, Failure> {
        CAST.iter().map(|part| Self::join(&devices.join(part.folder), part, headquarters)).collect()
    }

    fn join(folder: &Path, part: &Part, headquarters: &Headquarters) -> Result<Self, Failure> {
        let mut sink = std::io::sink();
        let serving = headquarters.serving.clone();
        let relay_url = serving.relay_url.clone();
        let mut desk = Desk {
            workspace: &headquarters.workspace,
            out: &mut sink,
            aside: &mut std::io::sink(),
            terminal: Terminal::quiet(serving.bell.clone()),
            as_json: false,
            who: export_log::system_user(),
            serving: Some(serving),
        };
        let expires_at = (shell::now_ms() / 1_000).max(0).cast_unsigned() + INVITE_S;
        let invite =
            headquarters.workspace.invite(expires_at, shell::claimed(), desk.terminal.rng())?;
        let mut line = HttpTransport::new(&relay_url, &HttpOptions::default())?;
        drive::publish_roster(&headquarters.workspace, &mut line, &mut desk.terminal)?;

        let key = Keys::default().create(folder)?;
        let profile = Profile { officer: part.name.to_owned(), device: "demo phone".to_owned() };
        let mut terminal = Terminal::quiet(Bell::default());
        let workspace = Workspace::prepare_join(folder, &key, &invite, &profile, terminal.rng())
            .map_err(|source| Failure::Open { folder: folder.to_owned(), source })?;
        drive::join(&workspace, &mut line, &mut terminal)?;

        let code = workspace.own_short_code()?.unwrap_or_default();
        let all = headquarters.workspace.scopes();
        let of_prefix =
            |prefix: &str| all.iter().find(|scope| scope.prefix == prefix).map(|scope| scope.id);
        let areas = part
            .areas
            .iter()
            .filter_map(|(prefix, district)| of_prefix(prefix).map(|scope| (scope, *district)));
        let areas: Vec<(ScopeId, District)> = areas.collect();
        let granted: Vec<ScopeId> = areas.iter().map(|(scope, _)| *scope).collect();
        let (join, _) = waiting_joins(&mut desk)?
            .into_iter()
            .find(|(join, _)| short_code(join) == code)
            .ok_or(Failure::NoSuchJoin(code))?;
        admit_join(&mut desk, &join, Role::Officer, &granted)?;
        let mut officer =
            Self { name: part.name, workspace, count: Count::default(), areas, relay_url };
        officer.sync()?;
        Ok(officer)
    }

    /// Makes records up, offline, over the last three days; the count it was asked for.
    pub(super) fn write(&self, count: u64, seed: u64) -> Result<(), Failure> {
        let bar =
            Terminal::new(Bell::default()).labelled(self.name).bar("writing offline", count, false);
        let mut makers: Vec<(ScopeId, Generator)> = self
            .areas
            .iter()
            .zip(seed..)
            .map(|((scope, district), seed)| (*scope, Generator::new(seed).in_district(*district)))
            .collect();
        let begun = shell::now_ms() - 72 * HOUR_MS;
        let mut done = 0;
        while done < count {
            let batch = BATCH.min(usize::try_from(count - done).unwrap_or(BATCH));
            let mut drafts = Vec::with_capacity(batch);
            for place in 0..batch {
                let areas = makers.len();
                let (scope, maker) = &mut makers[place % areas];
                drafts.extend(maker.next().map(|made| self.draft(*scope, &made)).transpose()?);
            }
            let claimed = Claimed {
                ms: begun + 48 * HOUR_MS / count.max(1).cast_signed() * done.cast_signed(),
            };
            self.workspace.save_many(&drafts, claimed)?;
            done += batch as u64;
            bar.set_position(done);
        }
        bar.finish_and_clear();
        Ok(())
    }

    /// Saves one made-up record.
    pub(super) fn save(&self, scope: ScopeId, made: &Made) -> Result<Saved, Failure> {
        let claimed = Claimed { ms: shell::now_ms() - 24 * HOUR_MS };
        Ok(self.workspace.save(&self.draft(scope, made)?, claimed)?)
    }

    fn draft(&self, scope: ScopeId, made: &Made) -> Result<Draft, Failure> {
        let mut draft = self.workspace.new_record(scope, made.kind)?;
        made.fill(&mut draft)?;
        Ok(draft)
    }

    /// One sync over HTTP with the relay.
    pub(super) fn sync(&mut self) -> Result<SyncReport, Failure> {
        let mut terminal = Terminal::new(Bell::default()).labelled(self.name);
        let line = HttpTransport::new(&self.relay_url, &HttpOptions::default())?;
        let mut line = Counted { line, count: self.count.clone() };
        let report = drive::sync(&self.workspace, &mut line, &mut terminal)?;
        match report.failure {
            Some(failure) => Err(Failure::Line(failure)),
            None => Ok(report),
        }
    }
}
