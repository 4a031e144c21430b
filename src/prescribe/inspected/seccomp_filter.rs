//! Finds the seccomp filter that is in force in a snapshot's container, as text and as rules.
//!
//! Must not judge the filter.

use serde_json::Value;

use super::documents::Inspected;
use crate::facts::seccomp_filter;
use crate::seccomp::{Hierarchy, MEASURED, Wanted, allow};
use crate::snapshot::{Snapshot, key};

pub use crate::facts::seccomp_filter::{Found, Origin};

/// Finds the filter of a snapshot's container.
///
/// # Errors
/// Returns an error message that says why it is not known.
pub fn filter_of(snapshot: &Snapshot) -> Result<Found, String> {
    let inspected = Inspected::of(snapshot).ok_or("the engine's inspect data of the container is missing")?;
    let kept = || snapshot.documents.get("seccomp").map(Value::to_string);
    let read = |path: &str| kept().ok_or_else(|| format!("the profile {path} could not be read"));
    seccomp_filter::find(&inspected.config, &read, &snapshot.facts)?
        .ok_or_else(|| "the container's security options are not known".to_owned())
}

/// Returns the systemd versions to check for a container: its own, or all that were measured.
#[must_use]
pub fn versions_of(snapshot: &Snapshot) -> Vec<i64> {
    snapshot.facts.get(key::GUEST_SYSTEMD_VERSION).map_or_else(|| MEASURED.to_vec(), |version| vec![version])
}

/// Returns the kind of a container's control group tree.
#[must_use]
pub fn hierarchy_of(snapshot: &Snapshot) -> Option<Hierarchy> {
    seccomp_filter::hierarchy(&snapshot.facts)
}

/// Returns a profile that additionally allows only these calls.
#[must_use]
pub fn allowing(profile: &str, wanted: &[Wanted]) -> Option<Value> {
    allow(&serde_json::from_str(profile).ok()?, wanted)
}
