//! Lines that break in the middle: what is whole stays, and the rest goes on at the byte.

use crate::support::{Running, from_start, items, push_only, sync_request, until};
use kahriz_proto::frame::Frame;
use kahriz_proto::item::PageItem;
use kahriz_proto::message::{PullFrom, SyncRequest, Verdict, partial_tag};
use kahriz_relay::testing::{Device, Organisation};

async fn world() -> (Organisation, Device, Running) {
    let mut organisation = Organisation::found(1);
    let officer = organisation.admit_officer(10);
    let running = Running::with(&organisation).await;
    (organisation, officer, running)
}

fn ask(of: &Organisation) -> SyncRequest {
    SyncRequest { ask_logs: Some(true), ..push_only(of) }
}

#[tokio::test]
async fn an_upload_that_was_cut_goes_on_at_the_byte() {
    let (of, officer, running) = world().await;
    let mut chain = officer.chain(of.scope(1));
    let frames = [chain.seal(&[1; 10_000]), chain.seal(&[2; 40_000]), chain.seal(&[3; 10_000])];
    let refs: Vec<&Frame> = frames.iter().collect();
    let all = items(&refs);
    let first = items(&refs[..1]).len();
    let whole = sync_request(&of, &officer, &push_only(&of), &all);
    let cut_at = whole.len() - all.len() + first + 25_000;
    let mut line = running.line().await;
    line.send(&whole[..cut_at]).await;
    drop(line);
    let mut answer = running.sync(&of, &officer, &ask(&of), &[]).await.0;
    until(async || {
        answer = running.sync(&of, &officer, &ask(&of), &[]).await.0;
        answer.partial.is_some()
    })
    .await;
    assert_eq!(answer.logs.unwrap()[0].seq, 1, "the frame that was whole is stored");
    let partial = answer.partial.unwrap();
    assert_eq!(partial.len, 25_000);
    assert_eq!(partial.tag, partial_tag(&all[first..first + 25_000]));
    let resume = SyncRequest { push_offset: Some(partial.len), ..push_only(&of) };
    let answer = running.try_sync(&of, &officer, &resume, &all[first + 25_000..]).await;
    let (answer, _) = answer.page();
    assert_eq!((answer.received, answer.verdicts), (Some(2), None));
}

#[tokio::test]
async fn a_phone_that_comes_back_before_the_old_line_is_known_dead_is_told_what_is_held() {
    let (of, officer, running) = world().await;
    let mut chain = officer.chain(of.scope(1));
    let frames = [chain.seal(&[1; 10_000]), chain.seal(&[2; 40_000])];
    let all = items(&[&frames[0], &frames[1]]);
    let whole = sync_request(&of, &officer, &push_only(&of), &all);
    let mut dead = running.line().await;
    dead.send(&whole[..whole.len() - 15_000]).await;
    // The line stays open, as it does when a phone drives into a tunnel.
    let mut held = 0;
    until(async || {
        let (answer, _) = running.sync(&of, &officer, &ask(&of), &[]).await;
        held = answer.partial.map_or(0, |partial| partial.len);
        held > 0 && answer.logs.unwrap().first().is_some_and(|log| log.seq == 1)
    })
    .await;
    let second = items(&[&frames[1]]);
    let resume = SyncRequest { push_offset: Some(held), ..push_only(&of) };
    let answer = running.try_sync(&of, &officer, &resume, &second[held as usize..]).await;
    assert_eq!(answer.page().0.received, Some(1));
    let (answer, _) = running.sync(&of, &officer, &ask(&of), &[]).await;
    assert_eq!((answer.logs.unwrap()[0].seq, answer.partial), (2, None));
}

#[tokio::test]
async fn an_upload_that_goes_on_from_bytes_that_nobody_holds_is_asked_for_again() {
    let (of, officer, running) = world().await;
    let frame = officer.chain(of.scope(1)).seal(&[1; 10_000]);
    let all = items(&[&frame]);
    let resume = SyncRequest { push_offset: Some(5_000), ..push_only(&of) };
    let answer = running.try_sync(&of, &officer, &resume, &all[5_000..]).await;
    let (answer, _) = answer.page();
    assert_eq!((answer.received, answer.verdicts), (None, None));
    let (answer, _) = running.sync(&of, &officer, &push_only(&of), &[&frame]).await;
    assert_eq!(answer.received, Some(1));
}

#[tokio::test]
async fn an_upload_that_is_cut_every_24_kilobytes_arrives_with_at_most_a_third_more_bytes() {
    let (of, officer, running) = world().await;
    let mut chain = officer.chain(of.scope(1));
    let frames: Vec<Frame> = (0..8).map(|n| chain.seal(&[n; 48 * 1024])).collect();
    let uncut = items(&frames.iter().collect::<Vec<_>>()).len();
    let (mut sent, mut next, mut held) = (0, 0, 0_u32);
    for _ in 0..100 {
        let rest = items(&frames[next..].iter().collect::<Vec<_>>());
        let request = SyncRequest { push_offset: (held > 0).then_some(held), ..push_only(&of) };
        let bytes = sync_request(&of, &officer, &request, &rest[held as usize..]);
        let mut line = running.line().await;
        let cut = bytes.len().min(24_000);
        line.send(&bytes[..cut]).await;
        sent += cut;
        if cut == bytes.len() {
            assert_eq!(line.answer().await.status, 200);
            next = frames.len();
            break;
        }
        drop(line);
        let before = (next, held);
        until(async || {
            let (answer, _) = running.sync(&of, &officer, &ask(&of), &[]).await;
            next = answer.logs.unwrap().first().map_or(0, |log| log.seq as usize);
            held = answer.partial.map_or(0, |partial| partial.len);
            (next, held) != before && (held > 0 || next > before.0)
        })
        .await;
        sent += 700;
    }
    assert_eq!(next, frames.len());
    assert!(sent * 10 <= uncut * 13, "{sent} bytes for {uncut}");
}

#[tokio::test]
async fn a_page_that_was_cut_goes_on_at_the_byte() {
    let (of, officer, running) = world().await;
    let mut chain = officer.chain(of.scope(1));
    let frames = [chain.seal(&[1; 1_000]), chain.seal(&[2; 40_000]), chain.seal(&[3; 90_000])];
    running.sync(&of, &officer, &push_only(&of), &frames.iter().collect::<Vec<_>>()).await;
    let hq = of.headquarters();
    let request = from_start(&of, &[of.scope(1)]);
    let answer = running.try_sync(&of, &hq, &request, &[]).await;
    let (control, rest) = answer.control();
    // The first item is staged, and 20,000 bytes of the second are here.
    let first: usize = 1_000 + 250;
    let start = rest.len() - rest[first - 100..].len();
    let (_, items) = answer.page();
    let lengths: Vec<usize> = items.iter().map(encoded_len).collect();
    assert!(start < lengths[0] + lengths[1]);
    let held = &rest[lengths[0]..lengths[0] + 20_000];
    let cursor = request.cursors[0];
    let mut cursor = cursor.then(&frames[0].hash());
    cursor.incarnation = control.incarnation.unwrap();
    let from = PullFrom { scope: 0, position: 2, offset: 20_000 };
    let resume = SyncRequest { cursors: vec![cursor], pull_from: Some(from), ..request.clone() };
    let again = running.try_sync(&of, &hq, &resume, &[]).await;
    let (control, more) = again.control();
    assert_eq!(control.resumed, Some(true));
    assert_eq!([held, more].concat(), rest[lengths[0]..]);
    // What makes no sense is not resumed, but sent whole.
    for wrong in [
        PullFrom { position: 3, ..from },
        PullFrom { offset: u32::MAX, ..from },
        PullFrom { scope: 7, ..from },
    ] {
        let resume = SyncRequest { pull_from: Some(wrong), ..resume.clone() };
        let again = running.try_sync(&of, &hq, &resume, &[]).await;
        let (control, more) = again.control();
        assert_eq!((control.resumed, more), (None, &rest[lengths[0]..]));
    }
}

fn encoded_len(item: &PageItem) -> usize {
    let mut bytes = vec![];
    kahriz_proto::item::push_item(&mut bytes, &minicbor::to_vec(item).unwrap());
    bytes.len()
}

#[tokio::test]
async fn frames_that_came_before_a_slow_one_are_stored_at_once() {
    let (of, officer, running) = world().await;
    let mut chain = officer.chain(of.scope(1));
    let all = items(&[&chain.seal(b"quick"), &chain.seal(&[0; 1_000])]);
    let whole = sync_request(&of, &officer, &push_only(&of), &all);
    let mut line = running.line().await;
    line.send(&whole[..whole.len() - 500]).await;
    let hq = of.headquarters();
    until(async || {
        let request = from_start(&of, &[of.scope(1)]);
        running.sync(&of, &hq, &request, &[]).await.1.len() == 1
    })
    .await;
    line.send(&whole[whole.len() - 500..]).await;
    let (answer, _) = line.answer().await.page();
    assert_eq!((answer.received, answer.verdicts), (Some(2), None::<Vec<Verdict>>));
}
