//! Renders the list of JSON Schemas, and how to use one in an editor. Must not know their content.

use serde::Serialize;

use super::style::Tone;
use super::{Context, json, layout::TextPage};

/// Instructions for editors: a heading, then its lines.
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

/// Returns the list of names, each with its purpose, and how to use a schema.
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
/// Returns [`serde_json::Error`] if a value cannot be written as JSON.
pub fn text<T: Serialize>(schema: &T) -> serde_json::Result<String> {
    json::text(schema)
}
