//! Rendering: reports, rules and messages in, text out. One format per file, each with its own output types.
//!
//! All functions are pure but those of [`output`], which write. Must not judge, collect or reorder findings.

pub mod explain;
pub mod human;
pub mod json;
pub mod output;
mod page;
pub mod rules;
#[cfg(test)]
pub(crate) mod sample;
mod style;
mod visible;
mod words;

pub use visible::visible;
pub use words::counted;

/// How text is laid out; everything that depends on the terminal comes in here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Context {
    /// Columns to fill.
    pub width: usize,
    /// Whether escape sequences for colour may be written.
    pub color: bool,
    /// Whether signs beyond ASCII may be written.
    pub unicode: bool,
}
