//! Generates the playbook's sources for mdBook from the rules, as file names and texts. Must not write them.

mod help;
mod page_markdown;
mod tables;

pub use help::Help;
use std::collections::BTreeMap;

use crate::playbook::{page, wordings};
use crate::render::words;
use crate::rule::{RuleSet, Signature};
use page_markdown::{code, text};

/// The first line of each page; a file that starts with it may be replaced or removed.
pub const MARK: &str = "<!-- Made by `sysdock rules docs`; do not edit. -->\n";

const BOOK: &str = r#"# Made by `sysdock rules docs`; do not edit.
[book]
title = "The sysdock playbook"
description = "systemd in Docker and Podman containers: symptoms, causes, cures"
language = "en"

[output.html]
default-theme = "light"
preferred-dark-theme = "navy"
no-section-label = true
smart-punctuation = false

[output.html.fold]
enable = true
level = 1

[output.html.search]
limit-results = 20
use-boolean-and = true
boost-title = 4

[output.html.print]
enable = false
"#;

/// Returns all files of the book by their path.
#[must_use]
pub fn files(rules: &RuleSet, commands: &[Help]) -> BTreeMap<String, String> {
    let mut files = BTreeMap::from([("book.toml".to_owned(), BOOK.to_owned())]);
    let mut put = |name: &str, body: String| {
        drop(files.insert(format!("src/{name}"), format!("{MARK}\n{}\n", body.trim())));
    };
    put("SUMMARY.md", summary(rules));
    put("introduction.md", introduction(rules));
    put("messages.md", messages(rules));
    put("remedies.md", remedies(rules));
    put("compatibility.md", include_str!("../../../docs/compatibility.md").to_owned());
    put("commands.md", tables::commands(commands));
    put("exit-codes.md", tables::exit_codes());
    put("permissions.md", tables::permissions());
    put("facts.md", tables::facts());
    for rule in &rules.rules {
        put(&format!("ids/{}.md", rule.id), page_markdown::page(&page(rule, rules), rules));
    }
    files
}

/// Returns the stages in boot order, each with the indices of its rules.
fn stages(rules: &RuleSet) -> BTreeMap<crate::rule::Stage, Vec<usize>> {
    let mut stages: BTreeMap<_, Vec<usize>> = BTreeMap::new();
    for (place, rule) in rules.rules.iter().enumerate() {
        stages.entry(rule.stage).or_default().push(place);
    }
    stages
}

fn summary(rules: &RuleSet) -> String {
    let mut page =
        "# Summary\n\n[The sysdock playbook](introduction.md)\n[By message](messages.md)\n".to_owned();
    for (stage, places) in stages(rules) {
        page.push_str(&format!("\n# {}\n\n", words::stage_sentence(stage)));
        for rule in places.into_iter().map(|place| &rules.rules[place]) {
            page.push_str(&format!("- [{}](ids/{}.md)\n", text(&rule.title), rule.id));
        }
    }
    page.push_str(
        "\n# Reference\n\n- [Remedies](remedies.md)\n- [Compatibility](compatibility.md)\n- \
        [Commands](commands.md)\n",
    );
    page.push_str("- [Exit codes](exit-codes.md)\n- [Permissions](permissions.md)\n- [Facts](facts.md)\n");
    page
}

fn introduction(rules: &RuleSet) -> String {
    let mut page =
        "# The sysdock playbook\n\nAll diagnoses of `sysdock`, the doctor for systemd in Docker and Podman \
        containers: symptoms, cause, how to confirm it by hand, the cure, and a command that reproduces \
        it.\n\n- You have a message: look it up [by message](messages.md), search for it (press `/`), or run \
        `sysdock explain \"the message\"`.\n- You have a container: run `sysdock doctor NAME`.\n- You have a \
        log: run `sysdock triage FILE`.\n- You have no message because the log is empty: that is normal \
        without a terminal. Run `sysdock doctor NAME`; it does not need the log.\n\nThe pages are in boot \
        order: an earlier cause hides later ones.\n"
            .to_owned();
    for (stage, places) in stages(rules) {
        page.push_str(&format!("\n## {}\n\n", words::stage_sentence(stage)));
        for rule in places.into_iter().map(|place| &rules.rules[place]) {
            page.push_str(&format!(
                "- [{}](ids/{}.md): {} ({})\n",
                rule.id,
                rule.id,
                text(&rule.title),
                words::severity(rule.severity)
            ));
        }
    }
    page
}

/// A log message that the index links to a diagnosis.
struct MessageEntry {
    wording: String,
    line: String,
}

fn messages(rules: &RuleSet) -> String {
    let mut entries: Vec<MessageEntry> = Vec::new();
    for rule in &rules.rules {
        let to = format!("[{}](ids/{}.md)", rule.id, rule.id);
        rule.signatures.iter().for_each(|signature| entries.extend(told(signature, &to)));
    }
    rules
        .harmless
        .iter()
        .for_each(|signature| entries.extend(told(signature, "harmless, also printed by healthy boots")));
    entries.sort_by_key(|entry| (initial(&entry.wording), entry.wording.to_lowercase(), entry.line.clone()));
    entries.dedup_by(|one, other| one.line == other.line);
    let mut page = "# By message\n\nEvery line that a diagnosis matches, with `…` for variable parts. The \
        words after the last colon, such as `Permission denied`, distinguish causes that otherwise print the \
        same line. `sysdock explain \"the message\"` looks a line up.\n"
        .to_owned();
    let mut last = None;
    for entry in entries {
        let initial = initial(&entry.wording);
        if last.replace(initial) != Some(initial) {
            let heading = if initial == '#' { "Signs".to_owned() } else { initial.to_string() };
            page.push_str(&format!("\n## {heading}\n\n"));
        }
        page.push_str(&entry.line);
    }
    page
}

fn told(signature: &Signature, to: &str) -> Vec<MessageEntry> {
    let versions = signature.systemd.map(|range| format!(" (systemd {range})")).unwrap_or_default();
    let entry =
        |wording: String| MessageEntry { line: format!("- {}: {to}{versions}\n", code(&wording)), wording };
    wordings(signature.pattern.source()).into_iter().map(entry).collect()
}

fn initial(wording: &str) -> char {
    wording.chars().find(char::is_ascii_alphanumeric).map_or('#', |first| first.to_ascii_uppercase())
}

fn remedies(rules: &RuleSet) -> String {
    let mut page =
        "# Remedies\n\nWhat to do about each cause. `sysdock doctor NAME` prints the commands for your \
            engine and container.\n"
            .to_owned();
    for (id, remedy) in &rules.remedies {
        page.push_str(&format!("\n## {}\n\n{}\n\n", id, page_markdown::sentence(&remedy.title)));
        page.push_str(&page_markdown::prose(&remedy.words));
        let cured = rules.rules.iter().filter(|rule| rule.remedies.contains(id));
        let cured: Vec<String> = cured.map(|rule| format!("[{}](ids/{}.md)", rule.id, rule.id)).collect();
        if !cured.is_empty() {
            page.push_str(&format!("\nFor: {}\n", cured.join(", ")));
        }
    }
    page
}
