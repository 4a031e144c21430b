//! The container that a prescription starts, for those who write it in another format than steps.
//!
//! A value only. Must not be changed once the steps are made.

use super::container_recipe::Recipe;
use crate::snapshot::EngineKind;

/// A finished recipe and what is to be known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Launch {
    /// Whose flags the recipe has.
    pub(in crate::prescribe) kind: EngineKind,
    /// The finished recipe.
    pub(in crate::prescribe) recipe: Recipe,
    /// What is to be known of it in every format: rights that it keeps, and whose words it is made of.
    pub(in crate::prescribe) remarks: Vec<String>,
}
