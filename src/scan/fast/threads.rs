//! The threads that sift long logs: started on first use, as a short log needs none.

use std::num::NonZero;
use std::sync::Once;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The number of threads that was requested; 0 for one per processor.
static WANTED: AtomicUsize = AtomicUsize::new(0);

/// Requests a number of threads. Has no effect once they are started, or if the program already has a pool.
pub fn want(threads: usize) {
    WANTED.store(threads, Ordering::Relaxed);
}

/// Returns the number of threads.
#[must_use]
pub fn count() -> usize {
    start();
    rayon::current_num_threads()
}

/// Runs two closures in parallel.
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
        // The thread that reads a log is part of the pool and sifts while it would otherwise wait. A single
        // thread may end before the pool does.
        drop(if threads > 1 { pool.use_current_thread() } else { pool }.build_global());
    });
}
