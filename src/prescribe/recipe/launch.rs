//! The container that a prescription starts, for formats other than steps.
//!
//! A value only. Must not be changed once the steps are built.

use super::container_recipe::Recipe;
use crate::snapshot::EngineKind;

/// A finished recipe with its remarks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Launch {
    /// The engine whose flags the recipe uses.
    pub(in crate::prescribe) kind: EngineKind,
    /// The finished recipe.
    pub(in crate::prescribe) recipe: Recipe,
    /// Remarks for every format: privileges that it keeps, and where its words come from.
    pub(in crate::prescribe) remarks: Vec<String>,
}
