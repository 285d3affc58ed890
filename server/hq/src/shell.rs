//! What stands around the core in this program: the machine's clock, the system's entropy, and a bar on the screen.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use kahriz_core::drive::{Phase, Progress, Shell};
use kahriz_core::workspace::Claimed;
use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::bell::Bell;

/// What this machine's clock claims.
pub(crate) fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// The same, as the core takes it.
pub(crate) fn claimed() -> Claimed {
    Claimed { ms: now_ms() }
}

/// A shell for one thread. It waits until the bell says stop, and shows a bar if a person looks.
pub(crate) struct Terminal {
    rng: StdRng,
    stop: Bell,
    bar: Option<ProgressBar>,
    is_quiet: bool,
    label: String,
}

impl Terminal {
    /// A shell that shows what it does on the standard error, if that is a terminal.
    pub(crate) fn new(stop: Bell) -> Self {
        Self { rng: system_rng(), stop, bar: None, is_quiet: false, label: String::new() }
    }

    /// A shell for the background.
    pub(crate) fn quiet(stop: Bell) -> Self {
        let mut terminal = Self::new(stop);
        terminal.is_quiet = true;
        terminal
    }

    /// Says before each bar whose it is.
    pub(crate) fn labelled(mut self, label: &str) -> Self {
        self.label = format!("{label}: ");
        self
    }

    /// A bar over something that this program itself counts.
    pub(crate) fn bar(&self, what: &str, total: u64, in_bytes: bool) -> ProgressBar {
        if self.is_quiet {
            return ProgressBar::hidden();
        }
        let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr());
        bar.set_style(style(in_bytes, total > 0));
        bar.set_message(format!("{}{what}", self.label));
        bar
    }

    /// Takes the bar off the screen.
    pub(crate) fn done(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}

/// A generator fit for keys, seeded by the system.
pub(crate) fn system_rng() -> StdRng {
    let mut seed = zeroize::Zeroizing::new([0; 32]);
    getrandom::fill(seed.as_mut_slice()).expect("a system without entropy can make no keys");
    StdRng::from_seed(*seed)
}

fn style(in_bytes: bool, has_total: bool) -> ProgressStyle {
    let template = match (has_total, in_bytes) {
        (true, true) => "{msg} {bar:30} {bytes}/{total_bytes}",
        (true, false) => "{msg} {bar:30} {pos}/{len}",
        (false, true) => "{msg} {spinner} {bytes}",
        (false, false) => "{msg} {spinner} {pos}",
    };
    ProgressStyle::with_template(template).expect("the template is a constant")
}

impl Shell for Terminal {
    fn now_ms(&mut self) -> u64 {
        now_ms().max(0).cast_unsigned()
    }

    fn wait_until(&mut self, ms: u64) -> bool {
        let now = self.now_ms();
        self.stop.sleep(Duration::from_millis(ms.saturating_sub(now)))
    }

    fn rng(&mut self) -> &mut dyn rand::CryptoRng {
        &mut self.rng
    }

    fn progress(&mut self, progress: &Progress) {
        let (what, in_bytes) = match progress.phase {
            Phase::Sealing => ("sealing", false),
            Phase::Pushing => ("sending", true),
            Phase::Pulling => ("receiving", true),
            Phase::Merging => ("merging", false),
        };
        let message = format!("{}{what}", self.label);
        if self.bar.as_ref().is_none_or(|bar| bar.message() != message) {
            self.done();
            self.bar = Some(self.bar(what, progress.total, in_bytes));
        }
        if let Some(bar) = &self.bar {
            bar.set_length(progress.total);
            bar.set_position(progress.done);
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.done();
    }
}
