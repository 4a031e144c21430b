//! Commands: each file combines the stages for one subcommand, and turns validated options into an exit code.
//!
//! Must not contain diagnosis, engine calls or text layout.

mod build;
mod completions;
mod config;
mod connect;
mod cure_output;
mod docs;
mod doctor;
mod error;
mod error_exit;
mod explain;
mod fix;
mod generated_files;
mod man;
mod mistyped_command;
mod prove;
mod report_error;
mod report_output;
mod reporter;
mod rules;
mod run;
mod schema;
mod seccomp;
mod selftest;
mod session;
mod snapshot;
mod triage;
mod usage_error;
mod watch;

use std::ffi::OsString;
use std::io::IsTerminal;

use clap::Parser;

pub use error::CommandError;

use crate::cli::{Cli, Command, DeferredArgs};
use crate::completion;
use crate::config::load;
use crate::docker::Environment;
use crate::exit_code::Exit;
use crate::options::{Options, Terminal};
use crate::render::output;

/// Runs the program with these arguments, of which the first is the program's name.
#[must_use]
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> Exit {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    if let Some(exit) = completion::answer(&arguments) {
        return exit;
    }
    let cli = match Cli::try_parse_from(&arguments) {
        Ok(cli) => cli,
        Err(refusal) => return mistyped_command::answer(&refusal, &arguments),
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

fn dispatch(cli: Cli) -> Result<Exit, CommandError> {
    let environment = Environment::of_process();
    let folder = std::env::current_dir().unwrap_or_default();
    let settings = load(&cli.global, &folder, |name| environment.get(name))?;
    let options = Options::new(settings, environment, terminal());
    output::speak(options.context.unicode);
    if options.verbose {
        options.rules.iter().for_each(|folder| {
            output::tell(&format!(
                "using rules from {} in addition to the built-in ones",
                folder.path.display()
            ));
        });
    }
    match cli.command {
        Command::Doctor(DeferredArgs(args)) => doctor::run(args, &options),
        Command::Watch(DeferredArgs(args)) => watch::run(args, &options),
        Command::Triage(DeferredArgs(args)) => triage::run(args, &options),
        Command::Snapshot(DeferredArgs(args)) => snapshot::run(&args, &options),
        Command::Prove(DeferredArgs(args)) => prove::run(&args, &options),
        Command::Build(DeferredArgs(args)) => build::run(&args, &options),
        Command::Run(DeferredArgs(args)) => run::run(&args, &options),
        Command::Fix(DeferredArgs(args)) => fix::run(&args, &options),
        Command::Seccomp(DeferredArgs(args)) => seccomp::run(&args.action, &options),
        Command::Explain(DeferredArgs(args)) => explain::run(&args, &options),
        Command::Rules(DeferredArgs(args)) => rules::run(&args, &options),
        Command::Config(DeferredArgs(args)) => config::run(&args, &options),
        Command::Schema(DeferredArgs(args)) => schema::run(&args, &options),
        Command::Completions(DeferredArgs(args)) => completions::run(&args),
        Command::Man(DeferredArgs(args)) => man::run(&args, &options),
        Command::Selftest(DeferredArgs(args)) => selftest::run(&args, &options),
    }
}

fn terminal() -> Terminal {
    let columns = terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
    let stdout = std::io::stdout().is_terminal();
    let hyperlinks = stdout && supports_hyperlinks::supports_hyperlinks();
    Terminal { stdout, stderr: std::io::stderr().is_terminal(), hyperlinks, columns }
}
