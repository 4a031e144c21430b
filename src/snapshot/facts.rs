//! Facts: a value, and where it was read.

use std::collections::BTreeMap;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::catalog::{RETIRED, spec};
use super::fact_type::{FactType, FactValue, Key, Kind};

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
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
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
    /// Records a fact. A word that is not in the vocabulary can only come from an error in the code: it is
    /// dropped, and a debug build panics.
    pub fn set<T: FactType>(&mut self, key: Key<T>, value: impl FactValue<T>, source: &str) {
        let (name, value) = (key.name(), value.into_json());
        let fits = value.is_null() || T::KIND.holds(&value);
        debug_assert!(fits, "fact {name} = {value} is not in the catalog as such");
        if fits {
            self.0.insert(name.to_owned(), Fact { value, source: source.to_owned() });
        }
    }

    /// Records a fact unless something better is known.
    pub fn set_if_unknown<T: FactType>(&mut self, key: Key<T>, value: impl FactValue<T>, source: &str) {
        if !self.is_known(key) {
            self.set(key, value, source);
        }
    }

    /// Records a word from an engine's document; one that is not in the vocabulary leaves the fact unknown.
    pub fn set_foreign<W: FactType + FromStr + FactValue<W>>(
        &mut self,
        key: Key<W>,
        word: &str,
        source: &str,
    ) {
        if let Ok(word) = word.parse::<W>() {
            self.set(key, word, source);
        }
    }

    /// Records that the subject of a fact does not exist.
    pub fn set_absent<T: FactType>(&mut self, key: Key<T>, source: &str) {
        self.0.insert(key.name().to_owned(), Fact { value: Value::Null, source: source.to_owned() });
    }

    /// Records a fact under a name from a document: an example of a rule, or facts that were recorded
    /// elsewhere. What does not fit the catalog is dropped.
    pub fn set_named(&mut self, name: &str, value: Value, source: &str) {
        if spec(name).is_some_and(|spec| value.is_null() || spec.kind.holds(&value)) {
            self.0.insert(name.to_owned(), Fact { value, source: source.to_owned() });
        }
    }

    /// Drops the facts of earlier versions that are no longer recorded.
    pub(super) fn drop_retired(&mut self) {
        RETIRED.iter().for_each(|(key, _)| drop(self.0.remove(*key)));
    }

    /// Records a fact as [`Facts::set_named`] does, unless something better is known.
    pub fn set_named_if_unknown(&mut self, name: &str, value: Value, source: &str) {
        if self.named(name).is_none() {
            self.set_named(name, value, source);
        }
    }

    /// Adds all facts of another set.
    pub fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// Returns the fact with a key named by a rule or a snapshot, if it is known.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<&Fact> {
        self.0.get(name)
    }

    /// Returns the fact with a key, including its source, if it is known.
    #[must_use]
    pub fn entry<T>(&self, key: Key<T>) -> Option<&Fact> {
        self.named(key.name())
    }

    /// Returns a fact's value; `None` if it is unknown or null.
    #[must_use]
    pub fn get<T: FactType>(&self, key: Key<T>) -> Option<T::Read<'_>> {
        T::read(&self.entry(key)?.value)
    }

    /// Returns a list of texts; empty if it is unknown or null.
    #[must_use]
    pub fn list(&self, key: Key<Vec<String>>) -> Vec<&str> {
        self.get(key).unwrap_or_default()
    }

    /// Returns whether a fact is known, even as absent.
    #[must_use]
    pub fn is_known<T>(&self, key: Key<T>) -> bool {
        self.entry(key).is_some()
    }

    /// Returns whether the subject of a fact is known not to exist.
    #[must_use]
    pub fn is_absent<T>(&self, key: Key<T>) -> bool {
        self.entry(key).is_some_and(|fact| fact.value.is_null())
    }

    /// Returns all facts in the order of their keys.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Fact)> {
        self.0.iter().map(|(key, fact)| (key.as_str(), fact))
    }

    /// Returns all values and sources, for redaction.
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Fact> {
        self.0.values_mut()
    }

    /// Returns the keys whose values do not fit the catalog, as in an edited snapshot.
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
    /// Returns whether a JSON value is of this kind.
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
