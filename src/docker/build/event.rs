//! What a build tells while it goes on, whichever builder it is.

/// What a build tells while it goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BuildEvent {
    /// A step begins.
    Step(String),
    /// A step prints something.
    Output(String),
}
