//! The program `kahriz`.

use std::process::ExitCode;

fn main() -> ExitCode {
    kahriz_hq::run()
}
