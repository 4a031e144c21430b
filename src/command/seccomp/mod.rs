//! `seccomp`: a container, a profile or an engine's name in; what systemd misses, a better profile, or a page
//! on one call out.

mod check;
mod explain;
mod filter;
mod make;
mod trace;

use super::CommandError;
use crate::cli::SeccompAction;
use crate::exit_code::Exit;
use crate::options::Options;

/// Runs the command.
///
/// # Errors
/// [`CommandError`] when the filter cannot be looked at, or what writing gives.
pub fn run(action: &SeccompAction, options: &Options) -> Result<Exit, CommandError> {
    match action {
        SeccompAction::Check(args) => check::run(args, options),
        SeccompAction::Make(args) => make::run(args, options),
        SeccompAction::Explain(args) => explain::run(args, options),
        SeccompAction::Trace(args) => trace::run(args, options),
    }
}
