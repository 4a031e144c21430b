//! Schemas of rule files, and of their words that other files quote. Must not read any file.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::id::{ADDRESS, ID};
use super::syntax::{HarmlessFile, RemedyFile, RuleFile};
use crate::schema::of_input;

/// Returns the schema of a rule file.
#[must_use]
pub fn rule() -> Schema {
    of_input::<RuleFile>()
}

/// Returns the schema of `remedies.toml`.
#[must_use]
pub fn remedies() -> Schema {
    of_input::<RemedyFile>()
}

/// Returns the schema of `harmless.toml`.
#[must_use]
pub fn harmless() -> Schema {
    of_input::<HarmlessFile>()
}

/// Stands for a text that `check_id` takes.
pub struct Id;

/// Stands for a text that [`super::id::check_reference`] takes.
pub(super) struct Reference;

/// Stands for a text that [`super::VersionRange::parse`] takes.
pub(super) struct Range;

impl JsonSchema for Id {
    fn schema_name() -> Cow<'static, str> {
        "Id".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "Lower case words and digits, joined by hyphens.",
            "type": "string",
            "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$",
            "maxLength": ID,
        })
    }
}

impl JsonSchema for Reference {
    fn schema_name() -> Cow<'static, str> {
        "Reference".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "An address that begins with https:// and is encoded.",
            "type": "string",
            "pattern": r"^https://[A-Za-z0-9][A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]*$",
            "maxLength": ADDRESS,
        })
    }
}

impl JsonSchema for Range {
    fn schema_name() -> Cow<'static, str> {
        "VersionRange".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "Versions of systemd: `247`, `226..=262`, `240..` or `..=239`.",
            "type": "string",
            "pattern": r"^([0-9]+|[0-9]*\.\.=?[0-9]*)$",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::VersionRange;
    use super::super::id::{check_id, check_reference};
    use super::*;

    /// Returns whether the schema of a word accepts a text.
    fn takes<T: JsonSchema>(text: &str) -> bool {
        let schema = T::json_schema(&mut SchemaGenerator::default());
        let pattern = schema.get("pattern").and_then(|pattern| pattern.as_str()).unwrap();
        let longest = schema.get("maxLength").and_then(serde_json::Value::as_u64).unwrap_or(u64::MAX);
        regex::Regex::new(pattern).unwrap().is_match(text) && text.chars().count() as u64 <= longest
    }

    #[test]
    fn words_are_taken_where_the_loader_takes_them() {
        let long = "a".repeat(81);
        for id in ["a", "run-tmpfs-missing", "226", "", "-a", "a-", "a--b", "A", "a_b", "a.b", "ä", &long] {
            assert_eq!(takes::<Id>(id), check_id(id).is_ok(), "{id}");
        }
        let long = format!("https://{}", "a".repeat(1000));
        for address in [
            "https://systemd.io/",
            "https://a.b/c(1).html#x",
            "https://a.b:8443/?q=%20[]",
            "https://",
            "https:///a",
            "http://a",
            "javascript:x",
            "https://a b",
            "https://a/<x>",
            "https://a/`x`",
            "https://ä",
            &long,
        ] {
            assert_eq!(takes::<Reference>(address), check_reference(address).is_ok(), "{address}");
        }
        for range in ["226..=262", "240..", "..=239", "247", "226..230", "..", "", "x", "1..=x", "v1", "1.2"]
        {
            assert_eq!(takes::<Range>(range), VersionRange::parse(range).is_some(), "{range}");
        }
    }
}
