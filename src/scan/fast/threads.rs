//! The threads that sift long logs: started when the first is needed, as a short log needs none.

use std::num::NonZero;
use std::sync::Once;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How many are wanted; 0 for one for each processor.
static WANTED: AtomicUsize = AtomicUsize::new(0);

/// Asks for so many threads. Where they have been started, or the program has a pool already, nothing
/// changes.
pub fn want(threads: usize) {
    WANTED.store(threads, Ordering::Relaxed);
}

/// Returns how many there are.
#[must_use]
pub fn count() -> usize {
    start();
    rayon::current_num_threads()
}

/// Does two things side by side.
pub fn join<A: Send, B: Send>(first: impl FnOnce() -> A + Send, second: impl FnOnce() -> B + Send) -> (A, B) {
    start();
    rayon::join(first, second)
}

fn start() {
    static STARTED: Once = Once::new();
    STARTED.call_once(|| {
        let threads = match WANTED.load(Ordering::Relaxed) {
            0 => std::thread::available_parallelism().map_or(1, NonZero::get),
            wanted => wanted,
        };
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
        // Who reads a log is one of them and sifts while it would wait. One that is alone may end before the
        // pool does.
        drop(if threads > 1 { pool.use_current_thread() } else { pool }.build_global());
    });
}
