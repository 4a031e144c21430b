//! Builds the error for a container that the engine does not know, with similar names and the next step.

use super::TreatError;
use super::engine_client::list_command;
use crate::docker::{Engine, EngineChoice, EngineError};

/// Number of similar names that are listed.
const NEAR: usize = 3;

/// Returns the error about a container; for one that the engine does not know, with similar names.
pub async fn failure(engine: &Engine, name: &str, error: EngineError, choice: &EngineChoice) -> TreatError {
    if !error.is_unknown() {
        return error.into();
    }
    let names = engine.containers(|entry| entry.name().map(str::to_owned)).await.unwrap_or_default();
    TreatError::NoContainer {
        name: name.to_owned(),
        address: engine.endpoint().to_string(),
        near: similar(name, &names),
        list: list_command(engine.kind, choice),
    }
}

/// Returns `, did you mean …?` with the names that are similar to the requested one.
fn similar(name: &str, names: &[String]) -> String {
    let score = |other: &String| if other.contains(name) { 1.0 } else { strsim::jaro_winkler(other, name) };
    let mut near: Vec<(f64, &str)> =
        names.iter().map(|other| (score(other), other.as_str())).filter(|(score, _)| *score > 0.8).collect();
    near.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    let near: Vec<&str> = near.into_iter().take(NEAR).map(|(_, name)| name).collect();
    if near.is_empty() { String::new() } else { format!(", did you mean {}?", near.join(" or ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn similar_names_come_best_first() {
        let names = ["web", "web-db", "cache", "wbe"].map(str::to_owned);
        assert!(similar("webb", &names).starts_with(", did you mean web or web-db"));
        assert_eq!(similar("zzz", &names), "");
    }
}
