//! The programs as processes: run to their end, killed in the middle, or serving until they are killed.

use rand::{Rng, RngExt};
use serde_json::Value as Json;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A command that takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often a process is looked at.
const LOOK: Duration = Duration::from_micros(500);

/// Where the programs are.
#[derive(Clone, Debug)]
pub struct Programs {
    pub(super) kahriz: PathBuf,
    pub(super) relay: PathBuf,
}

impl Programs {
    /// Those that were built beside this one.
    ///
    /// # Errors
    /// Which of them is missing.
    pub fn beside(itself: &Path) -> Result<Self, String> {
        let of = |name: &str| {
            let path = itself.with_file_name(format!("{name}{}", std::env::consts::EXE_SUFFIX));
            let missing = || format!("{} is missing: cargo build --release --bins", path.display());
            if path.is_file() { Ok(path.clone()) } else { Err(missing()) }
        };
        Ok(Self { kahriz: of("kahriz")?, relay: of("kahriz-relay")? })
    }
}

/// How a command ended.
#[derive(Debug)]
pub(super) struct Ended {
    /// None if it was killed.
    pub(super) code: Option<i32>,
    pub(super) out: String,
    pub(super) error: String,
    pub(super) took: Duration,
}

impl Ended {
    pub(super) fn is_done(&self) -> bool {
        self.code == Some(0)
    }

    /// What it said, which must be JSON and a good end.
    pub(super) fn json(&self) -> Result<Json, String> {
        if !self.is_done() {
            return Err(format!("ended with {:?}: {}", self.code, self.error.trim()));
        }
        serde_json::from_str(&self.out).map_err(|error| format!("{error}: {}", self.out))
    }
}

/// A command under way. Its output goes to files, so that it never waits for a reader.
pub(super) struct Running {
    child: Child,
    begun: Instant,
    out: PathBuf,
    error: PathBuf,
}

impl Running {
    pub(super) fn start(command: &mut Command, logs: &Path) -> Result<Self, String> {
        let said = |error: std::io::Error| error.to_string();
        let name = format!("{:?}", Instant::now()).replace(|c: char| !c.is_ascii_digit(), "");
        let (out, error) = (logs.join(format!("{name}.out")), logs.join(format!("{name}.error")));
        let child = command
            .stdin(Stdio::null())
            .stdout(File::create(&out).map_err(said)?)
            .stderr(File::create(&error).map_err(said)?)
            .spawn()
            .map_err(said)?;
        Ok(Self { child, begun: Instant::now(), out, error })
    }

    /// Waits for its end; one that hangs is killed, which is an error.
    pub(super) fn end(mut self) -> Result<Ended, String> {
        if !self.lives_until(self.begun + PATIENCE) {
            return Ok(self.ended());
        }
        self.kill();
        Err(format!("hangs: {}", self.ended().error))
    }

    /// Kills it at that moment, if it has not ended by then.
    pub(super) fn end_or_kill(mut self, after: Duration) -> Ended {
        if self.lives_until(self.begun + after) {
            self.kill();
        }
        self.ended()
    }

    /// Waits until then or until it ends; whether it lives.
    pub(super) fn lives_until(&mut self, then: Instant) -> bool {
        while Instant::now() < then {
            if !self.lives() {
                return false;
            }
            std::thread::sleep(LOOK);
        }
        self.lives()
    }

    pub(super) fn lives(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// With no chance to put anything in order.
    pub(super) fn kill(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }

    /// The first line that it says with these words, and what comes after them.
    pub(super) fn says(&mut self, words: &str) -> Result<String, String> {
        let until = Instant::now() + PATIENCE;
        while Instant::now() < until {
            let said = std::fs::read_to_string(&self.out).unwrap_or_default();
            let whole = said.rsplit_once('\n').map_or("", |(whole, _)| whole);
            if let Some((_, rest)) = whole.lines().find_map(|line| line.split_once(words)) {
                return Ok(rest.trim().to_owned());
            }
            if !self.lives() {
                break;
            }
            std::thread::sleep(LOOK);
        }
        let error = std::fs::read_to_string(&self.error).unwrap_or_default();
        Err(format!("does not serve: {}", error.trim()))
    }

    fn ended(&mut self) -> Ended {
        let took = self.begun.elapsed();
        let code = self.child.wait().ok().and_then(|status| status.code());
        let read = |path: &Path| std::fs::read_to_string(path).unwrap_or_default();
        Ended { code, out: read(&self.out), error: read(&self.error), took }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill();
        _ = std::fs::remove_file(&self.out);
        _ = std::fs::remove_file(&self.error);
    }
}

/// A moment in the middle of what usually takes so long, or soon after.
pub(super) fn moment(usually: Duration, rng: &mut impl Rng) -> Duration {
    usually.mul_f64(rng.random_range(0.0..1.2))
}
