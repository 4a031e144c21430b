//! Commands: validated options in, an exit code out. Each file puts the stages together for one subcommand.
//!
//! Must not hold judgement, engine calls or text layout of its own.

mod build;
mod case;
mod completions;
mod connect;
mod docs;
mod doctor;
mod error;
mod explain;
mod fix;
mod progress;
mod prove;
mod rules;
mod run;
mod seccomp;
mod snapshot;
mod trace;
mod triage;
mod trial;

use std::ffi::OsString;
use std::io::IsTerminal;

use clap::Parser;

pub use error::CommandError;

use crate::cli::{Cli, Command};
use crate::docker::Environment;
use crate::exit::Exit;
use crate::options::{Options, Terminal};
use crate::render::output;

/// Runs the program with these arguments, the first of which is its own name.
#[must_use]
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> Exit {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(refusal) => return refused(&refusal),
    };
    match dispatch(cli) {
        Ok(exit) => exit,
        Err(error) => {
            let exit = error.exit();
            if exit != Exit::BrokenPipe {
                output::tell(&error);
            }
            exit
        }
    }
}

/// `--help` and `--version` are no mistakes; all else is. A closed pipe is no reason to complain.
fn refused(refusal: &clap::Error) -> Exit {
    let _ = refusal.print();
    if refusal.use_stderr() { Exit::Usage } else { Exit::Success }
}

fn dispatch(cli: Cli) -> Result<Exit, CommandError> {
    let options = Options::new(cli.global, Environment::of_process(), terminal());
    match cli.command {
        Command::Doctor(args) => doctor::run(args, &options),
        Command::Triage(args) => triage::run(args, &options),
        Command::Snapshot(args) => snapshot::run(&args, &options),
        Command::Prove(args) => prove::run(&args, &options),
        Command::Build(args) => build::run(&args, &options),
        Command::Run(args) => run::run(&args, &options),
        Command::Fix(args) => fix::run(&args, &options),
        Command::Seccomp(args) => seccomp::run(&args.action, &options),
        Command::Explain(args) => explain::run(&args, &options),
        Command::Rules(args) => rules::run(&args, &options),
        Command::Completions(args) => completions::run(&args),
    }
}

fn terminal() -> Terminal {
    let columns = terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
    Terminal { stdout: std::io::stdout().is_terminal(), stderr: std::io::stderr().is_terminal(), columns }
}
