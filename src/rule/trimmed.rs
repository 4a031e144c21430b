//! Texts of a rule file that readers see. They are written over several lines, with a line break at each end.

use serde::{Deserialize, Deserializer};

/// Reads a text without surrounding space.
pub(super) fn trimmed<'de, D: Deserializer<'de>>(text: D) -> Result<String, D::Error> {
    String::deserialize(text).map(|text| text.trim().to_owned())
}
