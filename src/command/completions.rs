//! `completions`: a script that teaches a shell the command line.

use clap::CommandFactory;

use super::CommandError;
use crate::cli::{Cli, CompletionsArgs};
use crate::exit::Exit;
use crate::render::output;

/// Runs the command.
///
/// # Errors
/// [`CommandError::Output`] when stdout does not take the script.
pub fn run(args: &CompletionsArgs) -> Result<Exit, CommandError> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "sysdock", &mut script);
    output::print(&script)?;
    Ok(Exit::Success)
}
