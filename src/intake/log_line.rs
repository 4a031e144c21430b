//! A line of a text, without what the way here has wrapped around it.

use std::sync::Arc;

use super::shell_prompt::unprompted;

/// A line without its wrapping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Number in the text, from 1.
    pub number: u64,
    /// What is left of it.
    pub text: Arc<str>,
    /// Name of the service that a prefix gave.
    pub container: Option<Arc<str>>,
    /// Where a command begins, behind a shell's prompt; 0 where there is no prompt.
    pub(super) command: usize,
}

impl Line {
    /// Returns a line that no prefix gives to a service.
    #[must_use]
    pub fn new(number: u64, text: &str) -> Self {
        Self { number, command: unprompted(text).unwrap_or_default(), text: text.into(), container: None }
    }

    /// Returns it without a shell's prompt.
    #[must_use]
    pub fn command(&self) -> &str {
        &self.text[self.command..]
    }

    /// Returns whether it begins with a shell's prompt.
    #[must_use]
    pub fn is_prompted(&self) -> bool {
        self.command > 0
    }

    /// Returns the lines of a text that has no wrapping.
    #[must_use]
    pub fn all(text: &str) -> Vec<Self> {
        text.lines().zip(1..).map(|(text, number)| Self::new(number, text)).collect()
    }
}

/// Name of a service, where lines are given to one.
pub type Service = Option<Arc<str>>;
