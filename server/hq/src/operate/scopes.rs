//! Areas by the names that people type.

use kahriz_core::workspace::{Scope, Workspace};
use kahriz_proto::ids::ScopeId;

use crate::failure::Failure;

/// The area of this name or prefix, in whatever case it was typed; by its id too.
pub(super) fn named(workspace: &Workspace, typed: &str) -> Result<ScopeId, Failure> {
    let scopes = workspace.scopes();
    let wanted = typed.trim().to_lowercase();
    let is_it = |scope: &&Scope| {
        scope.name.to_lowercase() == wanted
            || scope.prefix.to_lowercase() == wanted
            || scope.id.to_string() == wanted
    };
    scopes.iter().find(is_it).map(|scope| scope.id).ok_or_else(|| Failure::NoScope(listed(&scopes)))
}

/// The area that is meant: the one named, or the only one.
pub(super) fn meant(workspace: &Workspace, typed: Option<&str>) -> Result<ScopeId, Failure> {
    if let Some(typed) = typed {
        return named(workspace, typed);
    }
    match workspace.scopes().as_slice() {
        [] => Err(Failure::NoScopeYet),
        [only] => Ok(only.id),
        scopes => Err(Failure::WhichScope(listed(scopes))),
    }
}

/// What an area is called; its id as long as its name has not arrived.
pub(super) fn name_of(scopes: &[Scope], id: ScopeId) -> String {
    let scope = scopes.iter().find(|scope| scope.id == id).filter(|scope| !scope.name.is_empty());
    scope.map_or_else(|| id.to_string(), |scope| crate::say::printable(&scope.name))
}

fn listed(scopes: &[Scope]) -> String {
    let names: Vec<String> = scopes.iter().map(|scope| name_of(scopes, scope.id)).collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}
