//! The engine in a process of its own: what others wrote is read where it can do no harm.
//!
//! Headquarters merges what everybody sends, and Automerge is not safe on hostile bytes. So it is asked in a child
//! process ([`ChildEngine`]) that has neither store nor key, little memory, little time and nothing open but two pipes.
//! If it dies over a question, or thinks too long and is killed, only the frame that was asked about suffers: it is
//! put in quarantine, and another child is started for the next one.
//!
//! On the pipes stand questions and answers in turn, each as four bytes of length and what `kahriz_core::record`
//! makes of it.

mod child;
mod pipe;

pub use child::answer_all;

use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use kahriz_core::record::{Engine, EngineError, Grown, RecordError, Trial, question, read_answer};
use kahriz_core::workspace::{Membership, Workspace};
use kahriz_proto::limits::{ENGINE_MESSAGE_BYTES_MAX, ENGINE_WAIT_MS_MAX};
use kahriz_proto::roster::Role;

/// How often a question is asked before it is guilty: a child may also be killed by somebody else, or wait for a
/// machine that is busy.
const TRIES: u32 = 2;

/// Gives headquarters an engine in a process of its own. A plain device does with the one that it has.
#[must_use]
pub fn beside(workspace: Workspace) -> Workspace {
    match workspace.membership() {
        Membership::Member { role: Role::Headquarters, .. } => {
            workspace.with_engine(Box::new(ChildEngine::of_this_program()))
        }
        Membership::Member { .. } | Membership::Waiting | Membership::Revoked => workspace,
    }
}

/// An engine in a child process, started when first asked and again after each death.
#[derive(Debug)]
pub struct ChildEngine {
    program: PathBuf,
    running: Mutex<Option<Running>>,
    toll: Arc<Toll>,
}

/// What the children of an engine came to.
#[derive(Debug, Default)]
pub struct Toll {
    /// Children that were started.
    pub starts: AtomicU64,
    /// Children that died by themselves, or at one of their limits.
    pub deaths: AtomicU64,
    /// Children that were killed because they thought too long.
    pub time_outs: AtomicU64,
    /// The longest that one question took, in ms.
    pub slowest_ms: AtomicU64,
    /// The process that runs now, or ran last.
    pub process: AtomicU64,
}

#[derive(Debug)]
struct Running {
    process: Child,
    questions: ChildStdin,
    answers: ChildStdout,
}

impl ChildEngine {
    /// One that runs this same program.
    #[must_use]
    pub fn of_this_program() -> Self {
        // On Linux this leads to the program that runs even after its file was replaced by a newer one.
        let running = PathBuf::from("/proc/self/exe");
        let program = if running.exists() { Ok(running) } else { std::env::current_exe() };
        Self::of(program.unwrap_or_default())
    }

    /// One that runs the program `kahriz` at a path.
    #[must_use]
    pub fn of(program: PathBuf) -> Self {
        Self { program, running: Mutex::new(None), toll: Arc::default() }
    }

    /// What its children come to, kept up to date.
    #[must_use]
    pub fn toll(&self) -> Arc<Toll> {
        self.toll.clone()
    }

    /// Asks some trials in one question. A child that gave no answer is gone afterwards.
    fn ask(&self, trials: &[Trial]) -> Result<Vec<Result<Grown, RecordError>>, EngineError> {
        let question = question(trials);
        if question.len() > ENGINE_MESSAGE_BYTES_MAX {
            return Ok(vec![Err(RecordError::OverLimit); trials.len()]);
        }
        let mut slot = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let mut running = match slot.take() {
            Some(running) => running,
            None => self.start()?,
        };
        let asked = Instant::now();
        let (answer, in_time) = running.ask(&question);
        let took_ms = u64::try_from(asked.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.toll.slowest_ms.fetch_max(took_ms, Ordering::Relaxed);
        let grown = answer.and_then(|answer| read_answer(&answer, trials.len()));
        match grown {
            Some(grown) if in_time => {
                *slot = Some(running);
                Ok(grown)
            }
            Some(_) | None => {
                let count = if in_time { &self.toll.deaths } else { &self.toll.time_outs };
                count.fetch_add(1, Ordering::Relaxed);
                tracing::warn!(in_time, "the engine died over a question and is started again");
                Err(EngineError::Died)
            }
        }
    }

    fn start(&self) -> Result<Running, EngineError> {
        let mut command = Command::new(&self.program);
        command.arg("engine").env_clear().current_dir("/");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        // A Ctrl-C at the terminal is for this process, which ends in order and the child with it.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut process = command.spawn().map_err(|error| {
            tracing::error!(%error, "the engine cannot be started");
            EngineError::Unavailable
        })?;
        let pipes = process.stdin.take().zip(process.stdout.take());
        let (questions, answers) = pipes.ok_or(EngineError::Unavailable)?;
        self.toll.starts.fetch_add(1, Ordering::Relaxed);
        self.toll.process.store(u64::from(process.id()), Ordering::Relaxed);
        Ok(Running { process, questions, answers })
    }
}

impl Engine for ChildEngine {
    fn is_apart(&self) -> bool {
        true
    }

    fn grow(&self, trials: &[Trial]) -> Result<Vec<Result<Grown, RecordError>>, EngineError> {
        match self.ask(trials) {
            Err(EngineError::Died) => {}
            answered => return answered,
        }
        // One of them is guilty, or none. Each alone has as long as all of them together.
        let alone = |trial: &Trial| {
            let one = std::slice::from_ref(trial);
            let tries = if trials.len() > 1 { TRIES } else { TRIES - 1 };
            let mut answer = self.ask(one);
            for _ in 1..tries {
                if answer == Err(EngineError::Died) {
                    answer = self.ask(one);
                }
            }
            Ok(answer?.pop().expect("one trial was asked and one answer read"))
        };
        trials.iter().map(alone).collect()
    }
}

impl Running {
    /// Asks one question; says too whether the child was left alone over it.
    fn ask(&mut self, question: &[u8]) -> (Option<Vec<u8>>, bool) {
        let Self { process, questions, answers } = self;
        let (done, is_done) = mpsc::channel::<()>();
        thread::scope(|scope| {
            let watch = scope.spawn(move || {
                let wait = Duration::from_millis(ENGINE_WAIT_MS_MAX);
                let in_time = is_done.recv_timeout(wait) != Err(RecvTimeoutError::Timeout);
                if !in_time {
                    // It also frees whoever waits for its pipes.
                    process.kill().unwrap_or_default();
                }
                in_time
            });
            let answer = pipe::write(questions, question).and_then(|()| pipe::read(answers));
            drop(done);
            (answer.ok().flatten(), watch.join().unwrap_or(false))
        })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Nothing of it is worth keeping, and an unreaped child would stay in the process table.
        self.process.kill().unwrap_or_default();
        _ = self.process.wait();
    }
}
