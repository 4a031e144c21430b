//! Typed values → YAML that readers of version 1.1 and 1.2 understand alike. Pure.
//!
//! The serialiser decides by YAML 1.2 which text needs quotes; `PyYAML` and some readers in Go go by 1.1, where `no`, `1_000`,
//! `22:22` and `2026-01-01` are no texts. So every text that is not plainly one is made to be quoted.

use serde::{Serialize, Serializer};
use yaml_serde::Value;

use super::EmitError;

/// An indicator that no plain scalar may begin with, and a character of private use that marks it as ours.
const MARK: &str = "@\u{f5d0}";
/// Words that are truth values or nothing to some reader.
const NOT_TEXT: [&str; 9] = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"];

/// A text that stays one for every reader.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Text(pub String);

impl<T: Into<String>> From<T> for Text {
    fn from(text: T) -> Self {
        Self(text.into())
    }
}

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // Text of several lines is written as a block or in double quotes, which is never taken for anything else.
        if is_plain(&self.0) || self.0.contains('\n') {
            serializer.serialize_str(&self.0)
        } else {
            serializer.collect_str(&format_args!("{MARK}{}", self.0))
        }
    }
}

/// Whether no reader can take it for anything but a text.
fn is_plain(text: &str) -> bool {
    let begins = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/');
    let inside = text.chars().all(|c| c.is_ascii_alphanumeric() || "/._-+=,:@".contains(c)) && !text.ends_with(':');
    begins && inside && !NOT_TEXT.contains(&text.to_ascii_lowercase().as_str())
}

/// A document.
///
/// # Errors
/// [`EmitError::Yaml`] for values that YAML has no form for.
pub fn written<T: Serialize>(value: &T) -> Result<String, EmitError> {
    Ok(yaml_serde::to_string(value)?.replace(MARK, ""))
}

/// A value that was read, for [`written`]: its texts stay texts.
pub enum Marked<'v> {
    /// Text.
    Text(Text),
    /// Key and value pairs in order.
    Map(Vec<(Marked<'v>, Marked<'v>)>),
    /// Values in order.
    List(Vec<Marked<'v>>),
    /// Numbers, truth values, nothing.
    Other(&'v Value),
}

impl<'v> From<&'v Value> for Marked<'v> {
    fn from(value: &'v Value) -> Self {
        match value {
            Value::String(text) => Self::Text(text.as_str().into()),
            Value::Mapping(map) => Self::Map(map.iter().map(|(key, value)| (key.into(), value.into())).collect()),
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

/// The text of a scalar, for people.
pub fn spoken(value: &Value) -> String {
    yaml_serde::to_string(value).unwrap_or_default().trim_end().replace('\n', " ")
}

/// A scalar, list or map of texts that a format has one key for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Entry {
    /// A number.
    Number(i64),
    /// A truth value.
    Truth(bool),
    /// A text.
    Text(Text),
    /// Texts in order.
    Texts(Vec<Text>),
}

impl Entry {
    /// A number where the text is one, else the text.
    pub fn scalar(text: &str, escape: impl Fn(&str) -> String) -> Self {
        text.parse().ok().filter(|number: &i64| number.to_string() == text).map_or_else(|| Self::Text(escape(text).into()), Self::Number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_some_reader_takes_for_something_else_is_quoted() {
        for text in
            ["no", "On", "1_000", "22:22", "2026-01-01", "~", "", "0755", "1e3", "0x1F", "-x", "a: b", "a #b", "'q'", "é", "*x", "="]
        {
            let written = written(&vec![Text::from(text)]).unwrap();
            assert!(written.starts_with("- '") || written.starts_with("- \""), "{text}: {written}");
            assert_eq!(yaml_serde::from_str::<Vec<String>>(&written).unwrap(), [text]);
        }
        assert_eq!(written(&vec![Text::from("/run:size=64m,exec")]).unwrap(), "- /run:size=64m,exec\n");
    }

    #[test]
    fn texts_of_several_lines_survive() {
        for text in ["a\nb", "\n", " lead\n  more\n\n", "tab\t\nx ", "\u{7}\n", "cr\r\nlf", "- a\n# b\n", "no\n"] {
            let written = written(&vec![Text::from(text)]).unwrap();
            assert_eq!(yaml_serde::from_str::<Vec<String>>(&written).unwrap(), [text], "{written}");
        }
    }
}
