//! Handing reports over: a sheet and the wishes of the user in, files and stdout out. Also reads what is
//! accepted.

use std::collections::BTreeSet;
use std::fs::OpenOptions;
use std::io::{self, BufReader, Write};
use std::path::Path;

use serde::Deserialize;

use super::CommandError;
use crate::diagnose::{Accepted, fingerprint};
use crate::options::{Baseline, Options, Reporting};
use crate::render::format::{self, ReportFormat};
use crate::render::{Context, Sheet, output};
use crate::rule::RuleSet;
use crate::trust;

/// Longest earlier report, bytes.
const BASELINE: u64 = 1 << 30;
/// The variable that names the file of a step's summary.
const STEP_SUMMARY: &str = "GITHUB_STEP_SUMMARY";

/// An earlier report: the whole document, or one of its lines.
#[derive(Deserialize)]
struct Earlier {
    #[serde(default)]
    reports: Vec<EarlierReport>,
    #[serde(flatten)]
    line: Option<EarlierReport>,
}

#[derive(Deserialize)]
struct EarlierReport {
    target: EarlierTarget,
    findings: Vec<EarlierFinding>,
}

#[derive(Deserialize)]
struct EarlierTarget {
    name: String,
}

#[derive(Deserialize)]
struct EarlierFinding {
    id: String,
}

/// What does not count in this run; remarks on what no longer does go to stderr.
///
/// # Errors
/// [`CommandError`] for a baseline that cannot be read and a suppression of an unknown diagnosis.
pub fn accepted(reporting: &Reporting, rules: &RuleSet, options: &Options) -> Result<Accepted, CommandError> {
    for suppression in &reporting.suppressions {
        if rules.get(&suppression.id).is_none() {
            let near = rules
                .nearest(&suppression.id)
                .map(|id| format!(", did you mean `{id}`?"))
                .unwrap_or_default();
            return Err(CommandError::Suppressed { id: suppression.id.clone(), near });
        }
    }
    for remark in reporting.expired.iter().filter(|_| options.remarks) {
        output::tell(remark);
    }
    let known = reporting.baseline.as_ref().map(baseline).transpose()?.unwrap_or_default();
    Ok(Accepted { known, suppressions: reporting.suppressions.clone() })
}

/// The findings of an earlier report.
fn baseline(Baseline { path, trust, .. }: &Baseline) -> Result<BTreeSet<String>, CommandError> {
    let wrong = |reason: String| CommandError::Baseline { path: path.display().to_string(), reason };
    let file = trust::open(path, BASELINE, trust).map_err(|refusal| {
        let next = if refusal.is_distrust() { "; --trust allows it" } else { "" };
        wrong(format!("{refusal}{next}"))
    })?;
    let mut known = BTreeSet::new();
    for document in serde_json::Deserializer::from_reader(BufReader::new(file)).into_iter::<Earlier>() {
        let Earlier { reports, line } =
            document.map_err(|error| wrong(format!("it is not a sysdock report: {error}")))?;
        for report in reports.into_iter().chain(line) {
            known.extend(report.findings.iter().map(|finding| fingerprint(&report.target.name, &finding.id)));
        }
    }
    Ok(known)
}

/// Writes all files, then stdout.
///
/// # Errors
/// [`CommandError`] for the first file that cannot be written, after all were tried, or for stdout.
pub fn deliver(sheet: &Sheet<'_>, reporting: &Reporting, options: &Options) -> Result<(), CommandError> {
    let written = files(sheet, reporting, options);
    output::print(format::render(reporting.format, sheet, &options.context)?.as_bytes())?;
    written
}

/// Writes the files alone, and the summary of a step where annotations were asked for.
///
/// # Errors
/// As [`deliver`].
pub fn files(sheet: &Sheet<'_>, reporting: &Reporting, options: &Options) -> Result<(), CommandError> {
    let mut outcome = Ok(());
    let plain = Context { color: false, hyperlinks: false, ..options.context };
    // A script is only written where there is a cure; who has one does it.
    for wanted in reporting.outputs.iter().filter(|wanted| wanted.format != ReportFormat::Sh) {
        let text = format::render(wanted.format, sheet, &plain)?;
        outcome = outcome.and(write(&wanted.path, &text));
    }
    if reporting.format == ReportFormat::Github
        && let Some(path) = options.environment.get(STEP_SUMMARY)
    {
        let text = format::render(ReportFormat::GithubSummary, sheet, &plain)?;
        outcome = outcome.and(append(Path::new(path), &text));
    }
    outcome
}

/// Writes a file of the user's choice.
///
/// # Errors
/// [`CommandError::ReportFile`] naming it.
pub fn write(path: &Path, text: &str) -> Result<(), CommandError> {
    std::fs::write(path, text).map_err(|source| unwritten(path, source))
}

fn append(path: &Path, text: &str) -> Result<(), CommandError> {
    let file = OpenOptions::new().create(true).append(true).open(path);
    file.and_then(|mut file| file.write_all(text.as_bytes())).map_err(|source| unwritten(path, source))
}

fn unwritten(path: &Path, source: io::Error) -> CommandError {
    CommandError::ReportFile { path: path.display().to_string(), source }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trust::Trust;

    fn read(text: &str) -> Result<BTreeSet<String>, CommandError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("known.json");
        std::fs::write(&path, text).unwrap();
        baseline(&Baseline { path, trust: Trust::Named, named_by: None })
    }

    #[test]
    fn a_baseline_is_a_document_or_lines() {
        let report = r#"{"target":{"name":"web"},"findings":[{"id":"a"},{"id":"b"}]}"#;
        let whole = read(&format!(r#"{{"schema_version":1,"reports":[{report}]}}"#)).unwrap();
        assert_eq!(whole, [fingerprint("web", "a"), fingerprint("web", "b")].into());
        assert_eq!(read(&format!("{report}\n{report}\n")).unwrap(), whole);
        assert!(read("").unwrap().is_empty());
    }

    #[test]
    fn what_is_no_report_is_named() {
        let said = read("[1]").unwrap_err().to_string();
        assert!(said.contains("known.json") && said.contains("next:"), "{said}");
    }
}
