//! Turns a plan of the container as it is into a plan of one that boots: every remedy checks the facts, edits
//! the recipe and records the reason.
//!
//! The least privileged set is not searched for. What systemd needs from an engine is known, so each remedy
//! checks whether the facts already show its part, and otherwise adds the least that provides it. The order
//! is that of boot, and it affects the choice: one remedy can make a later one unnecessary (Podman's systemd
//! mode provides the mounts and the control groups), and none reverts an earlier one. Only the control group
//! tree has several solutions; a table lists them by increasing privilege. The cure adds everything that is
//! missing, not only what the first error names, because the next boot must not fail on the next fault. A
//! trial can check afterwards whether each part was needed, by leaving out one element at a time.
//!
//! Must not add what the facts show to be present, and never `--privileged`.

use super::mounts;
use super::remedy_table::REMEDIES;
use crate::prescribe::inspected::settle_secrets;
use crate::prescribe::recipe::{ChangePlace, Plan, checked_names};

/// Applies every remedy, in boot order.
pub fn fill(plan: &mut Plan<'_>) {
    for remedy in &REMEDIES {
        let before = plan.changes.len();
        (remedy.apply)(plan);
        let mut told = plan.changes[before..].iter().flat_map(|change| change.remedies);
        debug_assert!(told.all(|id| remedy.ids.contains(id)), "a change names a remedy of another");
    }
    mounts::advise_unneeded_mounts(plan);
    settle(plan);
}

/// Checks which parts of the finished recipe can be written: secret words are fetched, and a derived image
/// needs a user with a valid name.
pub fn settle(plan: &mut Plan<'_>) {
    settle_secrets(&mut plan.recipe, plan.inspected);
    let user = plan.inspected.image_user();
    if !(plan.image_lines.is_empty() || user.is_empty() || checked_names::is_user(user)) {
        plan.image_lines.clear();
        plan.recipe.refused.push(format!("USER of the image: {} is not a user", checked_names::named(user)));
    }
}

/// Restricts the plan to flags: no image is derived, and what would need one stays uncured.
pub fn flags_only(plan: &mut Plan<'_>) {
    plan.image_lines.clear();
    plan.changes.retain(|change| change.place != ChangePlace::DerivedImage);
}
