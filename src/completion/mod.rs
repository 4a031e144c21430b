//! Completes a command line for a shell: takes the words typed so far, returns candidates.
//!
//! Waits for the engine for at most a second and offers nothing if it does not answer. Must not slow down a
//! normal run.

mod candidates;
mod value;

use std::ffi::{OsStr, OsString};
use std::sync::Arc;

use clap::Arg;
use clap_complete::engine::ArgValueCompleter;
use clap_complete::env::CompleteEnv;

use self::candidates::TypedWords;
use self::value::Value;
use crate::cli::Cli;
use crate::docker::Environment;
use crate::exit_code::Exit;

/// The variable that names the shell that asks for completion.
pub const VARIABLE: &str = "SYSDOCK_COMPLETE";

/// Answers a shell if it asks for completion.
pub fn answer(arguments: &[OsString]) -> Option<Exit> {
    std::env::var_os(VARIABLE).filter(|shell| !shell.is_empty())?;
    let words: Vec<&str> = arguments.iter().filter_map(|word| word.to_str()).collect();
    let typed = Arc::new(TypedWords::of(&words, Environment::of_process()));
    let folder = std::env::current_dir().ok();
    // Without candidates, the shell falls back to its own completion.
    drop(
        CompleteEnv::with_factory(|| command(&typed))
            .var(VARIABLE)
            .try_complete(arguments, folder.as_deref()),
    );
    Some(Exit::Success)
}

/// Returns the command line with a source of candidates for each value that has a name.
fn command(typed: &Arc<TypedWords>) -> clap::Command {
    fn taught(command: clap::Command, typed: &Arc<TypedWords>) -> clap::Command {
        command.mut_args(|arg| teach(arg, typed)).mut_subcommands(|inner| taught(inner, typed))
    }
    taught(Cli::whole(), typed)
}

/// Attaches the source of candidates to a value, by its name in the help.
fn teach(arg: Arg, typed: &Arc<TypedWords>) -> Arg {
    let name =
        arg.get_value_names().and_then(|names| names.first()).map(ToString::to_string).unwrap_or_default();
    let values: Vec<Value> = match (name.as_str(), arg.get_id().as_str()) {
        (_, "context") => vec![Value::Context],
        ("ENGINE", _) => vec![Value::BuiltIn],
        ("ID" | "ID|MESSAGE", _) => vec![Value::Diagnosis],
        ("CALL", _) => vec![Value::Call],
        (name, _) => name.split('|').filter_map(Value::named).collect(),
    };
    if values.is_empty() {
        return arg;
    }
    let typed = typed.clone();
    arg.add(ArgValueCompleter::new(move |current: &OsStr| {
        values.iter().flat_map(|value| typed.candidates(*value, current)).collect()
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(line: &str) -> Vec<String> {
        let words: Vec<&str> = line.split(' ').collect();
        let typed = Arc::new(TypedWords::of(&words, Environment::from_pairs(&[], &[])));
        let index = words.len() - 1;
        let found = clap_complete::engine::complete(
            &mut command(&typed),
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
}
