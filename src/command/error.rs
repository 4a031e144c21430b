//! What ends a command early: the failures of all stages, with the exit code that each asks for.

use std::io;

use super::watch::TlsError;
use crate::config::load::ConfigError;
use crate::docker::EngineError;
use crate::exit::Exit;
use crate::options::OptionError;
use crate::prescribe::{EmitError, ImageError, Reach};
use crate::render::format::FormatError;
use crate::rule::RuleError;
use crate::snapshot::file::SnapshotError;
use crate::treat::TreatError;

/// A command that could not do what it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// The arguments make no sense together.
    #[error(transparent)]
    Options(#[from] OptionError),
    /// The configuration cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The engine cannot be found or asked.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The engine has no container of that name.
    #[error(
        "no container named {name} on {address}{near}\n  next: `{list}` lists all containers, running or not"
    )]
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
    /// The engine has no image of that name.
    #[error("no image named {name} on {address}\n  next: pull it first: `{pull}`")]
    NoImage {
        /// Reference as given.
        name: String,
        /// Address of the engine.
        address: String,
        /// Command that fetches it.
        pull: String,
    },
    /// The engine has neither a container nor an image of that name.
    #[error(
        "no container and no image named {name} on {address}{near}\n  next: `{list}` lists all containers; \
            `{pull}` pulls an image"
    )]
    Neither {
        /// Name as given.
        name: String,
        /// Address of the engine.
        address: String,
        /// Names that are like it, worded for the message.
        near: String,
        /// Command that lists all containers.
        list: String,
        /// Command that fetches the image.
        pull: String,
    },
    /// What is to be carried over is no longer what it was when the steps were written.
    #[error(
        "{part} of {name} changed or contain a line break, and cannot be carried over\n  next: run the \
            command again"
    )]
    Changed {
        /// Part of its configuration.
        part: String,
        /// The container.
        name: String,
    },
    /// No encrypted webhook can be posted to.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// An image cannot be listened to.
    #[error(
        "{image} is an image, but --listen needs a container\n  next: `sysdock prove {image}` test-boots it"
    )]
    ListenImage {
        /// Its reference.
        image: String,
    },
    /// No image can be planned.
    #[error(transparent)]
    Image(#[from] ImageError),
    /// A file of the plan cannot be written.
    #[error("cannot write {path}: {source}\n  next: choose another folder with --output")]
    Plan {
        /// The file.
        path: String,
        /// Cause given by the operating system.
        source: io::Error,
    },
    /// The user stopped it.
    #[error("interrupted\n  next: `sysdock prove --sweep` removes what is left of a trial")]
    Interrupted,
    /// Words that are no flags.
    #[error("cannot parse --with `{0}`\n  next: quote it as in a shell: --with '--memory 1g --hostname web'")]
    Flags(String),
    /// A snapshot cannot be read or written.
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
    /// A text cannot be read.
    #[error("cannot read {name}: {source}{}", for_reading(source))]
    Text {
        /// Name of the text.
        name: String,
        /// Cause given by the operating system or the archive's reader.
        source: io::Error,
    },
    /// The rules cannot be used.
    #[error(
        "{0}\n  next: `sysdock rules check --rules DIR` checks your rules; without --rules, only the \
            built-in ones are used"
    )]
    Rules(#[from] RuleError),
    /// No diagnosis has that id.
    #[error("no diagnosis has the ID `{id}`{near}\n  next: `sysdock rules list` shows all IDs")]
    NoDiagnosis {
        /// Id as given.
        id: String,
        /// An id that is like it, worded for the message.
        near: String,
    },
    /// No diagnosis knows that message.
    #[error(
        "no diagnosis matches that message\n  next: diagnose the whole log with `sysdock triage FILE`; \
            sysdock only knows lines that systemd or the engine prints"
    )]
    NoMessage,
    /// The book's folder cannot be read or written.
    #[error("cannot read or write {path}: {source}\n  next: choose a folder that this user can write to")]
    Book {
        /// File or folder.
        path: std::path::PathBuf,
        /// Cause given by the operating system.
        source: io::Error,
    },
    /// A seccomp profile cannot be used.
    #[error(
        "cannot use {name}: {reason}\n  next: name a container, or a profile file as for --security-opt \
            seccomp=FILE"
    )]
    Profile {
        /// The container or the file.
        name: String,
        /// What is wrong, with line and column where known.
        reason: String,
    },
    /// No built-in profile goes by that name.
    #[error(
        "unknown engine `{0}`\n  next: give its name and version: docker-20.10, docker-28.5.2, podman-4.3"
    )]
    NoBuiltIn(String),
    /// Nothing is known of a system call.
    #[error(
        "unknown system call `{call}`{near}\n  next: check the name; systemd is not known to need it, and no \
            built-in profile lists it"
    )]
    NoCall {
        /// Name as given.
        call: String,
        /// A name that is like it, worded for the message.
        near: String,
    },
    /// The machinery for talking to an engine cannot be started.
    #[error(
        "cannot start the engine client: {0}\n  next: check the limits on open files and processes (`ulimit \
            -a`)"
    )]
    Runtime(#[source] io::Error),
    /// A step cannot be carried out.
    #[error(transparent)]
    Treat(#[from] TreatError),
    /// Nobody can be asked, and `--yes` was not given.
    #[error(
        "nothing was changed: cannot ask for confirmation because stdin is not a terminal\n  next: review \
            the steps above, then use --yes"
    )]
    NotAsked,
    /// A suppression of a diagnosis that is not there.
    #[error(
        "the configuration suppresses the unknown ID `{id}`{near}\n  next: `sysdock config show` says which \
            file it is in; `sysdock rules list` shows all IDs"
    )]
    Suppressed {
        /// Id as written.
        id: String,
        /// An id that is like it, worded for the message.
        near: String,
    },
    /// A baseline cannot be used.
    #[error("cannot use the baseline {path}: {reason}\n  next: create one with --output json={path}")]
    Baseline {
        /// The file.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A file of a report cannot be written.
    #[error(
        "cannot write the report to {path}: {source}\n  next: choose a file in an existing folder that you \
            can write to"
    )]
    ReportFile {
        /// The file.
        path: String,
        /// Cause given by the operating system.
        source: io::Error,
    },
    /// The report cannot be put into its form.
    #[error(
        "cannot write the report in this format: {0}\n  next: use --format human, and report this as a bug"
    )]
    Form(#[from] FormatError),
    /// Something cannot be written as JSON.
    #[error("cannot write it as JSON: {0}\n  next: use --format human, and report this as a bug")]
    Json(#[from] serde_json::Error),
    /// The cure cannot be put into its form.
    #[error(transparent)]
    Prescription(#[from] EmitError),
    /// Metrics cannot be served.
    #[error(
        "cannot serve metrics on {address}: {source}\n  next: choose another address with --metrics=IP:PORT"
    )]
    Metrics {
        /// The address.
        address: std::net::SocketAddr,
        /// Cause given by the operating system.
        source: io::Error,
    },
    /// What was reported before cannot be read, or not be kept.
    #[error(
        "cannot use {path} for --state: {reason}\n  next: choose a file in a folder that you can write to; \
            sysdock never overwrites a file that is not its own state"
    )]
    State {
        /// The file.
        path: String,
        /// What is wrong.
        reason: String,
    },
    /// The journal cannot be reached at all.
    #[error("cannot open a socket to the journal: {0}\n  next: check the limit on open files (`ulimit -n`)")]
    Journal(#[source] io::Error),
    /// Stdout does not take the output.
    #[error("cannot write to stdout: {0}\n  next: check whether the disk is full")]
    Output(#[from] io::Error),
}

impl CommandError {
    /// It in the words of a sentence that says what became of something.
    #[must_use]
    pub fn problem(&self) -> String {
        if matches!(self, Self::Interrupted) { "interrupted".to_owned() } else { self.to_string() }
    }

    /// The same where the word could have named an image too.
    #[must_use]
    pub fn or_image(self, word: &str, reach: &Reach) -> Self {
        match self {
            Self::NoContainer { name, address, near, list } => Self::Neither {
                name,
                address,
                near,
                list,
                pull: crate::quote::shown(&reach.argv(["pull", word])),
            },
            other => other,
        }
    }

    /// The exit code of this failure.
    #[must_use]
    pub fn exit(&self) -> Exit {
        match self {
            Self::Options(_)
            | Self::Config(
                ConfigError::Syntax { .. }
                | ConfigError::Refused { .. }
                | ConfigError::Trust { .. }
                | ConfigError::Engine { .. }
                | ConfigError::Variable { .. },
            )
            | Self::Suppressed { .. }
            | Self::NoDiagnosis { .. }
            | Self::NoBuiltIn(_)
            | Self::NoCall { .. }
            | Self::NotAsked
            | Self::ListenImage { .. }
            | Self::Flags(_)
            | Self::Image(ImageError::Unit(_)) => Exit::Usage,
            // What was tried did not work; what could not even be looked at is another matter.
            Self::NoMessage
            | Self::Engine(EngineError::Build { .. })
            | Self::Image(ImageError::NoSystemd { .. } | ImageError::UnknownDistribution { .. })
            | Self::Treat(TreatError::Failed { .. } | TreatError::Deadline { .. }) => Exit::Findings,
            Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => Exit::BrokenPipe,
            _ => Exit::CannotLook,
        }
    }
}

/// What to do about a text that cannot be read, worded for the message; nothing where the cause says it.
fn for_reading(source: &io::Error) -> &'static str {
    match source.kind() {
        io::ErrorKind::NotFound => "\n  next: give a file, a folder or an archive, or `-` for stdin",
        io::ErrorKind::PermissionDenied => {
            "\n  next: read it as a user who can, and pipe it in: `sudo cat FILE | sysdock triage -`"
        }
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_have_the_exit_codes_of_the_table() {
        let unknown = CommandError::NoContainer {
            name: "x".into(),
            address: "a".into(),
            near: String::new(),
            list: "docker ps -a".into(),
        };
        let pipe = CommandError::Output(io::ErrorKind::BrokenPipe.into());
        let full = CommandError::Output(io::ErrorKind::StorageFull.into());
        let mistyped = CommandError::NoDiagnosis { id: "x".into(), near: String::new() };
        let nothing = CommandError::from(OptionError::NoTarget);
        let built = CommandError::from(EngineError::Build { action: "build x".into(), message: "no".into() });
        let alpine = CommandError::from(ImageError::NoSystemd { distribution: "x".into(), why: "y".into() });
        let unseen = CommandError::from(ImageError::Unseen { base: "x".into() });
        let codes =
            [unknown, pipe, full, mistyped, nothing, built, alpine, unseen].map(|error| error.exit().code());
        assert_eq!(codes, [3, 141, 3, 2, 2, 1, 1, 3]);
    }
}
