//! Writes reports to files and stdout as the user requested. Also reads which findings are accepted.

use std::fs::OpenOptions;
use std::io::{self, BufReader, Write};
use std::path::Path;

use super::report_error::ReportError;
use crate::diagnose::{Accepted, Baseline};
use crate::options::{self, Options, Reporting};
use crate::render::format::{self, ReportFormat};
use crate::render::{Context, Sheet, output};
use crate::rule::RuleSet;
use crate::trust;

/// Maximum size of an earlier report, in bytes.
const LONGEST_BASELINE: u64 = 1 << 30;
/// The variable that names the step summary file.
const STEP_SUMMARY: &str = "GITHUB_STEP_SUMMARY";

/// Returns which findings do not count in this run; prints remarks about expired suppressions to stderr.
///
/// # Errors
/// Returns a [`ReportError`] for a baseline that cannot be read or a suppression of an unknown diagnosis.
pub fn accepted(reporting: &Reporting, rules: &RuleSet, options: &Options) -> Result<Accepted, ReportError> {
    for suppression in &reporting.suppressions {
        if rules.get(&suppression.id).is_none() {
            let near = rules.nearest(&suppression.id);
            let near = near.map(|id| format!(", did you mean `{id}`?")).unwrap_or_default();
            return Err(ReportError::Suppressed { id: suppression.id.clone(), near });
        }
    }
    for remark in reporting.expired.iter().filter(|_| options.remarks) {
        output::tell(remark);
    }
    let baseline = reporting.baseline.as_ref().map(baseline).transpose()?.unwrap_or_default();
    Ok(Accepted { baseline, suppressions: reporting.suppressions.clone() })
}

/// Reads the findings of an earlier report.
fn baseline(options::Baseline { path, trust, .. }: &options::Baseline) -> Result<Baseline, ReportError> {
    let wrong = |reason: String| ReportError::Baseline { path: path.display().to_string(), reason };
    let file = trust::open(path, LONGEST_BASELINE, trust).map_err(|refusal| {
        let next = if refusal.is_distrust() { "; --trust allows it" } else { "" };
        wrong(format!("{refusal}{next}"))
    })?;
    Baseline::read(BufReader::new(file))
        .map_err(|error| wrong(format!("it is not a sysdock report: {error}")))
}

/// Writes all files, then stdout.
///
/// # Errors
/// Returns a [`ReportError`] for the first file that cannot be written, after all were tried, or for stdout.
pub fn print_report(sheet: &Sheet<'_>, reporting: &Reporting, options: &Options) -> Result<(), ReportError> {
    let written = write_files(sheet, reporting, options);
    output::print(format::render(reporting.format, sheet, &options.context)?.as_bytes())?;
    written
}

/// Writes only the files, and the step summary if annotations were requested.
///
/// # Errors
/// Returns the errors of [`print_report`].
pub fn write_files(sheet: &Sheet<'_>, reporting: &Reporting, options: &Options) -> Result<(), ReportError> {
    let mut outcome = Ok(());
    let plain = Context { color: false, hyperlinks: false, ..options.context };
    // A script is only written for a cure, which the caller does.
    for wanted in reporting.outputs.iter().filter(|wanted| wanted.format != ReportFormat::Sh) {
        let text = format::render(wanted.format, sheet, &plain)?;
        outcome = outcome.and(write_file(&wanted.path, &text));
    }
    if reporting.format == ReportFormat::Github
        && let Some(path) = options.environment.get(STEP_SUMMARY)
    {
        let text = format::render(ReportFormat::GithubSummary, sheet, &plain)?;
        outcome = outcome.and(append(Path::new(path), &text));
    }
    outcome
}

/// Writes a file that the user chose.
///
/// # Errors
/// Returns [`ReportError::File`] that names it.
pub fn write_file(path: &Path, text: &str) -> Result<(), ReportError> {
    std::fs::write(path, text).map_err(|source| unwritten(path, source))
}

fn append(path: &Path, text: &str) -> Result<(), ReportError> {
    let file = OpenOptions::new().create(true).append(true).open(path);
    file.and_then(|mut file| file.write_all(text.as_bytes())).map_err(|source| unwritten(path, source))
}

fn unwritten(path: &Path, source: io::Error) -> ReportError {
    ReportError::File { path: path.display().to_string(), source }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trust::Trust;

    #[test]
    fn what_is_no_report_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("known.json");
        std::fs::write(&path, "[1]").unwrap();
        let said = baseline(&options::Baseline { path, trust: Trust::Named, named_by: None })
            .unwrap_err()
            .to_string();
        assert!(said.contains("known.json") && said.contains("next:"), "{said}");
    }
}
