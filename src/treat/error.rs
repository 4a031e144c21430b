//! What can go wrong while a container is examined and treated, worded for the person who has to act on it.

use std::io;
use std::time::Duration;

use super::interrupt::Interrupted;
use crate::docker::EngineError;

/// A treatment that could not be carried out.
#[derive(Debug, thiserror::Error)]
pub enum TreatError {
    /// The engine cannot be asked.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The end was asked for.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
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
    /// The workspace cannot be made or written.
    #[error("cannot write {what}: {source}\n  next: check whether the disk of the temporary folder is full")]
    Folder {
        /// What was to be written.
        what: String,
        /// Cause given by the operating system.
        source: io::Error,
    },
    /// The program of a step is not there.
    #[error(
        "cannot run `{program}`: {source}\n  next: install the engine's command line client, which runs the \
            steps"
    )]
    Program {
        /// The program.
        program: String,
        /// Cause given by the operating system.
        source: io::Error,
    },
    /// A command ended with a failure.
    #[error("`{command}` failed ({status}): {said}")]
    Failed {
        /// The command line.
        command: String,
        /// How it ended.
        status: String,
        /// What it printed last.
        said: String,
    },
    /// A command did not end in time.
    #[error("`{command}` did not end within {} s", .limit.as_secs())]
    Deadline {
        /// The command line.
        command: String,
        /// The limit.
        limit: Duration,
    },
}

impl TreatError {
    /// Returns it in the words of a sentence that says what became of something.
    #[must_use]
    pub fn problem(&self) -> String {
        if self.is_interruption() { "interrupted".to_owned() } else { self.to_string() }
    }

    /// Whether the end was asked for.
    #[must_use]
    pub fn is_interruption(&self) -> bool {
        matches!(self, Self::Interrupted(_))
    }

    /// Returns the same where the word could have named an image too, which this command fetches.
    #[must_use]
    pub fn or_image(self, pull: String) -> Self {
        match self {
            Self::NoContainer { name, address, near, list } => {
                Self::Neither { name, address, near, list, pull }
            }
            other => other,
        }
    }
}
