//! Arguments that clap is told of when their command is asked for: `sysdock --help` needs no word of them.

use clap::builder::Resettable;
use clap::{Arg, ArgMatches, Args, Command, Error, FromArgMatches, Id};

/// The arguments of one command.
///
/// What clap's own `defer = true` would change stays: the command keeps its own heading, not that of the type of its arguments, and
/// the options that every command takes come last. clap hands them to each command before it asks what else the command takes.
#[derive(Debug, Clone, Default)]
pub struct Late<T>(pub T);

/// Adds what a command takes to what is known of it.
fn told(command: Command, tell: fn(Command) -> Command) -> Command {
    let about = Resettable::from(command.get_about().cloned());
    let long = Resettable::from(command.get_long_about().cloned());
    let of_all: Vec<Id> = command.get_arguments().map(Arg::get_id).cloned().collect();
    let command = tell(command).about(about).long_about(long);
    // An argument that is changed is put last.
    of_all.iter().fold(command, |command, id| command.mut_arg(id, |arg| arg))
}

impl<T: Args> Args for Late<T> {
    fn augment_args(command: Command) -> Command {
        command.defer(|command| told(command, T::augment_args))
    }

    fn augment_args_for_update(command: Command) -> Command {
        command.defer(|command| told(command, T::augment_args_for_update))
    }
}

impl<T: FromArgMatches> FromArgMatches for Late<T> {
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

    #[test]
    fn what_a_command_takes_is_told_late_and_changes_no_order() {
        let early = Cli::command();
        assert!(early.get_subcommands().all(|command| command.get_arguments().next().is_none() && command.get_about().is_some()));
        let whole = Cli::whole();
        for command in whole.get_subcommands().filter(|command| command.get_name() != "help") {
            let name = command.get_name();
            let before = early.find_subcommand(name).unwrap();
            assert_eq!(command.get_about().map(ToString::to_string), before.get_about().map(ToString::to_string), "{name}");
            let said = command.get_arguments().filter(|arg| arg.get_id() != "help");
            let of_all: Vec<bool> = said.map(clap::Arg::is_global_set).collect();
            assert!(of_all.is_sorted() && of_all.contains(&true), "{name}: {of_all:?}");
        }
    }
}
