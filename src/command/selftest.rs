//! `selftest`: reports what this host and user allow the program to see. Exit code 3 if no container could be
//! examined.

use super::{CommandError, connect};
use crate::cli::{Format, SelftestArgs};
use crate::exit_code::Exit;
use crate::options::Options;
use crate::render::{output, progress, selftest_table};
use crate::rule;
use crate::selftest::{SelfTest, is_blind};

/// Runs the command.
///
/// # Errors
/// Returns a [`CommandError`] if rules cannot be read or stdout cannot be written; a failed check is no
/// error.
pub fn run(args: &SelftestArgs, options: &Options) -> Result<Exit, CommandError> {
    let selftest_run = SelfTest {
        choice: &options.engine,
        environment: &options.environment,
        deadline: options.deadline,
        listener: connect::listener(options),
        container: args.container.as_deref(),
        exec: !args.no_exec,
    };
    let checks = connect::block_on(async {
        Ok(progress::shown("looking", options.progress, selftest_run.run()).await)
    })?;
    let text = match args.format {
        Format::Human => selftest_table::human(&checks, &options.context),
        Format::Json => selftest_table::json(&checks, &rule::load(&options.rules)?)?,
    };
    output::print(text.as_bytes())?;
    Ok(if is_blind(&checks) { Exit::CannotLook } else { Exit::Success })
}
