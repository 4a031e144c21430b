//! `seccomp`: checks a filter, writes a profile that systemd can boot under, explains a system call, or
//! traces denied calls.

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
/// Returns a [`CommandError`] if the filter cannot be read, or an error of writing.
pub fn run(action: &SeccompAction, options: &Options) -> Result<Exit, CommandError> {
    match action {
        SeccompAction::Check(args) => check::run(args, options),
        SeccompAction::Make(args) => make::run(args, options),
        SeccompAction::Explain(args) => explain::run(args, options),
        SeccompAction::Trace(args) => trace::run(args, options),
    }
}
