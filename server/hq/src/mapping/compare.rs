//! Whether two lines say the same: numbers by value, the order of keys ignored, and that of lists which are sets.

use serde_json::{Map, Number, Value as Json};

/// Whether two objects say the same; the lists at `set_keys` are compared without their order.
pub(super) fn same_object(
    one: &Map<String, Json>,
    other: &Map<String, Json>,
    set_keys: &[&str],
) -> bool {
    one.len() == other.len()
        && one.iter().all(|(key, value)| {
            other.get(key).is_some_and(|other| match set_keys.contains(&key.as_str()) {
                true => same_set(value, other),
                false => same(value, other),
            })
        })
}

/// Whether two values say the same.
pub(super) fn same(one: &Json, other: &Json) -> bool {
    match (one, other) {
        (Json::Number(one), Json::Number(other)) => same_number(one, other),
        (Json::Array(one), Json::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        (Json::Object(one), Json::Object(other)) => same_object(one, other, &[]),
        (one, other) => one == other,
    }
}

fn same_set(one: &Json, other: &Json) -> bool {
    let (Json::Array(one), Json::Array(other)) = (one, other) else { return same(one, other) };
    one.len() == other.len() && one.iter().all(|value| other.iter().any(|other| same(value, other)))
}

fn same_number(one: &Number, other: &Number) -> bool {
    match (whole(one), whole(other)) {
        (Some(one), Some(other)) => one == other,
        (None, None) => one.as_f64() == other.as_f64(),
        (Some(_), None) | (None, Some(_)) => false,
    }
}

/// The whole number that it is, whether written with a point or without.
fn whole(number: &Number) -> Option<i128> {
    let exact = number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from));
    exact.or_else(|| {
        number
            .as_f64()
            .filter(|real| real.fract() == 0.0 && real.abs() < 1e30)
            .map(|real| real as i128)
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_number_is_its_value_and_not_its_spelling() {
        assert!(same(&json!(1), &json!(1.0)));
        assert!(same(&json!({ "a": 0.1, "b": [] }), &json!({ "b": [], "a": 0.10 })));
        assert!(!same(&json!(9_007_199_254_740_993_i64), &json!(9_007_199_254_740_992.0)));
        assert!(!same(&json!(1), &json!(true)));
        assert!(!same(&json!("1"), &json!(1)));
    }

    #[test]
    fn only_a_set_may_be_turned_around() {
        let (one, other) = (json!({ "a": [1, 2], "b": 1 }), json!({ "b": 1, "a": [2, 1] }));
        let (one, other) = (one.as_object().unwrap(), other.as_object().unwrap());
        assert!(same_object(one, other, &["a"]));
        assert!(!same_object(one, other, &[]));
    }
}
