//! Whether a kind agrees with itself and with the other declarations.

use super::{DeclarationError, Fault, once, require};
use crate::forms::Forms;
use crate::forms::kind::{Condition, Field, Group, Kind, Relevance, splits};
use crate::forms::policy::Policy;
use crate::value::FieldType;

pub(crate) fn check_kind(kind: &Kind, forms: &Forms) -> Result<(), DeclarationError> {
    require(is_plain_name(&kind.name) && kind.code > 0, &kind.name, Fault::Name)?;
    require(kind.labels.is_complete(), &kind.name, Fault::Labels)?;
    let mut sections = Vec::new();
    for section in &kind.sections {
        require(section.labels.is_complete(), &section.name, Fault::Labels)?;
        once(&mut sections, &section.name)?;
    }
    let mut names = Vec::new();
    for field in &kind.fields {
        once(&mut names, &field.name)?;
        let has_section = field.section.as_deref().is_some_and(|name| sections.contains(&name));
        require(has_section, &field.name, Fault::Section)?;
        check_field(field, None, kind, forms)?;
    }
    for group in &kind.groups {
        once(&mut names, &group.name)?;
        require(sections.contains(&group.section.as_str()), &group.name, Fault::Section)?;
        check_group(group, kind, forms)?;
    }
    check_roles(kind)
}

fn check_group(group: &Group, kind: &Kind, forms: &Forms) -> Result<(), DeclarationError> {
    require(is_plain_name(&group.name), &group.name, Fault::Name)?;
    require(group.labels.is_complete(), &group.name, Fault::Labels)?;
    require(group.max_items > 0 && !group.fields.is_empty(), &group.name, Fault::Limit)?;
    require(
        group.relevant_if.as_ref().is_none_or(|rule| refers(rule, None, kind)),
        &group.name,
        Fault::Reference,
    )?;
    let mut names = Vec::new();
    for field in &group.fields {
        once(&mut names, &field.name)?;
        require(field.section.is_none(), &field.name, Fault::Section)?;
        check_field(field, Some(group), kind, forms)?;
    }
    Ok(())
}

fn check_field(
    field: &Field,
    group: Option<&Group>,
    kind: &Kind,
    forms: &Forms,
) -> Result<(), DeclarationError> {
    let holds = |condition: bool, fault: Fault| require(condition, &field.name, fault);
    let is_choice = matches!(field.field_type, FieldType::Choice | FieldType::Choices);
    let is_number = matches!(field.field_type, FieldType::Integer | FieldType::Decimal);
    let is_time = matches!(field.field_type, FieldType::Date | FieldType::DateTime);
    holds(is_field_name(&field.name), Fault::Name)?;
    holds(field.labels.is_complete(), Fault::Labels)?;
    holds(
        if is_choice {
            field.codes.is_some() || field.open
        } else {
            field.codes.is_none() && !field.open
        },
        Fault::Codes,
    )?;
    holds(is_number || (field.min.is_none() && field.max.is_none()), Fault::Limit)?;
    holds(field.min.is_none() || field.max.is_none() || field.min <= field.max, Fault::Limit)?;
    holds(is_time || !field.not_after_today, Fault::Limit)?;
    holds(policy_fits(field), Fault::Policy)?;
    holds(
        field.relevant_if.as_ref().is_none_or(|rule| refers(rule, group, kind)),
        Fault::Reference,
    )?;
    holds(
        field
            .not_before
            .as_deref()
            .is_none_or(|other| is_comparable(field, sibling(other, group, kind))),
        Fault::Reference,
    )?;
    let links = |name: &str| name == "any" || forms.kind(name).is_some();
    holds(field.link.as_deref().is_none_or(links), Fault::Link)?;
    let heads_another = splits(&field.name).any(|(head, _)| match group {
        Some(group) => {
            group.field(head).is_some_and(|other| other.field_type == FieldType::Choices)
        }
        None => {
            kind.group(head).is_some()
                || kind.field(head).is_some_and(|other| other.field_type == FieldType::Choices)
        }
    });
    holds(!heads_another, Fault::Ambiguous)
}

fn check_roles(kind: &Kind) -> Result<(), DeclarationError> {
    let roles = &kind.roles;
    let typed = |name: &Option<String>, types: &[FieldType]| {
        name.as_deref().is_none_or(|name| {
            kind.field(name).is_some_and(|field| types.contains(&field.field_type))
        })
    };
    let sound = roles.title.iter().all(|name| kind.field(name).is_some())
        && roles.search.iter().all(|name| kind.role_field(name).is_some())
        && typed(&roles.status, &[FieldType::Choice])
        && typed(&roles.area, &[FieldType::Text, FieldType::Choice])
        && typed(&roles.place, &[FieldType::Text, FieldType::Choice])
        && typed(&roles.date, &[FieldType::Date, FieldType::DateTime])
        && typed(&roles.point, &[FieldType::Point])
        && typed(&roles.shape, &[FieldType::Shape]);
    require(sound, &kind.name, Fault::Role)
}

fn policy_fits(field: &Field) -> bool {
    let is_choice = matches!(field.field_type, FieldType::Choice | FieldType::Choices);
    match &field.policy {
        Policy::Both | Policy::Withhold | Policy::LatestClaimed => true,
        Policy::Union => field.field_type == FieldType::Choices,
        Policy::Cautious(order)
            if field.field_type == FieldType::Boolean || field.field_type == FieldType::Choices =>
        {
            order.iter().all(|flag| flag == "true" || flag == "false")
        }
        Policy::Cautious(order) => {
            is_choice
                && order
                    .iter()
                    .all(|code| field.codes.as_ref().is_some_and(|list| list.get(code).is_some()))
        }
    }
}

/// The field that a declaration refers to: of the same group if the group has it, otherwise of the record.
pub(crate) fn sibling<'k>(
    name: &str,
    group: Option<&'k Group>,
    kind: &'k Kind,
) -> Option<&'k Field> {
    group.and_then(|group| group.field(name)).or_else(|| kind.field(name))
}

fn refers(rule: &Relevance, group: Option<&Group>, kind: &Kind) -> bool {
    let Some(field) = sibling(&rule.field, group, kind) else { return false };
    let known = |code: &String| match field.field_type {
        FieldType::Boolean => code == "true" || code == "false",
        FieldType::Choice | FieldType::Choices => {
            field.open || field.codes.as_ref().is_some_and(|list| list.get(code).is_some())
        }
        FieldType::Text
        | FieldType::Narrative
        | FieldType::Integer
        | FieldType::Decimal
        | FieldType::Date
        | FieldType::DateTime
        | FieldType::Point
        | FieldType::Shape
        | FieldType::Attachment => false,
    };
    match &rule.when {
        Condition::Empty | Condition::Filled => true,
        Condition::In(codes) => !codes.is_empty() && codes.iter().all(known),
    }
}

fn is_comparable(field: &Field, other: Option<&Field>) -> bool {
    let is_time = |of: FieldType| matches!(of, FieldType::Date | FieldType::DateTime);
    let is_number = |of: FieldType| matches!(of, FieldType::Integer | FieldType::Decimal);
    other.is_some_and(|other| {
        other.name != field.name
            && ((is_time(field.field_type) && is_time(other.field_type))
                || (is_number(field.field_type) && is_number(other.field_type)))
    })
}

pub(crate) fn is_plain_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'))
}

/// Codes may be those of a standard (`Latn`, `az-AZ`), but have no dot: a code is a part of a key.
pub(crate) fn is_code(code: &str) -> bool {
    !code.is_empty()
        && code.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
}

fn is_field_name(name: &str) -> bool {
    name.split('.').all(is_plain_name) && !name.starts_with(|first: char| first.is_ascii_digit())
}
