//! Backups by the clock: the first as soon as the newest one in the folder is old enough, then one after another.

use std::path::Path;
use std::sync::Arc;

use kahriz_core::workspace::Workspace;
use kahriz_relay::backup::Schedule;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::backup::{self, BackupState};
use crate::cli::BackupOrder;
use crate::{say, shell};

/// Begins to take backups of the store in a folder; how they go.
pub(super) fn start(
    schedule: Schedule,
    folder: &Path,
    workspace: &Arc<Workspace>,
    mut stopped: watch::Receiver<bool>,
    tasks: &mut JoinSet<()>,
) -> watch::Receiver<BackupState> {
    let newest = backup::newest(workspace, &schedule.to);
    let to = schedule.to.clone();
    let (told, state) = watch::channel(BackupState { to, last_ok_ms: newest, failure: None });
    let (workspace, folder) = (workspace.clone(), folder.to_owned());
    tasks.spawn(async move {
        loop {
            let (newest, failed) = {
                let state = told.borrow();
                (state.last_ok_ms, state.failure.is_some())
            };
            let pause = schedule.pause(newest, failed, shell::now_ms());
            tokio::select! {
                _ = stopped.wait_for(|stopped| *stopped) => return,
                () = tokio::time::sleep(pause) => {}
            }
            let (workspace, folder) = (workspace.clone(), folder.clone());
            let order = BackupOrder {
                out: schedule.to.clone(),
                keep: Some(schedule.keep),
                with_tls_key: false,
            };
            let taken = tokio::task::spawn_blocking(move || {
                backup::take(&workspace, &folder, &order, &mut |_, _| {})
            });
            let failure = match taken.await {
                Ok(Ok(_)) => None,
                Ok(Err(failure)) => Some(failure.to_string()),
                Err(_) => Some("it panicked".to_owned()),
            };
            if let Some(failure) = &failure {
                say::aside(&format!("no backup was taken: {failure}"));
            }
            told.send_modify(|state| {
                if failure.is_none() {
                    state.last_ok_ms = Some(shell::now_ms());
                }
                state.failure = failure;
            });
        }
    });
    state
}
