//! Options that all reporting commands share: formats, files and what makes a run fail.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;

use super::OptionError;
use crate::cli::{OutputTo, ReportArgs};
use crate::config::{Config, Origin, Suppress};
use crate::diagnose::Suppression;
use crate::render::format::ReportFormat;
use crate::rule::Severity;
use crate::trust::Trust;

/// The default severity from which a run fails.
const FAIL_ON: Severity = Severity::Error;

/// Where reports go, and what makes a run fail.
#[derive(Debug, Clone)]
pub struct Reporting {
    /// Format on stdout.
    pub format: ReportFormat,
    /// Whether a flag selected it.
    pub asked: bool,
    /// Additional formats with their files.
    pub outputs: Vec<OutputTo>,
    /// Severity from which on the exit code is 1.
    pub fail_on: Severity,
    /// Earlier report whose findings do not count.
    pub baseline: Option<Baseline>,
    /// The project file that makes a run fail on critical findings only.
    pub lenient: Option<PathBuf>,
    /// Suppressions that are still in force.
    pub suppressions: Vec<Suppression>,
    /// Messages about expired suppressions.
    pub expired: Vec<String>,
}

/// An earlier report, and the layer that named it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Baseline {
    /// Its file.
    pub path: PathBuf,
    /// Which owners of the file are trusted.
    pub trust: Trust,
    /// The configuration file that named it; `None` for flags and variables.
    pub named_by: Option<PathBuf>,
}

impl Reporting {
    /// Combines the arguments of a command with the configuration.
    ///
    /// # Errors
    /// Returns an [`OptionError`] for an invalid suppression.
    pub fn new(args: ReportArgs, config: &Config, now: Timestamp) -> Result<Self, OptionError> {
        let today = Offset::UTC.to_datetime(now).date();
        let asked = args.format.is_some();
        let config = config.clone().with_report(&args);
        let (mut suppressions, mut expired) = (Vec::new(), Vec::new());
        for (entry, origin) in config.every(|settings| settings.suppress.as_slice()) {
            let last = last_day(entry)?;
            if last.is_some_and(|last| last < today) {
                let day = last.map(|day| day.to_string()).unwrap_or_default();
                expired.push(format!(
                    "the suppression of {} for {} expired on {day}: {}\n  next: fix the cause, or set a new \
                        date",
                    entry.id, entry.target, entry.reason
                ));
            } else {
                suppressions.push(suppression(entry, last)?.said_by(origin.file()));
            }
        }
        let baseline = config.found(|s| s.baseline.as_ref()).map(|(path, origin)| Baseline {
            path: path.clone(),
            trust: config.trust(path, origin),
            named_by: origin.file().map(Path::to_owned),
        });
        let lenient = config.found(|s| s.fail_on).and_then(|found| match found {
            (Severity::Critical, Origin::Project(file)) => Some(file.clone()),
            _ => None,
        });
        Ok(Self {
            format: config.value(|s| s.format).unwrap_or_default(),
            asked,
            outputs: args.output,
            fail_on: config.value(|s| s.fail_on).unwrap_or(FAIL_ON),
            baseline,
            lenient,
            suppressions,
            expired,
        })
    }

    /// Refuses formats of a cure; one that a configuration file selects is replaced by the human format.
    ///
    /// # Errors
    /// Returns [`OptionError::NoCure`] if a flag selects one.
    pub fn without_cure(&mut self) -> Result<(), OptionError> {
        if self.outputs.iter().any(|output| output.format == ReportFormat::Sh)
            || (self.asked && self.format == ReportFormat::Sh)
        {
            return Err(OptionError::NoCure("sh"));
        }
        if self.format == ReportFormat::Sh {
            self.format = ReportFormat::Human;
        }
        Ok(())
    }

    /// Selects one report per line.
    ///
    /// # Errors
    /// Returns [`OptionError::JsonLines`] with a format other than JSON.
    pub fn as_lines(&mut self) -> Result<(), OptionError> {
        match self.format {
            ReportFormat::Json | ReportFormat::Jsonl => self.format = ReportFormat::Jsonl,
            _ => return Err(OptionError::JsonLines),
        }
        Ok(())
    }
}

fn suppression(entry: &Suppress, last: Option<Date>) -> Result<Suppression, OptionError> {
    let refused = |error: globset::Error| OptionError::Targets {
        id: entry.id.clone(),
        target: entry.target.clone(),
        reason: error.kind().to_string(),
    };
    Suppression::new(&entry.id, &entry.target, &entry.reason, last.map(|day| day.to_string()))
        .map_err(refused)
}

/// Returns the last day on which a suppression is in force, as a UTC date.
fn last_day(entry: &Suppress) -> Result<Option<Date>, OptionError> {
    let Some(written) = &entry.expires else { return Ok(None) };
    let date = written.to_string();
    date.parse().map(Some).map_err(|_| OptionError::Expires { id: entry.id.clone(), date })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Layer;

    fn reporting(text: &str, args: ReportArgs) -> Result<Reporting, OptionError> {
        let layer = Layer { origin: Origin::User("x".into()), settings: toml::from_str(text).unwrap() };
        let config = Config { layers: vec![layer], ..Config::default() };
        Reporting::new(args, &config, "2026-05-01T12:00:00Z".parse().unwrap())
    }

    #[test]
    fn a_suppression_holds_through_its_last_day() {
        let read = |day: &str| {
            let text = format!("[[suppress]]\nid = \"a\"\nreason = \"b\"\nexpires = {day}");
            reporting(&text, ReportArgs::default()).map(|read| (read.suppressions.len(), read.expired.len()))
        };
        assert_eq!((read("2026-05-01"), read("2026-04-30")), (Ok((1, 0)), Ok((0, 1))));
        assert!(matches!(read("10:00:00"), Err(OptionError::Expires { .. })));
    }

    #[test]
    fn targets_are_patterns() {
        let read = |target: &str| {
            reporting(
                &format!("[[suppress]]\nid = \"a\"\nreason = \"b\"\ntarget = \"{target}\""),
                ReportArgs::default(),
            )
        };
        assert!(read("web-*").is_ok() && matches!(read("[").map(|_| ()), Err(OptionError::Targets { .. })));
    }

    #[test]
    fn flags_beat_files() {
        let args = ReportArgs { format: Some(ReportFormat::Sarif), ..ReportArgs::default() };
        let read = reporting("format = \"json\"\nfail-on = \"info\"", args).unwrap();
        assert_eq!((read.format, read.fail_on, read.asked), (ReportFormat::Sarif, Severity::Info, true));
    }

    #[test]
    fn a_cure_is_no_form_of_triage() {
        let mut asked =
            reporting("", ReportArgs { format: Some(ReportFormat::Sh), ..ReportArgs::default() }).unwrap();
        assert_eq!(asked.without_cure(), Err(OptionError::NoCure("sh")));
        let mut configured = reporting("format = \"sh\"", ReportArgs::default()).unwrap();
        assert!(configured.without_cure().is_ok() && configured.format == ReportFormat::Human);
    }
}
