//! `seccomp check`: lists the system calls that systemd needs and a filter denies.

use super::filter;
use crate::cli::{Format, SeccompCheckArgs};
use crate::command::CommandError;
use crate::exit_code::Exit;
use crate::options::Options;
use crate::render::seccomp_tables::{self as pages, FilterCheck};
use crate::render::{json, output};
use crate::seccomp::contradictions;

/// Runs the command.
///
/// # Errors
/// Returns a [`CommandError`] if the filter cannot be read, or an error of writing.
pub fn run(args: &SeccompCheckArgs, options: &Options) -> Result<Exit, CommandError> {
    let (name, filter) = filter::named(&args.filter, options)?;
    let misses = filter.misses();
    let in_force = &filter.in_force;
    let profile = in_force.profile.as_ref();
    let contradictions =
        profile.map(|profile| contradictions(profile, &in_force.machine)).unwrap_or_default();
    let checked = FilterCheck {
        name: &name,
        whose: &filter.whose,
        source: &in_force.source,
        versions: &filter.versions,
        misses: &misses,
        conditional: &in_force.conditional(),
        contradictions: &contradictions,
    };
    let text = match args.format {
        Format::Human => pages::checked(&checked, &options.context),
        Format::Json => json::harmless(&pages::checked_json(&checked)?),
    };
    output::print(text.as_bytes())?;
    Ok(if misses.is_empty() { Exit::Success } else { Exit::Findings })
}
