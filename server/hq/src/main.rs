//! The program `kahriz`.

use std::alloc::System;
use std::process::ExitCode;

use zeroizing_alloc::ZeroAlloc;

/// What is given back to the system is overwritten first: records and keys don't outlive their use in freed memory.
#[global_allocator]
static ALLOCATOR: ZeroAlloc<System> = ZeroAlloc(System);

fn main() -> ExitCode {
    kahriz_hq::run()
}
