//! Errors of examining and treating containers, worded for the person who has to act on them.

use std::io;
use std::time::Duration;

use super::interrupt::Interrupted;
use crate::docker::EngineError;

/// An examination or treatment that failed.
#[derive(Debug, thiserror::Error)]
pub enum TreatError {
    /// The engine cannot be queried.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The user or the system asked for the end.
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
        /// Similar names, worded for the message.
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
        /// Command that pulls it.
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
        /// Similar names, worded for the message.
        near: String,
        /// Command that lists all containers.
        list: String,
        /// Command that pulls the image.
        pull: String,
    },
    /// What should be carried over has changed since the steps were written.
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
    /// The workspace cannot be created or written.
    #[error("cannot write {what}: {source}\n  next: check whether the disk of the temporary folder is full")]
    Folder {
        /// What was to be written.
        what: String,
        /// Cause given by the operating system.
        source: io::Error,
    },
    /// The program of a step is not installed.
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
    /// A command failed.
    #[error("`{command}` failed ({status}): {said}")]
    Failed {
        /// The command line.
        command: String,
        /// Its exit status.
        status: String,
        /// The end of its output.
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
    /// Returns the error as part of a sentence that describes an outcome.
    #[must_use]
    pub fn problem(&self) -> String {
        if self.is_interruption() { "interrupted".to_owned() } else { self.to_string() }
    }

    /// Returns whether the user or the system asked for the end.
    #[must_use]
    pub fn is_interruption(&self) -> bool {
        matches!(self, Self::Interrupted(_))
    }

    /// Returns the same error, with this pull command if the word could also have named an image.
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
