//! The schema of snapshot files, including the facts of the catalog. Must not read any file.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value, json};

use super::{CATALOG, FactSpec, Facts, Kind, RETIRED, Snapshot};

/// Returns the schema of a snapshot file.
#[must_use]
pub fn snapshot() -> Schema {
    crate::schema::of_output::<Snapshot>()
}

/// Returns the schema of a table of facts by key, each with its bare value, as in examples of rules; the text
/// `null` stands for null, which TOML does not have.
#[must_use]
pub fn values(_: &mut SchemaGenerator) -> Schema {
    let or_word = |kind| json!({"anyOf": [of_kind(kind), {"const": "null"}]});
    let value = |spec: &FactSpec| with_description(spec, or_word(spec.kind));
    json_schema!({"type": "object", "properties": by_key(value), "additionalProperties": false})
}

/// Stands for the key of a fact.
pub struct FactKey;

impl JsonSchema for FactKey {
    fn schema_name() -> Cow<'static, str> {
        "FactKey".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let keys: Vec<&str> = CATALOG.iter().map(|spec| spec.key).collect();
        json_schema!({"description": "Key of a fact.", "type": "string", "enum": keys})
    }
}

impl JsonSchema for Facts {
    fn schema_name() -> Cow<'static, str> {
        "Facts".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "All known facts by key; what is missing here is not known.",
            "type": "object",
            "properties": known_and_retired(),
            "additionalProperties": false,
        })
    }
}

/// Returns the facts of this version, and the retired ones in snapshots of earlier versions.
fn known_and_retired() -> Map<String, Value> {
    let mut facts = by_key(|spec| with_description(spec, known(spec.kind)));
    for (key, instead) in RETIRED {
        let about = format!("No longer recorded: {instead}.");
        let gone = json!({
            "description": about,
            "deprecated": true,
            "type": "object",
            "properties": {"value": true, "source": {"type": "string"}},
            "required": ["value", "source"],
            "additionalProperties": false,
        });
        facts.insert((*key).to_owned(), gone);
    }
    facts
}

fn by_key(schema: impl Fn(&FactSpec) -> Value) -> Map<String, Value> {
    CATALOG.iter().map(|spec| (spec.key.to_owned(), schema(spec))).collect()
}

fn with_description(spec: &FactSpec, mut schema: Value) -> Value {
    let sentence = format!("{}. By hand: `{}`", spec.sentence, spec.how);
    if let Some(keys) = schema.as_object_mut() {
        keys.insert("description".to_owned(), sentence.into());
    }
    schema
}

/// Returns the schema of a known fact: its value, or null, and its source.
fn known(kind: Kind) -> Value {
    json!({
        "type": "object",
        "properties": {
            "value": or_null(of_kind(kind)),
            "source": {"type": "string"},
        },
        "required": ["value", "source"],
        "additionalProperties": false,
    })
}

fn of_kind(kind: Kind) -> Value {
    match kind {
        Kind::Bool => json!({"type": "boolean"}),
        Kind::Int => json!({"type": "integer"}),
        Kind::Text => json!({"type": "string"}),
        Kind::Word(words) => json!({"type": "string", "enum": words}),
        Kind::TextList => json!({"type": "array", "items": {"type": "string"}}),
    }
}

/// Allows a value also to be null: known to be absent.
fn or_null(mut schema: Value) -> Value {
    if let Some(words) = schema.get_mut("enum").and_then(Value::as_array_mut) {
        words.push(Value::Null);
    }
    if let Some(kind) = schema.get_mut("type") {
        *kind = json!([kind.take(), "null"]);
    }
    schema
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fact_of_each_kind_may_be_null_and_nothing_else_beside_its_kind() {
        assert_eq!(or_null(of_kind(Kind::Bool)), json!({"type": ["boolean", "null"]}));
        assert_eq!(
            or_null(of_kind(Kind::Word(&["a", "b"]))),
            json!({"type": ["string", "null"], "enum": ["a", "b", null]})
        );
        assert_eq!(known(Kind::TextList)["properties"]["value"]["items"], json!({"type": "string"}));
    }

    #[test]
    fn every_fact_of_the_catalog_is_described() {
        let schema = values(&mut SchemaGenerator::default());
        for spec in CATALOG {
            let text = schema.get("properties").and_then(|all| all[spec.key]["description"].as_str());
            assert!(text.is_some_and(|text| text.starts_with(spec.sentence)), "{}", spec.key);
        }
    }
}
