//! Parts of a rule that few runs need: its page and its examples. Those of a built-in rule are read on first
//! use.

use std::ops::Deref;
use std::sync::OnceLock;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::trimmed::trimmed;
use super::{Reproduction, Variant};

/// A part of a rule; that of a built-in one is read on first use.
#[derive(Debug, Clone, Default)]
pub struct LazyPart<T> {
    json: &'static str,
    read: OnceLock<T>,
}

impl<T: DeserializeOwned + Default> LazyPart<T> {
    /// Makes a part from the form of the build script.
    pub(super) fn embedded(json: &'static str) -> Self {
        Self { json, read: OnceLock::new() }
    }

    /// Reads it, unless that has been done.
    ///
    /// # Errors
    /// What is wrong with its form.
    pub fn check(&self) -> Result<(), String> {
        if self.read.get().is_some() {
            return Ok(());
        }
        serde_json::from_str::<T>(self.json).map(|_| ()).map_err(|error| error.to_string())
    }
}

impl<T: DeserializeOwned + Default> Deref for LazyPart<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.read.get_or_init(|| serde_json::from_str(self.json).unwrap_or_default())
    }
}

impl<T> From<T> for LazyPart<T> {
    fn from(part: T) -> Self {
        Self { json: "", read: part.into() }
    }
}

/// The part of a rule that is written for readers.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RulePage {
    /// What happens and why.
    #[serde(deserialize_with = "trimmed")]
    pub explanation: String,
    /// How to confirm it by hand.
    #[serde(deserialize_with = "trimmed")]
    pub confirm: String,
    /// Sources.
    #[serde(default)]
    pub references: Vec<String>,
    /// Ways to reproduce it.
    #[serde(default)]
    pub reproduce: Vec<Reproduction>,
    /// Why it is not reproduced, if so.
    pub not_reproduced: Option<String>,
    /// Shapes of the cause with words of their own; the first that fits counts.
    #[serde(default)]
    pub variant: Vec<Variant>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_read_on_first_use() {
        let page = LazyPart::<RulePage>::embedded(
            r#"{"explanation": " Why. ", "confirm": "How.", "references": ["x"]}"#,
        );
        assert!(page.read.get().is_none() && page.check().is_ok() && page.read.get().is_none());
        assert_eq!((page.explanation.as_str(), page.references.len()), ("Why.", 1));
        assert!(page.read.get().is_some());
    }

    #[test]
    fn a_mistake_in_a_page_is_reported() {
        for json in ["{}", "", r#"{"explanation": "e", "confirm": "c", "source": []}"#] {
            assert!(LazyPart::<RulePage>::embedded(json).check().is_err(), "{json}");
        }
        assert!(LazyPart::from(RulePage::default()).check().is_ok());
    }
}
