//! Validates the arguments of `doctor` and `snapshot`.

use std::path::PathBuf;

use jiff::Timestamp;

use super::since::since;
use super::{OptionError, Reporting};
use crate::cli::{DoctorArgs, SnapshotArgs};
use crate::collect::{CollectOptions, LONGEST_WAIT};
use crate::config::Config;
use crate::docker::LogQuery;
use crate::prescribe::CureFormat;
use crate::render::format::ReportFormat;

/// The targets of `doctor`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Targets {
    /// These containers.
    Named(Vec<String>),
    /// All containers of the engine.
    All,
    /// These snapshot files.
    Saved(Vec<PathBuf>),
}

/// The options of `doctor`.
#[derive(Debug, Clone)]
pub struct DoctorOptions {
    /// What to examine.
    pub targets: Targets,
    /// How to examine it.
    pub collect: CollectOptions,
    /// Whether to follow the boot.
    pub follow: bool,
    /// Formats, files, and what makes a run fail.
    pub report: Reporting,
    /// Format of the cure, if only the cure is requested.
    pub prescription: Option<CureFormat>,
}

impl DoctorOptions {
    /// Checks the arguments of `doctor`.
    ///
    /// # Errors
    /// Returns an [`OptionError`] that names the argument.
    pub fn new(args: DoctorArgs, config: &Config, now: Timestamp) -> Result<Self, OptionError> {
        let since = args.since.as_deref().map(|text| since(text, now)).transpose()?;
        let log = LogQuery { follow: args.follow, since, tail: args.tail };
        let report = Reporting::new(args.report, config, now)?;
        let prescription = cure_alone(&report, args.prescription)?;
        let targets = targets(args.containers, args.all, args.from)?;
        if prescription.is_some() || report.outputs.iter().any(|output| output.format == ReportFormat::Sh) {
            targets.only_one()?;
        }
        Ok(Self {
            targets,
            collect: CollectOptions { exec: !args.no_exec, log, patience: LONGEST_WAIT },
            follow: args.follow,
            report,
            prescription,
        })
    }
}

impl Targets {
    /// Refuses more than one target; `--all` may find any number.
    fn only_one(&self) -> Result<(), OptionError> {
        let named = match self {
            Self::Named(names) => names.len(),
            Self::Saved(files) => files.len(),
            Self::All => return Err(OptionError::AllPrescriptions),
        };
        if named > 1 { Err(OptionError::OnePrescription(named)) } else { Ok(()) }
    }
}

/// Returns the format of the cure if only the cure is requested.
fn cure_alone(report: &Reporting, wanted: Option<CureFormat>) -> Result<Option<CureFormat>, OptionError> {
    match (report.format, wanted) {
        (ReportFormat::Sh, None | Some(CureFormat::Sh)) => Ok(Some(CureFormat::Sh)),
        (ReportFormat::Human, wanted) => Ok(wanted),
        (_, Some(_)) if report.asked => Err(OptionError::TwoForms),
        (_, wanted) => Ok(wanted),
    }
}

/// Returns how `snapshot` examines its container.
#[must_use]
pub fn snapshot_options(args: &SnapshotArgs) -> CollectOptions {
    CollectOptions { exec: !args.no_exec, log: LogQuery::default(), patience: LONGEST_WAIT }
}

fn targets(containers: Vec<String>, all: bool, from: Vec<PathBuf>) -> Result<Targets, OptionError> {
    if all {
        return Ok(Targets::All);
    }
    if !from.is_empty() {
        let stdin = |path: PathBuf| if path.as_os_str() == "-" { PathBuf::from("/dev/stdin") } else { path };
        return Ok(Targets::Saved(from.into_iter().map(stdin).collect()));
    }
    if containers.is_empty() {
        return Err(OptionError::NoTarget);
    }
    Ok(Targets::Named(containers))
}
