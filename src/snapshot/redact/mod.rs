//! Redaction: replaces secrets before anything is kept.
//!
//! The values of variables, labels, build arguments and an image's history are kept only for the names in
//! [`allowlist`]. Everything else is searched for what looks like a secret: by its name, its place or its
//! format. What is found is replaced by a token wherever it occurs, in every document, fact and line, also
//! escaped or encoded. Tokens are numbered in order of appearance: equal values have the same token within a
//! snapshot, and a token reveals nothing about its value.
//!
//! Why a value that is secret once is masked everywhere: the same password is in the environment, in the
//! command line of a health check and, once something fails, in a line of the log, and only the first of them
//! has a name that gives it away. So all documents, facts and lines are read first ([`Redactor::learn`]) and
//! only then is anything replaced; a value that is found last is still masked in what was read first. Short
//! values and words of every log are the exception (`value`): masked everywhere they would make a log
//! unreadable, and the gaps would reveal them.
//!
//! Why one pass: a snapshot may have thousands of lines and hundreds of secrets, and a search for each
//! secret, or for each kind, would read all text as many times. One automaton finds the marks of all kinds in
//! a text (`detect`), one finds all known values in all their spellings (`mask`), and each kind remembers how
//! far it has searched, so that the work stays linear in the length of any text. One pass also settles
//! overlaps: places from both searches are merged before any is replaced. One replacement after another would
//! find marks inside tokens, or leave the end of a longer secret behind.
//!
//! Why there is a final check: both searches are heuristics, the check is not. A text that still contains a
//! known value is replaced as a whole.

mod address;
mod allowlist;
mod assignment;
mod command;
mod credential_formats;
mod delimiters;
#[cfg(test)]
mod dense_text_tests;
mod detect;
mod fields;
#[cfg(test)]
mod log_line_tests;
mod markup;
mod mask;
mod name;
mod prose;
mod span;
#[cfg(test)]
mod tests;
mod value;

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::ops::Range;
use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use serde_json::Value;

use self::fields::FieldKind;
use self::mask::Masks;
use self::span::{MaskScope, SecretSpan};
use super::Snapshot;

/// Finds secrets first, then replaces them everywhere.
#[derive(Default)]
pub struct Redactor {
    /// Number and scope of each value.
    values: HashMap<String, KnownSecret>,
    /// Highest token number that the snapshot already contained.
    used: usize,
    /// Words that name the target, its image and its engine, which a cure must be able to name.
    structure: Vec<String>,
    /// Whether the snapshot was redacted before: then values that are only not allowed stay, since they were
    /// chosen when it was made.
    was_redacted: bool,
    masks: OnceLock<Masks>,
}

#[derive(Debug, Clone, Copy)]
struct KnownSecret {
    number: usize,
    is_searched: bool,
}

/// Never shows a value.
impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redactor").field("values", &self.values.len()).finish_non_exhaustive()
    }
}

impl Redactor {
    /// Makes a redactor for a snapshot that was redacted when it was made, perhaps by other rules or edited
    /// since.
    #[must_use]
    pub(super) fn of_redacted() -> Self {
        Self { was_redacted: true, ..Self::default() }
    }

    /// Finds the secrets of a raw engine document: environment, labels, arguments, registry auth, URLs.
    pub fn learn(&mut self, document: &Value) {
        self.learn_value(document, FieldKind::Text, "");
    }

    /// Finds the secrets of a free text, such as a log line.
    pub fn learn_text(&mut self, text: &str) {
        self.learn_spans(text, detect::spans(text));
    }

    fn learn_value(&mut self, value: &Value, place: FieldKind, key: &str) {
        match value {
            Value::String(text) => self.learn_spans(text, place.spans(text)),
            Value::Array(list) => {
                for (word, span) in fields::of_words(list) {
                    self.learn_spans(list[word].as_str().unwrap_or_default(), vec![span]);
                }
                list.iter().for_each(|value| self.learn_value(value, place, key));
            }
            Value::Object(map) => {
                for (name, value) in map {
                    self.learn_text(name);
                    self.learn_value(
                        value,
                        fields::named_beside(map, name).unwrap_or_else(|| FieldKind::under(place, key, name)),
                        name,
                    );
                }
            }
            _ => {}
        }
    }

    fn learn_spans(&mut self, text: &str, spans: Vec<SecretSpan>) {
        for span in spans {
            if self.hides(&span) {
                self.remember(text.get(span.range).unwrap_or_default(), span.scope);
            }
        }
    }

    fn hides(&self, span: &SecretSpan) -> bool {
        !self.was_redacted || span.scope == MaskScope::Everywhere
    }

    fn remember(&mut self, value: &str, scope: MaskScope) {
        if value::is_plain(value) {
            return;
        }
        let is_named = match scope {
            MaskScope::Everywhere => self.structure.iter().any(|word| word == value),
            MaskScope::InPlace => {
                !value::is_opaque(value) || self.structure.iter().any(|word| word.contains(value))
            }
        };
        let is_searched = !is_named && value::is_searched(value);
        let number = self.used + self.values.len() + 1;
        let known = self.values.entry(value.to_owned()).or_insert(KnownSecret { number, is_searched });
        known.is_searched |= is_searched;
        self.masks.take();
        if scope == MaskScope::Everywhere {
            self.remember_decoded(value);
        }
    }

    /// Remembers what a secret contains in base64, and the password of `user:password` in it.
    fn remember_decoded(&mut self, value: &str) {
        let bare = value.trim_end_matches('=');
        let decoded = STANDARD_NO_PAD.decode(bare).or_else(|_| URL_SAFE_NO_PAD.decode(bare)).ok();
        let Some(text) = decoded.and_then(|bytes| String::from_utf8(bytes).ok()) else { return };
        let is_text = text.len() >= 6 && text.chars().all(|sign| sign.is_ascii_graphic() || sign == ' ');
        if is_text && !self.values.contains_key(&text) {
            self.remember(&text, MaskScope::Everywhere);
            if let Some((_, password)) = text.split_once(':') {
                self.remember(password, MaskScope::Everywhere);
            }
        }
    }

    fn masks(&self) -> &Masks {
        self.masks.get_or_init(|| {
            Masks::of(
                self.values
                    .iter()
                    .filter(|(_, known)| known.is_searched)
                    .map(|(value, known)| (value.as_str(), known.number)),
            )
        })
    }

    /// Replaces every known secret in a text, and everything that looks like one.
    #[must_use]
    pub fn redact(&self, text: &str) -> String {
        self.masked(text, detect::spans(text))
    }

    /// Replaces places of a text, and known values wherever they occur in it.
    fn masked(&self, text: &str, spans: Vec<SecretSpan>) -> String {
        if let Some(known) = self.values.get(text).filter(|known| known.is_searched) {
            return token(known.number);
        }
        let own = spans.into_iter().filter(|span| {
            self.hides(span) && !value::is_plain(text.get(span.range.clone()).unwrap_or_default())
        });
        let numbered = own.map(|span| {
            let number = self.values.get(&text[span.range.clone()]).map_or(0, |known| known.number);
            (span.range, number)
        });
        let mut places: Vec<(Range<usize>, usize)> = numbered.chain(self.masks().find(text)).collect();
        if places.is_empty() {
            return text.to_owned();
        }
        // A longer place precedes a shorter one inside it.
        places.sort_by_key(|(range, _)| (range.start, std::cmp::Reverse(range.end)));
        replaced(text, &places)
    }

    /// Replaces every known secret in a document, including its keys.
    pub fn redact_value(&self, value: &mut Value) {
        self.redact_in(value, FieldKind::Text, "");
    }

    fn redact_in(&self, value: &mut Value, place: FieldKind, key: &str) {
        match value {
            Value::String(text) => *text = self.masked(text, place.spans(text)),
            Value::Array(list) => {
                let mut words: BTreeMap<usize, Vec<SecretSpan>> = BTreeMap::new();
                for (word, span) in fields::of_words(list) {
                    words.entry(word).or_default().push(span);
                }
                for (number, value) in list.iter_mut().enumerate() {
                    match value {
                        Value::String(text) => {
                            let spans =
                                [words.remove(&number).unwrap_or_default(), place.spans(text)].concat();
                            *text = self.masked(text, spans);
                        }
                        value => self.redact_in(value, place, key),
                    }
                }
            }
            Value::Object(map) => {
                let places: Vec<FieldKind> = map
                    .keys()
                    .map(|name| {
                        fields::named_beside(map, name).unwrap_or_else(|| FieldKind::under(place, key, name))
                    })
                    .collect();
                let old = std::mem::take(map);
                map.extend(old.into_iter().zip(places).map(|((name, mut value), place)| {
                    self.redact_in(&mut value, place, &name);
                    (self.masked(&name, detect::spans(&name)), value)
                }));
            }
            _ => {}
        }
    }

    /// Learns from the whole snapshot and replaces what was found, everywhere in it. The result is checked: a
    /// text that still contains a value is replaced as a whole.
    #[must_use]
    pub fn redacted(mut self, mut snapshot: Snapshot) -> Snapshot {
        self.learn_snapshot(&snapshot);
        let blocks = detect::in_blocks(snapshot.log.lines.iter().map(|line| line.text.as_str()));
        snapshot.documents.values_mut().for_each(|document| self.redact_value(document));
        snapshot.facts.iter_mut().for_each(|fact| {
            self.redact_value(&mut fact.value);
            fact.source = self.redact(&fact.source);
        });
        for (line, block) in snapshot.log.lines.iter_mut().zip(blocks) {
            let spans = block.map(SecretSpan::secret).into_iter().chain(detect::spans(&line.text)).collect();
            line.text = self.masked(&line.text, spans);
        }
        snapshot
            .log
            .unrecognised
            .iter_mut()
            .for_each(|cluster| cluster.text = self.masked(&cluster.text, detect::spans(&cluster.text)));
        snapshot
            .gaps
            .iter_mut()
            .for_each(|gap| gap.reason = self.masked(&gap.reason, detect::spans(&gap.reason)));
        snapshot.target.name = self.redact(&snapshot.target.name);
        self.check(&mut snapshot);
        snapshot
    }

    fn learn_snapshot(&mut self, snapshot: &Snapshot) {
        self.used = last_token(snapshot);
        self.structure = structure(snapshot);
        snapshot.documents.values().for_each(|document| self.learn(document));
        snapshot.facts.iter().for_each(|(_, fact)| self.learn(&fact.value));
        let blocks = detect::in_blocks(snapshot.log.lines.iter().map(|line| line.text.as_str()));
        for (line, block) in snapshot.log.lines.iter().zip(blocks) {
            self.learn_spans(&line.text, block.map(SecretSpan::secret).into_iter().collect());
            self.learn_text(&line.text);
        }
        snapshot.log.unrecognised.iter().for_each(|cluster| self.learn_text(&cluster.text));
        snapshot.gaps.iter().for_each(|gap| self.learn_text(&gap.reason));
        self.learn_text(&snapshot.target.name);
    }

    /// Searches every text of a snapshot for remaining values, and replaces each text that has one as a
    /// whole.
    fn check(&self, snapshot: &mut Snapshot) {
        let masks = self.masks();
        let keep = |text: &mut String| {
            if !masks.is_clean(text) {
                *text = token(0);
            }
        };
        snapshot.documents.values_mut().for_each(|document| each_text(document, &keep));
        snapshot.facts.iter_mut().for_each(|fact| {
            each_text(&mut fact.value, &keep);
            keep(&mut fact.source);
        });
        snapshot.log.lines.iter_mut().for_each(|line| keep(&mut line.text));
        snapshot.log.unrecognised.iter_mut().for_each(|cluster| keep(&mut cluster.text));
        snapshot.gaps.iter_mut().for_each(|gap| keep(&mut gap.reason));
    }
}

fn token(number: usize) -> String {
    format!("<secret-{number}>")
}

/// Returns the text with places replaced by tokens; overlapping places become one.
fn replaced(text: &str, places: &[(Range<usize>, usize)]) -> String {
    let mut out = String::with_capacity(text.len());
    let (mut end, mut places) = (0, places.iter().peekable());
    while let Some((range, number)) = places.next() {
        let mut until = range.end;
        while let Some((next, _)) = places.next_if(|(next, _)| next.start < until) {
            until = until.max(next.end);
        }
        out.push_str(text.get(end..range.start).unwrap_or_default());
        out.push_str(&token(*number));
        end = until;
    }
    out.push_str(text.get(end..).unwrap_or_default());
    out
}

fn each_text(value: &mut Value, keep: &impl Fn(&mut String)) {
    match value {
        Value::String(text) => keep(text),
        Value::Array(list) => list.iter_mut().for_each(|value| each_text(value, keep)),
        Value::Object(map) => {
            let old = std::mem::take(map);
            map.extend(old.into_iter().map(|(mut key, mut value)| {
                keep(&mut key);
                each_text(&mut value, keep);
                (key, value)
            }));
        }
        _ => {}
    }
}

/// Returns the highest token number in a snapshot that was redacted before.
fn last_token(snapshot: &Snapshot) -> usize {
    let highest = |text: &str| {
        let numbers =
            text.split("<secret-").skip(1).filter_map(|rest| rest.split('>').next()?.parse::<usize>().ok());
        numbers.max().unwrap_or_default()
    };
    let documents = snapshot.documents.values().map(|document| deepest(document, &highest));
    let facts = snapshot.facts.iter().map(|(_, fact)| deepest(&fact.value, &highest));
    let lines = snapshot.log.lines.iter().map(|line| highest(&line.text));
    documents.chain(facts).chain(lines).max().unwrap_or_default()
}

fn deepest(value: &Value, highest: &impl Fn(&str) -> usize) -> usize {
    match value {
        Value::String(text) => highest(text),
        Value::Array(list) => list.iter().map(|value| deepest(value, highest)).max().unwrap_or_default(),
        Value::Object(map) => {
            map.iter().map(|(key, value)| highest(key).max(deepest(value, highest))).max().unwrap_or_default()
        }
        _ => 0,
    }
}

/// Returns the words that a cure must be able to name.
fn structure(snapshot: &Snapshot) -> Vec<String> {
    let container = snapshot.documents.get("container");
    let text = |pointer: &str| {
        container.and_then(|container| container.pointer(pointer)).and_then(Value::as_str).map(str::to_owned)
    };
    let named = ["/Name", "/Id", "/Image", "/Config/Image", "/Config/Hostname"]
        .iter()
        .filter_map(|pointer| text(pointer));
    let kept = ["container", "podman"]
        .into_iter()
        .filter_map(|name| snapshot.documents.get(name)?.pointer("/Config/Secrets")?.as_array());
    let kept = kept.flatten().filter_map(|secret| Some(secret.get("Name")?.as_str()?.to_owned()));
    let bare = named.map(|name| name.trim_start_matches('/').to_owned()).chain(kept);
    bare.chain([snapshot.target.name.clone()]).filter(|word| !word.is_empty()).collect()
}
