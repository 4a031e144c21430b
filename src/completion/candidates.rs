//! Finds completion candidates in the engine, files, contexts, rules and tables.

use std::ffi::OsStr;
use std::time::Duration;

use clap_complete::engine::{CompletionCandidate, PathCompleter, ValueCompleter};

use super::value::Value;
use crate::collect;
use crate::docker::{
    Endpoint, Engine, EngineChoice, EngineError, EngineKind, Environment, context_names, locate,
};
use crate::rule::{self, RuleSource};
use crate::seccomp::{Maker, named_calls, versions};
use crate::visible::visible;

/// Longest wait for candidates.
const PATIENCE: Duration = Duration::from_secs(1);

/// A value and its description, which may be empty.
type Offer = (String, String);

/// What the words typed so far say about the engine and the rules.
pub struct TypedWords {
    choice: EngineChoice,
    rules: Vec<RuleSource>,
    environment: Environment,
}

impl TypedWords {
    /// Parses what the words typed so far say about the engine and the rules.
    pub fn of(words: &[&str], environment: Environment) -> Self {
        let mut typed = Self { choice: EngineChoice::default(), rules: Vec::new(), environment };
        for (index, word) in words.iter().enumerate() {
            let value = |long: &str, short: &str| {
                let beside =
                    (*word == long || *word == short).then(|| words.get(index + 1).copied()).flatten();
                let within = word.strip_prefix(long).and_then(|rest| rest.strip_prefix('='));
                beside.or(within).map(str::to_owned)
            };
            typed.choice.host = value("--host", "-H").or(typed.choice.host);
            typed.choice.context = value("--context", "-c").or(typed.choice.context);
            typed
                .rules
                .extend(value("--rules", "--rules").map(|folder| std::path::PathBuf::from(folder).into()));
        }
        typed
    }

    /// Returns the candidates for a value that starts with `current`.
    pub fn candidates(&self, value: Value, current: &OsStr) -> Vec<CompletionCandidate> {
        let offers = match value {
            Value::Container => self.ask(async |engine| collect::described_containers(&engine).await),
            Value::Image => self.ask(async |engine| collect::described_images(&engine).await),
            Value::File => {
                let files = PathCompleter::any().stdio().complete(current).into_iter();
                return files.filter(|file| value.may_be(&file.get_value().to_string_lossy())).collect();
            }
            Value::Context => {
                context_names(&self.environment).into_iter().map(|name| (name, String::new())).collect()
            }
            Value::BuiltIn => built_in(),
            Value::Diagnosis => self.diagnoses(),
            Value::Call => named_calls().into_iter().map(|call| (call.to_owned(), String::new())).collect(),
        };
        let begins = |offer: &Offer| current.to_str().is_some_and(|current| offer.0.starts_with(current));
        offers.into_iter().filter(begins).filter(|(text, _)| value.may_be(text)).map(candidate).collect()
    }

    /// Queries the engine. One behind ssh is skipped: ssh might ask for a password while the user types.
    fn ask<W>(&self, work: impl FnOnce(Engine) -> W) -> Vec<Offer>
    where
        W: Future<Output = Result<Vec<Offer>, EngineError>>,
    {
        let Ok(located) = locate(&self.choice, &self.environment) else { return Vec::new() };
        if matches!(located.endpoint, Endpoint::Ssh { .. }) {
            return Vec::new();
        }
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else {
            return Vec::new();
        };
        let answer = async { work(Engine::connect(located.endpoint, PATIENCE, None).await?).await };
        let answered = runtime.block_on(async { tokio::time::timeout(PATIENCE, answer).await });
        // A pending name lookup must not delay the exit.
        runtime.shutdown_background();
        answered.map(Result::unwrap_or_default).unwrap_or_default()
    }

    fn diagnoses(&self) -> Vec<Offer> {
        let rules = rule::load(&self.rules).or_else(|_| rule::builtin()).unwrap_or_default();
        rules.rules.into_iter().map(|rule| (rule.id, rule.title)).collect()
    }
}

fn candidate((value, about): Offer) -> CompletionCandidate {
    CompletionCandidate::new(value).help((!about.is_empty()).then(|| visible(&about).into()))
}

/// Lists the engines whose built-in profile is known, each from the version that introduced it.
fn built_in() -> Vec<Offer> {
    let of = |maker: Maker, name: &str| {
        versions(maker)
            .into_iter()
            .map(|version| (format!("{name}-{version}"), String::new()))
            .collect::<Vec<_>>()
    };
    [of(Maker::Docker, EngineKind::Docker.name()), of(Maker::Podman, EngineKind::Podman.name())].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_engine_is_the_one_that_the_line_names() {
        let host = |line: &str| {
            TypedWords::of(&line.split(' ').collect::<Vec<_>>(), Environment::default()).choice.host
        };
        assert_eq!(host("sysdock -H unix:///a doctor w").as_deref(), Some("unix:///a"));
        assert_eq!(host("sysdock doctor --host=unix:///b w").as_deref(), Some("unix:///b"));
        assert_eq!(host("sysdock doctor w"), None);
    }
}
