//! Renders settings as a table for people and as JSON.

use serde::Serialize;
use serde_json::json;

use super::layout::TextPage;
use super::style::Tone;
use super::{Context, json};

/// A setting with its value and origin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Setting {
    /// Its name, which is that of the flag.
    pub key: String,
    /// Its value.
    pub value: String,
    /// The layer, and the file, variable or flag that set it.
    pub origin: String,
}

/// Returns the table; files that were not found are listed below it.
#[must_use]
pub fn table(rows: &[Setting], absent: &[String], context: &Context) -> String {
    let mut page = TextPage::new(context);
    for row in rows {
        page.flow(
            0,
            &[
                (&row.key, Tone::Strong),
                ("=", Tone::Dim),
                (&row.value, Tone::Plain),
                (&format!("({})", row.origin), Tone::Dim),
            ],
        );
    }
    if !absent.is_empty() {
        page.gap();
        page.flow(0, &[(&format!("not there, or not readable: {}", absent.join(", ")), Tone::Dim)]);
    }
    page.finish()
}

/// Returns the same as JSON.
///
/// # Errors
/// Returns [`serde_json::Error`] if a value cannot be written as JSON.
pub fn json(rows: &[Setting], absent: &[String]) -> serde_json::Result<String> {
    json::text(&json!({"schema_version": json::SCHEMA_VERSION, "settings": rows, "absent": absent}))
}
