//! JSON Schemas from types: a type in, the schema of its files out. Must not know any of the types.
//!
//! Draft 7 of JSON Schema, because it is the newest one that the TOML plugins of editors support.

use schemars::generate::SchemaSettings;
use schemars::transform::{RecursiveTransform, Transform};
use schemars::{JsonSchema, Schema};
use serde_json::{Value, json};

/// Returns the schema of what this program writes for the type: every key that is always written is required.
#[must_use]
pub fn of_output<T: JsonSchema>() -> Schema {
    root::<T>(SchemaSettings::draft07().for_serialize())
}

/// Returns the schema of what this program reads for the type: keys that may be left out are not required.
#[must_use]
pub fn of_input<T: JsonSchema>() -> Schema {
    let mut schema = root::<T>(SchemaSettings::draft07().for_deserialize());
    RecursiveTransform(without_null).transform(&mut schema);
    schema
}

fn root<T: JsonSchema>(settings: SchemaSettings) -> Schema {
    let mut schema = settings.into_generator().into_root_schema_for::<T>();
    RecursiveTransform(unfolded).transform(&mut schema);
    RecursiveTransform(without_widths).transform(&mut schema);
    RecursiveTransform(closed).transform(&mut schema);
    schema
}

/// Joins the lines of each paragraph in a description, which are broken as in the source.
fn unfolded(schema: &mut Schema) {
    let Some(Value::String(text)) = schema.get_mut("description") else { return };
    let paragraphs: Vec<String> = text.split("\n\n").map(|part| part.replace('\n', " ")).collect();
    *text = paragraphs.join("\n\n");
}

/// Drops formats such as `uint64`, which no draft defines and strict validators reject.
fn without_widths(schema: &mut Schema) {
    let is_number = |kind: &str| ["uint", "int", "float", "double"].iter().any(|word| kind.starts_with(word));
    if schema.get("format").and_then(|format| format.as_str()).is_some_and(is_number) {
        schema.remove("format");
    }
}

/// Drops null, which TOML does not have: a key is left out instead.
fn without_null(schema: &mut Schema) {
    if schema.get("default").is_some_and(Value::is_null) {
        schema.remove("default");
    }
    if let Some(Value::Array(kinds)) = schema.get_mut("type") {
        kinds.retain(|kind| kind != "null");
        if let [kind] = kinds.as_slice() {
            let kind = kind.clone();
            schema.insert("type".to_owned(), kind);
        }
    }
    let null = json!({"type": "null"});
    let Some(Value::Array(choices)) = schema.get_mut("anyOf") else { return };
    choices.retain(|choice| *choice != null);
    if choices.len() == 1 {
        // `allOf` and not the choice itself: in this draft, keys beside a `$ref` are ignored.
        let only = std::mem::take(choices);
        schema.remove("anyOf");
        schema.insert("allOf".to_owned(), only.into());
    }
}

/// Allows an object only the named keys, unless the schema itself says which others it takes.
fn closed(schema: &mut Schema) {
    if schema.get("properties").is_some() && schema.get("additionalProperties").is_none() {
        schema.insert("additionalProperties".to_owned(), false.into());
    }
}

#[cfg(test)]
mod tests {
    use schemars::json_schema;

    use super::*;

    /// Described over
    /// two lines.
    ///
    /// And a paragraph.
    #[derive(serde::Serialize, JsonSchema)]
    #[allow(dead_code, reason = "only its schema is looked at")]
    struct Outer {
        count: u64,
        inner: Inner,
        #[serde(skip_serializing_if = "Option::is_none")]
        seconds: Option<f64>,
        #[schemars(range(min = 1, max = 9))]
        small: u8,
    }

    #[derive(serde::Serialize, JsonSchema)]
    #[allow(dead_code, reason = "only its schema is looked at")]
    struct Inner {
        #[schemars(extend("format" = "date"))]
        day: String,
    }

    #[test]
    fn keys_are_closed_at_every_depth_and_formats_are_those_of_the_draft() {
        let schema = of_output::<Outer>();
        assert_eq!(schema.get("description"), Some(&"Described over two lines.\n\nAnd a paragraph.".into()));
        assert_eq!(schema.pointer("/additionalProperties"), Some(&false.into()));
        assert_eq!(schema.pointer("/definitions/Inner/additionalProperties"), Some(&false.into()));
        assert_eq!(schema.pointer("/properties/count/format"), None);
        assert_eq!(schema.pointer("/properties/seconds/format"), None);
        assert_eq!(schema.pointer("/properties/small/maximum"), Some(&9.into()));
        assert_eq!(schema.pointer("/definitions/Inner/properties/day/format"), Some(&"date".into()));
        let required = serde_json::json!(["count", "inner", "small"]);
        assert_eq!(schema.pointer("/required"), Some(&required));
    }

    #[test]
    fn what_is_read_has_no_null() {
        #[derive(serde::Deserialize, Default, JsonSchema)]
        #[serde(default)]
        #[allow(dead_code, reason = "only its schema is looked at")]
        struct Read {
            word: Option<String>,
            inner: Option<ReadInner>,
        }
        #[derive(serde::Deserialize, JsonSchema)]
        #[allow(dead_code, reason = "only its schema is looked at")]
        struct ReadInner {
            day: Option<u8>,
        }
        let schema = of_input::<Read>();
        assert!(!schema.as_value().to_string().contains("null"), "{schema:#?}");
        assert_eq!(schema.pointer("/properties/word/type"), Some(&"string".into()));
        assert_eq!(schema.pointer("/properties/inner/allOf/0/$ref"), Some(&"#/definitions/ReadInner".into()));
        assert!(schema.get("required").is_none());
    }

    #[test]
    fn an_object_that_takes_other_keys_stays_open() {
        let mut open = json_schema!({"properties": {"a": true}, "additionalProperties": {"type": "string"}});
        let before = open.clone();
        closed(&mut open);
        assert_eq!(open, before);
    }
}
