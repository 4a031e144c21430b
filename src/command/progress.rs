//! A spinner on stderr for work that takes longer than a moment. Must not write anything when it is not wanted.

use std::time::Duration;

use indicatif::ProgressBar;

use crate::render::visible;

/// Work that is done sooner shows nothing.
const MOMENT: Duration = Duration::from_secs(1);
/// Time between two pictures of the spinner.
const TICK: Duration = Duration::from_millis(120);

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
