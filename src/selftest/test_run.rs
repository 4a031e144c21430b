//! The whole self-test: from finding the engine to what it and this machine show.

use std::time::Duration;

use super::check::Check;
use super::engine_checks::checks;
use super::machine_checks::machine;
use crate::docker::{Engine, EngineChoice, EngineError, Environment, Listener, Located, locate};

/// The settings of a self-test.
pub struct SelfTest<'s> {
    /// The engine that the user chose.
    pub choice: &'s EngineChoice,
    /// Other places that may name the engine.
    pub environment: &'s Environment,
    /// Longest wait for one answer of the engine.
    pub deadline: Duration,
    /// Receives each request to the engine.
    pub listener: Option<Listener>,
    /// The container to look at; any one by default.
    pub container: Option<&'s str>,
    /// Whether a command may be run in a named container.
    pub exec: bool,
}

impl SelfTest<'_> {
    /// Runs all checks; what cannot be seen is not an error.
    pub async fn run(self) -> Vec<Check> {
        let found = locate(self.choice, self.environment);
        let words = |located: &Located| format!("{}, by {}", located.endpoint, located.found_by);
        let mut all = vec![essential("engine.found", "engine address", found.as_ref().map(words))];
        if let Ok(located) = found {
            let engine = Engine::connect(located.endpoint, self.deadline, self.listener).await;
            let words = |engine: &Engine| format!("{}, API {}", engine.kind.name(), engine.api);
            all.push(essential("engine.answers", "engine connection", engine.as_ref().map(words)));
            if let Ok(engine) = engine {
                all.extend(Box::pin(checks(&engine, self.container, self.exec)).await);
                return all;
            }
        }
        all.extend(machine());
        all
    }
}

/// Returns whether no container could be examined.
#[must_use]
pub fn is_blind(checks: &[Check]) -> bool {
    checks.iter().any(|check| check.essential && check.seen == Some(false))
}

/// Makes the check of a step without which no container can be examined; the last line of the error says what
/// to do.
fn essential(id: &'static str, what: &'static str, outcome: Result<String, &EngineError>) -> Check {
    let (seen, detail, next) = match outcome {
        Ok(detail) => (true, detail, String::new()),
        Err(error) => {
            let next = error
                .to_string()
                .rsplit_once("\n  next: ")
                .map(|(_, next)| next.to_owned())
                .unwrap_or_default();
            (false, error.brief(), next)
        }
    };
    let consequence = if seen {
        ""
    } else {
        "no container can be examined; `sysdock triage` and `sysdock doctor --from` still work"
    };
    Check { id, what, seen: Some(seen), essential: true, detail, consequence, next }
}
