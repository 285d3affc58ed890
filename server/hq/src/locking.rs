//! `kahriz device pin` and `kahriz device wipe`: how a store is locked, and how it is destroyed.

use std::path::Path;

use kahriz_core::store::Store;
use kahriz_core::vault::{Cost, Wipe};

use crate::cli::{PinChoice, PinOrder, WipeOrder};
use crate::failure::Failure;
use crate::keyfile::{Keys, new_pin};
use crate::{say, shell};

/// Sets, changes or removes a PIN.
pub(crate) fn pin(folder: &Path, keys: Keys<'_>, order: &PinOrder) -> Result<(), Failure> {
    let vault = keys.vault(folder);
    let has_pin = keys.has_pin(folder)?;
    if !Store::is_in(folder) {
        return Err(Failure::no_store(folder));
    }
    match (order, has_pin) {
        (PinOrder::Set(_), true) => return Err(Failure::HasPin),
        (PinOrder::Set(_), false) | (_, true) => {}
        (PinOrder::Change(_) | PinOrder::Remove | PinOrder::Erasing { .. }, false) => {
            // Without one to try this says so, or how long to wait.
            keys.unlock(folder)?;
            return Err(Failure::NoPin);
        }
    }
    let present = keys.present_pin(folder)?;
    let typed = present.as_ref().map(|pin| pin.as_str());
    let now_ms = shell::now_ms().max(0).cast_unsigned();
    let mut rng = shell::system_rng();
    let chosen = |choice: &PinChoice| new_pin(choice.new_pin_file.as_deref());
    match order {
        PinOrder::Set(choice) | PinOrder::Change(choice) => {
            let pin = chosen(choice)?;
            vault.set_pin(typed, Some(&pin), Cost::USUAL, now_ms, &mut rng)?;
            say::result("The PIN is set. After ten wrong tries in a row this store is erased.");
        }
        PinOrder::Remove => {
            vault.set_pin(typed, None, Cost::USUAL, now_ms, &mut rng)?;
            say::result("The PIN is removed. Whoever has the folder and its key file can read it.");
        }
        PinOrder::Erasing { choice, none } => {
            let pin = if *none { None } else { Some(chosen(choice)?) };
            let present = typed.unwrap_or_default();
            vault.set_erasing_pin(present, pin.as_ref(), now_ms, &mut rng)?;
            say::result(match pin {
                Some(_) => "Typed in place of the PIN, it now erases this store and opens nothing.",
                None => "No PIN erases this store any more.",
            });
        }
    }
    Ok(())
}

/// Destroys a store's key, and the store. No PIN is asked for: whoever could read the files could remove them.
pub(crate) fn wipe(folder: &Path, keys: Keys<'_>, order: &WipeOrder) -> Result<(), Failure> {
    if !order.yes {
        return Err(Failure::NotSure);
    }
    if !folder.exists() {
        return Err(Failure::no_store(folder));
    }
    let is_in_use = Store::is_in_use(folder);
    keys.vault(folder).wipe(Wipe { keep_letters: !order.letters_too })?;
    say::result("The key is destroyed. Nothing in this store can be read any more.");
    if is_in_use {
        say::aside("A program has the store open and still holds it in its memory: end it.");
    }
    if !order.letters_too {
        say::aside(
            "Letters that are sealed to headquarters are kept (--letters-too removes them).",
        );
    }
    Ok(())
}
