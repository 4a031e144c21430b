//! Suppressions: findings of one diagnosis that do not count for some targets, with the reason. Must not
//! remove anything from a report.

use std::path::{Path, PathBuf};

use globset::{Glob, GlobMatcher};

use super::acceptance::Acceptance;
use super::report::{Finding, Role};

/// A diagnosis that does not count for some targets.
#[derive(Debug, Clone)]
pub struct Suppression {
    /// Id of the diagnosis.
    pub id: String,
    /// Names of targets; `*` stands for any text and `?` for any character.
    targets: GlobMatcher,
    /// What its findings are marked with.
    acceptance: Acceptance,
    /// The file that contains it.
    named_by: Option<PathBuf>,
}

impl Suppression {
    /// Makes a suppression for targets whose names match a pattern.
    ///
    /// # Errors
    /// [`globset::Error`] if the pattern is invalid.
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

    /// Sets the file that contains it.
    #[must_use]
    pub fn said_by(self, file: Option<&Path>) -> Self {
        Self { named_by: file.map(Path::to_owned), ..self }
    }

    /// Returns the file that contains it.
    #[must_use]
    pub fn named_by(&self) -> Option<&Path> {
        self.named_by.as_deref()
    }

    /// Returns whether a finding does not count because of it; consequences of its findings carry the same
    /// mark.
    #[must_use]
    pub fn applies_to(&self, finding: &Finding) -> bool {
        finding.accepted.as_ref() == Some(&self.acceptance)
            && (finding.id == self.id || finding.role == Role::Consequence)
    }

    /// Returns the mark for a finding, if the suppression applies to that diagnosis and target.
    pub(super) fn acceptance(&self, target: &str, id: &str) -> Option<&Acceptance> {
        (self.id == id && self.targets.is_match(target)).then_some(&self.acceptance)
    }
}
