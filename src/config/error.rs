//! What is wrong with a configuration. Words only.

use std::io;

use crate::trust::Refusal;

/// A configuration that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A file cannot be read.
    #[error(
        "cannot read the configuration {path}: {source}\n  next: mend it, or name another one with --config"
    )]
    Read {
        /// The file.
        path: String,
        /// Cause given by the operating system.
        source: io::Error,
    },
    /// A file is not understood.
    #[error(
        "the configuration {path} is not understood\n{reason}\n  next: `sysdock config show --help` lists \
            the settings; --config FILE uses another file"
    )]
    Syntax {
        /// The file.
        path: String,
        /// What is wrong, with its line.
        reason: String,
    },
    /// A file is not one to be obeyed.
    #[error("the configuration {path} is not obeyed: {reason}\n  next: {next}")]
    Refused {
        /// The file.
        path: String,
        /// What it is, or whose.
        reason: Refusal,
        /// What to do.
        next: String,
    },
    /// A file of a project says whom to trust.
    #[error(
        "{path} sets `{key}`, which a project may not do for itself\n  next: move it to your own \
            configuration, or use --trust for one run"
    )]
    Trust {
        /// The file.
        path: String,
        /// The setting.
        key: &'static str,
    },
    /// A file of a project says which engine to ask.
    #[error(
        "{path} sets `{key}`, which a project may not choose: a checkout would decide which engine is \
            asked\n  next: move it to your own configuration, or use --host or DOCKER_HOST"
    )]
    Engine {
        /// The file.
        path: String,
        /// The setting.
        key: &'static str,
    },
    /// A variable is not understood.
    #[error("the variable {name} is not understood: {reason}\n  next: mend or unset it")]
    Variable {
        /// The variable.
        name: String,
        /// What is wrong.
        reason: String,
    },
}
