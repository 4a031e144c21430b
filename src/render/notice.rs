//! A notice about what a configuration removes from reports, worded the same in every format. Must not find
//! out what that is.

use serde::Serialize;

/// One thing that a configuration does to what is told or counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct Notice {
    /// The file of the configuration.
    pub file: String,
    /// What it does, with numbers.
    pub words: String,
}

impl Notice {
    /// Returns both in one line.
    #[must_use]
    pub fn sentence(&self) -> String {
        format!("{}, by {}", self.words, self.file)
    }
}
