//! Documents, seen from outside.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::value::Scalar;
use kahriz_proto::ids::LogId;

const ANNA: LogId = LogId::from_bytes([0xa; 16]);
const BAYRAM: LogId = LogId::from_bytes([0xb; 16]);

fn by(log: LogId) -> Author<'static> {
    Author { log, claimed_s: 1_700_000_000, reason: None }
}

fn write(key: &str, value: &str) -> Write {
    Write { key: key.into(), value: Scalar::from(value), mergeable: false }
}

fn created() -> (Document, Change) {
    Document::create(&[write("full_name", "A"), write("sex", "female")], &by(ANNA)).unwrap()
}

fn changed(edit: Edit) -> Change {
    match edit {
        Edit::Changed(change) => *change,
        other @ (Edit::Nothing | Edit::Superseded(_)) => panic!("no change: {other:?}"),
    }
}

#[test]
fn two_officers_edit_one_record_offline_and_both_values_stand() {
    let (mut anna, first) = created();
    let mut bayram = Document::empty();
    bayram.apply(vec![first]).unwrap();
    let base = anna.heads();
    let a = changed(anna.edit(&base, &[write("full_name", "B")], &by(ANNA)).unwrap());
    let b = changed(bayram.edit(&base, &[write("full_name", "C")], &by(BAYRAM)).unwrap());
    anna.apply(vec![b]).unwrap();
    bayram.apply(vec![a]).unwrap();
    assert_eq!(anna.fields(), bayram.fields());
    assert_eq!(anna.fields()["full_name"].len(), 2);
    assert_eq!(anna.fields()["sex"], [Scalar::from("female")]);
    assert_eq!(anna.opinions("full_name").len(), 2);
}

#[test]
fn the_same_value_twice_is_no_conflict() {
    let (mut anna, first) = created();
    let mut bayram = Document::empty();
    bayram.apply(vec![first]).unwrap();
    let base = anna.heads();
    changed(anna.edit(&base, &[write("full_name", "B")], &by(ANNA)).unwrap());
    let b = changed(bayram.edit(&base, &[write("full_name", "B")], &by(BAYRAM)).unwrap());
    anna.apply(vec![b]).unwrap();
    assert_eq!(anna.fields()["full_name"], [Scalar::from("B")]);
}

#[test]
fn what_synced_in_while_the_form_was_open_is_not_reverted_by_the_save() {
    let (mut anna, first) = created();
    let mut bayram = Document::empty();
    bayram.apply(vec![first]).unwrap();
    let seen = anna.heads();
    let b = changed(bayram.edit(&seen, &[write("full_name", "C")], &by(BAYRAM)).unwrap());
    anna.apply(vec![b]).unwrap();
    let edit = anna.edit(&seen, &[write("full_name", "B")], &by(ANNA)).unwrap();
    assert!(matches!(edit, Edit::Changed(_)));
    assert_eq!(anna.fields()["full_name"].len(), 2);
}

#[test]
fn a_decision_ends_a_conflict_and_stays_in_the_history() {
    let (mut anna, first) = created();
    let mut bayram = Document::empty();
    bayram.apply(vec![first]).unwrap();
    let base = anna.heads();
    let a = changed(anna.edit(&base, &[write("full_name", "B")], &by(ANNA)).unwrap());
    changed(bayram.edit(&base, &[write("full_name", "C")], &by(BAYRAM)).unwrap());
    bayram.apply(vec![a]).unwrap();
    let winner = bayram.fields()["full_name"][0].clone();
    let decide = Write { key: "full_name".into(), value: winner.clone(), mergeable: false };
    let author = Author { reason: Some("asked the family"), ..by(BAYRAM) };
    let both = bayram.heads();
    changed(bayram.edit(&both, &[decide], &author).unwrap());
    assert_eq!(bayram.fields()["full_name"], [winner]);
    let past = bayram.past("full_name");
    assert_eq!(past.len(), 4);
    assert_eq!(past[3].reason.as_deref(), Some("asked the family"));
    assert_eq!(past.iter().filter(|past| past.standing).count(), 1);
}

#[test]
fn the_second_of_two_open_forms_on_one_device_is_told_that_it_was_overtaken() {
    let (mut anna, _) = created();
    let seen = anna.heads();
    changed(anna.edit(&seen, &[write("full_name", "B")], &by(ANNA)).unwrap());
    let second = anna.edit(&seen, &[write("full_name", "C")], &by(ANNA)).unwrap();
    assert!(matches!(second, Edit::Superseded(keys) if keys == ["full_name"]));
    let other_field = anna.edit(&seen, &[write("sex", "male")], &by(ANNA)).unwrap();
    assert_eq!(changed(other_field).deps().len(), 1);
}

#[test]
fn saving_what_stands_already_makes_no_change() {
    let (mut anna, _) = created();
    let base = anna.heads();
    let edit = anna.edit(&base, &[write("full_name", "A")], &by(ANNA)).unwrap();
    assert!(matches!(edit, Edit::Nothing));
}

#[test]
fn a_long_narrative_merges_letter_by_letter() {
    let long = "x".repeat(TEXT_MIN);
    let narrative =
        |text: &str| Write { key: "n".into(), value: Scalar::from(text), mergeable: true };
    let (mut anna, first) = Document::create(&[narrative(&long)], &by(ANNA)).unwrap();
    let mut bayram = Document::empty();
    bayram.apply(vec![first]).unwrap();
    let base = anna.heads();
    changed(anna.edit(&base, &[narrative(&format!("first {long}"))], &by(ANNA)).unwrap());
    let b = bayram.edit(&base, &[narrative(&format!("{long} last"))], &by(BAYRAM)).unwrap();
    anna.apply(vec![changed(b)]).unwrap();
    assert_eq!(anna.fields()["n"], [Scalar::from(format!("first {long} last"))]);
}

const TEXT_MIN: usize = document::TEXT_CHARS_MIN;

#[test]
fn a_chunk_that_is_cut_apart_and_put_together_is_the_same_to_the_byte() {
    let (mut anna, first) = created();
    let base = anna.heads();
    let reason = Author { reason: Some("because"), claimed_s: -5, ..by(BAYRAM) };
    let second = changed(anna.edit(&base, &[write("sex", "male")], &reason).unwrap());
    for change in [first, second] {
        let parts = dissect(change.chunk()).unwrap();
        let (chunk, hash) = assemble(&parts);
        assert_eq!(chunk, change.chunk());
        assert_eq!(hash, change.id());
    }
}

#[test]
fn a_chunk_with_any_byte_altered_is_no_change() {
    let (_, first) = created();
    for at in 0..first.chunk().len() {
        let mut chunk = first.chunk().to_vec();
        chunk[at] ^= 1;
        assert!(Change::from_chunk(chunk).is_err(), "byte {at} was altered");
        assert!(Change::from_chunk(first.chunk()[..at].to_vec()).is_err());
    }
}

#[test]
fn a_document_kept_as_its_changes_one_after_another_reads_back() {
    let (mut anna, first) = created();
    let base = anna.heads();
    let second = changed(anna.edit(&base, &[write("sex", "male")], &by(BAYRAM)).unwrap());
    let kept = [first.chunk(), second.chunk()].concat();
    assert_eq!(Document::load(&kept).unwrap().fields(), anna.fields());
    assert_eq!(Document::load(&anna.save()).unwrap().heads(), anna.heads());
    for cut in 1..kept.len() {
        let cut_off = Document::load(&kept[..cut]);
        assert!(cut_off.is_err() || cut == first.chunk().len(), "cut at {cut}");
    }
}

#[test]
fn clearing_a_long_narrative_does_not_swallow_what_another_writes_meanwhile() {
    let long = "x".repeat(TEXT_MIN);
    let narrative = |value: Scalar| Write { key: "n".into(), value, mergeable: true };
    let text = |text: &str| narrative(Scalar::from(text));
    let (mut anna, first) = Document::create(&[text(&long)], &by(ANNA)).unwrap();
    let mut bayram = Document::empty();
    bayram.apply(vec![first]).unwrap();
    let base = anna.heads();
    changed(anna.edit(&base, &[narrative(Scalar::Null)], &by(ANNA)).unwrap());
    assert_eq!(anna.fields()["n"], [Scalar::Null]);
    let b = bayram.edit(&base, &[text(&format!("{long} he is alive"))], &by(BAYRAM)).unwrap();
    anna.apply(vec![changed(b)]).unwrap();
    assert_eq!(anna.fields()["n"], [Scalar::from(" he is alive")]);
}
