//! Finds which of many denied calls a boot needs: sets of calls to allow in a trial out, the result of the
//! trial in. Pure.
//!
//! Parts of the allowed calls are denied again, halves first and single calls last. What remains is minimal:
//! without any one of them the boot gets worse.

/// A search that requests one trial after the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Search {
    /// Calls that are still allowed.
    kept: Vec<String>,
    /// Number of calls to deny again at a time.
    size: usize,
    /// Where the next part begins.
    at: usize,
}

impl Search {
    /// Starts with calls that are known to be sufficient together.
    #[must_use]
    pub fn among(calls: Vec<String>) -> Self {
        // If there are few calls, nearly all are needed, and trying halves would waste trials.
        let size = if calls.len() <= 8 { 1 } else { calls.len().div_ceil(2) };
        Self { kept: calls, size, at: 0 }
    }

    /// Returns the calls to allow in the next trial; `None` if the search is over.
    #[must_use]
    pub fn next(&self) -> Option<Vec<String>> {
        let end = (self.at + self.size).min(self.kept.len());
        (self.at < self.kept.len()).then(|| [&self.kept[..self.at], &self.kept[end..]].concat())
    }

    /// Takes the result of the trial: whether the boot was as good with these calls alone.
    pub fn tell(&mut self, as_good: bool) {
        let end = (self.at + self.size).min(self.kept.len());
        if as_good {
            self.kept.drain(self.at..end);
        } else {
            self.at = end;
        }
        if self.at >= self.kept.len() && self.size > 1 {
            self.size = self.size.div_ceil(2);
            self.at = 0;
        }
    }

    /// Returns the remaining calls.
    #[must_use]
    pub fn found(self) -> Vec<String> {
        self.kept
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn search(count: usize, needed: &[usize]) -> (Vec<String>, usize) {
        let mut search = Search::among((0..count).map(|number| number.to_string()).collect());
        let mut trials = 0;
        while let Some(calls) = search.next() {
            trials += 1;
            search.tell(needed.iter().all(|number| calls.contains(&number.to_string())));
        }
        (search.found(), trials)
    }

    #[test]
    fn one_call_among_many_takes_few_trials() {
        let (found, trials) = search(300, &[217]);
        assert_eq!(found, ["217"]);
        assert!(trials < 25, "{trials} trials");
    }

    proptest! {
        #[test]
        fn exactly_the_needed_calls_are_found(count in 0usize..60, needed in proptest::collection::btree_set(0usize..60, 0..5)) {
            let needed: Vec<usize> = needed.into_iter().filter(|number| *number < count).collect();
            let (found, _) = search(count, &needed);
            prop_assert_eq!(found, needed.iter().map(usize::to_string).collect::<Vec<_>>());
        }
    }
}
