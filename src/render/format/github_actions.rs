//! Renders reports for a GitHub workflow: annotations on stdout, and the step summary as Markdown.
//!
//! Specification: <https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands>. Must
//! not print a line that is not a command: the runner reads all of stdout.

use super::markdown;
use crate::render::items::{self, Item};
use crate::render::{Sheet, visible, words};

/// Number of annotations of one kind that GitHub shows for a step.
const MOST: usize = 10;
/// Maximum size of a step summary in bytes; GitHub's limit is 1 MiB.
const SUMMARY_BYTES: usize = 1_000_000;

/// Returns the worst findings as annotations, at most ten of each kind; the step summary contains the rest.
#[must_use]
pub fn annotations(sheet: &Sheet<'_>) -> String {
    let items = items::open(sheet);
    let mut text = String::new();
    for (degree, kind) in [(2, "error"), (1, "warning"), (0, "notice")] {
        let lines = items
            .iter()
            .filter(|item| items::degree(item.finding) == degree)
            .map(|item| annotation(kind, item));
        let unseen = sheet
            .failures
            .iter()
            .filter(|_| degree == 2)
            .map(|failure| command(kind, &[("title", "sysdock")], failure));
        let unknown =
            sheet.answers.iter().filter(|answer| degree == 2 && markdown::is_unexplained(answer.report)).map(
                |answer| {
                    let said = format!("{}: {}", answer.report.target.name, answer.report.state);
                    command(kind, &[("title", "no root cause found")], &said)
                },
            );
        let configured = sheet.notices.iter().filter(|_| degree == 0).map(|notice| {
            command(
                kind,
                &[("title", "sysdock configuration"), ("file", &items::relative(&notice.file))],
                &notice.sentence(),
            )
        });
        let unjudged = sheet.answers.iter().filter(|_| degree == 0).filter_map(|answer| {
            let said = format!("{}: {}", answer.report.target.name, answer.report.unjudged()?);
            Some(command(kind, &[("title", "no verdict")], &said))
        });
        // What could not be examined comes first: a remark may be left out, a missing verdict may not.
        text.extend(unjudged.chain(configured).chain(lines).chain(unknown).chain(unseen).take(MOST));
    }
    text
}

/// Returns the step summary. GitHub rejects more than a mebibyte, so the rest is left out with a note.
#[must_use]
pub fn step_summary(sheet: &Sheet<'_>) -> String {
    let text = markdown::render(sheet);
    if text.len() <= SUMMARY_BYTES {
        return text;
    }
    let targets = sheet.answers.iter().map(|answer| {
        let report = answer.report;
        let root = report.root().map_or("", |root| root.id.as_str());
        format!(
            "| {} | {} | {} |\n",
            markdown::inline(&report.target.name),
            words::standing(report),
            markdown::inline(root)
        )
    });
    let mut table = markdown::configured(sheet).map(|text| text + "\n").unwrap_or_default();
    table.push_str("| target | verdict | root cause |\n|---|---|---|\n");
    for (shown, row) in targets.enumerate() {
        if table.len() + row.len() > SUMMARY_BYTES {
            table.push_str(&format!(
                "\n… and {} more; `--output json=FILE` lists all of them.\n",
                sheet.answers.len() - shown
            ));
            break;
        }
        table.push_str(&row);
    }
    table
}

fn annotation(kind: &str, item: &Item<'_>) -> String {
    let place = item.place();
    let line = place.line.to_string();
    let title = format!("{} [{}]", item.finding.title, item.finding.id);
    let mut said = vec![item.headline()];
    said.extend(item.quotes(2));
    said.extend(item.cure().and_then(|cure| cure.lines().next()).map(|cure| format!("cure: {cure}")));
    let said: Vec<String> = said.iter().map(|part| visible(part)).collect();
    command(kind, &[("title", &title), ("file", &place.path), ("line", &line)], &said.join("\n"))
}

/// Writes one workflow command. The runner requires `%`, line ends and, in properties, `:` and `,` to be
/// escaped.
fn command(kind: &str, properties: &[(&str, &str)], message: &str) -> String {
    let data = |text: &str| text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    let shown = |text: &str| text.lines().map(visible).collect::<Vec<_>>().join("\n");
    let property = |text: &str| data(&visible(text)).replace(':', "%3A").replace(',', "%2C");
    let pairs: Vec<String> =
        properties.iter().map(|(name, value)| format!("{name}={}", property(value))).collect();
    format!("::{kind} {}::{}\n", pairs.join(","), data(&shown(message)))
}
