//! What came of asking systemd inside a container.

use crate::snapshot::{Facts, Gap};

/// What the commands printed, as extra lines for the rules to read.
#[derive(Debug, Default)]
pub struct Said {
    /// Lines of systemctl.
    pub exec: Vec<String>,
    /// Warnings and errors of this boot from the journal.
    pub journal: Vec<String>,
}

/// Everything that came of asking.
#[derive(Debug, Default)]
pub struct Answers {
    /// Facts of the manager.
    pub facts: Facts,
    /// What could not be asked.
    pub gaps: Vec<Gap>,
    /// What was printed.
    pub said: Said,
}

impl Answers {
    /// Notes what could not be asked, and why.
    pub(super) fn gap(&mut self, fact: &str, reason: String) {
        self.gaps.push(Gap { fact: fact.to_owned(), reason });
    }
}
