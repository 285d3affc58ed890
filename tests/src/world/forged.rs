//! A relay that lies in one way and tells the truth in all else: it stands between a device and the honest relay, hears
//! what the device asks and may change it, and hears what the relay answers and may change that too.
//!
//! What it can do is what a relay can that was broken into: it has everything but keys.

use super::relay::{Posted, SimulatedRelay, WireAnswer};
use kahriz_core::drive::{HttpAnswer, HttpRequest, Transport, TransportError};
use kahriz_proto::item::{ITEM_BYTES_MAX, ItemReader, PageItem, push_item};
use kahriz_proto::message::{KeyWrap, RosterPage, SyncAnswer, SyncRequest};
use std::io::{Cursor, Read};

/// What a device asks, as the liar sees it.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// The path, with its query.
    pub path: String,
    /// The control part of an exchange. Changing it is of no use: the token covers it.
    pub control: SyncRequest,
    /// The frames of an exchange; what is taken out never arrives.
    pub frames: Vec<Vec<u8>>,
}

/// What the honest relay would answer.
#[derive(Clone, Debug, Default)]
pub struct Told {
    /// The status.
    pub status: u16,
    /// The control part of an exchange.
    pub answer: SyncAnswer,
    /// The page of an exchange.
    pub items: Vec<PageItem>,
    /// The entries, where the roster was asked for.
    pub roster: Vec<Vec<u8>>,
    /// The keys that came beside it.
    pub keys: Option<Vec<KeyWrap>>,
    /// These bytes instead of all that.
    pub instead: Option<Vec<u8>>,
    /// Those bytes are said to be a page for people.
    pub is_web_page: bool,
    /// After the page comes one item after the other, without end, from this position of the first scope.
    pub endless_from: Option<u64>,
}

/// What a liar does with what a device asks.
pub type Hears<'a> = Box<dyn FnMut(&mut Asked) + 'a>;
/// What a liar does with what the honest relay answers.
pub type Tells<'a> = Box<dyn FnMut(&Asked, &mut Told) + 'a>;

/// The liar.
pub struct LyingRelay<'a> {
    honest: SimulatedRelay,
    /// Done to each request.
    pub hears: Hears<'a>,
    /// Done to each answer.
    pub tells: Tells<'a>,
    /// After so many requests it is unreachable, so that a device that never stops is noticed.
    pub requests_left: u32,
}

impl<'a> LyingRelay<'a> {
    /// Lies in front of this relay.
    #[must_use]
    pub fn before(honest: &SimulatedRelay, hears: Hears<'a>, tells: Tells<'a>) -> Self {
        Self { honest: honest.clone(), hears, tells, requests_left: 300 }
    }

    fn ask(&mut self, request: &HttpRequest<'_>) -> (Asked, WireAnswer) {
        let mut asked = Asked { path: request.path.to_owned(), ..Asked::default() };
        let mut body = request.body.to_vec();
        if request.path == "/v1/sync" {
            let mut items = read_items(request.body).into_iter();
            let control = items.next().unwrap_or_default();
            asked.control = minicbor::decode(&control).unwrap_or_default();
            asked.frames = items.collect();
            (self.hears)(&mut asked);
            body = vec![];
            push_item(&mut body, &control);
            asked.frames.iter().for_each(|frame| push_item(&mut body, frame));
        }
        let passed_on = HttpRequest { body: &body, ..*request };
        let answer = self.honest.deliver(&Posted::of(&passed_on));
        (asked, answer)
    }
}

impl Transport for LyingRelay<'_> {
    fn send(&mut self, request: &HttpRequest<'_>) -> Result<HttpAnswer, TransportError> {
        self.requests_left =
            self.requests_left.checked_sub(1).ok_or(TransportError::Unreachable)?;
        let (asked, answer) = self.ask(request);
        let mut told = Told::of(&asked, &answer);
        (self.tells)(&asked, &mut told);
        let is_cbor = !told.is_web_page;
        let status = told.status;
        let endless = told.endless_from.map(|number| Endless { number, waiting: vec![], sent: 0 });
        let body = Cursor::new(told.into_body(&asked));
        let body: Box<dyn Read + Send> = match endless {
            None => Box::new(body),
            Some(more) => Box::new(body.chain(more)),
        };
        Ok(HttpAnswer { status, is_cbor, body })
    }
}

impl Told {
    fn of(asked: &Asked, answer: &WireAnswer) -> Self {
        let mut told = Self { status: answer.status, ..Self::default() };
        if answer.status != 200 {
            told.instead = Some(answer.body.clone());
        } else if asked.path == "/v1/sync" {
            let mut items = read_items(&answer.body).into_iter();
            let control = items.next().unwrap_or_default();
            told.answer = minicbor::decode(&control).unwrap_or_default();
            told.items = items.filter_map(|item| minicbor::decode(&item).ok()).collect();
        } else if asked.path.starts_with("/v1/roster") {
            let page: RosterPage = minicbor::decode(&answer.body).unwrap_or_default();
            told.roster = page.entries.into_iter().map(Vec::from).collect();
            told.keys = page.keys;
        } else {
            told.instead = Some(answer.body.clone());
        }
        told
    }

    fn into_body(self, asked: &Asked) -> Vec<u8> {
        if let Some(bytes) = self.instead {
            return bytes;
        }
        let written = "writing to a vector cannot fail";
        if asked.path != "/v1/sync" {
            let entries = self.roster.into_iter().map(Into::into).collect();
            return minicbor::to_vec(RosterPage { entries, keys: self.keys }).expect(written);
        }
        let mut body = vec![];
        push_item(&mut body, &minicbor::to_vec(&self.answer).expect(written));
        for item in &self.items {
            push_item(&mut body, &minicbor::to_vec(item).expect(written));
        }
        body
    }

    /// Numbers the items of each scope without holes again, from the first one's number.
    pub fn renumber(&mut self) {
        let mut next = std::collections::BTreeMap::new();
        for item in &mut self.items {
            let number = next.entry(item.scope).or_insert(item.position);
            item.position = *number;
            *number += 1;
        }
    }
}

/// Items that say "you wrote this yourself", for ever; for a test, until 2 MiB of them have come.
struct Endless {
    waiting: Vec<u8>,
    number: u64,
    sent: usize,
}

impl Read for Endless {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        if self.waiting.is_empty() {
            if self.sent > 2 << 20 {
                return Ok(0);
            }
            let hash = kahriz_proto::ids::FrameHash::from_bytes([3; 32]);
            let content = kahriz_proto::item::PageContent::Own(hash);
            let item = PageItem { scope: 0, position: self.number, content };
            let item = minicbor::to_vec(item).expect("writing to a vector cannot fail");
            push_item(&mut self.waiting, &item);
            self.number += 1;
        }
        let count = into.len().min(self.waiting.len());
        into[..count].copy_from_slice(&self.waiting[..count]);
        self.waiting.drain(..count);
        self.sent += count;
        Ok(count)
    }
}

fn read_items(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut items = ItemReader::default();
    items.push(bytes);
    std::iter::from_fn(|| items.next_item(ITEM_BYTES_MAX).ok().flatten()).collect()
}
