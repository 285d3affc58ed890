//! libFuzzer around one target of `kahriz_tests::targets`, chosen by the variable `KAHRIZ_FUZZ_TARGET`.
//!
//! All targets are one program, so that everything beneath them is built and instrumented once.

#![no_main]

use kahriz_tests::targets::{self, Target};
use std::sync::OnceLock;

static TARGET: OnceLock<&'static Target> = OnceLock::new();

fn choose() {
    let name = std::env::var("KAHRIZ_FUZZ_TARGET").unwrap_or_default();
    let Some(target) = targets::find(&name) else { panic!("there is no target '{name}'") };
    TARGET.get_or_init(|| target);
    // A device guards against panics of the document engine and lives on, so a guarded one is no finding. One that
    // nobody catches still ends the process, in the hands of libFuzzer.
    std::panic::set_hook(Box::new(|_| {}));
}

libfuzzer_sys::fuzz_target!(init: choose(), |bytes: &[u8]| {
    if let Some(target) = TARGET.get() {
        (target.read)(bytes);
    }
});
