//! Many inputs at once: each thread takes the next, and what comes of them is handed on in their order.

use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use super::input::{Outcome, Triage};
use super::inputs::Input;
use crate::reorder_buffer::ReorderBuffer;

impl Triage<'_> {
    /// Reads all inputs, so many at a time, and hands on what comes of them in their order.
    ///
    /// # Errors
    /// The first that `take` gives; no further input is begun then.
    pub fn all<E>(
        &self,
        inputs: &[Input],
        threads: usize,
        mut take: impl FnMut(Outcome) -> Result<(), E>,
    ) -> Result<(), E> {
        let threads = threads.min(inputs.len());
        if threads <= 1 {
            return inputs.iter().try_for_each(|input| take(self.input(input)));
        }
        let (next, outcomes) = (AtomicU64::new(0), ReorderBuffer::default());
        let next_input = || {
            let number = next.fetch_add(1, Ordering::Relaxed);
            Some((number, inputs.get(usize::try_from(number).ok()?)?))
        };
        thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| {
                    while let Some((number, input)) = next_input() {
                        outcomes.work(number, || self.input(input));
                    }
                });
            }
            let taken =
                (0..inputs.len() as u64).map_while(|number| outcomes.wait(number)).try_for_each(&mut take);
            next.store(inputs.len() as u64, Ordering::Relaxed);
            taken
        })
    }
}
