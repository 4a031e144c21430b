//! A spinner on stderr for work that takes longer than a moment. Must not write anything when it is not wanted.

use std::time::Duration;

use indicatif::ProgressBar;

use crate::render::visible;

/// Work that is done sooner shows nothing.
const MOMENT: Duration = Duration::from_secs(1);
/// Time between two pictures of the spinner.
const TICK: Duration = Duration::from_millis(120);
/// Most columns of a line of output that is shown beside a step.
const BESIDE: usize = 60;

/// Waits for work, with a spinner once a moment has passed.
pub async fn shown<T>(message: &str, wanted: bool, work: impl Future<Output = T>) -> T {
    if !wanted {
        return work.await;
    }
    let mut work = std::pin::pin!(work);
    if let Ok(done) = tokio::time::timeout(MOMENT, work.as_mut()).await {
        return done;
    }
    let spinner = ProgressBar::new_spinner().with_message(visible(message));
    spinner.enable_steady_tick(TICK);
    let done = work.await;
    spinner.finish_and_clear();
    done
}

/// A spinner whose words change with the work: the step, and beside it what the step printed last.
pub struct Live {
    spinner: Option<ProgressBar>,
}

impl Live {
    /// Starts it, where it is wanted.
    pub fn new(wanted: bool) -> Self {
        let spinner = wanted.then(ProgressBar::new_spinner);
        if let Some(spinner) = &spinner {
            spinner.enable_steady_tick(TICK);
        }
        Self { spinner }
    }

    /// Whether anybody sees it.
    pub fn is_shown(&self) -> bool {
        self.spinner.is_some()
    }

    /// A step begins; the one before stays on the screen.
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

    /// The step printed something.
    pub fn output(&self, text: &str) {
        let Some(line) = text.lines().rfind(|line| !line.trim().is_empty()) else { return };
        if let Some(spinner) = &self.spinner {
            let beside: String = visible(line).chars().take(BESIDE).collect();
            spinner.set_message(format!("{} | {beside}", spinner.prefix()));
        }
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        if let Some(spinner) = &self.spinner {
            spinner.finish_and_clear();
        }
    }
}
