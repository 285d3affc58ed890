//! `account`: who may use the page.

use serde_json::{Value as Json, json};

use super::Desk;
use crate::accounts::{self, Account};
use crate::cli::AccountOrder;
use crate::failure::Failure;
use crate::moment;
use crate::say::printable;
use crate::shell;

pub(super) fn run(desk: &mut Desk<'_>, order: &AccountOrder) -> Result<(), Failure> {
    let said = match order {
        AccountOrder::List => return list(desk),
        AccountOrder::Add { name, role, hash } => {
            let made = accounts::add_hashed(desk.workspace, name, *role, hash, shell::now_ms())?;
            format!("{} may sign in now, as {}", made.name, made.role.word())
        }
        AccountOrder::Remove { name } => {
            accounts::remove(desk.workspace, name)?;
            format!("{} is removed, and signed out everywhere", printable(name))
        }
        AccountOrder::Password { name, hash } => {
            accounts::set_hashed(desk.workspace, name, hash)?;
            format!("{} has another password, and is signed out everywhere", printable(name))
        }
    };
    if desk.as_json {
        return desk.say_json(&json!({ "done": true }));
    }
    desk.say(&said)
}

fn list(desk: &mut Desk<'_>) -> Result<(), Failure> {
    let accounts = accounts::list(desk.workspace)?;
    if desk.as_json {
        let account = |account: &Account| json!({ "name": account.name, "role": account.role, "made_ms": account.made_ms });
        return desk.say_json(&accounts.iter().map(account).collect::<Vec<Json>>());
    }
    if accounts.is_empty() {
        return desk
            .say("nobody has an account: `kahriz serve` prints a link that makes the first");
    }
    for Account { name, role, made_ms, .. } in accounts {
        desk.say(&format!("{:<14} {name}  since {}", role.word(), moment::written(made_ms)))?;
    }
    Ok(())
}
