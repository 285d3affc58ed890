//! The inside of frames, and what people type: what `kahriz-core` reads.

use kahriz_core::batch::{self, Announcement, Known, ParsedEntry, Place, Reference};
use kahriz_core::forms::{Field, Forms, Kind, Lang};
use kahriz_core::human_id::{self, HumanId};
use kahriz_core::record::{self, Change, Document};
use kahriz_core::value::{FieldType, Scalar, Value};
use kahriz_proto::ids::LogId;
use kahriz_proto::limits::FRAME_INFLATED_MAX;

const OWN: LogId = LogId::from_bytes([1; 16]);
const OTHER: LogId = LogId::from_bytes([2; 16]);

const TYPES: [FieldType; 12] = [
    FieldType::Text,
    FieldType::Narrative,
    FieldType::Integer,
    FieldType::Decimal,
    FieldType::Boolean,
    FieldType::Date,
    FieldType::DateTime,
    FieldType::Choice,
    FieldType::Choices,
    FieldType::Point,
    FieldType::Shape,
    FieldType::Attachment,
];

pub(super) fn batch(bytes: &[u8]) {
    let Ok(plain) = batch::unpack(bytes) else { return };
    assert!(plain.len() <= FRAME_INFLATED_MAX, "no bomb goes off");
    batch_plain(&plain);
}

pub(super) fn batch_plain(bytes: &[u8]) {
    let Ok(parsed) = batch::parse(OWN, &[OTHER], bytes) else { return };
    let mut ids = vec![];
    for entry in &parsed.entries {
        let ParsedEntry::Change(parsed) = entry else { continue };
        let _ = parsed.chunk(None, |_| None);
        // Whatever it builds on is held.
        let newest = known(Place { log: OWN, seq: 1 });
        let Ok(chunk) = parsed.chunk(Some(newest), |place| Some(known(place))) else { continue };
        assert!(record::dissect(&chunk).is_some(), "what is put together comes apart");
        if let Ok(change) = Change::from_chunk(chunk) {
            ids.push(change.id());
        }
        let Reference { creator, .. } = parsed.record;
        let _ = (creator, parsed.record.record());
    }
    let _ = parsed.adds_up(&ids);
}

fn known(place: Place) -> Known {
    Known { place, id: [9; 32], max_op: 40 }
}

pub(super) fn change(bytes: &[u8]) {
    if let Some(parts) = record::dissect(bytes) {
        let (again, _) = record::assemble(&parts);
        assert!(record::dissect(&again).is_some(), "what came apart goes together");
        let _ = record::values_in(parts.rest);
    }
    let Ok(change) = Change::from_chunk(bytes.to_vec()) else { return };
    assert_eq!(change.chunk(), bytes, "a change is its chunk");
    let _ = (change.id(), change.log(), change.seq(), change.max_op(), change.deps());
    let mut document = Document::empty();
    if document.apply(vec![change]).is_ok() {
        let _ = document.fields();
    }
}

pub(super) fn value(bytes: &[u8]) {
    let text = std::str::from_utf8(bytes).ok().map(Scalar::from);
    let number = bytes.first_chunk().map(|bytes| Scalar::Int(i64::from_be_bytes(*bytes)));
    let scalars = [Some(Scalar::Bytes(bytes.to_vec())), text, number];
    for scalar in scalars.iter().flatten() {
        for field_type in TYPES {
            let Ok(Some(value)) = Value::from_scalar(field_type, scalar) else { continue };
            let stored = value.to_scalar().expect("sets of codes are never one scalar");
            assert_eq!(Value::from_scalar(field_type, &stored), Ok(Some(value)));
        }
    }
}

pub(super) fn human_id(bytes: &[u8]) {
    let Ok(typed) = std::str::from_utf8(bytes) else { return };
    let _ = HumanId::parse_written(typed);
    let Ok(read) = HumanId::parse(typed) else { return };
    let (first, last) = read.records();
    assert!(first <= last);
    let written = human_id::human_id(typed, first);
    assert!(HumanId::parse(&written).is_ok(), "what is written can be read");
}

/// The first byte chooses the kind, the second the field; the rest is what is typed there.
pub(super) fn input(bytes: &[u8]) {
    let [kind, field, typed @ ..] = bytes else { return };
    let Ok(typed) = std::str::from_utf8(typed) else { return };
    let kinds = Forms::builtin().kinds();
    let kind = &kinds[usize::from(*kind) % kinds.len()];
    let fields: Vec<&Field> =
        kind.fields.iter().chain(kind.groups.iter().flat_map(|group| &group.fields)).collect();
    let field = fields[usize::from(*field) % fields.len()];
    takes(field, field.parse_text(typed).ok().flatten());
    if let Ok(json) = serde_json::from_str::<serde_json::Value>(typed) {
        takes(field, field.parse_json(&json).ok().flatten());
        reads_whole(kind, &json);
    }
    if let Some((key, text)) = typed.split_once('=') {
        let _ = kind.read_text(key, text);
    }
}

/// What passed the gate once passes it unchanged, can be shown, and is read from the store as the same.
fn takes(field: &Field, value: Option<Value>) {
    let Some(value) = value else { return };
    assert_eq!(field.accept(value.clone()).ok().flatten().as_ref(), Some(&value));
    let _ = field.display_value(&value, Lang::En);
    if let Some(scalar) = value.to_scalar() {
        let read = Value::from_scalar(field.field_type, &scalar);
        assert_eq!(read, Ok(Some(value)));
        let _ = (field.display(&scalar, Lang::En), field.to_json(&scalar));
    }
}

fn reads_whole(kind: &Kind, json: &serde_json::Value) {
    if let Some(object) = json.as_object() {
        let _ = kind.read_json(object);
    }
}

pub(super) fn announcement(bytes: &[u8]) {
    let Ok(says) = minicbor::decode::<Announcement>(bytes) else { return };
    let written = minicbor::to_vec(&says).expect("writing to a vector cannot fail");
    assert_eq!(minicbor::decode::<Announcement>(&written).ok(), Some(says));
}
