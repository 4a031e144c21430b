//! What a text lets one assume of a container that nobody can ask. Pure.
//!
//! Weaker than everything that was said or seen: only facts that are unknown are set.

use super::distribution;
use crate::snapshot::{Facts, key};

/// Assumes that init is in the image: a container that ended otherwise than by the engine's own codes has
/// started it, and who names an init and has no error to show is taken to have one.
pub(super) fn init_is_present(facts: &mut Facts) {
    if facts.get(key::CONTAINER_RUNS_SYSTEMD) != Some(true) {
        return;
    }
    let source = match facts.get(key::CONTAINER_EXIT_CODE) {
        // The engine's own codes: the program may be missing.
        Some(125..=127) => return,
        Some(_) => "container.exit_code: the engine could start it",
        None => "assumed: the text mentions it",
    };
    facts.set_if_unknown(key::GUEST_INIT_PRESENT, true, source);
}

/// Takes what names tell of the guest, where systemd itself did not say it: the distribution's own name, then
/// that of the image.
pub(super) fn guest_by_names(image: Option<&str>, facts: &mut Facts) {
    let name = facts.get(key::GUEST_OS_NAME).map(str::to_owned);
    if let Some(version) = name.as_deref().and_then(distribution::of_name) {
        facts.set_if_unknown(key::GUEST_SYSTEMD_VERSION, version, key::GUEST_OS_NAME.name());
    }
    let Some((id, version)) = image.and_then(distribution::of_image) else { return };
    facts.set_if_unknown(key::GUEST_OS_ID, id, "name of the image");
    if let Some(version) = version {
        facts.set_if_unknown(key::GUEST_SYSTEMD_VERSION, version, "name of the image");
    }
}
