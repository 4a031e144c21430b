//! All forms of a report: what is to be said and the name of a form in, text out. Must not say anything of its own.

use super::{Context, Sheet, github, gitlab, html, human, json, junit, markdown, prometheus, sarif, summary};

/// A form of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReportForm {
    /// For people.
    Human,
    /// One document for programs.
    Json,
    /// One report a line, for programs.
    JsonLines,
    /// SARIF 2.1.0.
    Sarif,
    /// `JUnit` XML.
    Junit,
    /// Annotations of a GitHub workflow.
    Github,
    /// Summary of a step of a GitHub workflow.
    GithubSummary,
    /// GitLab's code quality.
    Gitlab,
    /// Text for a ticket.
    Markdown,
    /// A page for a browser.
    Html,
    /// Metrics.
    Prometheus,
}

/// A report that cannot be written in a form.
#[derive(Debug, thiserror::Error)]
pub enum FormError {
    /// As JSON.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// As XML.
    #[error(transparent)]
    Xml(#[from] quick_junit::SerializeError),
    /// From a template.
    #[error(transparent)]
    Template(#[from] minijinja::Error),
}

/// Writes a sheet in a form.
///
/// # Errors
/// [`FormError`] when a serialiser fails.
pub fn render(form: ReportForm, sheet: &Sheet<'_>, context: &Context) -> Result<String, FormError> {
    Ok(match form {
        ReportForm::Human => people(sheet, context),
        ReportForm::Json => json::sheet(sheet)?,
        ReportForm::JsonLines => sheet.answers.iter().map(|answer| json::line(answer, sheet.notices)).collect::<Result<_, _>>()?,
        ReportForm::Sarif => sarif::render(sheet)?,
        ReportForm::Junit => junit::render(sheet)?,
        ReportForm::Github => github::annotations(sheet),
        ReportForm::GithubSummary => github::step_summary(sheet),
        ReportForm::Gitlab => gitlab::render(sheet)?,
        ReportForm::Markdown => markdown::render(sheet),
        ReportForm::Html => html::render(sheet)?,
        ReportForm::Prometheus => prometheus::render(sheet),
    })
}

/// Nothing for no reports: what is missing was told already. The table comes last, where it stays on the screen.
fn people(sheet: &Sheet<'_>, context: &Context) -> String {
    if sheet.answers.is_empty() {
        return String::new();
    }
    let text = human::answers(sheet.answers, context) + &human::notices(sheet.notices, context);
    match sheet.summary {
        Some(total) => format!("{text}\n{}", summary::table(total, context)),
        None => text,
    }
}
