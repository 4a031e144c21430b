//! Renders a report in any format, selected by name. Must not add any content.

mod github_actions;
mod gitlab;
mod html;
mod junit;
mod markdown;
mod prometheus;
mod sarif;

use super::{Context, Sheet, human, json, summary_table};
use crate::prescribe::{CureFormat, EmitError, emit};

/// Format of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
#[allow(clippy::doc_markdown, reason = "users read it as help")]
pub enum ReportFormat {
    /// Human-readable text
    #[default]
    Human,
    /// One JSON document for programs, `schema_version` 1
    Json,
    /// JSON Lines, one report per line
    Jsonl,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// JUnit XML, for CI systems
    Junit,
    /// GitHub workflow annotations; the rest goes into the step summary
    Github,
    /// GitHub step summary
    GithubSummary,
    /// GitLab code quality report
    Gitlab,
    /// Markdown for tickets
    Markdown,
    /// One self-contained HTML page
    Html,
    /// Prometheus metrics for node_exporter's textfile collector
    Prometheus,
    /// Only the cure, as a shell script, for one container
    Sh,
}

/// Why a report cannot be written in a format.
#[derive(Debug, thiserror::Error)]
pub enum FormatError {
    /// The JSON serialiser failed.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// The XML serialiser failed.
    #[error(transparent)]
    Xml(#[from] quick_junit::SerializeError),
    /// The template failed.
    #[error(transparent)]
    Template(#[from] minijinja::Error),
    /// The script cannot be written.
    #[error(transparent)]
    Cure(#[from] EmitError),
}

/// Writes a sheet in a format.
///
/// # Errors
/// Returns [`FormatError`] if a serialiser fails.
pub fn render(format: ReportFormat, sheet: &Sheet<'_>, context: &Context) -> Result<String, FormatError> {
    Ok(match format {
        ReportFormat::Human => people(sheet, context),
        ReportFormat::Json => json::sheet(sheet)?,
        ReportFormat::Jsonl => {
            sheet.answers.iter().map(|answer| json::line(answer, sheet.notices)).collect::<Result<_, _>>()?
        }
        ReportFormat::Sarif => sarif::render(sheet)?,
        ReportFormat::Junit => junit::render(sheet)?,
        ReportFormat::Github => github_actions::annotations(sheet),
        ReportFormat::GithubSummary => github_actions::step_summary(sheet),
        ReportFormat::Gitlab => gitlab::render(sheet)?,
        ReportFormat::Markdown => markdown::render(sheet),
        ReportFormat::Html => html::render(sheet)?,
        ReportFormat::Prometheus => prometheus::render(sheet),
        ReportFormat::Sh => script(sheet)?,
    })
}

/// Returns the cure of the first target; empty if it has none.
fn script(sheet: &Sheet<'_>) -> Result<String, EmitError> {
    let cure = sheet.answers.first().and_then(|answer| answer.prescription);
    let written = cure.map(|cure| emit(cure, CureFormat::Sh)).transpose()?.flatten();
    Ok(written.map(|written| written.page()).unwrap_or_default())
}

/// Returns nothing if there are no reports, since the errors were already printed. The table comes last,
/// where it stays on the screen.
fn people(sheet: &Sheet<'_>, context: &Context) -> String {
    if sheet.answers.is_empty() {
        return String::new();
    }
    let text = human::answers(sheet.answers, context) + &human::notices(sheet.notices, context);
    match sheet.summary {
        Some(total) => format!("{text}\n{}", summary_table::table(total, context)),
        None => text,
    }
}
