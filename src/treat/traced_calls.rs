//! What trials under a filter came to: the calls that a boot needs, and those that it makes and can do
//! without.

/// How the calls were found that a boot makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TraceMethod {
    /// The kernel logged them.
    KernelLog,
    /// Its log could not be read or had no record: all that the filter denies were tried.
    Trials,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TracedCalls {
    /// Name of the container.
    pub name: String,
    /// How.
    pub method: TraceMethod,
    /// Whether it boots when all that the filter denies is let through.
    pub boots: bool,
    /// Its state then, in words.
    pub state: String,
    /// How many calls the filter denies.
    pub denied: usize,
    /// How many trials it took.
    pub trials: usize,
    /// Calls without any one of which the boot is another one.
    pub needed: Vec<String>,
    /// Denied calls that it makes and does without; known only from the kernel's log.
    pub harmless: Vec<String>,
    /// Those of the needed ones that the built-in table of needs does not know.
    pub unknown: Vec<String>,
}
