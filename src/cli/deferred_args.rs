//! Arguments that are added to clap only when their command is used: `sysdock --help` does not need them.

use std::cell::Cell;

use clap::builder::Resettable;
use clap::{Arg, ArgMatches, Args, Command, Error, FromArgMatches, Id};

/// The arguments of one command.
///
/// Keeps what clap's own `defer = true` would change: the command has its own heading, not that of its
/// arguments' type, and the options of all commands come last. clap copies those to each command before it
/// asks for the command's own arguments.
#[derive(Debug, Clone, Default)]
pub struct DeferredArgs<T>(pub T);

thread_local! {
    /// Whether to add all arguments immediately.
    static AT_ONCE: Cell<bool> = const { Cell::new(false) };
}

/// Returns a command line with all arguments, for callers that inspect it: clap's `help` command copies all
/// commands before it asks for their arguments.
pub(super) fn at_once(make: fn() -> Command) -> Command {
    AT_ONCE.set(true);
    let command = make();
    AT_ONCE.set(false);
    command
}

/// Adds a command's arguments, now or when the command is used.
fn tell(command: Command, late: fn(Command) -> Command) -> Command {
    if AT_ONCE.get() { late(command) } else { command.defer(late) }
}

/// Adds arguments to a command that already has the global ones.
fn told(command: Command, add: fn(Command) -> Command) -> Command {
    let about = Resettable::from(command.get_about().cloned());
    let long = Resettable::from(command.get_long_about().cloned());
    let of_all: Vec<Id> = command.get_arguments().map(Arg::get_id).cloned().collect();
    let command = add(command).about(about).long_about(long);
    // Changing an argument moves it to the end.
    of_all.iter().fold(command, |command, id| command.mut_arg(id, |arg| arg))
}

impl<T: Args> Args for DeferredArgs<T> {
    fn augment_args(command: Command) -> Command {
        tell(command, |command| told(command, T::augment_args))
    }

    fn augment_args_for_update(command: Command) -> Command {
        tell(command, |command| told(command, T::augment_args_for_update))
    }
}

impl<T: FromArgMatches> FromArgMatches for DeferredArgs<T> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        T::from_arg_matches(matches).map(Self)
    }

    fn from_arg_matches_mut(matches: &mut ArgMatches) -> Result<Self, Error> {
        T::from_arg_matches_mut(matches).map(Self)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        self.0.update_from_arg_matches(matches)
    }

    fn update_from_arg_matches_mut(&mut self, matches: &mut ArgMatches) -> Result<(), Error> {
        self.0.update_from_arg_matches_mut(matches)
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use crate::cli::Cli;

    fn compared(late: &clap::Command, whole: &clap::Command) {
        let name = whole.get_name();
        let about = |command: &clap::Command| command.get_about().map(ToString::to_string);
        assert_eq!(about(late), about(whole), "{name}");
        let arguments = |command: &clap::Command| -> Vec<String> {
            command.get_arguments().map(|arg| arg.get_id().to_string()).collect()
        };
        assert_eq!(arguments(late), arguments(whole), "{name}");
        let below = |command: &clap::Command| {
            command.get_subcommands().filter(|inner| inner.get_name() != "help").cloned().collect::<Vec<_>>()
        };
        assert_eq!(below(late).len(), below(whole).len(), "{name}");
        below(late).iter().zip(&below(whole)).for_each(|(late, whole)| compared(late, whole));
    }

    #[test]
    fn what_is_told_late_is_the_same() {
        let mut late = Cli::command();
        assert!(
            late.get_subcommands()
                .all(|command| command.get_arguments().next().is_none() && command.get_about().is_some())
        );
        let mut whole = Cli::whole();
        assert!(
            whole
                .get_subcommands()
                .all(|command| command.has_subcommands() || command.get_arguments().next().is_some())
        );
        late.build();
        whole.build();
        compared(&late, &whole);
    }

    #[test]
    fn help_knows_the_commands_below_commands() {
        let mut whole = Cli::whole();
        whole.build();
        let rules = whole.find_subcommand("help").and_then(|help| help.find_subcommand("rules")).unwrap();
        assert!(rules.find_subcommand("check").is_some());
    }
}
