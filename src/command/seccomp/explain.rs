//! `seccomp explain`: prints what systemd needs a system call for.

use crate::cli::{Format, SeccompExplainArgs};
use crate::command::CommandError;
use crate::command::usage_error::UsageError;
use crate::exit_code::Exit;
use crate::options::Options;
use crate::render::output;
use crate::render::seccomp_tables as pages;
use crate::seccomp::{lookup, nearest_call};

/// Runs the command.
///
/// # Errors
/// Returns [`UsageError::NoCall`] if nothing is known about the call, or an error of writing.
pub fn run(args: &SeccompExplainArgs, options: &Options) -> Result<Exit, CommandError> {
    let Some(known) = lookup(&args.call) else {
        let near =
            nearest_call(&args.call).map(|call| format!(", did you mean `{call}`?")).unwrap_or_default();
        return Err(UsageError::NoCall { call: args.call.clone(), near }.into());
    };
    let text = match args.format {
        Format::Human => pages::known(&known, &options.context),
        Format::Json => pages::known_json(&known)?,
    };
    output::print(text.as_bytes())?;
    Ok(Exit::Success)
}
