//! The child's side: bounds itself before it reads anything, then answers until the pipe is closed.

use std::io;
use std::panic;
use std::process::ExitCode;

use kahriz_core::record::answer;

use super::pipe;

/// Answers the questions on the standard input until there are no more. This is all that the process does: it bounds
/// itself first, and nothing undoes that.
#[must_use]
pub fn answer_all() -> ExitCode {
    // A panic is an answer like another, and what it says may hold what stands in a record.
    panic::set_hook(Box::new(|_| {}));
    if bounds::at_start().is_err() {
        return ExitCode::FAILURE;
    }
    let (mut questions, mut answers) = (io::stdin().lock(), io::stdout().lock());
    while let Ok(Some(question)) = pipe::read(&mut questions) {
        let answered = bounds::for_one_question().ok().and_then(|()| answer(&question));
        let Some(answer) = answered else { return ExitCode::FAILURE };
        if pipe::write(&mut answers, &answer).is_err() {
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

/// What the process may use. The parent watches the clock; these hold even if the parent is gone.
#[cfg(unix)]
mod bounds {
    use std::io;

    use kahriz_proto::limits::ENGINE_WAIT_MS_MAX;
    use rustix::process::{Resource, Rlimit, setrlimit};
    use rustix::time::{ClockId, clock_gettime};

    /// Processor time beyond what the parent lets pass, so that it is the parent who notices first.
    const GRACE_S: u64 = 2;

    pub(super) fn at_start() -> io::Result<()> {
        let none = Rlimit { current: Some(0), maximum: Some(0) };
        // A core dump would hold records; files to be opened or written there are none.
        setrlimit(Resource::Core, none)?;
        setrlimit(Resource::Fsize, none)?;
        memory()?;
        setrlimit(Resource::Nofile, Rlimit { current: Some(3), maximum: Some(3) })?;
        Ok(())
    }

    pub(super) fn for_one_question() -> io::Result<()> {
        let used = clock_gettime(ClockId::ProcessCPUTime).tv_sec.unsigned_abs();
        let until = used + ENGINE_WAIT_MS_MAX / 1_000 + GRACE_S;
        Ok(setrlimit(Resource::Cpu, Rlimit { current: Some(until), maximum: None })?)
    }

    /// So much beyond what the program takes up by merely being there.
    #[cfg(target_os = "linux")]
    fn memory() -> io::Result<()> {
        use kahriz_proto::limits::ENGINE_MEMORY_BYTES_MAX;
        let pages = std::fs::read_to_string("/proc/self/statm")?;
        let pages = pages.split_whitespace().next().and_then(|pages| pages.parse::<u64>().ok());
        let page = rustix::param::page_size() as u64;
        let most = pages.ok_or(io::ErrorKind::InvalidData)? * page + ENGINE_MEMORY_BYTES_MAX;
        Ok(setrlimit(Resource::As, Rlimit { current: Some(most), maximum: Some(most) })?)
    }

    /// Elsewhere the start size cannot be asked for, and the system counts what is only reserved.
    #[cfg(not(target_os = "linux"))]
    fn memory() -> io::Result<()> {
        Ok(())
    }
}

/// Elsewhere the parent's watch and the limits on what is asked have to do.
#[cfg(not(unix))]
mod bounds {
    pub(super) fn at_start() -> std::io::Result<()> {
        Ok(())
    }

    pub(super) fn for_one_question() -> std::io::Result<()> {
        Ok(())
    }
}
