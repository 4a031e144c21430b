//! Progress events of a build, for any builder.

/// A progress event of a build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BuildEvent {
    /// A step begins.
    Step(String),
    /// A step prints something.
    Output(String),
}
