//! Whoever is told of a treatment while it goes on. Treatment itself writes nothing.

use std::fmt::Display;

/// Hears what goes on.
pub trait Reporter {
    /// Says what the user must know.
    fn tell(&self, message: &dyn Display);

    /// Says what is good to know; nothing where remarks are not wanted.
    fn remark(&self, message: &dyn Display);

    /// Work begins that may take longer than a moment; it may be part of other work.
    fn begin(&self, work: &str);

    /// The work that began last is over.
    fn end(&self);
}

/// Work that goes on until this is dropped.
pub struct Working<'r>(&'r dyn Reporter);

impl<'r> Working<'r> {
    /// Says that work begins.
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
