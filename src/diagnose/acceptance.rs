//! Why a finding does not count.

use serde::Serialize;

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
