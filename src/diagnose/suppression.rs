//! What somebody suppressed for a reason: findings of one diagnosis for some targets. Must not take anything
//! out of a report.

use std::path::{Path, PathBuf};

use globset::{Glob, GlobMatcher};

use super::acceptance::Acceptance;
use super::report::{Finding, Role};

/// A diagnosis that is not to count for some targets.
#[derive(Debug, Clone)]
pub struct Suppression {
    /// Id of the diagnosis.
    pub id: String,
    /// Names of targets; `*` and `?` stand for any text and any sign.
    targets: GlobMatcher,
    /// What its findings are marked with.
    acceptance: Acceptance,
    /// The file that says so.
    named_by: Option<PathBuf>,
}

impl Suppression {
    /// Makes a suppression for targets whose names a pattern fits.
    ///
    /// # Errors
    /// [`globset::Error`] when the pattern is none.
    pub fn new(
        id: &str,
        targets: &str,
        reason: &str,
        expires: Option<String>,
    ) -> Result<Self, globset::Error> {
        let acceptance = Acceptance::Suppressed { reason: reason.to_owned(), expires };
        Ok(Self {
            id: id.to_owned(),
            targets: Glob::new(targets)?.compile_matcher(),
            acceptance,
            named_by: None,
        })
    }

    /// Returns names the file that says so.
    #[must_use]
    pub fn said_by(self, file: Option<&Path>) -> Self {
        Self { named_by: file.map(Path::to_owned), ..self }
    }

    /// Returns the file that says so.
    #[must_use]
    pub fn named_by(&self) -> Option<&Path> {
        self.named_by.as_deref()
    }

    /// Tells whether a finding does not count because of it; what follows from its findings is marked as they
    /// are.
    #[must_use]
    pub fn is_why(&self, finding: &Finding) -> bool {
        finding.accepted.as_ref() == Some(&self.acceptance)
            && (finding.id == self.id || finding.role == Role::Consequence)
    }

    /// Returns what it marks a finding with, if it is about that diagnosis and that target.
    pub(super) fn acceptance(&self, target: &str, id: &str) -> Option<&Acceptance> {
        (self.id == id && self.targets.is_match(target)).then_some(&self.acceptance)
    }
}
