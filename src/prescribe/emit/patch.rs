//! Compares two documents: what the second one adds, changes and removes.
//!
//! Must not know any particular format: it compares the written text.

use yaml_serde::{Mapping, Value};

use super::emitted::{EmitError, Emitted};
use super::yaml::{self, spoken};

/// Lists whose order matters; they are shown completely.
const WHOLE: [&str; 4] = ["command", "args", "entrypoint", "test"];
/// The key that identifies an entry among several; it is kept.
const NAME: &str = "name";

/// The differences between two documents.
#[derive(Debug, Default)]
pub struct Changes {
    /// New and changed parts, as text.
    pub text: String,
    /// Paths of the removed parts.
    pub gone: Vec<String>,
}

/// Compares two YAML documents.
///
/// # Errors
/// Returns [`EmitError::Yaml`] if one of them is not valid YAML.
pub fn of_yaml(before: &str, after: &str) -> Result<Changes, EmitError> {
    let read = |text: &str| yaml_serde::from_str::<Value>(text);
    let mut gone = Vec::new();
    let changed = changed(&read(before)?, &read(after)?, "", &mut gone);
    let text =
        changed.map_or_else(|| Ok(String::new()), |value| yaml::written(&yaml::Marked::from(&value)))?;
    Ok(Changes { text, gone })
}

/// Writes the changes with comments at the top that list new notes and what to remove.
pub fn page(old: &Emitted, new: Emitted, changes: Changes) -> String {
    let fresh = |new: Vec<String>, old: &[String]| {
        new.into_iter().filter(|words| !old.contains(words)).collect::<Vec<_>>()
    };
    let mut notes = fresh(new.notes, &old.notes);
    notes.extend(changes.gone.into_iter().map(|what| format!("take out {what}")));
    Emitted { text: changes.text, left_out: fresh(new.left_out, &old.left_out), notes }.page()
}

/// Returns the new and changed parts of a document; `None` if there are none. Adds the paths of removed parts
/// to the list.
fn changed(before: &Value, after: &Value, path: &str, gone: &mut Vec<String>) -> Option<Value> {
    match (before, after) {
        (before, after) if before == after => None,
        (Value::Mapping(before), Value::Mapping(after)) => {
            mapping(before, after, path, gone).map(Value::Mapping)
        }
        (Value::Sequence(before), Value::Sequence(after)) if !WHOLE.iter().any(|key| path.ends_with(key)) => {
            let list = sequence(before, after, path, gone);
            (!list.is_empty()).then_some(Value::Sequence(list))
        }
        (_, after) => Some(after.clone()),
    }
}

/// Compares two maps.
fn mapping(before: &Mapping, after: &Mapping, path: &str, gone: &mut Vec<String>) -> Option<Mapping> {
    let mut kept = Mapping::new();
    for (key, value) in after {
        let below = below(path, key);
        match before.get(key) {
            Some(old) => kept.extend(changed(old, value, &below, gone).map(|value| (key.clone(), value))),
            None => drop(kept.insert(key.clone(), value.clone())),
        }
    }
    for (key, value) in before.iter().filter(|(key, _)| !after.contains_key(key)) {
        gone.push(format!("{}: {}", below(path, key), spoken(value)));
    }
    if kept.is_empty() {
        return None;
    }
    // The name tells which of several entries is meant.
    let mut named: Mapping = after
        .iter()
        .filter(|(key, _)| key.as_str() == Some(NAME))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    named.extend(kept);
    Some(named)
}

/// Compares two lists; entries with a name are compared with the entry of the same name.
fn sequence(before: &[Value], after: &[Value], path: &str, gone: &mut Vec<String>) -> Vec<Value> {
    let named = |list: &[Value], value: &Value| {
        let name = value.get(NAME)?;
        list.iter().find(|other| other.get(NAME) == Some(name)).cloned()
    };
    let mut list = Vec::new();
    for value in after.iter().filter(|value| !before.contains(value)) {
        match named(before, value) {
            Some(old) => list.extend(changed(&old, value, path, gone)),
            None => list.push(value.clone()),
        }
    }
    let without = before.iter().filter(|value| !after.contains(value) && named(after, value).is_none());
    gone.extend(without.map(|value| format!("{path}: {}", spoken(value))));
    list
}

/// Returns the path of a key below another path.
fn below(path: &str, key: &Value) -> String {
    let key = spoken(key);
    if path.is_empty() { key } else { format!("{path}.{key}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_is_given() {
        let read = |text: &str| yaml_serde::from_str::<Value>(text).unwrap();
        let before = read(
            "a: {list: [1, 2], same: x, old: y, command: [a, b]}\nof: [{name: n, k: 1, l: 2}, \
                {name: m, k: 1}]",
        );
        let after = read("a: {list: [2, 3], same: x, new: z, command: [a, c]}\nof: [{name: n, k: 2, l: 2}]");
        let mut gone = Vec::new();
        let told = changed(&before, &after, "", &mut gone).unwrap();
        assert_eq!(told, read("a: {list: [3], new: z, command: [a, c]}\nof: [{name: n, k: 2}]"));
        assert_eq!(gone, ["a.list: 1", "a.old: y", "of: name: m k: 1"]);
        assert_eq!(changed(&before, &before, "", &mut gone), None);
    }
}
