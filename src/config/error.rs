//! Errors of the configuration. Messages only.

use std::io;

use crate::trust::Refusal;

/// A configuration that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A file cannot be read.
    #[error(
        "cannot read the configuration {path}: {source}\n  next: fix it, or choose another file with --config"
    )]
    Read {
        /// The file.
        path: String,
        /// Cause given by the operating system.
        source: io::Error,
    },
    /// A file cannot be parsed.
    #[error(
        "invalid configuration {path}\n{reason}\n  next: `sysdock config show --help` lists the settings; \
            --config FILE uses another file"
    )]
    Syntax {
        /// The file.
        path: String,
        /// What is wrong, with its line.
        reason: String,
    },
    /// A file must not be obeyed.
    #[error("ignoring the configuration {path}: {reason}\n  next: {next}")]
    Refused {
        /// The file.
        path: String,
        /// What kind of file it is, or who owns it.
        reason: Refusal,
        /// What to do.
        next: String,
    },
    /// A project's file says whom to trust.
    #[error(
        "{path} sets `{key}`, which a project's file cannot do\n  next: move it to your own configuration, \
            or use --trust for one run"
    )]
    Trust {
        /// The file.
        path: String,
        /// The setting.
        key: &'static str,
    },
    /// A project's file says which engine to ask.
    #[error(
        "{path} sets `{key}`, but a project's file cannot choose the engine\n  next: move it to your own \
            configuration, or use --host or DOCKER_HOST"
    )]
    Engine {
        /// The file.
        path: String,
        /// The setting.
        key: &'static str,
    },
    /// A variable has an invalid value.
    #[error("invalid variable {name}: {reason}\n  next: fix or unset it")]
    Variable {
        /// The variable.
        name: String,
        /// What is wrong.
        reason: String,
    },
}
