//! `explain`: one diagnosis as a page.

use super::CommandError;
use crate::cli::ExplainArgs;
use crate::exit::Exit;
use crate::options::Options;
use crate::render::{explain, output};
use crate::rule;

/// Runs the command.
///
/// # Errors
/// [`CommandError::NoDiagnosis`] for a mistyped id, or what loading rules and writing give.
pub fn run(args: &ExplainArgs, options: &Options) -> Result<Exit, CommandError> {
    let rules = rule::load(&options.rules)?;
    let Some(rule) = rules.get(&args.id) else {
        let near = rules.nearest(&args.id).map(|id| format!(", did you mean `{id}`?")).unwrap_or_default();
        return Err(CommandError::NoDiagnosis { id: args.id.clone(), near });
    };
    output::print(explain::render(rule, &rules, &options.context).as_bytes())?;
    Ok(Exit::Success)
}
