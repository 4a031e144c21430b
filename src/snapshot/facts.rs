//! Facts: a value, and where it was read.

use std::collections::BTreeMap;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::catalog::{Kind, spec};

/// One known fact. `null` means: known to be absent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fact {
    /// The value, of the kind that the catalog gives, or null.
    pub value: Value,
    /// Where it was read, such as `container inspect: HostConfig.Tmpfs`.
    pub source: String,
}

/// Something that could not be found out.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Gap {
    /// Fact key, or a group such as `pid1.*`.
    pub fact: String,
    /// Why it is not known.
    pub reason: String,
}

/// All known facts of a target, by key.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Facts(BTreeMap<String, Fact>);

impl Facts {
    /// Records a fact. A key outside the catalog or a value of another kind is a programming error and is
    /// dropped; tests and debug builds stop on it.
    pub fn set(&mut self, key: &str, value: impl Into<Value>, source: &str) {
        let value = value.into();
        let fits = spec(key).is_some_and(|spec| value.is_null() || spec.kind.holds(&value));
        debug_assert!(fits, "fact {key} = {value} does not match the catalog");
        if fits {
            self.0.insert(key.to_owned(), Fact { value, source: source.to_owned() });
        }
    }

    /// Records a fact only when nothing better is known.
    pub fn set_if_unknown(&mut self, key: &str, value: impl Into<Value>, source: &str) {
        if !self.0.contains_key(key) {
            self.set(key, value, source);
        }
    }

    /// Records a word that a foreign document says; one that the vocabulary does not have leaves the fact
    /// unknown.
    pub fn set_foreign(&mut self, key: &str, word: &str, source: &str) {
        if spec(key).is_some_and(|spec| spec.kind.holds(&word.into())) {
            self.set(key, word, source);
        }
    }

    /// The word of a fact; `None` when unknown or null.
    #[must_use]
    pub fn word<W: FromStr>(&self, key: &str) -> Option<W> {
        self.text(key)?.parse().ok()
    }

    /// Takes over all facts of another set.
    pub fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// The fact of that key, when it is known.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Fact> {
        self.0.get(key)
    }

    /// A truth value; `None` when unknown or null.
    #[must_use]
    pub fn bool(&self, key: &str) -> Option<bool> {
        self.get(key)?.value.as_bool()
    }

    /// A number; `None` when unknown or null.
    #[must_use]
    pub fn int(&self, key: &str) -> Option<i64> {
        self.get(key)?.value.as_i64()
    }

    /// A text; `None` when unknown or null.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<&str> {
        self.get(key)?.value.as_str()
    }

    /// A list of texts; empty when unknown or null.
    #[must_use]
    pub fn list(&self, key: &str) -> Vec<&str> {
        let list = self.get(key).and_then(|fact| fact.value.as_array());
        list.into_iter().flatten().filter_map(Value::as_str).collect()
    }

    /// All facts in order of key.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Fact)> {
        self.0.iter().map(|(key, fact)| (key.as_str(), fact))
    }

    /// All values and sources, for redaction.
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Fact> {
        self.0.values_mut()
    }

    /// Keys whose value does not fit the catalog, as an edited snapshot may have them.
    #[must_use]
    pub fn misfits(&self) -> Vec<String> {
        let odd = |(key, fact): (&str, &Fact)| match spec(key) {
            None => Some(format!("unknown fact `{key}`")),
            Some(spec) if fact.value.is_null() || spec.kind.holds(&fact.value) => None,
            Some(spec) => Some(format!("fact `{key}` must be {}", spec.kind.name())),
        };
        self.iter().filter_map(odd).collect()
    }
}

impl Kind {
    /// Whether a JSON value is of this kind.
    #[must_use]
    pub fn holds(self, value: &Value) -> bool {
        match self {
            Self::Bool => value.is_boolean(),
            Self::Int => value.is_i64(),
            Self::Text => value.is_string(),
            Self::Word(words) => value.as_str().is_some_and(|word| words.contains(&word)),
            Self::TextList => value.as_array().is_some_and(|list| list.iter().all(Value::is_string)),
        }
    }
}
