//! Shows progress on stderr for longer work: a spinner, a count or a bar. Must not write anything if it is
//! not wanted.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use tokio::task::JoinHandle;

use super::{ascii, output, visible};

/// Shorter work shows nothing.
const MOMENT: Duration = Duration::from_secs(1);
/// Time between two frames of the spinner.
const TICK: Duration = Duration::from_millis(120);
/// Maximum width of the output line that is shown beside a step.
const BESIDE: usize = 60;

/// A spinner that appears after a moment and disappears when dropped.
pub struct Spinner {
    bar: Arc<OnceLock<ProgressBar>>,
    waiting: JoinHandle<()>,
}

impl Spinner {
    /// Starts the spinner; needs an async runtime.
    #[must_use]
    pub fn new(message: &str) -> Self {
        let bar = Arc::new(OnceLock::new());
        let (shown, message) = (Arc::clone(&bar), plain(message));
        let waiting = tokio::spawn(async move {
            tokio::time::sleep(MOMENT).await;
            let spinner = drawn(ProgressBar::new_spinner(), "{spinner} {msg}").with_message(message);
            spinner.enable_steady_tick(TICK);
            // Nothing else sets it.
            drop(shown.set(spinner));
        });
        Self { bar, waiting }
    }
}

impl Drop for Spinner {
    fn drop(&mut self) {
        self.waiting.abort();
        if let Some(bar) = self.bar.get() {
            bar.finish_and_clear();
        }
    }
}

/// Waits for work, with a spinner after a moment.
pub async fn shown<T>(message: &str, wanted: bool, work: impl Future<Output = T>) -> T {
    let _spinner = wanted.then(|| Spinner::new(message));
    work.await
}

/// Waits for work on a number of items, and after a moment shows how many are done.
pub async fn counted<T>(
    message: &str,
    total: u64,
    done: &AtomicU64,
    wanted: bool,
    work: impl Future<Output = T>,
) -> T {
    if !wanted || total < 2 {
        return shown(message, wanted, work).await;
    }
    let mut work = std::pin::pin!(work);
    if let Ok(result) = tokio::time::timeout(MOMENT, work.as_mut()).await {
        return result;
    }
    let bar =
        drawn(ProgressBar::new(total), "{spinner} {msg}: {pos} of {len} done").with_message(plain(message));
    loop {
        bar.set_position(done.load(Ordering::Relaxed));
        bar.tick();
        if let Ok(result) = tokio::time::timeout(TICK, work.as_mut()).await {
            bar.finish_and_clear();
            return result;
        }
    }
}

/// Runs work that reads a number of bytes, known or unknown, with a bar after a moment.
pub fn reading<T>(total: Option<u64>, read: &AtomicU64, wanted: bool, work: impl FnOnce() -> T) -> T {
    if !wanted {
        return work();
    }
    thread::scope(|scope| {
        let (ended, end) = mpsc::channel::<()>();
        scope.spawn(move || {
            let waits = |time| matches!(end.recv_timeout(time), Err(RecvTimeoutError::Timeout));
            if !waits(MOMENT) {
                return;
            }
            let bar = match total {
                Some(total) => {
                    drawn(ProgressBar::new(total), "{spinner} reading {bar:30} {bytes} of {total_bytes}")
                }
                None => drawn(ProgressBar::new_spinner(), "{spinner} reading: {bytes} so far"),
            };
            while waits(TICK) {
                bar.set_position(read.load(Ordering::Relaxed));
                bar.tick();
            }
            bar.finish_and_clear();
        });
        let done = work();
        drop(ended);
        done
    })
}

/// Returns a bar in this style, with the symbols that the terminal supports.
fn drawn(bar: ProgressBar, form: &str) -> ProgressBar {
    let Ok(mut style) = ProgressStyle::with_template(form) else { return bar };
    if output::is_ascii() {
        style = style.tick_chars("-\\|/-").progress_chars("#>.");
    }
    bar.with_style(style)
}

fn plain(message: &str) -> String {
    let message = visible(message);
    if output::is_ascii() { ascii(&message) } else { message }
}

/// A spinner that shows the current step, and beside it the last line of the step's output.
pub struct BuildProgress {
    spinner: Option<ProgressBar>,
}

impl BuildProgress {
    /// Starts the spinner if it is wanted.
    #[must_use]
    pub fn new(wanted: bool) -> Self {
        let spinner = wanted.then(|| drawn(ProgressBar::new_spinner(), "{spinner} {msg}"));
        if let Some(spinner) = &spinner {
            spinner.enable_steady_tick(TICK);
        }
        Self { spinner }
    }

    /// Returns whether it is visible.
    #[must_use]
    pub fn is_shown(&self) -> bool {
        self.spinner.is_some()
    }

    /// Starts a step; the previous one stays on the screen.
    pub fn step(&self, step: &str) {
        if let Some(spinner) = &self.spinner {
            let done = spinner.prefix();
            if !done.is_empty() {
                spinner.println(done);
            }
            let line = visible(step.lines().next().unwrap_or_default());
            spinner.set_prefix(line.clone());
            spinner.set_message(line);
        }
    }

    /// Shows output of the step.
    pub fn output(&self, text: &str) {
        let Some(line) = text.lines().rfind(|line| !line.trim().is_empty()) else { return };
        if let Some(spinner) = &self.spinner {
            let beside: String = visible(line).chars().take(BESIDE).collect();
            spinner.set_message(format!("{} | {beside}", spinner.prefix()));
        }
    }
}

impl Drop for BuildProgress {
    fn drop(&mut self) {
        if let Some(spinner) = &self.spinner {
            spinner.finish_and_clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_is_done_with_and_without_a_bar() {
        assert_eq!(reading(Some(1), &AtomicU64::new(0), true, || 7), 7);
    }
}
