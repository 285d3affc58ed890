//! The door for orders of the owner's other processes, on the loopback address.

use std::io::{self, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;

use kahriz_core::workspace::Workspace;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::listen;
use crate::failure::Failure;
use crate::handover::{self, Posted, Request};
use crate::operate::{self, Desk, Serving};
use crate::shell::Terminal;

/// Carries out what is asked; says the result, and how it goes.
pub(crate) type Clerk =
    dyn Fn(&Request, &mut dyn Write, &mut dyn Write) -> Result<(), Failure> + Send + Sync;

/// Opens headquarters' door.
pub(super) fn open(
    folder: &Path,
    workspace: &Arc<Workspace>,
    serving: &Serving,
    stopped: watch::Receiver<bool>,
    tasks: &mut JoinSet<()>,
) -> io::Result<Posted> {
    let (workspace, serving) = (workspace.clone(), serving.clone());
    let clerk = move |request: &Request, out: &mut dyn Write, aside: &mut dyn Write| {
        let mut desk = Desk {
            workspace: &workspace,
            out,
            aside,
            terminal: Terminal::quiet(serving.bell.clone()),
            as_json: request.as_json,
            who: request.who.clone(),
            serving: Some(serving.clone()),
        };
        operate::carry_out(&request.order, &mut desk)
    };
    open_to(folder, Arc::new(clerk), stopped, tasks)
}

/// Opens a door and tells the owner's processes where it is.
pub(crate) fn open_to(
    folder: &Path,
    clerk: Arc<Clerk>,
    mut stopped: watch::Receiver<bool>,
    tasks: &mut JoinSet<()>,
) -> io::Result<Posted> {
    let door = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let posted = handover::post(folder, door.local_addr()?.port())?;
    let door = listen(door)?;
    let secret = posted.secret().to_owned();
    tasks.spawn(async move {
        loop {
            let stream = tokio::select! {
                _ = stopped.wait_for(|stopped| *stopped) => return,
                accepted = door.accept() => accepted.and_then(|(stream, _)| stream.into_std()),
            };
            let (clerk, secret) = (clerk.clone(), secret.clone());
            match stream {
                Ok(stream) => {
                    drop(tokio::task::spawn_blocking(move || take(&stream, &*clerk, &secret)));
                }
                Err(error) => tracing::warn!(%error, "an order could not be accepted"),
            }
        }
    });
    Ok(posted)
}

fn take(stream: &TcpStream, clerk: &Clerk, secret: &str) {
    let taken = stream.set_nonblocking(false).and_then(|()| {
        handover::serve_one(stream, secret, |request, out, aside| clerk(request, out, aside))
    });
    if let Err(error) = taken {
        tracing::info!(%error, "an order was not understood, or its caller has gone");
    }
}
