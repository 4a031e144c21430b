//! Opens a session with an engine, for all commands that examine a container to treat it.

use super::reporter::TerminalReporter;
use super::{CommandError, connect};
use crate::options::{Options, notices_of_rules};
use crate::render::output;
use crate::rule::{self, RuleSet};
use crate::scan::Matcher;
use crate::treat::{Interrupt, Marks, Session, remove_stale_folders};

/// Runs work within a session, on this thread.
///
/// # Errors
/// Returns a [`CommandError`] if the rules cannot be used or the engine cannot be reached, or the error of
/// the work.
pub fn within<T>(
    options: &Options,
    work: impl AsyncFnOnce(&Session<'_>) -> Result<T, CommandError>,
) -> Result<T, CommandError> {
    let rules = rule::load(&options.rules)?;
    let matcher = Matcher::new(&rules);
    let reporter = TerminalReporter::new(options);
    let done = connect::block_on(async {
        let session = Box::pin(open(options, &rules, &matcher, &reporter)).await?;
        work(&session).await
    });
    reporter.finish();
    done
}

/// Connects to the engine, and removes what killed runs left on this machine.
async fn open<'s>(
    options: &'s Options,
    rules: &'s RuleSet,
    matcher: &'s Matcher<'s>,
    reporter: &'s TerminalReporter,
) -> Result<Session<'s>, CommandError> {
    let interrupt = Interrupt::listen()?;
    remove_stale_folders();
    for notice in notices_of_rules(rules).iter().filter(|_| options.remarks) {
        output::tell(&notice.sentence());
    }
    let connecting = Box::pin(async { Ok(connect::connect_and_reach(options).await?) });
    let (engine, reach) = interrupt.unless::<_, CommandError>(connecting).await?;
    let variable = |name| options.environment.get(name);
    let marks = Marks::of_user(variable("XDG_STATE_HOME"), variable("HOME"));
    Ok(Session { rules, matcher, engine, reach, choice: &options.engine, interrupt, marks, reporter })
}
