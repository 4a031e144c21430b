//! Ordered hand-over between threads: results that finish in any order go in, and come out in the order of
//! their numbers.
//!
//! Written here because the crates for it (`pariter` and the like) start threads of their own. Here the
//! consumer helps with the work, on rayon's threads or on scoped ones, and decides how many results may wait.
//! Must not know what the work is, nor start threads.

use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Finished results by number, until their turn comes.
#[derive(Debug)]
pub struct ReorderBuffer<T> {
    results: Mutex<Results<T>>,
    /// Signals that the awaited result has arrived.
    arrived: Condvar,
}

#[derive(Debug)]
struct Results<T> {
    /// `None` for work that panicked.
    done: BTreeMap<u64, Option<T>>,
    /// The result that a thread waits for; the arrival of any other wakes nobody.
    awaited: Option<u64>,
}

/// The place of one result. It is filled on drop, even after a panic; otherwise the waiting thread would wait
/// for ever.
struct Place<'b, T> {
    buffer: &'b ReorderBuffer<T>,
    number: u64,
    result: Option<T>,
}

impl<T> Default for ReorderBuffer<T> {
    fn default() -> Self {
        let results = Results { done: BTreeMap::new(), awaited: None };
        Self { results: Mutex::new(results), arrived: Condvar::new() }
    }
}

impl<T> ReorderBuffer<T> {
    /// Does the work of a number on this thread and keeps its result.
    pub fn work(&self, number: u64, work: impl FnOnce() -> T) {
        let mut place = Place { buffer: self, number, result: None };
        place.result = Some(work());
    }

    /// Takes a result. The outer `None` means that it is not there yet, the inner one that its work panicked.
    #[allow(clippy::option_option, reason = "not there yet, and never to come, are two answers")]
    pub fn take(&self, number: u64) -> Option<Option<T>> {
        self.lock().done.remove(&number)
    }

    /// Waits for a result and takes it; `None` if its work panicked. One thread may wait at a time.
    pub fn wait(&self, number: u64) -> Option<T> {
        let mut results = self.lock();
        loop {
            if let Some(result) = results.done.remove(&number) {
                return result;
            }
            results.awaited = Some(number);
            results = self.arrived.wait(results).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Results<T>> {
        self.results.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Drop for Place<'_, T> {
    fn drop(&mut self) {
        let mut results = self.buffer.lock();
        results.done.insert(self.number, self.result.take());
        if results.awaited == Some(self.number) {
            results.awaited = None;
            drop(results);
            self.buffer.arrived.notify_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::thread;
    use std::time::Duration;

    use super::*;

    #[test]
    fn results_come_in_the_order_of_their_numbers() {
        let (buffer, next) = (ReorderBuffer::default(), AtomicU64::new(0));
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    loop {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        if number >= 200 {
                            break;
                        }
                        buffer.work(number, || {
                            thread::sleep(Duration::from_micros(number * 7919 % 97));
                            number * number
                        });
                    }
                });
            }
            let taken: Vec<u64> = (0..200).map(|number| buffer.wait(number).unwrap()).collect();
            assert_eq!(taken, (0..200).map(|number| number * number).collect::<Vec<_>>());
        });
    }

    #[test]
    fn a_result_is_taken_once_and_no_sooner_than_it_is_there() {
        let buffer = ReorderBuffer::default();
        buffer.work(1, || "second");
        assert_eq!(buffer.take(0), None);
        assert_eq!(buffer.take(1), Some(Some("second")));
        assert_eq!(buffer.take(1), None);
    }

    #[test]
    fn nobody_waits_for_work_that_panicked() {
        let buffer = ReorderBuffer::<u8>::default();
        thread::scope(|scope| {
            scope.spawn(|| {
                thread::sleep(Duration::from_millis(5));
                let broken = AssertUnwindSafe(|| buffer.work(0, || std::panic::resume_unwind(Box::new(()))));
                assert!(catch_unwind(broken).is_err());
            });
            assert_eq!(buffer.wait(0), None);
        });
    }
}
