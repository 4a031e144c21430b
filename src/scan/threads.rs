//! The threads that sift long logs: started when the first is needed, as a short log needs none.

use std::sync::Once;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How many are wanted; 0 for one for each processor.
static WANTED: AtomicUsize = AtomicUsize::new(0);

/// Asks for so many threads. Where they have been started, or the program has a pool already, nothing changes.
pub fn want(threads: usize) {
    WANTED.store(threads, Ordering::Relaxed);
}

/// How many there are.
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
    STARTED.call_once(|| drop(rayon::ThreadPoolBuilder::new().num_threads(WANTED.load(Ordering::Relaxed)).build_global()));
}
