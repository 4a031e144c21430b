//! `seccomp trace`: finds which denied system calls a container's boot needs.

use crate::cli::{Format, SeccompTraceArgs};
use crate::command::{CommandError, session};
use crate::exit_code::Exit;
use crate::options::Options;
use crate::render::traced_calls_page as page;
use crate::render::{json, output};
use crate::treat::{TracedCalls, sweep, trace_denied_calls};

/// Runs the command.
///
/// # Errors
/// Returns a [`CommandError`] if the container or its filter cannot be examined, or the engine's client is
/// missing.
pub fn run(args: &SeccompTraceArgs, options: &Options) -> Result<Exit, CommandError> {
    session::within(options, async |session| {
        sweep(session, false).await;
        let (traced, profile) = trace_denied_calls(session, &args.container).await?;
        print(args, &traced, profile.as_deref(), options)?;
        Ok(if traced.boots && traced.needed.is_empty() { Exit::Success } else { Exit::Findings })
    })
}

fn print(
    args: &SeccompTraceArgs,
    traced: &TracedCalls,
    profile: Option<&str>,
    options: &Options,
) -> Result<(), CommandError> {
    if let (Some(file), Some(profile)) = (&args.output, profile) {
        std::fs::write(file, profile)
            .map_err(|source| CommandError::Plan { path: file.display().to_string(), source })?;
    }
    let text = match args.format {
        Format::Human => page::traced(traced, args.output.as_deref(), &options.context),
        Format::Json => json::harmless(&page::traced_json(traced)?),
    };
    Ok(output::print(text.as_bytes())?)
}
