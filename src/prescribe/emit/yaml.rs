//! Writes typed values as YAML that readers of version 1.1 and 1.2 understand alike.
//!
//! The serialiser decides by YAML 1.2 which strings need quotes; `PyYAML` and some readers in Go follow 1.1,
//! where `no`, `1_000`, `22:22` and `2026-01-01` are not strings. So every string that is not plainly one is
//! quoted. Must not write a string that some reader takes for another type.

use serde::{Serialize, Serializer};
use yaml_serde::Value;

use super::emitted::EmitError;
use crate::visible::{is_command, is_hidden};

/// An indicator that no plain scalar may start with, followed by a private-use character that identifies this
/// module.
const MARK: &str = "@\u{f5d0}";
/// A private-use character around a string that is written with escapes; its bytes are between the two, in
/// hexadecimal.
const CODED: char = '\u{f5d1}';
/// Words that some reader takes for a boolean or null.
const NOT_TEXT: [&str; 9] = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"];

/// A string that every reader takes for a string.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Text(pub String);

impl<T: Into<String>> From<T> for Text {
    fn from(text: T) -> Self {
        Self(text.into())
    }
}

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if needs_escapes(&self.0) {
            let coded = self.0.bytes().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat();
            return serializer.collect_str(&format_args!("{CODED}{coded}{CODED}"));
        }
        // A string of several lines is written as a block or in double quotes, which no reader takes for
        // anything else.
        if is_plain(&self.0) || self.0.contains('\n') {
            serializer.serialize_str(&self.0)
        } else {
            serializer.collect_str(&format_args!("{MARK}{}", self.0))
        }
    }
}

/// Returns whether it contains invisible characters, a line that a workflow runner would obey, or the markers
/// of this module.
fn needs_escapes(text: &str) -> bool {
    let odd = |c: char| !matches!(c, '\n' | '\t') && is_hidden(c) || ('\u{e000}'..='\u{f8ff}').contains(&c);
    text.chars().any(odd)
        || text.lines().skip(1).any(is_command)
        || text.contains("##[")
        || text.contains('\n') && is_command(text)
}

/// Writes a string in double quotes, with escapes that YAML 1.1 and 1.2 know.
fn escaped(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            c if is_hidden(c) && u32::from(c) > 0xffff => {
                quoted.push_str(&format!("\\U{:08x}", u32::from(c)));
            }
            c if is_hidden(c) => quoted.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    // `##[` starts a workflow command anywhere in a line.
    quoted.replace("##[", "#\\u0023[") + "\""
}

/// Decodes a string from hexadecimal.
fn decoded(coded: &str) -> Option<String> {
    let byte = |at: usize| u8::from_str_radix(coded.get(at..at + 2)?, 16).ok();
    String::from_utf8((0..coded.len()).step_by(2).map(byte).collect::<Option<_>>()?).ok()
}

/// Replaces encoded strings with escaped ones, including the quotes that the serialiser may have added.
fn with_escapes(yaml: &str) -> String {
    let mut pieces = yaml.split(CODED);
    let mut text = pieces.next().unwrap_or_default().to_owned();
    while let Some((coded, rest)) = pieces.next().zip(pieces.next()) {
        let quote =
            text.chars().next_back().filter(|c| matches!(c, '\'' | '"')).filter(|c| rest.starts_with(*c));
        if quote.is_some() {
            text.pop();
        }
        text.push_str(&escaped(&decoded(coded).unwrap_or_default()));
        text.push_str(&rest[quote.map_or(0, char::len_utf8)..]);
    }
    text
}

/// Returns whether every reader takes it for a string.
fn is_plain(text: &str) -> bool {
    let begins = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/');
    let inside =
        text.chars().all(|c| c.is_ascii_alphanumeric() || "/._-+=,:@".contains(c)) && !text.ends_with(':');
    begins && inside && !NOT_TEXT.contains(&text.to_ascii_lowercase().as_str())
}

/// Writes a document.
///
/// # Errors
/// Returns [`EmitError::Yaml`] for values that YAML cannot represent.
pub fn written<T: Serialize>(value: &T) -> Result<String, EmitError> {
    Ok(with_escapes(&yaml_serde::to_string(value)?.replace(MARK, "")))
}

/// A parsed value, ready for [`written`]: its strings stay strings.
pub enum Marked<'v> {
    /// A string.
    Text(Text),
    /// Key and value pairs in order.
    Map(Vec<(Marked<'v>, Marked<'v>)>),
    /// Values in order.
    List(Vec<Marked<'v>>),
    /// A number, a boolean or null.
    Other(&'v Value),
}

impl<'v> From<&'v Value> for Marked<'v> {
    fn from(value: &'v Value) -> Self {
        match value {
            Value::String(text) => Self::Text(text.as_str().into()),
            Value::Mapping(map) => {
                Self::Map(map.iter().map(|(key, value)| (key.into(), value.into())).collect())
            }
            Value::Sequence(list) => Self::List(list.iter().map(Self::from).collect()),
            other => Self::Other(other),
        }
    }
}

impl Serialize for Marked<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => text.serialize(serializer),
            Self::Map(pairs) => serializer.collect_map(pairs.iter().map(|(key, value)| (key, value))),
            Self::List(list) => serializer.collect_seq(list),
            Self::Other(value) => value.serialize(serializer),
        }
    }
}

/// Writes a scalar for display.
pub fn spoken(value: &Value) -> String {
    yaml_serde::to_string(value).unwrap_or_default().trim_end().replace('\n', " ")
}

/// A scalar, or a list of strings, where a format has one key for both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Entry {
    /// A number.
    Number(i64),
    /// A boolean.
    Truth(bool),
    /// A string.
    Text(Text),
    /// Strings in order.
    Texts(Vec<Text>),
}

impl Entry {
    /// Returns a number if the text is one, otherwise a string.
    pub fn scalar(text: &str, escape: impl Fn(&str) -> String) -> Self {
        text.parse()
            .ok()
            .filter(|number: &i64| number.to_string() == text)
            .map_or_else(|| Self::Text(escape(text).into()), Self::Number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_some_reader_takes_for_something_else_is_quoted() {
        for text in [
            "no",
            "On",
            "1_000",
            "22:22",
            "2026-01-01",
            "~",
            "",
            "0755",
            "1e3",
            "0x1F",
            "-x",
            "a: b",
            "a #b",
            "'q'",
            "é",
            "*x",
            "=",
        ] {
            let written = written(&vec![Text::from(text)]).unwrap();
            assert!(written.starts_with("- '") || written.starts_with("- \""), "{text}: {written}");
            assert_eq!(yaml_serde::from_str::<Vec<String>>(&written).unwrap(), [text]);
        }
        assert_eq!(written(&vec![Text::from("/run:size=64m,exec")]).unwrap(), "- /run:size=64m,exec\n");
    }

    #[test]
    fn texts_of_several_lines_survive() {
        for text in
            ["a\nb", "\n", " lead\n  more\n\n", "tab\t\nx ", "\u{7}\n", "cr\r\nlf", "- a\n# b\n", "no\n"]
        {
            let written = written(&vec![Text::from(text)]).unwrap();
            assert_eq!(yaml_serde::from_str::<Vec<String>>(&written).unwrap(), [text], "{written}");
        }
    }

    #[test]
    fn what_cannot_be_seen_is_written_with_escapes_and_comes_back() {
        for text in [
            "a\u{202e}b",
            "\u{1b}[31mred",
            "x\u{2066}y\u{2069}",
            "\u{200f}",
            "\u{61c}'\"\\",
            "tab\t\u{85}",
            "a\n::error::x",
            "::x\ny",
            "a ##[error]b",
            "\u{e0041}",
            "own \u{f5d1}61\u{f5d1} @\u{f5d0} marks",
            "\u{feff}",
            "a\n\n   ::set-output name=a::b\n",
        ] {
            let pair = std::collections::BTreeMap::from([(Text::from(text), vec![Text::from(text)])]);
            let written = written(&pair).unwrap();
            assert!(
                !written.chars().any(|c| c != '\n' && is_hidden(c)) && !written.lines().any(is_command),
                "{written:?}"
            );
            let back: std::collections::BTreeMap<String, Vec<String>> =
                yaml_serde::from_str(&written).unwrap();
            assert_eq!(back, [(text.to_owned(), vec![text.to_owned()])].into(), "{written}");
        }
        let long = format!("{} ::error::x", "word ".repeat(60));
        assert!(!written(&vec![Text::from(long)]).unwrap().lines().any(is_command));
    }
}
