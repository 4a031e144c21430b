//! Many inputs at once: each thread takes the next, and the results are passed on in order.

use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use super::input::{Outcome, Triage};
use super::input_list::Input;
use crate::reorder_buffer::ReorderBuffer;

impl Triage<'_> {
    /// Reads all inputs in parallel and passes on the results in order.
    ///
    /// # Errors
    /// The first error of `take`; no further input is started then.
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

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;

    use super::*;
    use crate::intake::Supplied;
    use crate::rule;
    use crate::scan::Matcher;

    /// Returns texts of very different length, so that they do not finish in the order in which they are
    /// started.
    fn texts(folder: &Path) -> Vec<Input> {
        let write = |number: usize| {
            let path = folder.join(format!("{number:02}.log"));
            let lines = if number.is_multiple_of(5) { 2000 } else { 1 };
            std::fs::write(&path, format!("line of {number}\n").repeat(lines)).unwrap();
            Input { path, named: true }
        };
        (0..20).map(write).collect()
    }

    /// Returns the names of the texts in the order in which they were passed on, and how many came before an
    /// error.
    fn taken(inputs: &[Input], threads: usize, most: usize) -> (Vec<String>, Result<(), usize>) {
        let rules = rule::builtin().unwrap();
        let matcher = Matcher::new(&rules);
        let beside = Supplied::default();
        let triage = Triage { rules: &rules, matcher: &matcher, beside, read: Arc::default() };
        let mut names = Vec::new();
        let ended = triage.all(inputs, threads, |outcome| {
            if names.len() == most {
                return Err(most);
            }
            let told = outcome.reports.into_iter().map(|report| report.target.name);
            names.extend(told.chain(outcome.failures.into_iter().map(|failure| failure.name)));
            Ok(())
        });
        (names, ended)
    }

    #[test]
    fn what_comes_of_inputs_is_handed_on_in_their_order() {
        let folder = tempfile::tempdir().unwrap();
        let mut inputs = texts(folder.path());
        inputs.insert(7, Input { path: folder.path().join("none.log"), named: true });
        let wanted: Vec<String> = inputs.iter().map(|input| input.path.display().to_string()).collect();
        for threads in [0, 1, 3, 40] {
            assert_eq!(taken(&inputs, threads, usize::MAX), (wanted.clone(), Ok(())), "{threads} threads");
        }
        assert_eq!(taken(&[], 4, usize::MAX), (Vec::new(), Ok(())));
    }

    #[test]
    fn a_taker_that_gives_up_ends_the_reading() {
        let folder = tempfile::tempdir().unwrap();
        let inputs = texts(folder.path());
        for threads in [1, 2, 4] {
            let (names, ended) = taken(&inputs, threads, 3);
            assert_eq!((names.len(), ended), (3, Err(3)), "{threads} threads");
        }
    }
}
