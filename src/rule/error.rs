//! Errors of rule files. Messages only.

use std::path::PathBuf;

use crate::trust::Refusal;

/// A rule file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RuleError {
    /// The folder or file cannot be read.
    #[error("cannot read rules from {path}: {source}")]
    Read {
        /// Folder or file.
        path: PathBuf,
        /// What kind of file it is, or the cause given by the operating system.
        source: Refusal,
    },
    /// A project names a folder or file that belongs to another user.
    #[error("ignoring the rules in {path}: {source}; --trust allows them")]
    Distrusted {
        /// Folder or file.
        path: PathBuf,
        /// Who owns it, or where it leads.
        source: Refusal,
    },
    /// A folder has too many files or levels.
    #[error("rules from {path}: more than {files} files, or more than {depth} levels of folders")]
    Many {
        /// The folder.
        path: PathBuf,
        /// The limit of files.
        files: usize,
        /// The limit of levels.
        depth: usize,
    },
    /// A project would replace an existing rule or remedy.
    #[error(
        "{file} would replace the {what} `{id}`, but rules named by {project} can only add; --trust allows it"
    )]
    Replaces {
        /// The file.
        file: String,
        /// `diagnosis` or `remedy`.
        what: &'static str,
        /// Its id.
        id: String,
        /// The file of the project.
        project: String,
    },
    /// The file is not TOML of the right shape.
    #[error("{file}:{line}: {message}")]
    Syntax {
        /// The file.
        file: String,
        /// Line, from 1.
        line: usize,
        /// What is wrong.
        message: String,
    },
    /// A part of the file has the right shape but cannot be accepted.
    #[error("{file}:{line}: {part} {message}")]
    Part {
        /// The file.
        file: String,
        /// Line, from 1.
        line: usize,
        /// `when`, `signature NAME`, …
        part: String,
        /// What is wrong.
        message: String,
    },
}
