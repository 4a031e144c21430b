//! The results of asking systemd inside a container.

use crate::snapshot::{Facts, Gap};

/// What the commands printed, as additional lines for the rules.
#[derive(Debug, Default)]
pub struct Said {
    /// Lines of systemctl.
    pub exec: Vec<String>,
    /// Warnings and errors of this boot in the journal.
    pub journal: Vec<String>,
}

/// All results.
#[derive(Debug, Default)]
pub struct Answers {
    /// Facts about the manager.
    pub facts: Facts,
    /// What could not be asked.
    pub gaps: Vec<Gap>,
    /// What was printed.
    pub said: Said,
    /// Where in the kernel PID 1 waits, if it has frozen.
    pub frozen_in: Option<String>,
}

impl Answers {
    /// Records what could not be asked, and why.
    pub(super) fn gap(&mut self, fact: &str, reason: String) {
        self.gaps.push(Gap { fact: fact.to_owned(), reason });
    }
}
