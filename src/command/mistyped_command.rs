//! Reports mistyped commands, options and values, with a suggestion of the nearest word and of the help to
//! read.
//!
//! The suggestion of a word is clap's (its feature `suggestions`). IDs, facts and system calls have their own
//! suggestions where they are looked up.

use std::ffi::OsString;

use clap::error::ErrorKind;
use clap::{ArgMatches, CommandFactory};

use crate::cli::Cli;
use crate::exit_code::Exit;
use crate::render::output;

/// Prints clap's message, and after an error which help to read; returns the exit code. `--help` and
/// `--version` are not errors. Ignores a closed pipe.
pub fn answer(refusal: &clap::Error, arguments: &[OsString]) -> Exit {
    let _ = refusal.print();
    if !refusal.use_stderr() {
        return Exit::Success;
    }
    // Without any word, clap's message is the help.
    if refusal.kind() != ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        output::hint(&format!("{} --help", command(arguments)));
    }
    Exit::Usage
}

/// Returns the names of the program and of the commands that the arguments call, as far as they are known.
fn command(arguments: &[OsString]) -> String {
    let mut program = Cli::command().ignore_errors(true);
    let mut names = program.get_name().to_owned();
    let called = program.try_get_matches_from_mut(arguments).ok();
    let mut called = called.as_ref().and_then(ArgMatches::subcommand);
    while let Some((name, inner)) = called {
        names.push(' ');
        names.push_str(name);
        called = inner.subcommand();
    }
    names
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    fn refusal(words: &[&str]) -> clap::Error {
        Cli::try_parse_from(words).err().unwrap()
    }

    #[test]
    fn a_slip_gets_the_nearest_word() {
        for (words, nearest) in [
            (&["sysdock", "docter", "web"][..], "'doctor'"),
            (&["sysdock", "doctor", "--folow", "web"], "'--follow'"),
            (&["sysdock", "doctor", "--format", "jsn", "web"], "'json'"),
        ] {
            let refusal = refusal(words);
            assert!(refusal.to_string().contains(nearest), "{refusal}");
        }
        assert!(!refusal(&["sysdock", "--help"]).use_stderr());
    }

    #[test]
    fn a_slip_is_told_which_help_to_read() {
        for (words, help) in [
            (&["sysdock", "docter", "web"][..], "sysdock --help"),
            (&["sysdock", "doctor", "--folow", "web"], "sysdock doctor --help"),
            (&["sysdock", "doctor", "--format", "jsn", "web"], "sysdock doctor --help"),
            (&["sysdock", "prove", "--all"], "sysdock prove --help"),
            (&["sysdock", "rules", "chek"], "sysdock rules --help"),
            (&["sysdock", "rules", "docs", "--odd"], "sysdock rules docs --help"),
        ] {
            assert!(refusal(words).use_stderr());
            let words: Vec<OsString> = words.iter().map(OsString::from).collect();
            assert_eq!(format!("{} --help", command(&words)), help, "{words:?}");
        }
    }
}
