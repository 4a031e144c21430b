//! The input and output of every format: the container to write, the resulting text, and possible errors.
//!
//! Must not know any particular format.

use super::remarks::comment_lines;
use super::untranslated::Ledger;
use crate::prescribe::recipe::Recipe;
use crate::snapshot::EngineKind;

/// Why a format could not be written.
#[derive(Debug, thiserror::Error)]
pub enum EmitError {
    /// The YAML serialiser failed.
    #[error("cannot write the container as YAML: {0}\n  next: use another format, and report this as a bug")]
    Yaml(#[from] yaml_serde::Error),
    /// The INI writer failed.
    #[error(
        "cannot write the container as a unit file: {0}\n  next: use another format, and report this as a bug"
    )]
    Ini(#[from] std::io::Error),
    /// A word cannot be quoted for a shell.
    #[error(
        "cannot write the steps as a script: {0}\n  next: look at the container that it comes from, which no \
            engine would have made"
    )]
    Word(#[from] crate::quote::Unquotable),
}

/// The container to write.
#[derive(Debug, Clone, Copy)]
pub struct Source<'r> {
    /// The finished recipe.
    pub recipe: &'r Recipe,
    /// The engine whose flags the recipe uses.
    pub kind: EngineKind,
    /// The Dockerfile of the derived image, if there is one.
    pub derived: Option<&'r str>,
}

/// A cure written in some format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Emitted {
    /// The text, without the comments at its top.
    pub text: String,
    /// What the format cannot express, by name and reason.
    pub left_out: Vec<String>,
    /// What the user must know or provide.
    pub notes: Vec<String>,
}

impl Emitted {
    /// Combines a text with the remarks of its ledger.
    pub(super) fn of(text: String, ledger: Ledger<'_>) -> Self {
        Self { text, left_out: ledger.left_out, notes: ledger.notes }
    }

    /// Inserts notes before the existing ones.
    pub(super) fn after(self, mut notes: Vec<String>) -> Self {
        notes.extend(self.notes);
        Self { notes, ..self }
    }

    /// Returns the text with comments at its top that list what it cannot express and what it needs.
    #[must_use]
    pub fn page(&self) -> String {
        let notes = self.notes.iter().flat_map(|note| comment_lines(note)).map(|line| format!("# {line}\n"));
        let left_out =
            self.left_out.iter().map(|words| format!("# left out: {}\n", comment_lines(words).join(" ")));
        notes.chain(left_out).collect::<String>() + &self.text
    }
}
