//! The work that one text may take: every attempt to read a part of it spends some, and what is no longer
//! affordable is named.
//!
//! Work is counted in bytes that a reader of JSON, YAML or command lines went over, again for each time that
//! it did. So it does not depend on the machine, and a test can compare it with the length of the text.

use serde_json::Value;

/// Work that every text may take, however short it is.
const FREE: u64 = 1 << 20;
/// Work that each byte of a text may take beside that.
const PER_BYTE: u64 = 3;
/// Readers that share it: what one of them wastes is not missing for the others.
const READERS: u64 = 3;
/// How many times the work of a failed attempt may go into attempts that begin within the same lines.
const AGAIN: u64 = 4;

/// What reading a text took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Work {
    /// Bytes that were gone over.
    pub spent: u64,
    /// Most that may be, for a text of this length.
    pub allowed: u64,
}

/// Counts the work on one text.
#[derive(Debug, Clone, Default)]
pub struct Budget {
    work: Work,
    /// Most that the reader at work may have spent when it ends.
    limit: u64,
    left_out: Vec<String>,
}

impl Budget {
    /// Returns the budget of a text of so many bytes.
    #[must_use]
    pub fn of(bytes: u64) -> Self {
        let allowed = FREE + PER_BYTE * bytes;
        Self { work: Work { spent: 0, allowed }, limit: allowed, left_out: Vec::new() }
    }

    /// A reader begins that others follow: it may spend its part of the whole.
    pub fn begin_part(&mut self) {
        self.limit = self.work.allowed.min(self.work.spent + self.work.allowed / READERS);
    }

    /// The last reader begins: it may spend all that the others left.
    pub fn begin_rest(&mut self) {
        self.limit = self.work.allowed;
    }

    /// Returns what was spent.
    #[must_use]
    pub fn work(&self) -> Work {
        self.work
    }

    /// Work that is left, in bytes.
    #[must_use]
    pub fn left(&self) -> u64 {
        self.limit.saturating_sub(self.work.spent)
    }

    /// Returns whether nothing is left.
    #[must_use]
    pub fn is_spent(&self) -> bool {
        self.left() == 0
    }

    /// Spends work and tells whether it was affordable. What is not takes all that is left.
    pub fn spend(&mut self, bytes: usize) -> bool {
        let fits = bytes as u64 <= self.left();
        self.work.spent += self.left().min(bytes as u64);
        fits
    }

    /// Takes over what another text took.
    pub fn add(&mut self, other: &Self) {
        self.work.spent += other.work.spent;
        self.work.allowed += other.work.allowed;
        self.limit += other.work.allowed;
        self.left_out.extend(other.left_out.iter().cloned());
    }

    /// Names what is not read.
    pub fn leave_out(&mut self, what: String) {
        self.left_out.push(what);
    }

    /// Names what is not looked for from a line on, because nothing is left.
    pub fn end_at(&mut self, line: u64, what: &str) {
        self.leave_out(format!(
            "{what} from line {line} on: the work limit for a text of this size was reached"
        ));
    }

    /// Of containers those that a text of this size may describe: the first, and more as long as what each of
    /// them carries of an image is affordable. One more than the most is taken, so that it can be named what
    /// stands behind them.
    pub fn affordable<T>(
        &mut self,
        most: usize,
        containers: impl Iterator<Item = (u64, usize, T)>,
    ) -> Vec<T> {
        let mut taken = Vec::new();
        for (line, size, container) in containers.take(most + 1) {
            if !self.spend(size) && !taken.is_empty() {
                self.end_at(line, "containers");
                break;
            }
            taken.push(container);
        }
        taken
    }

    /// Returns what is not read, in words.
    #[must_use]
    pub fn left_out(&self) -> &[String] {
        &self.left_out
    }
}

/// Returns what a document takes, in bytes or so.
pub fn size(document: &Value) -> usize {
    const NODE: usize = 8;
    NODE + match document {
        Value::String(text) => text.len(),
        Value::Array(list) => list.iter().map(size).sum(),
        Value::Object(map) => map.iter().map(|(key, value)| key.len() + size(value)).sum(),
        _ => 0,
    }
}

/// Where an attempt may begin. Lines that a failed attempt went over are gone over again only for a multiple
/// of its work: else each of n lines that begin what never ends would be read n times.
#[derive(Debug, Default)]
pub struct Attempts {
    /// Index of the line behind all failed attempts.
    behind: usize,
    /// Work that may still begin before it.
    room: u64,
    /// Index of the first line that no attempt could begin at.
    passed_over: Option<usize>,
}

impl Attempts {
    /// Returns whether an attempt may begin at a line; one that may not is remembered.
    pub fn may_begin(&mut self, at: usize) -> bool {
        let may = at >= self.behind || self.room > 0;
        if !may {
            self.passed_over.get_or_insert(at);
        }
        may
    }

    /// Takes note of an attempt that failed, of the lines that it went over and of its work.
    pub fn failed(&mut self, at: usize, lines: usize, work: usize) {
        let work = work as u64;
        self.room = if at >= self.behind { AGAIN * work } else { self.room.saturating_sub(work.max(1)) };
        self.behind = self.behind.max(at + lines);
    }

    /// Index of the first line that no attempt could begin at.
    #[must_use]
    pub fn passed_over(&self) -> Option<usize> {
        self.passed_over
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_spent_beyond_what_is_allowed() {
        let mut budget = Budget::of(10);
        let Work { allowed, .. } = budget.work();
        assert!(budget.spend(100) && !budget.is_spent());
        assert!(!budget.spend(usize::MAX) && budget.is_spent());
        assert!(!budget.spend(1) && budget.spend(0));
        assert_eq!(budget.work(), Work { spent: allowed, allowed });
    }

    #[test]
    fn no_reader_spends_what_is_another_s() {
        let mut budget = Budget::of(0);
        let Work { allowed, .. } = budget.work();
        budget.begin_part();
        assert!(!budget.spend(usize::MAX) && budget.is_spent());
        budget.begin_part();
        assert_eq!(budget.left(), allowed / 3);
        budget.begin_rest();
        assert!(budget.left() >= allowed / 3 * 2 && budget.spend(100));
    }

    #[test]
    fn lines_of_a_failed_attempt_are_gone_over_a_few_times_more() {
        let mut attempts = Attempts::default();
        let begun = (0..1000).filter(|at| {
            let may = attempts.may_begin(*at);
            if may {
                attempts.failed(*at, 100, 100);
            }
            may
        });
        assert_eq!(begun.count(), 50);
        assert_eq!(attempts.passed_over(), Some(5));
        // What fails at its own first line does not keep others from beginning.
        let mut attempts = Attempts::default();
        assert!((0..1000).all(|at| {
            attempts.failed(at, 1, 1);
            attempts.may_begin(at + 1)
        }));
    }
}
