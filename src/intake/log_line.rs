//! A line of a text, without its wrapping.

use std::sync::Arc;

use super::shell_prompt::unprompted;

/// A line without its wrapping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Number in the text, from 1.
    pub number: u64,
    /// Its text.
    pub text: Arc<str>,
    /// Name of the service in its prefix.
    pub container: Option<Arc<str>>,
    /// Where a command begins after a shell prompt; 0 without a prompt.
    pub(super) command: usize,
}

impl Line {
    /// Makes a line without the name of a service.
    #[must_use]
    pub fn new(number: u64, text: &str) -> Self {
        Self { number, command: unprompted(text).unwrap_or_default(), text: text.into(), container: None }
    }

    /// Returns the text without a shell prompt.
    #[must_use]
    pub fn command(&self) -> &str {
        &self.text[self.command..]
    }

    /// Returns whether it begins with a shell prompt.
    #[must_use]
    pub fn is_prompted(&self) -> bool {
        self.command > 0
    }

    /// Splits a text without wrapping into lines.
    #[must_use]
    pub fn all(text: &str) -> Vec<Self> {
        text.lines().zip(1..).map(|(text, number)| Self::new(number, text)).collect()
    }
}

/// Name of a service, for lines that have one.
pub type Service = Option<Arc<str>>;
