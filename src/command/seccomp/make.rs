//! `seccomp make`: writes a profile based on a filter that also allows what systemd needs.

use std::path::Path;

use serde_json::Value;

use super::filter;
use crate::cli::SeccompMakeArgs;
use crate::command::CommandError;
use crate::exit_code::Exit;
use crate::options::Options;
use crate::prescribe::{Origin, allowing};
use crate::render::seccomp_tables as pages;
use crate::render::{json, output};
use crate::seccomp::text;

/// Runs the command.
///
/// # Errors
/// Returns a [`CommandError`] if the filter cannot be read, or an error of writing.
pub fn run(args: &SeccompMakeArgs, options: &Options) -> Result<Exit, CommandError> {
    let (name, mut filter) = filter::named(&args.filter, options)?;
    let refused = |reason: &str| filter::refused(&name, reason);
    let is_unconfined = filter.origin == Origin::Unconfined;
    if is_unconfined {
        filter.take_built_in().map_err(|reason| refused(&reason))?;
    }
    let wanted = filter.in_force.wanted(&filter.misses());
    let before: Value = serde_json::from_str(&filter.text).map_err(|error| refused(&error.to_string()))?;
    let after = allowing(&filter.text, &wanted).as_ref().and_then(text);
    let after = after.ok_or_else(|| refused("it is not a profile"))?;
    let file = args.output.as_deref();
    if file == Some(Path::new("-")) {
        output::print(json::harmless(&after).as_bytes())?;
    } else {
        output::print(pages::difference(&text(&before).unwrap_or_default(), &after).as_bytes())?;
    }
    if let Some(file) = file.filter(|file| *file != Path::new("-")) {
        std::fs::write(file, &after)
            .map_err(|source| CommandError::Plan { path: file.display().to_string(), source })?;
    }
    if options.remarks {
        output::tell(&pages::made(&name, &filter.whose, &wanted, is_unconfined, file));
    }
    Ok(Exit::Success)
}
