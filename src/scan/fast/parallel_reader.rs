//! The middle of a log, sifted by all threads: each takes the next part, reads and sifts it, and one of them
//! passes on the results in order. Until then that one is free to do something else.

use std::cell::Cell;
use std::io;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::block::Block;
use super::prefilter::Prefilter;
use super::random_access::{PART, RandomAccess, lines_of};
use super::sift::{Memory, Sifted, sift};
use super::threads;
use crate::reorder_buffer::ReorderBuffer;

/// Bytes of lines that may wait to be passed on; the other threads pause until there are fewer.
const WAITING: usize = 1024 * 1024;

/// What was found in a part.
#[derive(Debug, Default)]
pub struct Found {
    /// Lines to be read, stored apart from the others, and where they were.
    pub sifted: Vec<(Vec<u8>, Sifted)>,
    /// Number of truncated lines.
    pub cut: u64,
}

/// The threads that work on one log.
#[derive(Debug)]
pub struct ParallelReader {
    shared: Arc<Shared>,
    /// The next part to be passed on.
    due: u64,
}

#[derive(Debug)]
struct Shared {
    log: Arc<dyn RandomAccess>,
    prefilter: Arc<Prefilter>,
    middle: Range<u64>,
    /// The next part that no thread has taken.
    next: AtomicU64,
    /// Number of worker threads, besides the one that passes on.
    hands: AtomicUsize,
    /// Bytes of lines that wait.
    waiting: AtomicUsize,
    found: ReorderBuffer<io::Result<Found>>,
    memories: Mutex<Vec<Memory>>,
}

thread_local! {
    /// Buffer of this thread, reused so that it stays in the processor's cache.
    static ROOM: Cell<Option<Block>> = const { Cell::new(None) };
}

impl ParallelReader {
    /// Starts the other threads on a part of a log that begins and ends at a line boundary.
    #[must_use]
    pub fn start(log: Arc<dyn RandomAccess>, prefilter: Arc<Prefilter>, middle: Range<u64>) -> Self {
        let shared = Shared {
            log,
            prefilter,
            middle,
            next: AtomicU64::new(0),
            hands: AtomicUsize::new(0),
            waiting: AtomicUsize::new(0),
            found: ReorderBuffer::default(),
            memories: Mutex::default(),
        };
        let readers = Self { shared: Arc::new(shared), due: 0 };
        readers.muster();
        readers
    }

    /// Returns the result of the next part, in order; `None` after the last. Until the result is there, this
    /// thread works on other parts.
    ///
    /// # Errors
    /// [`io::Error`] of the log.
    pub fn next(&mut self) -> Option<io::Result<Found>> {
        self.muster();
        let shared = &*self.shared;
        if self.due >= shared.parts() {
            return None;
        }
        let found = loop {
            if let Some(found) = shared.found.take(self.due) {
                break found;
            }
            if !shared.work_on_one() {
                // All parts are taken: another thread has the one that is due.
                break shared.found.wait(self.due);
            }
        };
        self.due += 1;
        let found = found.unwrap_or_else(|| Err(io::Error::other("a thread that read it has ended")));
        shared.waiting.fetch_sub(found.as_ref().map_or(0, Found::bytes), Ordering::Relaxed);
        Some(found)
    }

    /// Starts the missing workers, if there is work left.
    fn muster(&self) {
        let shared = &self.shared;
        let wanted = threads::count().saturating_sub(1);
        while shared.hands.load(Ordering::Relaxed) < wanted && !shared.is_resting() {
            shared.hands.fetch_add(1, Ordering::Relaxed);
            let shared = Arc::clone(shared);
            rayon::spawn_fifo(move || {
                while !shared.is_resting() && shared.work_on_one() {}
                shared.hands.fetch_sub(1, Ordering::Relaxed);
            });
        }
    }
}

impl Shared {
    /// Returns the number of parts.
    fn parts(&self) -> u64 {
        (self.middle.end - self.middle.start).div_ceil(PART as u64)
    }

    /// Returns whether no worker needs to be started: nothing is left to take, or too much waits.
    fn is_resting(&self) -> bool {
        self.next.load(Ordering::Relaxed) >= self.parts() || self.waiting.load(Ordering::Relaxed) > WAITING
    }

    /// Takes and sifts a part, if one is left; returns whether there was one.
    fn work_on_one(&self) -> bool {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        if number >= self.parts() {
            return false;
        }
        let start = self.middle.start + number * PART as u64;
        self.found.work(number, || {
            let found = self.found_in(start..self.middle.end.min(start + PART as u64));
            self.waiting.fetch_add(found.as_ref().map_or(0, Found::bytes), Ordering::Relaxed);
            found
        });
        true
    }

    fn found_in(&self, part: Range<u64>) -> io::Result<Found> {
        let (mut blocks, cut) = lines_of(&*self.log, part, ROOM.take().unwrap_or_default())?;
        let mut memory = locked(&self.memories).pop().unwrap_or_default();
        let apart = |block: &Block| sift(&self.prefilter, block, &mut memory).apart(block);
        let sifted = blocks.iter().map(apart).collect();
        ROOM.set(blocks.pop());
        locked(&self.memories).push(memory);
        Ok(Found { sifted, cut })
    }
}

impl Drop for ParallelReader {
    fn drop(&mut self) {
        // Dropping the reader stops its workers.
        self.shared.next.store(self.shared.parts(), Ordering::Relaxed);
    }
}

impl Found {
    fn bytes(&self) -> usize {
        self.sifted.iter().map(|(lines, _)| lines.len()).sum()
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A log of lines of eight bytes that cannot be read behind a place.
    #[derive(Debug)]
    struct Broken(u64);

    impl RandomAccess for Broken {
        fn length(&self) -> io::Result<u64> {
            Ok(u64::MAX)
        }

        fn read_at(&self, into: &mut [u8], at: u64) -> io::Result<usize> {
            if at + into.len() as u64 > self.0 {
                return Err(io::Error::other("broken"));
            }
            (at..)
                .zip(&mut *into)
                .for_each(|(place, byte)| *byte = if place % 8 == 7 { b'\n' } else { b'x' });
            Ok(into.len())
        }

        fn pass(&self, _: Range<u64>) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_broken_log_is_reported_in_order_and_stops_the_workers() {
        let prefilter = Arc::new(Prefilter::new(["no such device"], b"").unwrap());
        let parts = 40 * PART as u64;
        let mut readers = ParallelReader::start(Arc::new(Broken(parts)), prefilter, 0..100 * parts);
        let (mut lines, mut whole) = (0, 0);
        let error = loop {
            match readers.next().unwrap() {
                Ok(found) => {
                    (whole, lines) =
                        (whole + 1, lines + found.sifted.iter().map(|(_, sifted)| sifted.lines).sum::<u64>());
                }
                Err(error) => break error,
            }
        };
        // The last part before the break looks a little behind its end.
        assert_eq!((error.to_string().as_str(), whole, lines), ("broken", 39, 39 * PART as u64 / 8));
        let shared = Arc::clone(&readers.shared);
        drop(readers);
        assert!(!shared.work_on_one());
    }
}
