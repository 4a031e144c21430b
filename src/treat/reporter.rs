//! Informs the caller about a treatment in progress. Treatment itself prints nothing.

use std::fmt::Display;

/// Receives messages about a treatment in progress.
pub trait Reporter {
    /// Receives what the user must know.
    fn tell(&self, message: &dyn Display);

    /// Receives a remark, which is dropped if remarks are not wanted.
    fn remark(&self, message: &dyn Display);

    /// Receives a remark on what a treatment left behind, which belongs after its result; dropped as others
    /// are.
    fn remark_after(&self, message: &dyn Display);

    /// Starts work that may take longer than a moment; it may be part of other work.
    fn begin(&self, work: &str);

    /// Ends the work that started last.
    fn end(&self);
}

/// A guard for work in progress, which ends when dropped.
pub struct Working<'r>(&'r dyn Reporter);

impl<'r> Working<'r> {
    /// Announces the start of work.
    pub fn on(reporter: &'r dyn Reporter, work: &str) -> Self {
        reporter.begin(work);
        Self(reporter)
    }
}

impl Drop for Working<'_> {
    fn drop(&mut self) {
        self.0.end();
    }
}
