//! A plan of a container as it is → the plan of one that boots: every remedy looks at the facts, edits the
//! recipe and says why.
//!
//! How the cheapest set is chosen: nothing is searched. What systemd needs of an engine is known, so each
//! remedy asks the facts whether its part is there and adds the least that brings it, and one that finds its
//! part adds nothing. The order is that of boot, and it is part of the choice: what a remedy brings may make
//! a later one needless (Podman's systemd mode brings the mounts and the control groups), and none takes back
//! what an earlier one did. The one place with several ways to the same end is the control group tree, where
//! a table lists them from the least privilege upwards. A relaunch brings all that is missing, not only what
//! was complained about first, because a cure that meets the next fault is none. Whether each part was needed
//! can be tried afterwards: a trial leaves out one element at a time.
//!
//! Must not add what the facts show to be there, and never `--privileged`.

use super::mounts;
use super::remedy_table::REMEDIES;
use crate::prescribe::inspected::settle_secrets;
use crate::prescribe::recipe::{ChangePlace, Plan, checked_names};

/// Applies every remedy, in the order of boot.
pub fn fill(plan: &mut Plan<'_>) {
    for remedy in &REMEDIES {
        let before = plan.changes.len();
        (remedy.apply)(plan);
        let mut told = plan.changes[before..].iter().flat_map(|change| change.remedies);
        debug_assert!(told.all(|id| remedy.ids.contains(id)), "a change names a remedy of another");
    }
    mounts::name_spare(plan);
    settle(plan);
}

/// Settles what of the finished recipe can be written: secret words are fetched, and a derived image needs a
/// user that can be named.
pub fn settle(plan: &mut Plan<'_>) {
    settle_secrets(&mut plan.recipe, plan.inspected);
    let user = plan.inspected.image_user();
    if !(plan.image_lines.is_empty() || user.is_empty() || checked_names::is_user(user)) {
        plan.image_lines.clear();
        plan.recipe.refused.push(format!("USER of the image: {} is not a user", checked_names::named(user)));
    }
}

/// Keeps to what flags can do: no image is derived, and what one would cure is not cured.
pub fn flags_only(plan: &mut Plan<'_>) {
    plan.image_lines.clear();
    plan.changes.retain(|change| change.place != ChangePlace::DerivedImage);
}
