//! `GET /v1/events`: server-sent events that say only that a scope has reached a position and, to headquarters, that
//! somebody asks to join (`event: join`) or a letter waits (`event: letter`). The truth is always the next sync.

use super::caller_of_get;
use crate::auth::Caller;
use crate::config::EVENTS_PING;
use crate::refuse::Refused;
use crate::relay::Inner;
use crate::workspaces::{Event, blocking};
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use kahriz_proto::message::Advanced;
use kahriz_proto::roster::{Member, Role};
use std::convert::Infallible;
use std::fmt::Write;
use std::sync::Arc;
use tokio::sync::broadcast::{self, error::RecvError};
use tokio::sync::watch;

/// What is said to headquarters alone.
const JOIN: &str = "event: join\ndata: waits\n\n";
/// See [`JOIN`].
const LETTER: &str = "event: letter\ndata: waits\n\n";

struct Stream {
    relay: Arc<Inner>,
    caller: Caller,
    events: broadcast::Receiver<Event>,
    stopping: watch::Receiver<bool>,
    greeted: bool,
}

pub(super) async fn events(
    State(relay): State<Arc<Inner>>,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let caller = caller_of_get(&relay, &headers)?;
    // Heard before it is looked at, so that no revocation falls between the two.
    let events = caller.space.listen();
    caller.member()?;
    let stopping = relay.stopping.subscribe();
    relay.metrics.event_streams.inc();
    let stream = Stream { relay, caller, events, stopping, greeted: false };
    let body = Body::from_stream(stream::unfold(stream, |mut stream| async move {
        let text = stream.next().await?;
        Some((Ok::<_, Infallible>(Bytes::from(text)), stream))
    }));
    let head = [(header::CONTENT_TYPE, "text/event-stream"), (header::CACHE_CONTROL, "no-store")];
    Ok((head, body).into_response())
}

impl Stream {
    /// The next thing to say; `None` when the stream is over.
    async fn next(&mut self) -> Option<String> {
        if !self.greeted {
            self.greeted = true;
            return Some(":\n\n".to_owned());
        }
        loop {
            let event = tokio::select! {
                () = async { _ = self.stopping.wait_for(|stopping| *stopping).await } => return None,
                () = tokio::time::sleep(EVENTS_PING) => return Some(": ping\n\n".to_owned()),
                event = self.events.recv() => event,
            };
            let roster = self.caller.member().ok()?;
            let member = roster.member(self.caller.id)?;
            match event {
                Ok(Event::Advanced(advanced)) if member.is_live_in(advanced.scope) => {
                    return Some(line(&[advanced]));
                }
                Ok(Event::JoinWaits) if is_headquarters(member) => return Some(JOIN.to_owned()),
                Ok(Event::LetterWaits) if is_headquarters(member) => {
                    return Some(LETTER.to_owned());
                }
                Ok(
                    Event::Advanced(_)
                    | Event::RosterMoved(_)
                    | Event::JoinWaits
                    | Event::LetterWaits,
                ) => {}
                Err(RecvError::Lagged(_)) => {
                    let maybe = if is_headquarters(member) {
                        [JOIN, LETTER].concat()
                    } else {
                        String::new()
                    };
                    let scopes = member.scopes.iter().copied().collect();
                    return self.all_positions(scopes).await.map(|positions| positions + &maybe);
                }
                Err(RecvError::Closed) => return None,
            }
        }
    }

    /// For a listener that has missed events: where each of its scopes stands.
    async fn all_positions(&self, scopes: Vec<kahriz_proto::ids::ScopeId>) -> Option<String> {
        let (log, workspace) = (self.relay.log.clone(), self.caller.space.id);
        let positions = blocking(move || {
            let at = |scope| log.position(workspace, scope);
            let all = scopes.into_iter().map(|scope| Ok(Advanced { scope, position: at(scope)? }));
            all.collect::<Result<Vec<_>, crate::log::LogError>>()
        });
        positions.await.ok().map(|positions| line(&positions))
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.relay.metrics.event_streams.dec();
    }
}

fn is_headquarters(member: &Member) -> bool {
    member.role == Role::Headquarters
}

fn line(positions: &[Advanced]) -> String {
    positions.iter().fold(String::new(), |mut text, Advanced { scope, position }| {
        // Writing to a string cannot fail.
        _ = write!(text, "data: {scope} {position}\n\n");
        text
    })
}
