//! The work budget of one text: every attempt to parse a part of it costs something, and what can no longer
//! be afforded is reported.
//!
//! Work is counted in bytes that a parser of JSON, YAML or command lines went over, repeatedly if it does so
//! repeatedly. So it does not depend on the machine, and a test can compare it with the length of the text.
//!
//! Why there is a budget: a paste does not mark where a document begins or ends, so each line that looks like
//! a beginning has to be tried, and a failed attempt may have read to the end of the text. If ten thousand
//! lines began a document that never ends, the text would be read ten thousand times. A limit on the text
//! alone does not help, since a few hundred KiB are enough for that, and a time limit would make the result
//! depend on the machine. With a budget proportional to the length, the work stays linear for any text, and a
//! text of real documents uses only a fraction of it. Each parser gets its own share, so that one that wastes
//! its work does not keep the others from finding anything, and lines of a failed attempt may be tried again
//! only a few times ([`Attempts`]). What is skipped is reported as a gap of the snapshot.

use serde_json::Value;

/// Work that every text may cost, however short it is.
const FREE: u64 = 1 << 20;
/// Further work for each byte of a text.
const PER_BYTE: u64 = 3;
/// Number of parsers that share the budget: what one of them wastes is not missing for the others.
const READERS: u64 = 3;
/// Work for attempts that begin within the lines of a failed attempt, as a multiple of its work.
const AGAIN: u64 = 4;

/// The work that a text took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Work {
    /// Bytes that parsers went over.
    pub spent: u64,
    /// The most that is allowed for a text of this length.
    pub allowed: u64,
}

/// Counts the work on one text.
#[derive(Debug, Clone, Default)]
pub struct Budget {
    work: Work,
    /// The total that may be spent when the current parser ends.
    limit: u64,
    left_out: Vec<String>,
}

impl Budget {
    /// Returns the budget of a text of this length.
    #[must_use]
    pub fn of(bytes: u64) -> Self {
        let allowed = FREE + PER_BYTE * bytes;
        Self { work: Work { spent: 0, allowed }, limit: allowed, left_out: Vec::new() }
    }

    /// Starts the share of a parser that others follow.
    pub fn begin_part(&mut self) {
        self.limit = self.work.allowed.min(self.work.spent + self.work.allowed / READERS);
    }

    /// Starts the last parser, which may spend everything that the others left.
    pub fn begin_rest(&mut self) {
        self.limit = self.work.allowed;
    }

    /// Returns the work so far.
    #[must_use]
    pub fn work(&self) -> Work {
        self.work
    }

    /// Returns the work that the current parser may still spend, in bytes.
    #[must_use]
    pub fn left(&self) -> u64 {
        self.limit.saturating_sub(self.work.spent)
    }

    /// Returns whether nothing is left.
    #[must_use]
    pub fn is_spent(&self) -> bool {
        self.left() == 0
    }

    /// Spends work and returns whether the budget allowed it. Work that it did not allow uses up what is
    /// left.
    pub fn spend(&mut self, bytes: usize) -> bool {
        let fits = bytes as u64 <= self.left();
        self.work.spent += self.left().min(bytes as u64);
        fits
    }

    /// Adds the work and the allowance of another text.
    pub fn add(&mut self, other: &Self) {
        self.work.spent += other.work.spent;
        self.work.allowed += other.work.allowed;
        self.limit += other.work.allowed;
        self.left_out.extend(other.left_out.iter().cloned());
    }

    /// Records something that is not parsed.
    pub fn leave_out(&mut self, what: String) {
        self.left_out.push(what);
    }

    /// Records what is not searched for from a line on, because the budget is used up.
    pub fn end_at(&mut self, line: u64, what: &str) {
        self.leave_out(format!(
            "{what} from line {line} on: the work limit for a text of this size was reached"
        ));
    }

    /// Returns the containers that the budget allows: the first one, and more while it covers the image data
    /// that each of them carries. One more than `most` is returned, so that the caller can say from where on
    /// containers are left out.
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

    /// Returns what is not parsed, in words.
    #[must_use]
    pub fn left_out(&self) -> &[String] {
        &self.left_out
    }
}

/// Returns the approximate size of a document in bytes.
pub fn size(document: &Value) -> usize {
    const NODE: usize = 8;
    NODE + match document {
        Value::String(text) => text.len(),
        Value::Array(list) => list.iter().map(size).sum(),
        Value::Object(map) => map.iter().map(|(key, value)| key.len() + size(value)).sum(),
        _ => 0,
    }
}

/// Where an attempt may begin. Lines of a failed attempt may be tried again only for a multiple of its work:
/// otherwise, each of n lines that begin something without an end would be read n times.
#[derive(Debug, Default)]
pub struct Attempts {
    /// Index of the line after all failed attempts.
    behind: usize,
    /// Work left for attempts that begin before `behind`.
    room: u64,
    /// Index of the first line at which no attempt was allowed.
    passed_over: Option<usize>,
}

impl Attempts {
    /// Returns whether an attempt may begin at a line; the first refusal is recorded.
    pub fn may_begin(&mut self, at: usize) -> bool {
        let may = at >= self.behind || self.room > 0;
        if !may {
            self.passed_over.get_or_insert(at);
        }
        may
    }

    /// Records a failed attempt, the lines that it covered and its work.
    pub fn failed(&mut self, at: usize, lines: usize, work: usize) {
        let work = work as u64;
        self.room = if at >= self.behind { AGAIN * work } else { self.room.saturating_sub(work.max(1)) };
        self.behind = self.behind.max(at + lines);
    }

    /// Returns the index of the first line at which no attempt was allowed.
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
        // An attempt that fails on its own first line does not keep others from beginning.
        let mut attempts = Attempts::default();
        assert!((0..1000).all(|at| {
            attempts.failed(at, 1, 1);
            attempts.may_begin(at + 1)
        }));
    }
}
