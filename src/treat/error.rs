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
        /// Its exit code; `None` if a signal ended it.
        code: Option<i32>,
        /// The end of its output.
        said: String,
    },
    /// The engine did not accept a container as it was to be started.
    #[error("`{command}` was refused by the engine: {said}")]
    Refused {
        /// The command line.
        command: String,
        /// The engine's words.
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

/// Exit code of the clients for an error of the engine itself (docker-run(1), podman-run(1)); the container's
/// program did not run.
const ENGINE_ERROR: i32 = 125;

impl TreatError {
    /// Returns the error of a command that starts a container: a refusal, if the engine gave the error.
    #[must_use]
    pub fn of_start(self) -> Self {
        match self {
            Self::Failed { command, code: Some(ENGINE_ERROR), said, .. } => {
                Self::Refused { command, said: words_of_engine(&said) }
            }
            other => other,
        }
    }

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

/// Returns what the engine said, without the ID of a container and the hint that the Docker client adds.
fn words_of_engine(said: &str) -> String {
    let is_id = |line: &str| line.len() == 64 && line.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_hint = |line: &str| line.starts_with("Run 'docker ") || line.starts_with("See 'docker ");
    let lines = said.lines().map(str::trim).filter(|line| !(line.is_empty() || is_id(line) || is_hint(line)));
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_of_the_engine_is_a_refusal_in_its_words() {
        let failed = |code, said: &str| TreatError::Failed {
            command: "docker run".to_owned(),
            status: String::new(),
            code,
            said: said.to_owned(),
        };
        let said = "docker: Error response from daemon: option WritableCgroups conflicts with user namespaces \
            and rootless mode\n\nRun 'docker run --help' for more information";
        let refused = failed(Some(125), said).of_start();
        let TreatError::Refused { said, .. } = refused else { panic!("{refused}") };
        assert!(said.ends_with("rootless mode") && !said.contains('\n'), "{said}");
        for code in [Some(1), Some(127), None] {
            assert!(matches!(failed(code, "x").of_start(), TreatError::Failed { .. }), "{code:?}");
        }
    }
}
