//! Strings of the engines' documents by their place: a key or a neighbouring string determines how a string
//! is read.

use std::ops::Range;

use serde_json::{Map, Value};

use super::detect::spans;
use super::span::SecretSpan;
use super::{allowlist, assignment, command, name};

/// The kind of a string in a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FieldKind {
    /// Any text.
    Text,
    /// The value of a name that belongs to a secret.
    Secret,
    /// The value of a name that is not allowed.
    Hidden,
    /// `NAME=value` of an environment.
    Variable,
    /// `name=value` of a list of labels.
    Label,
    /// The command that created a layer of an image.
    History,
}

impl FieldKind {
    /// Returns the kind of the value of a key, in an object of the kind `parent`.
    pub fn under(parent: FieldKind, above: &str, key: &str) -> Self {
        let is_label = matches!(above, "Labels" | "labels");
        match key {
            _ if name::is_secret(key) => Self::Secret,
            _ if is_label => {
                if allowlist::label(key) {
                    Self::Text
                } else {
                    Self::Hidden
                }
            }
            "Env" | "env" | "Environment" => Self::Variable,
            _ if matches!(above, "Env" | "env" | "Environment" | "BuildArgs") => {
                if allowlist::variable(key) {
                    Self::Text
                } else {
                    Self::Hidden
                }
            }
            "Labels" | "labels" => Self::Label,
            "created_by" | "CreatedBy" => Self::History,
            "value" | "Value" | "data" if parent == Self::Secret => Self::Secret,
            _ => Self::Text,
        }
    }

    /// Returns the secret places of a string of this kind.
    pub fn spans(self, text: &str) -> Vec<SecretSpan> {
        match self {
            Self::Secret => by_lines(text, std::iter::once(SecretSpan::secret(0..text.len()))),
            Self::Hidden => {
                by_lines(text, std::iter::once(SecretSpan::hidden(0..text.len())).chain(spans(text)))
            }
            Self::Variable => entry(text, allowlist::variable),
            Self::Label => entry(text, allowlist::label),
            Self::History => [history(text), spans(text)].concat(),
            Self::Text => spans(text),
        }
    }
}

fn entry(text: &str, allowed: fn(&str) -> bool) -> Vec<SecretSpan> {
    let Some((key, value)) = text.split_once('=') else { return spans(text) };
    let hidden = assignment::pair(key, text.len() - value.len()..text.len(), allowed);
    by_lines(text, hidden.into_iter().chain(spans(text)))
}

/// Splits spans at line ends, which stay: whether a value has several lines determines how it can be passed
/// on.
fn by_lines(text: &str, spans: impl Iterator<Item = SecretSpan>) -> Vec<SecretSpan> {
    let mut cut = Vec::new();
    for span in spans {
        let mut start = span.range.start;
        for line in text[span.range.clone()].split_inclusive(['\n', '\r']) {
            let end = start + line.trim_end_matches(['\n', '\r']).len();
            cut.extend((end > start).then_some(SecretSpan { range: start..end, scope: span.scope }));
            start += line.len();
        }
    }
    cut
}

/// Returns the values of `ENV`, `ARG` and `LABEL`, and the build arguments before a `RUN`: `|2 A=b C=d
/// /bin/sh -c …`.
fn history(text: &str) -> Vec<SecretSpan> {
    let bare = text.trim_start().trim_start_matches("/bin/sh -c #(nop)").trim_start();
    let start = text.len() - bare.len();
    if let Some((word, rest)) =
        bare.split_once(' ').filter(|(word, _)| ["ENV", "ARG", "LABEL"].contains(word))
    {
        let allowed = if word == "LABEL" { allowlist::label } else { allowlist::variable };
        return pairs(text, start + word.len() + 1, rest, allowed);
    }
    let arguments = bare.strip_prefix("RUN ").unwrap_or(bare);
    let Some(rest) = arguments.strip_prefix('|') else { return Vec::new() };
    let length = rest.find("/bin/").unwrap_or(rest.len());
    let start = text.len() - rest.len();
    pairs(text, start, &rest[..length], allowlist::variable)
}

/// Returns the values of `A=b C="d e" F=g h`; a value extends to the next name.
fn pairs(text: &str, start: usize, list: &str, allowed: fn(&str) -> bool) -> Vec<SecretSpan> {
    let mut found: Vec<(Range<usize>, &str)> = Vec::new();
    let mut at = start;
    for part in list.split_inclusive(' ') {
        let key = part
            .split_once('=')
            .map(|(key, _)| key)
            .filter(|key| !key.is_empty() && !key.contains(['"', '\'']));
        let end = at + part.trim_end().len();
        match (key, found.last_mut()) {
            (Some(key), _) => found.push((at + key.len() + 1..end, key)),
            (None, Some((range, _))) => range.end = end,
            (None, None) => {}
        }
        at += part.len();
    }
    if found.is_empty()
        && let Some((key, value)) = list.split_once(' ')
    {
        found.push((start + list.len() - value.len()..start + list.len(), key));
    }
    let mut spans = Vec::new();
    for (range, key) in found {
        let value = text.get(range.clone()).unwrap_or_default();
        let inner = value.len() - value.trim_start_matches(['"', '\'']).len();
        let range = range.start + inner
            ..(range.end - (value.len() - value.trim_end_matches(['"', '\'']).len()))
                .max(range.start + inner);
        spans.extend(assignment::pair(key, range, allowed));
    }
    spans
}

/// Returns the kind of the strings in an object such as `{"name": "DB_PASSWORD", "value": "x"}`, which a
/// neighbouring string determines.
pub(super) fn named_beside(map: &Map<String, Value>, key: &str) -> Option<FieldKind> {
    if !matches!(key, "value" | "Value") {
        return None;
    }
    let told = ["name", "Name", "key", "Key"].iter().find_map(|key| map.get(*key)?.as_str())?;
    name::is_secret(told).then_some(FieldKind::Secret)
}

/// Returns the secret places in a list of words that the other words of the list determine.
pub(super) fn of_words(list: &[Value]) -> Vec<(usize, SecretSpan)> {
    let words: Vec<&str> = list.iter().map(|word| word.as_str().unwrap_or_default()).collect();
    command::in_words(&words)
}
