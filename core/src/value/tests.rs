#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;

#[test]
fn a_date_of_31_february_is_refused() {
    assert_eq!(PartialDate::parse("1991-02-31"), Err(DateProblem::Day));
    assert_eq!(PartialDate::parse("2023-02-29"), Err(DateProblem::Day));
    assert_eq!(PartialDate::parse("1900-02-29"), Err(DateProblem::Day));
    assert!(PartialDate::parse("2024-02-29").is_ok());
    assert!(PartialDate::parse("2000-02-29").is_ok());
}

#[test]
fn a_year_or_a_month_is_a_date_of_its_own() {
    for text in ["1991", "1991-02", "1991-02-28"] {
        assert_eq!(PartialDate::parse(text).unwrap().to_string(), text);
    }
    for text in [
        "",
        "91",
        "1991-",
        "1991-2",
        "1991-13",
        "1991-00",
        "1991/02/03",
        "19910203",
        "1799",
        "2201",
        "1991-02-00",
        "１９９１",
    ] {
        assert!(PartialDate::parse(text).is_err(), "{text}");
    }
}

#[test]
fn a_year_is_neither_before_nor_after_a_month_of_it() {
    let date = |text| PartialDate::parse(text).unwrap();
    assert!(!date("1991").is_surely_after(&date("1991-02")));
    assert!(!date("1991-02").is_surely_after(&date("1991")));
    assert!(date("1992").is_surely_after(&date("1991-12-31")));
    assert_eq!(date("2024-02").last_day(), date("2024-02-29"));
    assert_eq!(date("1970").first_day_number(), 0);
    assert_eq!(date("2000-03-01").first_day_number(), 11_017);
}

#[test]
fn a_moment_keeps_the_offset_in_which_it_was_written() {
    let moment = DateTime::parse("2024-05-01T14:30:00+04:00").unwrap();
    assert_eq!(moment.as_str(), "2024-05-01T14:30:00+04:00");
    assert_eq!(
        moment.unix_seconds(),
        DateTime::parse("2024-05-01T10:30:00.125Z").unwrap().unix_seconds()
    );
    assert_eq!(moment.unix_seconds(), 1_714_559_400);
    for text in [
        "2024-05-01",
        "2024-05-01T14:30:00",
        "2024-05-01 14:30:00Z",
        "2024-05-01T24:00:00Z",
        "2024-02-30T10:00:00Z",
        "2024-05-01T14:30:00.Z",
        "2024-05-01T14:30:00+4",
        "2024-05-01T14:30:00Zz",
        "2024-05-01T14:30Z",
    ] {
        assert!(DateTime::parse(text).is_err(), "{text}");
    }
}

#[test]
fn a_number_has_one_canonical_text() {
    let canonical = |text: &str| Decimal::parse(text).unwrap().as_str().to_owned();
    assert_eq!(canonical("+003.400"), "3.4");
    assert_eq!(canonical("-.25"), "-0.25");
    assert_eq!(canonical("12."), "12");
    assert_eq!(canonical("-0.00"), "0");
    assert_eq!(Decimal::from_f64(0.1).unwrap().as_str(), "0.1");
    assert_eq!(Decimal::parse("1,000"), Err(DecimalProblem::Comma));
    assert_eq!(Decimal::parse("1234567890.123456789"), Err(DecimalProblem::TooManyDigits));
    assert!(Decimal::parse("123456789.123456789").is_ok());
    for text in ["", ".", "-", "1e5", "1.2.3", "NaN", "0x10", "--1", "1 000"] {
        assert!(Decimal::parse(text).is_err(), "{text}");
    }
    assert!(Decimal::from_f64(f64::NAN).is_err());
    assert_eq!(Decimal::from_canonical("3.40"), None);
}

#[test]
fn numbers_compare_as_numbers_not_as_text() {
    let number = |text| Decimal::parse(text).unwrap();
    assert!(number("9") < number("10"));
    assert!(number("-2") < number("-1.5"));
    assert!(number("0.1") > number("0.09"));
}

#[test]
fn a_point_takes_the_fewest_decimals_that_say_it() {
    let point = Point::from_degrees(40.22, 46.65, Some(5.0)).unwrap();
    assert_eq!(point.encode(), vec![2, 0xec, 0x3e, 0xf2, 0x48, 50]);
    assert_eq!(Point::decode(&point.encode()), Some(point));
    assert_eq!(
        Point::decode(&[3, 0xb8, 0xf4, 0x04, 0xf4, 0xd8, 0x05]),
        None,
        "the same place with a needless decimal"
    );
    assert_eq!(Point::from_degrees(0.0, 0.0, None).unwrap().encode(), vec![0, 0, 0]);
}

#[test]
fn a_place_off_the_globe_is_refused() {
    assert_eq!(Point::from_degrees(90.1, 0.0, None), Err(PlaceProblem::Latitude));
    assert_eq!(Point::from_degrees(0.0, -180.1, None), Err(PlaceProblem::Longitude));
    assert_eq!(Point::from_degrees(f64::NAN, 0.0, None), Err(PlaceProblem::NotANumber));
    assert_eq!(Point::from_degrees(0.0, f64::INFINITY, None), Err(PlaceProblem::NotANumber));
    assert_eq!(Point::from_degrees(1e300, 0.0, None), Err(PlaceProblem::Latitude));
    assert_eq!(Point::from_degrees(0.0, 0.0, Some(-1.0)), Err(PlaceProblem::Accuracy));
    assert_eq!(Point::from_degrees(0.0, 0.0, Some(f64::NAN)), Err(PlaceProblem::Accuracy));
    assert!(Point::from_degrees(90.0, -180.0, None).is_ok());
}

#[test]
fn a_border_that_crosses_itself_is_refused() {
    assert_eq!(
        area(&[(0.0, 0.0), (1.0, 1.0), (1.0, 0.0), (0.0, 1.0)]),
        Err(PlaceProblem::CrossesItself)
    );
    let touching = [(0.0, 0.0), (2.0, 0.0), (2.0, 2.0), (1.0, 0.0), (0.0, 2.0)];
    assert_eq!(area(&touching), Err(PlaceProblem::CrossesItself), "a corner on another side");
    let spike = [(0.0, 0.0), (2.0, 0.0), (2.0, 2.0), (3.0, 3.0), (2.0, 2.0), (0.0, 2.0)];
    assert_eq!(area(&spike), Err(PlaceProblem::CrossesItself), "out and back over the same ground");
    assert_eq!(
        area(&[(0.0, 0.0), (1.0, 1.0), (2.0, 2.0)]),
        Err(PlaceProblem::CrossesItself),
        "a line has no inside"
    );
}

#[test]
fn a_border_that_another_system_drew_across_itself_is_kept_as_it_is() {
    let bowtie = [(0.0, 0.0), (1.0, 1.0), (1.0, 0.0), (0.0, 1.0)];
    let corners = bowtie.map(|(lat, lon)| Vertex::from_degrees(lat, lon).unwrap());
    let shape = Shape::as_drawn(corners.to_vec()).unwrap();
    assert!(shape.crosses_itself());
    assert_eq!(shape.ring(), corners);
    assert_eq!(Shape::decode(&shape.encode()), Some(shape));
}

#[test]
fn an_area_needs_three_places() {
    assert_eq!(area(&[(0.0, 0.0), (1.0, 1.0)]), Err(PlaceProblem::TooFewVertices));
    assert_eq!(
        area(&[(0.0, 0.0), (1.0, 1.0), (0.0, 0.0), (1.0, 1.0)]),
        Err(PlaceProblem::TooFewVertices)
    );
    assert_eq!(area(&[(0.0, 0.0); 5]), Err(PlaceProblem::TooFewVertices));
    assert_eq!(area(&[]), Err(PlaceProblem::TooFewVertices));
}

#[test]
fn a_closed_ring_and_a_receiver_that_stood_still_are_understood() {
    let open = area(&[(0.0, 0.0), (0.0, 1.0), (1.0, 1.0)]).unwrap();
    let closed = area(&[(0.0, 0.0), (0.0, 1.0), (0.0, 1.0), (1.0, 1.0), (0.0, 0.0)]).unwrap();
    assert_eq!(open, closed);
    assert_eq!(open.ring().len(), 3);
}

#[test]
fn a_border_walked_with_a_phone_may_have_2000_corners_and_no_more() {
    let circle = |count: usize| {
        let corners = (0..count).map(|corner| {
            let angle = corner as f64 / count as f64 * std::f64::consts::TAU;
            Vertex::from_degrees(40.0 + angle.sin() / 10.0, 46.0 + angle.cos() / 10.0).unwrap()
        });
        Shape::new(corners.collect())
    };
    let shape = circle(MAX_VERTICES).unwrap();
    assert_eq!(Shape::decode(&shape.encode()), Some(shape));
    assert_eq!(circle(MAX_VERTICES + 1), Err(PlaceProblem::TooManyVertices));
}

#[test]
fn a_count_that_promises_more_than_is_there_is_refused() {
    assert_eq!(Shape::decode(&[0, 0xff, 0xff, 0xff, 0xff, 0x0f]), None);
    assert_eq!(Shape::decode(&[0, 3, 0, 0]), None);
    assert_eq!(Point::decode(&[]), None);
    assert_eq!(Point::decode(&[0, 0x80, 0x00, 0]), None, "a padded number");
    assert_eq!(Point::decode(&[0, 0, 0, 0, 0]), None, "something after the end");
}

fn area(corners: &[(f64, f64)]) -> Result<Shape, PlaceProblem> {
    Shape::new(corners.iter().map(|(lat, lon)| Vertex::from_degrees(*lat, *lon).unwrap()).collect())
}

fn any_type() -> impl Strategy<Value = FieldType> {
    prop::sample::select(vec![
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
    ])
}

fn any_scalar() -> impl Strategy<Value = Scalar> {
    prop_oneof![
        Just(Scalar::Null),
        any::<bool>().prop_map(Scalar::Bool),
        any::<i64>().prop_map(Scalar::Int),
        any::<String>().prop_map(Scalar::Str),
        "[0-9TZ:.+-]{0,26}".prop_map(Scalar::Str),
        prop::collection::vec(any::<u8>(), 0..40).prop_map(Scalar::Bytes),
        (0_u8..9, prop::collection::vec(0_u8..9, 0..30))
            .prop_map(|(first, rest)| Scalar::Bytes([vec![first], rest].concat())),
    ]
}

proptest! {
    /// Whatever another device wrote, reading it is an answer, and what is read is written back the same.
    #[test]
    fn hostile_bytes_are_refused_or_come_back_exactly(as_type in any_type(), scalar in any_scalar()) {
        if let Ok(Some(value)) = Value::from_scalar(as_type, &scalar) {
            prop_assert_eq!(value.to_scalar(), Some(scalar));
        }
    }

    #[test]
    fn a_point_comes_back_exactly(lat in -900_000_000_i32..=900_000_000, lon in -1_800_000_000_i32..=1_800_000_000,
        decimals in 0_u32..8, accuracy in prop::option::of(0_u32..1_000_000)) {
        let step = 10_i32.pow(7 - decimals);
        let degrees = |units: i32| f64::from(units / step * step) / 1e7;
        let point = Point::from_degrees(degrees(lat), degrees(lon), accuracy.map(|tenths| f64::from(tenths) / 10.0)).unwrap();
        prop_assert_eq!(Point::decode(&point.encode()), Some(point));
        prop_assert!(u32::from(point.encode()[0]) <= decimals);
        prop_assert_eq!(point.lat(), degrees(lat));
        let again = Point::from_degrees(point.lat(), point.lon(), point.accuracy_m()).unwrap();
        prop_assert_eq!(again, point);
    }

    #[test]
    fn an_area_comes_back_exactly(corners in prop::collection::vec((-50_i32..50, -50_i32..50), 3..8), shrink in 1_u32..4) {
        let scale = f64::from(10_u32.pow(shrink));
        let ring = corners.iter().map(|(lat, lon)| Vertex::from_degrees(f64::from(*lat) / scale, f64::from(*lon) / scale).unwrap());
        if let Ok(shape) = Shape::new(ring.collect()) {
            prop_assert_eq!(Shape::decode(&shape.encode()), Some(shape));
        }
    }

    /// Crossing does not depend on where the ring starts, nor on the direction in which it was walked.
    #[test]
    fn a_border_is_sound_from_whichever_corner_it_was_walked(corners in prop::collection::vec((0_i32..6, 0_i32..6), 3..8), start in 0_usize..8) {
        let ring: Vec<_> = corners.iter().map(|(lat, lon)| Vertex::from_degrees(f64::from(*lat), f64::from(*lon)).unwrap()).collect();
        let mut turned = ring.clone();
        turned.rotate_left(start % ring.len());
        turned.reverse();
        prop_assert_eq!(Shape::new(ring).map(|shape| shape.ring().len()), Shape::new(turned).map(|shape| shape.ring().len()));
    }

    #[test]
    fn a_decimal_comes_back_exactly(whole in -999_999_999_i64..=999_999_999, fraction in "[0-9]{0,9}") {
        let number = Decimal::parse(&format!("{whole}.{fraction}")).unwrap();
        prop_assert_eq!(Decimal::from_canonical(number.as_str()), Some(number.clone()));
        prop_assert_eq!(Decimal::parse(&format!("{}000", format_args!("{whole}.{fraction}"))).unwrap(), number);
    }
}

#[test]
fn every_day_of_the_years_that_a_date_may_have_is_found_by_its_number() {
    let first = PartialDate::parse("1800-01-01").unwrap().first_day_number();
    let last = PartialDate::parse("2200-12-31").unwrap().first_day_number();
    for days in first..=last {
        assert_eq!(PartialDate::of_day_number(days).unwrap().first_day_number(), days);
    }
    assert_eq!(PartialDate::of_day_number(0).unwrap().to_string(), "1970-01-01");
    assert_eq!(PartialDate::of_day_number(first - 1), None);
    assert_eq!(PartialDate::of_day_number(i64::MAX), None);
}
