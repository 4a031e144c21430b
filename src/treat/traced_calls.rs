//! The result of a trace: the calls that a boot needs, and those that it makes but does not need.

/// How the calls of a boot were found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TraceMethod {
    /// The kernel logged them.
    KernelLog,
    /// The log could not be read or had no record, so every denied call was tried.
    Trials,
}

/// The result of a trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TracedCalls {
    /// Name of the container.
    pub name: String,
    /// The method that was used.
    pub method: TraceMethod,
    /// Whether it boots if every denied call is allowed.
    pub boots: bool,
    /// Its state in that boot, in words.
    pub state: String,
    /// Number of calls that the filter denies.
    pub denied: usize,
    /// Number of trials that were run.
    pub trials: usize,
    /// Calls that the boot needs: denying any one of them changes its result.
    pub needed: Vec<String>,
    /// Denied calls that it makes but does not need; known only from the kernel's log.
    pub harmless: Vec<String>,
    /// Needed calls that the built-in table of needs does not list.
    pub unknown: Vec<String>,
}
