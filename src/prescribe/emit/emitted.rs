//! What every format takes and gives: the container to write, the text that was written, what can go wrong.
//!
//! Must not know a format.

use super::remarks::comment_lines;
use super::untranslated::Ledger;
use crate::prescribe::recipe::Recipe;
use crate::snapshot::EngineKind;

/// A format that could not be written.
#[derive(Debug, thiserror::Error)]
pub enum EmitError {
    /// The serialiser refused.
    #[error("cannot write the container as YAML: {0}\n  next: use another format, and report this as a bug")]
    Yaml(#[from] yaml_serde::Error),
    /// The writer failed.
    #[error(
        "cannot write the container as a unit file: {0}\n  next: use another format, and report this as a bug"
    )]
    Ini(#[from] std::io::Error),
    /// A word that no shell can be given.
    #[error(
        "cannot write the steps as a script: {0}\n  next: look at the container that it comes from, which no \
            engine would have made"
    )]
    Word(#[from] crate::quote::Unquotable),
}

/// The container that is written.
#[derive(Debug, Clone, Copy)]
pub struct Source<'r> {
    /// The finished recipe.
    pub recipe: &'r Recipe,
    /// Whose flags it has.
    pub kind: EngineKind,
    /// The Dockerfile of the image that is derived for it, where there is one.
    pub derived: Option<&'r str>,
}

/// A cure in some format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Emitted {
    /// The text without its comments.
    pub text: String,
    /// What the format cannot say, by name and reason.
    pub left_out: Vec<String>,
    /// What the user must know or provide.
    pub notes: Vec<String>,
}

impl Emitted {
    /// Closes a ledger over a text.
    pub(super) fn of(text: String, ledger: Ledger<'_>) -> Self {
        Self { text, left_out: ledger.left_out, notes: ledger.notes }
    }

    /// Puts notes before its own.
    pub(super) fn after(self, mut notes: Vec<String>) -> Self {
        notes.extend(self.notes);
        Self { notes, ..self }
    }

    /// Returns the text with what it cannot say and what it needs as comments at its top.
    #[must_use]
    pub fn page(&self) -> String {
        let notes = self.notes.iter().flat_map(|note| comment_lines(note)).map(|line| format!("# {line}\n"));
        let left_out =
            self.left_out.iter().map(|words| format!("# left out: {}\n", comment_lines(words).join(" ")));
        notes.chain(left_out).collect::<String>() + &self.text
    }
}
