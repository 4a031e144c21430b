//! Why a finding does not count, and what names it from one run to the next.

use serde::Serialize;
use sha2::{Digest, Sha256};

/// Bytes of the hash that name a finding.
const FINGERPRINT: usize = 16;

/// Why a finding does not count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "lowercase")]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub enum Acceptance {
    /// The baseline has it.
    Known,
    /// Somebody suppressed it.
    Suppressed {
        /// Why.
        reason: String,
        /// Last day on which that holds, `YYYY-MM-DD`; null for ever.
        #[cfg_attr(feature = "cli", schemars(extend("format" = "date")))]
        expires: Option<String>,
    },
}

/// The name of a diagnosis of a target, in hexadecimal.
#[must_use]
pub fn fingerprint(target: &str, id: &str) -> String {
    let mut hash = Sha256::new();
    // The length keeps two names apart whose parts are cut at another place.
    hash.update((target.len() as u64).to_le_bytes());
    hash.update(target);
    hash.update(id);
    hash.finalize().iter().take(FINGERPRINT).fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}
