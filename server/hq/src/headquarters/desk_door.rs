//! The door for orders of the owner's other processes, on the loopback address.

use std::io;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;

use kahriz_core::workspace::Workspace;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::listen;
use crate::handover::{self, Posted};
use crate::operate::{self, Desk, Serving};
use crate::shell::Terminal;

/// Opens the door and tells the owner's processes where it is.
pub(super) fn open(
    folder: &Path,
    workspace: &Arc<Workspace>,
    serving: &Serving,
    mut stopped: watch::Receiver<bool>,
    tasks: &mut JoinSet<()>,
) -> io::Result<Posted> {
    let door = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let posted = handover::post(folder, door.local_addr()?.port())?;
    let door = listen(door)?;
    let (workspace, serving, secret) =
        (workspace.clone(), serving.clone(), posted.secret().to_owned());
    tasks.spawn(async move {
        loop {
            let stream = tokio::select! {
                _ = stopped.wait_for(|stopped| *stopped) => return,
                accepted = door.accept() => accepted.and_then(|(stream, _)| stream.into_std()),
            };
            let (workspace, serving, secret) = (workspace.clone(), serving.clone(), secret.clone());
            match stream {
                Ok(stream) => drop(tokio::task::spawn_blocking(move || {
                    take(&stream, &workspace, serving, &secret)
                })),
                Err(error) => tracing::warn!(%error, "an order could not be accepted"),
            }
        }
    });
    Ok(posted)
}

fn take(stream: &TcpStream, workspace: &Workspace, serving: Serving, secret: &str) {
    let taken = stream.set_nonblocking(false).and_then(|()| {
        handover::serve_one(stream, secret, |request, out, aside| {
            let terminal = Terminal::quiet(serving.bell.clone());
            let mut desk = Desk {
                workspace,
                out,
                aside,
                terminal,
                as_json: request.as_json,
                who: request.who.clone(),
                serving: Some(serving),
            };
            operate::carry_out(&request.order, &mut desk)
        })
    });
    if let Err(error) = taken {
        tracing::info!(%error, "an order was not understood, or its caller has gone");
    }
}
