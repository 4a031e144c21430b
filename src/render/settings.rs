//! Settings as a table for people and as JSON.

use serde::Serialize;
use serde_json::json;

use super::layout::TextPage;
use super::style::Tone;
use super::{Context, json};

/// A setting with its value and where that comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Setting {
    /// Its name, that of the flag.
    pub key: String,
    /// Its value.
    pub value: String,
    /// The layer, and the file, variable or flag in it.
    pub origin: String,
}

/// The table; files that were looked for and are not there stand below it.
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

/// The same for programs.
///
/// # Errors
/// [`serde_json::Error`] when a value cannot be written as JSON.
pub fn json(rows: &[Setting], absent: &[String]) -> serde_json::Result<String> {
    json::text(&json!({"schema_version": json::SCHEMA_VERSION, "settings": rows, "absent": absent}))
}
