use super::*;
use crate::cursor::{Cursor, Rolling};
use crate::hash::hash_short;
use crate::ids::Incarnation;
use crate::limits::{
    CONTROL_BYTES_MAX, FRAME_SEQ_MAX, REPAIR_HEADS_MAX, REPAIR_RANGES_MAX, REPAIR_TURNS_MAX,
    REPAIR_WANTS_MAX,
};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

fn log(number: u64) -> LogId {
    LogId::from_bytes(hash_short("test/log", &[&number.to_be_bytes()]))
}

fn head(number: u64, seq: u64) -> LogState {
    LogState { log: log(number), seq, tag: hash_short("test/tag", &[&seq.to_be_bytes()]) }
}

fn sorted(mut heads: Vec<LogState>) -> Vec<LogState> {
    heads.sort_by_key(|head| head.log);
    heads.dedup_by_key(|head| head.log);
    heads
}

/// What is different, looked up one by one.
fn truly(own: &[LogState], theirs: &[LogState]) -> Vec<Difference> {
    let by_log = |heads: &[LogState]| -> BTreeMap<LogId, LogState> {
        heads.iter().map(|head| (head.log, *head)).collect()
    };
    let (own, theirs) = (by_log(own), by_log(theirs));
    let logs: BTreeSet<LogId> = own.keys().chain(theirs.keys()).copied().collect();
    let difference = |log: LogId| Difference {
        log,
        own: own.get(&log).copied(),
        theirs: theirs.get(&log).copied(),
    };
    logs.into_iter().map(difference).filter(|found| found.own != found.theirs).collect()
}

#[derive(Debug, Default)]
struct Cost {
    turns: usize,
    asked: usize,
    answered: usize,
}

/// Compares through the wire's bytes, and holds every message against its limits.
fn compare(own: &[LogState], theirs: &[LogState]) -> (Vec<Difference>, Cost) {
    let mut cost = Cost::default();
    let mut comparison = Comparison::new(own.to_vec());
    while let Some(question) = comparison.question() {
        let question = minicbor::to_vec(question).unwrap();
        let heard = answer(theirs, &minicbor::decode::<Vec<Range>>(&question).unwrap()).unwrap();
        let heard = minicbor::to_vec(heard).unwrap();
        assert!(question.len().max(heard.len()) <= CONTROL_BYTES_MAX - 100);
        comparison.hear(minicbor::decode(&heard).unwrap()).unwrap();
        cost.turns += 1;
        cost.asked += question.len();
        cost.answered += heard.len();
    }
    (comparison.differences(), cost)
}

/// Two replicas: logs that both hold alike, that one of them holds further, and that only one of them holds.
fn replicas(most: usize) -> impl Strategy<Value = (Vec<LogState>, Vec<LogState>)> {
    let log = (0..3_000_u64, 1..40_u64, 0..12_u8, 1..40_u64);
    prop::collection::vec(log, 0..most).prop_map(|logs| {
        let (mut own, mut theirs) = (vec![], vec![]);
        for (number, seq, fate, other) in logs {
            own.extend((fate != 0).then(|| head(number, seq)));
            let there = if fate == 2 { other } else { seq };
            theirs.extend((fate != 1).then(|| head(number, there)));
        }
        (sorted(own), sorted(theirs))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn exactly_what_differs_is_found((own, theirs) in replicas(60)) {
        let (found, cost) = compare(&own, &theirs);
        prop_assert_eq!(found, truly(&own, &theirs));
        prop_assert!(cost.turns <= 3, "{:?}", cost);
    }

    #[test]
    fn exactly_what_differs_is_found_among_thousands((own, theirs) in replicas(3_000)) {
        let (found, cost) = compare(&own, &theirs);
        prop_assert_eq!(found, truly(&own, &theirs));
        prop_assert!(cost.turns <= 6, "{:?}", cost);
    }

    #[test]
    fn any_two_replicas_that_have_nothing_in_common_come_to_an_end(
        own in prop::collection::vec((any::<[u8; 16]>(), 1..9_u64), 0..400),
        theirs in prop::collection::vec((any::<[u8; 16]>(), 1..9_u64), 0..400),
    ) {
        let made = |logs: Vec<([u8; 16], u64)>| {
            let head = |(log, seq)| LogState { log: LogId::from_bytes(log), seq, tag: [0; 8] };
            sorted(logs.into_iter().map(head).collect())
        };
        let (own, theirs) = (made(own), made(theirs));
        let (found, cost) = compare(&own, &theirs);
        prop_assert_eq!(found, truly(&own, &theirs));
        prop_assert!(cost.turns <= 5, "{:?}", cost);
    }

    #[test]
    fn whatever_is_answered_the_comparison_ends(
        own in replicas(200), lies in prop::collection::vec(any::<(bool, [u8; 16], u8)>(), 1..40),
    ) {
        let mut comparison = Comparison::new(own.0);
        for turn in 0.. {
            if comparison.question().is_none() {
                break;
            }
            let lie = |(open, until, said): &(bool, [u8; 16], u8)| Range {
                until: (!open).then_some(LogId::from_bytes(*until)),
                said: match said % 3 {
                    0 => Said::Nothing,
                    1 => Said::Digest { count: 7, hash: *until },
                    _ => Said::Heads(vec![]),
                },
            };
            let mut told: Vec<Range> = lies.iter().map(lie).collect();
            told.sort_by_key(|range| (range.until.is_none(), range.until));
            told.dedup_by_key(|range| range.until);
            if comparison.hear(told).is_err() {
                break;
            }
            prop_assert!(turn < REPAIR_TURNS_MAX);
        }
    }
}

#[test]
fn equal_replicas_need_one_small_question_and_an_answer_with_nothing_in_it() {
    let own = sorted((0..2_000).map(|n| head(n, 3)).collect());
    let comparison = Comparison::new(own.clone());
    let question = comparison.question().unwrap();
    assert!(minicbor::to_vec(&question).unwrap().len() <= 28);
    assert_eq!(answer(&own, &question), Ok(vec![]));
    let (found, cost) = compare(&own, &own);
    assert_eq!((found, cost.turns), (vec![], 1));
    assert_eq!(compare(&[], &[]).1.turns, 1);
}

#[test]
fn the_cost_grows_with_the_difference() {
    use std::io::Write;
    let all = |count| -> Vec<LogState> { (0..count).map(|n| head(n, 30)).collect() };
    let changed = |count: u64, differences: u64| -> Vec<LogState> {
        let seq = |n| if n % (count / differences).max(1) == 0 { 31 } else { 30 };
        (0..count).map(|n| head(n, seq(n))).collect()
    };
    let table = [
        ("2,000 logs, equal", all(2_000), all(2_000), 40, 1),
        ("2,000 logs, 1 differs", all(2_000), changed(2_000, 1), 1_800, 2),
        ("2,000 logs, 10 differ", all(2_000), changed(2_000, 10), 9_000, 2),
        ("2,000 logs, 1,000 differ", all(2_000), changed(2_000, 1_000), 70_000, 4),
        ("2,000 logs, none here", vec![], all(2_000), 60_000, 2),
        ("2,000 logs, none there", all(2_000), vec![], 50, 1),
        ("10 logs, equal", all(10), all(10), 40, 1),
        ("10 logs, 1 differs", all(10), changed(10, 1), 400, 1),
        ("10 logs, none here", vec![], all(10), 400, 1),
    ];
    for (name, own, theirs, bytes_max, turns_max) in table {
        let (own, theirs) = (sorted(own), sorted(theirs));
        let (found, cost) = compare(&own, &theirs);
        assert_eq!(found, truly(&own, &theirs));
        let said = format!("{name}: {cost:?}");
        writeln!(std::io::stdout(), "{said}").unwrap();
        assert!(cost.asked + cost.answered <= bytes_max && cost.turns <= turns_max, "{said}");
    }
}

#[test]
fn the_largest_scope_that_there_can_be_is_listed_within_the_turns() {
    let theirs = sorted((0..64_000).map(|n| head(n, FRAME_SEQ_MAX)).collect());
    let (found, cost) = compare(&[], &theirs);
    assert_eq!(found.len(), 64_000);
    assert!(cost.turns < REPAIR_TURNS_MAX as usize, "{cost:?}");
}

/// A relay that says of everything that it differs, and takes it apart for ever.
#[test]
fn a_liar_that_never_lets_it_end_gives_no_answer() {
    let mut comparison = Comparison::new(vec![head(1, 1)]);
    let mut turns = 0;
    let differs = Range { until: None, said: Said::Digest { count: 9, hash: [9; 16] } };
    while comparison.hear(vec![differs.clone()]).is_ok() {
        turns += 1;
        assert!(turns <= REPAIR_TURNS_MAX);
    }
    assert_eq!(turns, REPAIR_TURNS_MAX);
}

#[test]
fn what_is_in_no_order_or_over_a_limit_is_neither_question_nor_answer() {
    let id = |byte| LogId::from_bytes([byte; 16]);
    let range = |until: Option<u8>, said| Range { until: until.map(id), said };
    let at = |byte, seq| LogState { log: id(byte), seq, tag: [0; 8] };
    let heads = |until, heads: &[LogState]| range(until, Said::Heads(heads.to_vec()));
    let nothing = |until| range(until, Said::Nothing);
    let digest = || Said::Digest { count: 0, hash: [0; 16] };
    let many = |count: usize| (1..=count as u64).map(|n| head(n, 1)).collect();
    let bounds = |count: usize| -> Vec<Range> {
        let until = |n: usize| LogId::from_slice(&(n as u128).to_be_bytes());
        (1..=count).map(|n| Range { until: until(n), said: digest() }).collect()
    };
    let table = [
        vec![nothing(None), nothing(None)],
        vec![nothing(None), nothing(Some(4))],
        vec![nothing(Some(4)), nothing(Some(4))],
        vec![nothing(Some(5)), nothing(Some(4))],
        vec![nothing(Some(0)), nothing(None)],
        vec![heads(None, &[at(2, 1), at(1, 1)])],
        vec![heads(None, &[at(2, 1), at(2, 1)])],
        vec![heads(None, &[at(2, 0)])],
        vec![heads(None, &[at(2, FRAME_SEQ_MAX + 1)])],
        vec![heads(Some(2), &[at(2, 1)])],
        vec![nothing(Some(3)), heads(None, &[at(2, 1)])],
        vec![Range { until: None, said: Said::Heads(sorted(many(REPAIR_HEADS_MAX + 1))) }],
        bounds(REPAIR_RANGES_MAX + 1),
    ];
    for ranges in table {
        assert_eq!(answer(&[], &ranges), Err(NotAQuestion), "{ranges:?}");
        let mut comparison = Comparison::new(vec![]);
        assert_eq!(comparison.hear(ranges), Err(NotAnAnswer));
        assert!(comparison.question().is_some(), "it is as it was");
    }
    assert!(answer(&[], &bounds(REPAIR_RANGES_MAX)).is_ok());
    assert!(answer(&[], &[heads(None, &[at(2, 1)])]).is_ok());
    let mut comparison = Comparison::new(vec![]);
    comparison.hear(vec![]).unwrap();
    assert_eq!(comparison.hear(vec![]), Err(NotAnAnswer), "nothing was asked");
}

#[test]
fn a_full_message_fits_into_a_control_part() {
    let head = LogState { log: log(1), seq: FRAME_SEQ_MAX, tag: [1; 8] };
    let digest =
        Range { until: Some(log(1)), said: Said::Digest { count: u32::MAX, hash: [1; 16] } };
    let mut ranges = vec![digest; REPAIR_RANGES_MAX];
    let wants = vec![FrameRef { log: log(1), seq: u64::MAX }; REPAIR_WANTS_MAX];
    let scope = ScopeId::from_bytes([1; 8]);
    let request = RepairRequest {
        scope,
        ranges: Some(ranges.clone()),
        wants: Some(wants),
        bytes: u32::MAX,
        held: None,
    };
    assert!(minicbor::to_vec(&request).unwrap().len() <= CONTROL_BYTES_MAX);
    ranges[0].said = Said::Heads(vec![head; REPAIR_HEADS_MAX]);
    let incarnation = Incarnation::from_bytes([1; 8]);
    let end = Cursor { scope, incarnation, position: u64::MAX, rolling: Rolling([1; 16]) };
    let answer = RepairAnswer { end, ranges: Some(ranges), more: Some(true), resumed: None };
    let bytes = minicbor::to_vec(&answer).unwrap();
    assert!(bytes.len() <= CONTROL_BYTES_MAX, "{}", bytes.len());
    assert_eq!(minicbor::decode::<RepairAnswer>(&bytes).unwrap(), answer);
}
