//! What can come next on a command line, for a shell that asks: words so far in, candidates out.
//!
//! Asks the engine for a second at most and says nothing when it has no answer. Must not slow a run that no
//! shell asked for.

use std::ffi::{OsStr, OsString};
use std::sync::Arc;
use std::time::Duration;

use clap::Arg;
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate, PathCompleter, ValueCompleter};
use clap_complete::env::CompleteEnv;

use super::{CommandError, connect};
use crate::cli::Cli;
use crate::collect;
use crate::docker::{Endpoint, Engine, EngineChoice, Environment, context_names, locate};
use crate::exit::Exit;
use crate::prescribe::{is_container_name, is_image_reference};
use crate::rule::{self, Source};
use crate::seccomp::{Maker, named_calls, versions};
use crate::visible::{is_hidden, visible};

/// Names the shell that asks.
pub const VARIABLE: &str = "SYSDOCK_COMPLETE";
/// Longest that anybody waits for a candidate.
const PATIENCE: Duration = Duration::from_secs(1);

/// What the words so far say about the engine and the rules.
struct Asked {
    choice: EngineChoice,
    rules: Vec<Source>,
    environment: Environment,
}

/// Answers a shell, if one asks.
pub fn answer(arguments: &[OsString]) -> Option<Exit> {
    std::env::var_os(VARIABLE).filter(|shell| !shell.is_empty())?;
    let words: Vec<&str> = arguments.iter().filter_map(|word| word.to_str()).collect();
    let asked = Arc::new(Asked::of(&words, Environment::of_process()));
    let folder = std::env::current_dir().ok();
    // Where there is nothing to offer the shell goes on by itself.
    drop(
        CompleteEnv::with_factory(|| command(&asked))
            .var(VARIABLE)
            .try_complete(arguments, folder.as_deref()),
    );
    Some(Exit::Success)
}

/// The command line with a source of candidates for each value that has a name of its own.
fn command(asked: &Arc<Asked>) -> clap::Command {
    fn taught(command: clap::Command, asked: &Arc<Asked>) -> clap::Command {
        command.mut_args(|arg| teach(arg, asked)).mut_subcommands(|inner| taught(inner, asked))
    }
    taught(Cli::whole(), asked)
}

/// Gives a value its source of candidates, by the name that stands for it in the help.
fn teach(arg: Arg, asked: &Arc<Asked>) -> Arg {
    let name =
        arg.get_value_names().and_then(|names| names.first()).map(ToString::to_string).unwrap_or_default();
    let kinds: Vec<Kind> = match (name.as_str(), arg.get_id().as_str()) {
        (_, "context") => vec![Kind::Context],
        ("ENGINE", _) => vec![Kind::BuiltIn],
        ("ID" | "ID|MESSAGE", _) => vec![Kind::Diagnosis],
        ("CALL", _) => vec![Kind::Call],
        (name, _) => name.split('|').filter_map(Kind::named).collect(),
    };
    if kinds.is_empty() {
        return arg;
    }
    let asked = asked.clone();
    arg.add(ArgValueCompleter::new(move |current: &OsStr| {
        kinds.iter().flat_map(|kind| asked.candidates(*kind, current)).collect()
    }))
}

/// Where candidates come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Container,
    Image,
    File,
    Context,
    BuiltIn,
    Diagnosis,
    Call,
}

impl Kind {
    fn named(name: &str) -> Option<Self> {
        match name {
            "CONTAINER" => Some(Self::Container),
            "IMAGE" => Some(Self::Image),
            "PROFILE" => Some(Self::File),
            _ => None,
        }
    }

    /// Whether a shell may be offered it: what an engine or a file says is foreign.
    fn may_be(self, value: &str) -> bool {
        match self {
            Self::Container => is_container_name(value),
            Self::Image => is_image_reference(value),
            _ => !value.chars().any(is_hidden),
        }
    }
}

impl Asked {
    fn of(words: &[&str], environment: Environment) -> Self {
        let mut asked = Self { choice: EngineChoice::default(), rules: Vec::new(), environment };
        for (index, word) in words.iter().enumerate() {
            let value = |long: &str, short: &str| {
                let beside =
                    (*word == long || *word == short).then(|| words.get(index + 1).copied()).flatten();
                let within = word.strip_prefix(long).and_then(|rest| rest.strip_prefix('='));
                beside.or(within).map(str::to_owned)
            };
            asked.choice.host = value("--host", "-H").or(asked.choice.host);
            asked.choice.context = value("--context", "-c").or(asked.choice.context);
            asked
                .rules
                .extend(value("--rules", "--rules").map(|folder| std::path::PathBuf::from(folder).into()));
        }
        asked
    }

    fn candidates(&self, kind: Kind, current: &OsStr) -> Vec<CompletionCandidate> {
        let offers = match kind {
            Kind::Container => self.ask(async |engine| collect::container_offers(&engine).await),
            Kind::Image => self.ask(async |engine| collect::image_offers(&engine).await),
            Kind::File => {
                let files = PathCompleter::any().stdio().complete(current).into_iter();
                return files.filter(|file| kind.may_be(&file.get_value().to_string_lossy())).collect();
            }
            Kind::Context => {
                context_names(&self.environment).into_iter().map(|name| (name, String::new())).collect()
            }
            Kind::BuiltIn => built_in(),
            Kind::Diagnosis => self.diagnoses(),
            Kind::Call => named_calls().into_iter().map(|call| (call.to_owned(), String::new())).collect(),
        };
        let begins =
            |offer: &(String, String)| current.to_str().is_some_and(|current| offer.0.starts_with(current));
        offers.into_iter().filter(begins).filter(|(value, _)| kind.may_be(value)).map(candidate).collect()
    }

    /// Asks the engine. One behind ssh is left alone: it might ask for a password in the middle of a line.
    fn ask<W>(&self, work: impl FnOnce(Engine) -> W) -> Vec<(String, String)>
    where
        W: Future<Output = Result<Vec<(String, String)>, crate::docker::EngineError>>,
    {
        let asking = async {
            let located = locate(&self.choice, &self.environment)?;
            if matches!(located.endpoint, Endpoint::Ssh { .. }) {
                return Ok(Vec::new());
            }
            let answer = async { work(Engine::connect(located.endpoint, PATIENCE, None).await?).await };
            Ok::<_, CommandError>(
                tokio::time::timeout(PATIENCE, answer).await.unwrap_or_else(|_| Ok(Vec::new()))?,
            )
        };
        connect::block_on(asking).unwrap_or_default()
    }

    fn diagnoses(&self) -> Vec<(String, String)> {
        let rules = rule::load(&self.rules).or_else(|_| rule::builtin()).unwrap_or_default();
        rules.rules.into_iter().map(|rule| (rule.id, rule.title)).collect()
    }
}

fn candidate((value, about): (String, String)) -> CompletionCandidate {
    CompletionCandidate::new(value).help((!about.is_empty()).then(|| visible(&about).into()))
}

/// Engines whose built-in profile is known, each from the version on that brought it.
fn built_in() -> Vec<(String, String)> {
    let of = |maker: Maker, name: &str| {
        versions(maker)
            .into_iter()
            .map(|version| (format!("{name}-{version}"), String::new()))
            .collect::<Vec<_>>()
    };
    [of(Maker::Docker, "docker"), of(Maker::Podman, "podman")].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(line: &str) -> Vec<String> {
        let words: Vec<&str> = line.split(' ').collect();
        let asked = Arc::new(Asked::of(&words, Environment::from_pairs(&[], &[])));
        let index = words.len() - 1;
        let found = clap_complete::engine::complete(
            &mut command(&asked),
            words.iter().map(Into::into).collect(),
            index,
            None,
        );
        found.unwrap_or_default().iter().map(|one| one.get_value().to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn ids_calls_and_engines_are_offered_by_their_beginning() {
        assert_eq!(values("sysdock explain cgroup-read-on"), ["cgroup-read-only"]);
        assert!(values("sysdock explain ").len() > 30);
        assert!(values("sysdock seccomp explain stat").contains(&"statx".to_owned()));
        assert!(
            values("sysdock seccomp check --default docker-2")
                .iter()
                .all(|name| name.starts_with("docker-2"))
        );
        assert!(!values("sysdock seccomp check --default ").is_empty());
        assert_eq!(values("sysdock doct"), ["doctor"]);
        assert_eq!(values("sysdock doctor --format mark"), ["markdown"]);
    }

    #[test]
    fn no_engine_means_no_names_and_no_noise() {
        assert!(values("sysdock snapshot web").is_empty());
    }

    #[test]
    fn the_engine_is_the_one_that_the_line_names() {
        let host =
            |line: &str| Asked::of(&line.split(' ').collect::<Vec<_>>(), Environment::default()).choice.host;
        assert_eq!(host("sysdock -H unix:///a doctor w").as_deref(), Some("unix:///a"));
        assert_eq!(host("sysdock doctor --host=unix:///b w").as_deref(), Some("unix:///b"));
        assert_eq!(host("sysdock doctor w"), None);
    }

    #[test]
    fn names_that_a_terminal_or_a_shell_would_obey_are_not_offered() {
        for odd in ["*", "a\u{1b}]0;x\u{7}", "$(id)", "a\nb", "x;y", "\u{202e}a", "-x"] {
            assert!(!Kind::Container.may_be(odd) && !Kind::Image.may_be(odd), "{odd:?}");
        }
        assert!(["a\u{1b}", "b\u{2066}", "c\n", "d\u{b}e"].iter().all(|odd| !Kind::Context.may_be(odd)));
        assert!(
            Kind::Container.may_be("web-1")
                && Kind::Image.may_be("debian:12")
                && Kind::Context.may_be("mein büro")
        );
    }

    #[test]
    fn whatever_a_value_is_called_has_a_source() {
        assert_eq!(
            ["CONTAINER", "IMAGE", "PROFILE", "FILE"].map(|name| Kind::named(name).is_some()),
            [true, true, true, false]
        );
    }
}
