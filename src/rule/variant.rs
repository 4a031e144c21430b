//! Shapes of a cause that ask for words of their own: what is true of a cause in general may be useless
//! advice to somebody who met it in an image build, an editor or a pod.

use serde::{Deserialize, Deserializer};

use super::trimmed::trimmed;
use super::{Condition, ConditionOutcome, Scope};
use crate::snapshot::Facts;

/// A shape of a cause, with its own explanation and advice.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Variant {
    /// Unique within its rule.
    #[cfg_attr(feature = "cli", schemars(with = "super::schema::Id"))]
    pub name: String,
    /// The situation in a few words, such as `in an image build`.
    pub title: String,
    /// Condition (CEL over facts) under which the cause has this shape.
    #[serde(default, deserialize_with = "condition")]
    #[cfg_attr(feature = "cli", schemars(with = "Option<String>"))]
    pub when: Option<Condition>,
    /// Names of signatures of the rule; one of them must have matched.
    #[serde(default)]
    #[cfg_attr(feature = "cli", schemars(with = "Vec<super::schema::Id>"))]
    pub signatures: Vec<String>,
    /// What happens here and why; the rule's own explanation when absent.
    #[serde(default, deserialize_with = "text")]
    pub explanation: Option<String>,
    /// What to do here, in place of the words of the rule's remedies.
    #[serde(deserialize_with = "trimmed")]
    pub advice: String,
}

impl Variant {
    /// Returns whether the cause has this shape: the condition holds, and one of the signatures matched.
    #[must_use]
    pub fn fits(&self, scope: &Scope, facts: &Facts, matched: &[&str]) -> bool {
        let said =
            self.signatures.is_empty() || self.signatures.iter().any(|name| matched.contains(&name.as_str()));
        said && self.when.as_ref().is_none_or(|when| when.evaluate(scope, facts) == ConditionOutcome::Match)
    }
}

fn condition<'de, D: Deserializer<'de>>(source: D) -> Result<Option<Condition>, D::Error> {
    String::deserialize(source).map(|source| Some(Condition::unchecked(&source)))
}

fn text<'de, D: Deserializer<'de>>(text: D) -> Result<Option<String>, D::Error> {
    trimmed(text).map(Some)
}
