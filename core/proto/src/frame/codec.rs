//! The frame's encoding, by the byte.
//!
//! Only one encoding of a frame is accepted: what was read is written again and compared, so that no
//! two byte strings are the same frame.

use super::{FRAME_VERSION, Frame, FrameError, Preamble, hash_of_header};
use crate::hash::{domain, hash};
use crate::limits::{FRAME_BYTES_MAX, FRAME_DEPS_MAX, FRAME_SEQ_MAX};
use minicbor::{Decoder, Encoder};
use std::collections::BTreeSet;

pub(super) fn encode_header(preamble: &[u8], body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(preamble.len() + 48);
    let mut e = Encoder::new(&mut out);
    e.array(3)
        .and_then(|e| e.bytes(preamble))
        .and_then(|e| e.u64(body.len() as u64))
        .and_then(|e| e.bytes(&hash(domain::FRAME_BODY, &[body])))
        .expect("writing to a vector cannot fail");
    out
}

pub(super) fn encode_frame(header: &[u8], signature: &[u8; 64], body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(header.len() + body.len() + 80);
    let mut e = Encoder::new(&mut out);
    e.array(3)
        .and_then(|e| e.bytes(header))
        .and_then(|e| e.bytes(signature))
        .and_then(|e| e.bytes(body))
        .expect("writing to a vector cannot fail");
    out
}

pub(super) fn decode_frame(bytes: Vec<u8>) -> Result<Frame, FrameError> {
    if bytes.len() > FRAME_BYTES_MAX {
        return Err(FrameError::TooLong(bytes.len()));
    }
    let parts = Parts::read(&bytes).map_err(|_| FrameError::Malformed)?;
    let preamble = read_preamble(parts.preamble)?;
    if parts.body_len != parts.body.len() as u64
        || parts.body_hash != hash(domain::FRAME_BODY, &[parts.body])
    {
        return Err(FrameError::BodyMismatch);
    }
    if encode_header(parts.preamble, parts.body) != parts.header
        || encode_frame(parts.header, &parts.signature, parts.body) != bytes
    {
        return Err(FrameError::NotCanonical);
    }
    let hash = hash_of_header(parts.header);
    let signature = parts.signature;
    let preamble_at = span(&bytes, parts.preamble);
    let body_at = span(&bytes, parts.body);
    Ok(Frame { preamble, preamble_at, body_at, hash, signature, bytes })
}

fn read_preamble(bytes: &[u8]) -> Result<Preamble, FrameError> {
    let version = Decoder::new(bytes)
        .array()
        .and_then(|_| Decoder::new(&bytes[1..]).u8())
        .map_err(|_| FrameError::Malformed)?;
    if version != FRAME_VERSION {
        return Err(FrameError::UnknownVersion(version));
    }
    let preamble: Preamble = minicbor::decode(bytes).map_err(|_| FrameError::Malformed)?;
    let logs: BTreeSet<_> = preamble.deps.iter().map(|dep| dep.log).collect();
    if preamble.deps.len() > FRAME_DEPS_MAX || logs.len() != preamble.deps.len() {
        return Err(FrameError::Deps);
    }
    let countable = |seq: u64| (1..=FRAME_SEQ_MAX).contains(&seq);
    // A log may be named of which nothing is waited for: headquarters' frame has handed on what it would bring.
    let deps_countable = preamble.deps.iter().all(|dep| dep.seq == 0 || countable(dep.seq));
    if !countable(preamble.seq)
        || !deps_countable
        || preamble.generation == 0
        || preamble.epoch == 0
    {
        return Err(FrameError::Malformed);
    }
    let again = minicbor::to_vec(&preamble).expect("writing to a vector cannot fail");
    (again == bytes).then_some(preamble).ok_or(FrameError::NotCanonical)
}

struct Parts<'a> {
    header: &'a [u8],
    preamble: &'a [u8],
    body_len: u64,
    body_hash: [u8; 32],
    signature: [u8; 64],
    body: &'a [u8],
}

impl<'a> Parts<'a> {
    fn read(bytes: &'a [u8]) -> Result<Self, minicbor::decode::Error> {
        let mut outer = Decoder::new(bytes);
        expect_array_of_three(&mut outer)?;
        let header = outer.bytes()?;
        let signature = exactly(outer.bytes()?)?;
        let body = outer.bytes()?;
        let mut inner = Decoder::new(header);
        expect_array_of_three(&mut inner)?;
        let preamble = inner.bytes()?;
        let body_len = inner.u64()?;
        let body_hash = exactly(inner.bytes()?)?;
        if preamble.is_empty() {
            return Err(minicbor::decode::Error::message("empty preamble"));
        }
        Ok(Self { header, preamble, body_len, body_hash, signature, body })
    }
}

fn expect_array_of_three(d: &mut Decoder<'_>) -> Result<(), minicbor::decode::Error> {
    match d.array()? {
        Some(3) => Ok(()),
        _ => Err(minicbor::decode::Error::message("not three parts")),
    }
}

fn exactly<const N: usize>(bytes: &[u8]) -> Result<[u8; N], minicbor::decode::Error> {
    bytes.try_into().map_err(|_| minicbor::decode::Error::message("wrong length"))
}

/// Where `part`, a slice of `whole`, begins and ends in it.
fn span(whole: &[u8], part: &[u8]) -> (usize, usize) {
    let start = part.as_ptr() as usize - whole.as_ptr() as usize;
    (start, start + part.len())
}
