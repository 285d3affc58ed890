//! CSV: one table for each kind and one for each of its repeated groups, UTF-8 with a byte order mark, which is how
//! spreadsheets know.
//!
//! A table begins with `id`, `human_id` and `scope` (those of a group also with `item`), then `contested`: the names
//! of this row's fields on which people disagree, with spaces between. Then the fields in the order of the form. A
//! set is its codes with `;` between, a point is two columns and its accuracy a third, an area is WKT (longitude
//! first). A text that a spreadsheet would take for a formula begins with an apostrophe; numbers stay numbers.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use csv::{Terminator, Writer, WriterBuilder};
use kahriz_core::forms::{Field, Group, Kind, chosen};
use kahriz_core::value::{Decimal, FieldType, Point, Scalar, Shape};

use super::{Leaving, may_leave};

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The tables of one kind, being written. What is not given a place is not written.
pub(crate) struct Tables<'k, W: Write> {
    kind: &'k Kind,
    with_protected: bool,
    main: Writer<W>,
    groups: Vec<(&'k Group, Writer<W>)>,
}

impl<'k, W: Write> Tables<'k, W> {
    /// Begins the tables of a kind. `open` makes the place for a table: the kind's own for `None`, or a group's;
    /// `Ok(None)` leaves that group out.
    pub(crate) fn begin<E: From<io::Error>>(
        kind: &'k Kind,
        with_protected: bool,
        mut open: impl FnMut(Option<&Group>) -> Result<Option<W>, E>,
    ) -> Result<Option<Self>, E> {
        let Some(main) = open(None)? else { return Ok(None) };
        let first = ["id", "human_id", "scope", "contested"];
        let main = begin(main, head(&first, &kind.fields, with_protected))?;
        let mut tables = Self { kind, with_protected, main, groups: Vec::new() };
        for group in kind
            .groups
            .iter()
            .filter(|group| group.fields.iter().any(|field| may_leave(field, with_protected)))
        {
            if let Some(place) = open(Some(group))? {
                let first = ["id", "human_id", "scope", "item", "contested"];
                let writer = begin(place, head(&first, &group.fields, with_protected))?;
                tables.groups.push((group, writer));
            }
        }
        Ok(Some(tables))
    }

    /// Writes a record into all of them.
    pub(crate) fn write(&mut self, record: &Leaving<'_>, scope: &str) -> io::Result<()> {
        let named = [record.view.id.to_uuid(), record.view.human_id.clone(), neutral(scope)];
        let in_kind = contested_names(record, |found| {
            found.group.is_none().then(|| found.field.name.clone())
        });
        let first = named.iter().cloned().chain([in_kind]);
        let own = cells(&self.kind.fields, self.with_protected, &record.shown, |field| {
            field.name.clone()
        });
        self.main.write_record(first.chain(own))?;
        for (group, writer) in &mut self.groups {
            for item in group.items(&record.shown) {
                let is_here = |found: &kahriz_core::forms::FieldRef<'_, '_>| {
                    found.group.is_some_and(|other| other.name == group.name)
                        && found.item == Some(item)
                };
                let in_item = contested_names(record, |found| {
                    is_here(found).then(|| found.field.name.clone())
                });
                let first = named.iter().cloned().chain([item.to_owned(), in_item]);
                let own = cells(&group.fields, self.with_protected, &record.shown, |field| {
                    group.key(item, &field.name)
                });
                writer.write_record(first.chain(own))?;
            }
        }
        Ok(())
    }

    /// Brings everything to its place.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        self.main.flush()?;
        self.groups.iter_mut().try_for_each(|(_, writer)| writer.flush())
    }
}

fn begin<W: Write>(mut place: W, head: Vec<String>) -> io::Result<Writer<W>> {
    place.write_all(BYTE_ORDER_MARK)?;
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(place);
    writer.write_record(head)?;
    Ok(writer)
}

fn head(first: &[&str], fields: &[Field], with_protected: bool) -> Vec<String> {
    let leaving = fields.iter().filter(|field| may_leave(field, with_protected));
    let columns = leaving.flat_map(|field| match field.field_type == FieldType::Point {
        true => ["lat", "lon", "accuracy_m"].map(|part| format!("{}.{part}", field.name)).to_vec(),
        false => vec![field.name.clone()],
    });
    first.iter().map(|name| (*name).to_owned()).chain(columns).collect()
}

fn cells(
    fields: &[Field],
    with_protected: bool,
    shown: &BTreeMap<String, Scalar>,
    key: impl Fn(&Field) -> String,
) -> Vec<String> {
    let leaving = fields.iter().filter(|field| may_leave(field, with_protected));
    leaving.flat_map(|field| field_cells(field, &key(field), shown)).collect()
}

fn field_cells(field: &Field, key: &str, shown: &BTreeMap<String, Scalar>) -> Vec<String> {
    let scalar = shown.get(key);
    match field.field_type {
        FieldType::Point => point_cells(scalar.and_then(Scalar::as_bytes).and_then(Point::decode)),
        FieldType::Shape => vec![
            scalar
                .and_then(Scalar::as_bytes)
                .and_then(Shape::decode)
                .map_or_else(String::new, |shape| wkt(&shape)),
        ],
        FieldType::Choices => {
            let codes: Vec<&str> = chosen(key, shown).into_iter().collect();
            vec![neutral(&codes.join(";"))]
        }
        FieldType::Integer | FieldType::Decimal => vec![scalar.map_or_else(String::new, number)],
        FieldType::Text
        | FieldType::Narrative
        | FieldType::Boolean
        | FieldType::Date
        | FieldType::DateTime
        | FieldType::Choice
        | FieldType::Attachment => vec![scalar.map_or_else(String::new, text)],
    }
}

fn point_cells(point: Option<Point>) -> Vec<String> {
    let Some(point) = point else { return vec![String::new(); 3] };
    let accuracy = point.accuracy_m().map_or_else(String::new, |metres| metres.to_string());
    vec![point.lat().to_string(), point.lon().to_string(), accuracy]
}

fn wkt(shape: &Shape) -> String {
    let corners = shape.ring().iter().chain(shape.ring().first());
    let corners: Vec<String> =
        corners.map(|corner| format!("{} {}", corner.lon(), corner.lat())).collect();
    format!("POLYGON(({}))", corners.join(", "))
}

/// A number as it is. What stands in a field of numbers and is none is text.
fn number(scalar: &Scalar) -> String {
    let decimal = scalar.as_str().filter(|digits| Decimal::from_canonical(digits).is_some());
    decimal.map_or_else(|| text(scalar), str::to_owned)
}

fn text(scalar: &Scalar) -> String {
    match scalar {
        Scalar::Null | Scalar::Bytes(_) => String::new(),
        Scalar::Bool(flag) => flag.to_string(),
        Scalar::Int(number) => number.to_string(),
        Scalar::Str(text) => neutral(text),
    }
}

/// A text that no spreadsheet takes for a formula.
fn neutral(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

fn contested_names(
    record: &Leaving<'_>,
    name: impl Fn(&kahriz_core::forms::FieldRef<'_, '_>) -> Option<String>,
) -> String {
    let found = record.contested.iter().filter_map(|key| record.view.kind.resolve(key));
    let names: BTreeSet<String> = found.filter_map(|found| name(&found)).collect();
    names.into_iter().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use kahriz_core::forms::Forms;
    use kahriz_core::value::Vertex;

    #[test]
    fn a_text_that_would_be_a_formula_is_only_text() {
        for formula in ["=1+1", "+994501234567", "-1+1", "@SUM(A1)", "\tx", "\rx"] {
            assert_eq!(neutral(formula), format!("'{formula}"));
        }
        assert_eq!(neutral("a=b"), "a=b");
        assert_eq!(number(&Scalar::from("-0.25")), "-0.25");
        assert_eq!(number(&Scalar::from("-0.25+cmd")), "'-0.25+cmd");
        assert_eq!(number(&Scalar::from(-3)), "-3");
    }

    #[test]
    fn an_area_is_closed_and_has_its_longitude_first() {
        let corners = [(40.0, 46.0), (40.5, 46.0), (40.5, 46.5)];
        let ring = corners.map(|(lat, lon)| Vertex::from_degrees(lat, lon).unwrap());
        assert_eq!(
            wkt(&Shape::new(ring.to_vec()).unwrap()),
            "POLYGON((46 40, 46 40.5, 46.5 40.5, 46 40))"
        );
    }

    #[test]
    fn protected_columns_are_not_even_named() {
        let kind = Forms::builtin().kind("missing_person").unwrap();
        let open = head(&["id"], &kind.fields, false);
        let all = head(&["id"], &kind.fields, true);
        assert!(!open.contains(&"full_name".to_owned()));
        assert!(
            all.contains(&"full_name".to_owned())
                && all.contains(&"last_seen.point.lat".to_owned())
        );
        assert!(open.contains(&"case_status".to_owned()));
    }
}
