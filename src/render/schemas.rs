//! The list of JSON Schemas, with how an editor comes to use one. Must not know what they say.

use serde::Serialize;

use super::style::Tone;
use super::{Context, json, layout::TextPage};

/// What is to be done so that an editor checks a file: a heading, then its lines.
const USE: [(&str, &[&str]); 2] = [
    (
        "TOML: taplo and the editors that use it read the schema from the first line of a file",
        &["sysdock schema config > sysdock.schema.json", "#:schema ./sysdock.schema.json"],
    ),
    (
        "JSON: VS Code takes a list, `json.schemas` in its settings; validators take the file",
        &[
            "sysdock schema report > report.schema.json",
            "check-jsonschema --schemafile report.schema.json FILE",
        ],
    ),
];

/// Returns the list of names, each with what it is for, and how to use one.
#[must_use]
pub fn list(rows: &[(String, String)], context: &Context) -> String {
    let mut page = TextPage::new(context);
    for (name, about) in rows {
        page.wrapped(0, &format!("{name:<10}"), about, Tone::Plain);
    }
    for (heading, lines) in USE {
        page.gap();
        page.flow(0, &[(&format!("{heading}:"), Tone::Plain)]);
        for line in lines {
            page.flow(2, &[(line, Tone::Code)]);
        }
    }
    page.finish()
}

/// Returns the text of a schema.
///
/// # Errors
/// [`serde_json::Error`] when a value cannot be written as JSON.
pub fn text<T: Serialize>(schema: &T) -> serde_json::Result<String> {
    json::text(schema)
}
