//! Validates the arguments of `triage`.

use std::path::PathBuf;

use jiff::Timestamp;

use super::{OptionError, Reporting};
use crate::cli::TriageArgs;
use crate::config::Config;

/// The options of `triage`.
#[derive(Debug, Clone)]
pub struct TriageOptions {
    /// Files and folders; `-` is stdin.
    pub inputs: Vec<PathBuf>,
    /// Command line that was given in addition to the text.
    pub run: Option<String>,
    /// File with the output of `docker inspect`.
    pub inspect: Option<PathBuf>,
    /// File with the output of `docker info` or `docker version`.
    pub info: Option<PathBuf>,
    /// Formats, files, and what makes a run fail.
    pub report: Reporting,
    /// Number of files to read at the same time.
    pub threads: usize,
}

impl TriageOptions {
    /// Checks the arguments of `triage`.
    ///
    /// # Errors
    /// Returns an [`OptionError`] that names what is missing.
    pub fn new(
        args: TriageArgs,
        config: &Config,
        processors: usize,
        now: Timestamp,
    ) -> Result<Self, OptionError> {
        if args.inputs.is_empty() && args.run.is_none() && args.inspect.is_none() && args.info.is_none() {
            return Err(OptionError::NoText);
        }
        let mut report = Reporting::new(args.report, config, now)?;
        report.without_cure()?;
        if args.jsonl {
            report.as_lines()?;
        }
        Ok(Self {
            inputs: args.inputs,
            run: args.run,
            inspect: args.inspect,
            info: args.info,
            report,
            threads: args.threads.map_or(processors, usize::from).max(1),
        })
    }
}
