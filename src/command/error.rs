//! What ends a command early: the failures of all stages, with the exit code that each asks for.

use std::io;

use crate::docker::EngineError;
use crate::exit::Exit;
use crate::options::OptionError;
use crate::prescribe::EmitError;
use crate::rule::RuleError;
use crate::snapshot::file::SnapshotError;
use crate::treat::TreatError;

/// A command that could not do what it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// The arguments make no sense together.
    #[error(transparent)]
    Options(#[from] OptionError),
    /// The engine cannot be found or asked.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The engine has no container of that name.
    #[error("no container named {name} on {address}{near}\n  next: `{list}` lists all containers, running or not")]
    NoContainer {
        /// Name as given.
        name: String,
        /// Address of the engine.
        address: String,
        /// Names that are like it, worded for the message.
        near: String,
        /// Command that lists all containers.
        list: String,
    },
    /// A snapshot cannot be read or written.
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
    /// A text cannot be read.
    #[error("cannot read {name}: {source}")]
    Text {
        /// Name of the text.
        name: String,
        /// Cause given by the operating system or the archive's reader.
        source: io::Error,
    },
    /// The rules cannot be used.
    #[error("{0}\n  next: `sysdock rules check --rules DIR` checks your rules; without --rules only the built-in ones are used")]
    Rules(#[from] RuleError),
    /// No diagnosis has that id.
    #[error("no diagnosis has the id `{id}`{near}\n  next: `sysdock rules list` shows all ids")]
    NoDiagnosis {
        /// Id as given.
        id: String,
        /// An id that is like it, worded for the message.
        near: String,
    },
    /// The machinery for talking to an engine cannot be started.
    #[error("cannot start talking to the engine: {0}\n  next: check the limits on open files and processes (`ulimit -a`)")]
    Runtime(#[source] io::Error),
    /// A step cannot be carried out.
    #[error(transparent)]
    Treat(#[from] TreatError),
    /// Nobody can be asked, and `--yes` was not given.
    #[error("nothing was changed: stdin is no terminal, so nobody can be asked\n  next: look at the steps above, then give --yes")]
    NotAsked,
    /// The report cannot be put into its form.
    #[error("cannot write the report as JSON: {0}\n  next: use --format human, and report this as a bug")]
    Form(#[from] serde_json::Error),
    /// The cure cannot be put into its form.
    #[error(transparent)]
    Prescription(#[from] EmitError),
    /// Stdout does not take the output.
    #[error("cannot write to stdout: {0}\n  next: is the disk full?")]
    Output(#[from] io::Error),
}

impl CommandError {
    /// The exit code of this failure.
    #[must_use]
    pub fn exit(&self) -> Exit {
        match self {
            Self::Options(_) | Self::NoDiagnosis { .. } | Self::NotAsked => Exit::Usage,
            Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => Exit::BrokenPipe,
            _ => Exit::CannotLook,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_have_the_exit_codes_of_the_table() {
        let unknown = CommandError::NoContainer { name: "x".into(), address: "a".into(), near: String::new(), list: "docker ps -a".into() };
        let pipe = CommandError::Output(io::ErrorKind::BrokenPipe.into());
        let full = CommandError::Output(io::ErrorKind::StorageFull.into());
        let mistyped = CommandError::NoDiagnosis { id: "x".into(), near: String::new() };
        let nothing = CommandError::from(OptionError::NoTarget);
        assert_eq!([unknown, pipe, full, mistyped, nothing].map(|error| error.exit().code()), [3, 141, 3, 2, 2]);
    }
}
