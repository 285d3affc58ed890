//! Reads the declarations of kinds and refuses one that contradicts itself.
//!
//! The declarations are part of the program, so a mistake in one is found when they load, which a test does; nothing
//! that uses a kind checks again that a section, list or field that it names exists.

mod sound;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;

use super::Forms;
use super::kind::{Condition, Field, Group, Kind, Pattern, Relevance, Roles, Section, Sensitivity};
use super::labels::{CodeList, Labels};
use super::policy::Policy;
use crate::value::{Decimal, FieldType};
pub(crate) use sound::sibling;
use sound::{check_kind, is_code};

const TEXT_LENGTH: usize = 4_096;
const NARRATIVE_LENGTH: usize = 65_536;
const ITEMS: usize = 100;

/// Why declarations do not load. Names are those of declarations, never of content.
#[derive(Debug, thiserror::Error)]
pub enum DeclarationError {
    /// A file is not of the declared form.
    #[error("declaration {file} does not read")]
    Syntax {
        /// `common`, `codes`, or the position of the kind's file.
        file: String,
        /// Where and why.
        #[source]
        source: toml::de::Error,
    },
    /// A kind has no name, number, version or labels.
    #[error("a kind needs kind, code, version and labels")]
    Headless,
    /// Two declarations have one name or number.
    #[error("{name} is declared twice")]
    Twice {
        /// What both are called.
        name: String,
    },
    /// A declaration contradicts itself or the others.
    #[error("{name}: {fault}")]
    Faulty {
        /// The kind, field, group or list.
        name: String,
        /// What is wrong with it.
        fault: Fault,
    },
}

/// What is wrong with one declaration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// A name has other characters than a-z, 0-9, underscore and (for fields) dots.
    #[error("a name is of a-z, 0-9 and _, in a field also single dots")]
    Name,
    /// A label is empty.
    #[error("a label is empty in some language")]
    Labels,
    /// No section of that name.
    #[error("its section is not declared")]
    Section,
    /// A choice without a list, a list that is not declared, or a list on something that is no choice.
    #[error("its list of codes is not declared, or it is no choice")]
    Codes,
    /// A limit of another type of field, or a smallest above the largest.
    #[error("a limit does not fit its type")]
    Limit,
    /// A policy that does not fit the type, or an order with codes that the list does not have.
    #[error("its conflict policy does not fit its type or its codes")]
    Policy,
    /// `relevant_if` or `not_before` names a field or code that does not exist.
    #[error("it refers to a field or code that is not declared")]
    Reference,
    /// A role names a field that does not exist.
    #[error("a role refers to a field that is not declared")]
    Role,
    /// `link` names a kind that does not exist.
    #[error("it links to a kind that is not declared")]
    Link,
    /// The key of one field could be read as that of another.
    #[error("its keys could be taken for those of another field or group")]
    Ambiguous,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KindFile {
    kind: Option<String>,
    code: Option<u16>,
    version: Option<u32>,
    labels: Option<Labels>,
    #[serde(default, rename = "section")]
    sections: Vec<Section>,
    #[serde(default)]
    roles: Roles,
    #[serde(default, rename = "field")]
    fields: Vec<FieldFile>,
    #[serde(default, rename = "group")]
    groups: Vec<GroupFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CodesFile {
    #[serde(default, rename = "list")]
    lists: Vec<CodeList>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct GroupFile {
    name: String,
    section: String,
    labels: Labels,
    #[serde(default)]
    required: bool,
    max_items: Option<usize>,
    relevant_if: Option<RelevanceFile>,
    #[serde(default, rename = "field")]
    fields: Vec<FieldFile>,
    pfif: Option<String>,
    gichd: Option<String>,
    hxl: Option<String>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct FieldFile {
    name: String,
    section: Option<String>,
    #[serde(rename = "type")]
    field_type: FieldType,
    #[serde(default)]
    required: bool,
    sensitivity: Sensitivity,
    labels: Labels,
    #[serde(default)]
    policy: Policy,
    codes: Option<String>,
    #[serde(default)]
    open: bool,
    min: Option<NumberFile>,
    max: Option<NumberFile>,
    max_length: Option<usize>,
    pattern: Option<Pattern>,
    #[serde(default)]
    not_after_today: bool,
    not_before: Option<String>,
    relevant_if: Option<RelevanceFile>,
    link: Option<String>,
    pfif: Option<String>,
    gichd: Option<String>,
    hxl: Option<String>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(untagged)]
enum NumberFile {
    Whole(i64),
    Real(f64),
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct RelevanceFile {
    field: String,
    empty: Option<bool>,
    #[serde(rename = "in")]
    one_of: Option<Vec<CodeFile>>,
}

#[derive(Clone, Deserialize)]
#[serde(untagged)]
enum CodeFile {
    Code(String),
    Flag(bool),
}

/// Reads the declarations: the fields of every kind, the lists of codes, and the kinds.
pub(crate) fn parse(common: &str, codes: &str, kinds: &[&str]) -> Result<Forms, DeclarationError> {
    let lists = read_lists(codes)?;
    let common: KindFile = read(common, || "common".to_owned())?;
    let mut forms = Forms { kinds: Vec::new(), lists };
    for (position, text) in kinds.iter().enumerate() {
        let file = read(text, || format!("kind {}", position + 1))?;
        let kind = assemble(file, &common, &forms.lists)?;
        if forms.kinds.iter().any(|other| other.name == kind.name || other.code == kind.code) {
            return Err(DeclarationError::Twice { name: kind.name });
        }
        forms.kinds.push(kind);
    }
    for kind in &forms.kinds {
        check_kind(kind, &forms)?;
    }
    Ok(forms)
}

fn read<'t, T: Deserialize<'t>>(
    text: &'t str,
    file: impl Fn() -> String,
) -> Result<T, DeclarationError> {
    toml::from_str(text).map_err(|source| DeclarationError::Syntax { file: file(), source })
}

fn read_lists(text: &str) -> Result<BTreeMap<String, Arc<CodeList>>, DeclarationError> {
    let file: CodesFile = read(text, || "codes".to_owned())?;
    let mut lists = BTreeMap::new();
    for list in file.lists {
        let mut seen = Vec::new();
        for code in &list.codes {
            require(is_code(&code.code), &code.code, Fault::Name)?;
            require(code.labels.is_complete(), &code.code, Fault::Labels)?;
            once(&mut seen, &code.code)?;
        }
        let name = list.name.clone();
        if lists.insert(name.clone(), Arc::new(list)).is_some() {
            return Err(DeclarationError::Twice { name });
        }
    }
    Ok(lists)
}

fn assemble(
    file: KindFile,
    common: &KindFile,
    lists: &BTreeMap<String, Arc<CodeList>>,
) -> Result<Kind, DeclarationError> {
    let (Some(name), Some(code), Some(version), Some(labels)) =
        (file.kind, file.code, file.version, file.labels)
    else {
        return Err(DeclarationError::Headless);
    };
    let mut sections = file.sections;
    sections.extend(common.sections.iter().cloned());
    let place_of = |section: Option<&str>| {
        sections.iter().position(|known| Some(known.name.as_str()) == section)
    };

    let mut fields = Vec::new();
    for field in file.fields.into_iter().chain(common.fields.iter().cloned()) {
        fields.push(assemble_field(field, lists)?);
    }
    fields.sort_by_key(|field: &Field| place_of(field.section.as_deref()));

    let mut groups = Vec::new();
    for group in file.groups.into_iter().chain(common.groups.iter().cloned()) {
        groups.push(assemble_group(group, lists)?);
    }
    groups.sort_by_key(|group: &Group| place_of(Some(&group.section)));

    let mut roles = file.roles;
    roles.search.extend(common.roles.search.iter().cloned());
    let field_index =
        fields.iter().enumerate().map(|(index, field)| (field.name.clone(), index)).collect();
    let group_index =
        groups.iter().enumerate().map(|(index, group)| (group.name.clone(), index)).collect();
    Ok(Kind {
        name,
        code,
        version,
        labels,
        sections,
        roles,
        fields,
        groups,
        field_index,
        group_index,
    })
}

fn assemble_group(
    file: GroupFile,
    lists: &BTreeMap<String, Arc<CodeList>>,
) -> Result<Group, DeclarationError> {
    let fields: Result<_, _> =
        file.fields.into_iter().map(|field| assemble_field(field, lists)).collect();
    Ok(Group {
        relevant_if: relevance(&file.name, file.relevant_if)?,
        name: file.name,
        section: file.section,
        labels: file.labels,
        required: file.required,
        max_items: file.max_items.unwrap_or(ITEMS),
        fields: fields?,
        pfif: file.pfif,
        gichd: file.gichd,
        hxl: file.hxl,
    })
}

fn assemble_field(
    file: FieldFile,
    lists: &BTreeMap<String, Arc<CodeList>>,
) -> Result<Field, DeclarationError> {
    let codes = match &file.codes {
        None => None,
        Some(list) => {
            Some(Arc::clone(lists.get(list).ok_or_else(|| faulty(&file.name, Fault::Codes))?))
        }
    };
    let is_narrative = file.field_type == FieldType::Narrative;
    let is_text = is_narrative || file.field_type == FieldType::Text;
    require(
        is_text || (file.max_length.is_none() && file.pattern.is_none()),
        &file.name,
        Fault::Limit,
    )?;
    Ok(Field {
        relevant_if: relevance(&file.name, file.relevant_if)?,
        min: limit(&file.name, file.min)?,
        max: limit(&file.name, file.max)?,
        max_length: file.max_length.unwrap_or(if is_narrative {
            NARRATIVE_LENGTH
        } else {
            TEXT_LENGTH
        }),
        name: file.name,
        section: file.section,
        field_type: file.field_type,
        required: file.required,
        sensitivity: file.sensitivity,
        labels: file.labels,
        policy: file.policy,
        codes,
        open: file.open,
        pattern: file.pattern,
        not_after_today: file.not_after_today,
        not_before: file.not_before,
        link: file.link,
        pfif: file.pfif,
        gichd: file.gichd,
        hxl: file.hxl,
    })
}

fn relevance(
    name: &str,
    file: Option<RelevanceFile>,
) -> Result<Option<Relevance>, DeclarationError> {
    let Some(file) = file else { return Ok(None) };
    let when = match (file.empty, file.one_of) {
        (Some(true), None) => Condition::Empty,
        (Some(false), None) => Condition::Filled,
        (None, Some(codes)) => Condition::In(codes.into_iter().map(code_text).collect()),
        (Some(_), Some(_)) | (None, None) => return Err(faulty(name, Fault::Reference)),
    };
    Ok(Some(Relevance { field: file.field, when }))
}

fn code_text(code: CodeFile) -> String {
    match code {
        CodeFile::Code(code) => code,
        CodeFile::Flag(flag) => flag.to_string(),
    }
}

fn limit(name: &str, number: Option<NumberFile>) -> Result<Option<Decimal>, DeclarationError> {
    let read = match number {
        None => return Ok(None),
        Some(NumberFile::Whole(number)) => Decimal::parse(&number.to_string()),
        Some(NumberFile::Real(number)) => Decimal::from_f64(number),
    };
    read.map(Some).map_err(|_| faulty(name, Fault::Limit))
}

pub(crate) fn once<'n>(seen: &mut Vec<&'n str>, name: &'n str) -> Result<(), DeclarationError> {
    if seen.contains(&name) {
        return Err(DeclarationError::Twice { name: name.to_owned() });
    }
    seen.push(name);
    Ok(())
}

pub(crate) fn require(condition: bool, name: &str, fault: Fault) -> Result<(), DeclarationError> {
    if condition { Ok(()) } else { Err(faulty(name, fault)) }
}

fn faulty(name: &str, fault: Fault) -> DeclarationError {
    DeclarationError::Faulty { name: name.to_owned(), fault }
}
