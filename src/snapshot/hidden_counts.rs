//! Counts the values that were redacted in a snapshot, by kind. Must not reveal a value.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::Snapshot;

/// Where a redacted value first stood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum HiddenIn {
    /// Environment.
    Variable,
    /// Labels.
    Label,
    /// Words of commands, health checks, log options and other settings of the container.
    Setting,
    /// Commands that made the layers of the image.
    History,
    /// Facts and gaps.
    Fact,
    /// Lines of the log.
    Line,
}

impl HiddenIn {
    /// Returns the word used in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Variable => "the environment",
            Self::Label => "labels",
            Self::Setting => "commands and settings",
            Self::History => "the image's history",
            Self::Fact => "facts",
            Self::Line => "the log",
        }
    }
}

/// Returns how many values of each kind are redacted; each is counted once, where it first stands.
#[must_use]
pub fn counts(snapshot: &Snapshot) -> BTreeMap<HiddenIn, usize> {
    let mut seen = TokenCounter::default();
    for (name, document) in &snapshot.documents {
        seen.document(document, if name == "history" { HiddenIn::History } else { HiddenIn::Setting });
    }
    snapshot.facts.iter().for_each(|(_, fact)| seen.document(&fact.value, HiddenIn::Fact));
    snapshot.gaps.iter().for_each(|gap| seen.text(&gap.reason, HiddenIn::Fact));
    snapshot.log.lines.iter().for_each(|line| seen.text(&line.text, HiddenIn::Line));
    snapshot.log.unrecognised.iter().for_each(|cluster| seen.text(&cluster.text, HiddenIn::Line));
    seen.counts
}

#[derive(Default)]
struct TokenCounter {
    tokens: BTreeSet<String>,
    counts: BTreeMap<HiddenIn, usize>,
}

impl TokenCounter {
    fn document(&mut self, value: &Value, kind: HiddenIn) {
        match value {
            Value::String(text) => self.text(text, kind),
            Value::Array(list) => list.iter().for_each(|value| self.document(value, kind)),
            Value::Object(map) => {
                for (key, value) in map {
                    self.text(key, kind);
                    self.document(
                        value,
                        match key.as_str() {
                            "Env" => HiddenIn::Variable,
                            "Labels" => HiddenIn::Label,
                            _ => kind,
                        },
                    );
                }
            }
            _ => {}
        }
    }

    fn text(&mut self, text: &str, kind: HiddenIn) {
        for token in text.split("<secret-").skip(1).filter_map(|rest| rest.split('>').next()) {
            if self.tokens.insert(token.to_owned()) {
                *self.counts.entry(kind).or_default() += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_value_is_counted_once() {
        let mut seen = TokenCounter::default();
        let document = json!({"Config": {"Env": ["A=<secret-1>", "B=<secret-2>"], "Labels": {"a": "<secret-3>"}, "Cmd": ["<secret-1>", "<secret-4>"]}});
        seen.document(&document, HiddenIn::Setting);
        seen.text("<secret-4> and <secret-5>", HiddenIn::Line);
        let counts: Vec<_> = seen.counts.into_iter().collect();
        assert_eq!(
            counts,
            [(HiddenIn::Variable, 2), (HiddenIn::Label, 1), (HiddenIn::Setting, 1), (HiddenIn::Line, 1)]
        );
    }
}
