//! Assumptions about a container that a text describes and that cannot be inspected. Pure.
//!
//! Weaker than anything stated or observed: only unknown facts are set.

use super::distribution;
use crate::snapshot::{Facts, key};

/// Assumes that the init is in the image: a container that ended with a code other than the engine's own has
/// started it, and a text that names an init and shows no error is taken to have one.
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

/// Takes the guest's distribution and version from names where systemd itself did not report them: from the
/// distribution's own name first, then from that of the image.
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
