//! An additional network, which a container joins after its start.

use super::flag::Flag;

/// An additional network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Network {
    /// Its name.
    pub name: String,
    /// Flags of `network connect`.
    pub flags: Vec<Flag>,
}
