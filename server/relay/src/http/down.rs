//! An answer on its way down: the control part, then a page's items as the line takes them.

use crate::auth::Caller;
use crate::config::PAGE_IN_MEMORY_BYTES;
use crate::log::{Log, LogError};
use crate::page::Page;
use crate::refuse::{CBOR, Refused};
use crate::relay::Inner;
use crate::workspaces::blocking;
use axum::body::{Body, Bytes};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use kahriz_proto::item::push_item;
use std::sync::Arc;

/// The answer with this control part and page. A small page goes with its length, in one piece; a long one is streamed.
pub(super) async fn answer(
    relay: &Arc<Inner>,
    caller: &Caller,
    control: &impl minicbor::Encode<()>,
    page: Page,
) -> Result<Response, Refused> {
    let control = minicbor::to_vec(control).expect("writing to a vector cannot fail");
    let mut first = Vec::with_capacity(control.len() + 4);
    push_item(&mut first, &control);
    relay.metrics.page_items.inc_by(page.len() as u64);
    let streamed = !page.is_within(PAGE_IN_MEMORY_BYTES);
    let body = if page.is_empty() {
        Body::from(first)
    } else if streamed {
        stream_page(relay.clone(), caller.clone(), page, first)
    } else {
        let (items, _) = read(relay, caller, page, usize::MAX).await;
        first.extend_from_slice(&items?);
        Body::from(first)
    };
    Ok(([(header::CONTENT_TYPE, CBOR)], body).into_response())
}

/// The next items of a page, about so many bytes of them, and what is left of it.
async fn read(
    relay: &Inner,
    caller: &Caller,
    mut page: Page,
    bytes: usize,
) -> (Result<Vec<u8>, LogError>, Page) {
    let (log, workspace): (Arc<dyn Log>, _) = (relay.log.clone(), caller.space.id);
    let (read, page) = blocking(move || (page.read(&*log, workspace, bytes), page)).await;
    if let Ok(bytes) = &read {
        relay.metrics.page_bytes.inc_by(bytes.len() as u64);
    }
    (read, page)
}

/// The page as the line takes it: some 64 KiB are read when the last ones are gone, if the caller is a member still.
/// What ends early is cut, and the caller hears why when it asks on.
fn stream_page(relay: Arc<Inner>, caller: Caller, page: Page, first: Vec<u8>) -> Body {
    let state = (relay, caller, page, Some(first));
    Body::from_stream(stream::unfold(state, move |(relay, caller, mut page, first)| async move {
        if let Some(first) = first {
            return Some((Ok(Bytes::from(first)), (relay, caller, page, None)));
        }
        if page.is_empty() {
            return None;
        }
        if caller.member().is_err() {
            page.clear();
            let revoked = std::io::Error::other("the reader was revoked");
            return Some((Err(revoked), (relay, caller, page, None)));
        }
        let (read, page) = read(&relay, &caller, page, PAGE_IN_MEMORY_BYTES).await;
        let bytes = read.map(Bytes::from).map_err(std::io::Error::other);
        Some((bytes, (relay, caller, page, None)))
    }))
}
