//! Whether a text has the form that its readers want: a form and a text in, complaints out.

use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use clap::ValueEnum;
use serde_json::Value;
use sysdock::render::format::ReportFormat;

use super::{own_schemas, program::project};

/// The formats of a report, by the names that `--format` takes; the script of a cure is none.
pub static FORMATS: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    let reports = ReportFormat::value_variants().iter().filter(|format| **format != ReportFormat::Sh);
    let name = |format: &ReportFormat| Some(format.to_possible_value()?.get_name().to_owned().leak() as &str);
    reports.filter_map(name).collect()
});

/// What is wrong with a text in this form; nothing where it is as it should be.
pub fn complaints(format: &str, text: &str) -> Vec<String> {
    match format {
        "json" => json(text).map_or_else(|error| vec![error], |value| whole(&value)),
        "jsonl" => text
            .lines()
            .flat_map(|line| json(line).map_or_else(|error| vec![error], |value| own_schemas::line(&value)))
            .collect(),
        "sarif" => by_schema("sarif-2.1.0.json", text),
        "gitlab" => by_schema("gitlab-code-quality.json", text),
        "junit" => junit(text),
        "github" => text
            .lines()
            .filter(|line| !is_command(line))
            .map(|line| format!("no workflow command: {line:?}"))
            .collect(),
        "prometheus" => prometheus(text),
        "html" => html(text),
        "human" | "markdown" | "github-summary" => plain(text),
        other => vec![format!("no form is called {other}")],
    }
}

fn json(text: &str) -> Result<Value, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
}

/// A document of reports by its schema; lists and self-tests, which have none, by their version.
fn whole(value: &Value) -> Vec<String> {
    if value.get("reports").is_some() {
        return own_schemas::document(value);
    }
    if value["schema_version"] == 1 { Vec::new() } else { vec!["no schema_version 1".to_owned()] }
}

fn by_schema(name: &str, text: &str) -> Vec<String> {
    let schema = std::fs::read_to_string(project("tests/schemas").join(name)).expect("a schema can be read");
    let schema: Value = serde_json::from_str(&schema).expect("a schema is JSON");
    let validator =
        jsonschema::options().should_validate_formats(true).build(&schema).expect("a schema is a schema");
    match serde_json::from_str(text) {
        Ok(value) => validator
            .iter_errors(&value)
            .take(5)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect(),
        Err(error) => vec![error.to_string()],
    }
}

/// `xmllint` with the schema; it is needed, not wished for.
fn junit(text: &str) -> Vec<String> {
    let schema = project("tests/schemas/junit-10.xsd");
    let mut child = Command::new("xmllint")
        .args(["--noout", "--huge", "--schema"])
        .arg(schema)
        .arg("-")
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("xmllint is there: `tests/lab/lab need xmllint` installs it");
    let mut stdin = child.stdin.take().expect("stdin is a pipe");
    let text = text.to_owned();
    let feeder = std::thread::spawn(move || drop(stdin.write_all(text.as_bytes())));
    let output = child.wait_with_output().expect("xmllint ends");
    feeder.join().expect("feeding does not fail");
    if output.status.success() {
        Vec::new()
    } else {
        String::from_utf8_lossy(&output.stderr).lines().take(5).map(str::to_owned).collect()
    }
}

/// A line that a runner of GitHub's takes as a command, with nothing in it that would begin another.
fn is_command(line: &str) -> bool {
    let kinds = ["::error ", "::warning ", "::notice "];
    let Some(rest) = kinds.iter().find_map(|kind| line.strip_prefix(kind)) else { return false };
    let Some((properties, message)) = rest.split_once("::") else { return false };
    let escaped = |text: &str| {
        text.split('%')
            .skip(1)
            .all(|after| ["25", "0A", "0D", "3A", "2C"].iter().any(|code| after.starts_with(code)))
    };
    properties.split(',').all(|pair| pair.contains('=') && !pair.contains(':'))
        && escaped(message)
        && escaped(properties)
}

/// Each line is a remark or a sample of a family that was announced; no series comes twice.
fn prometheus(text: &str) -> Vec<String> {
    let sample = regex::Regex::new(r#"^([a-z_]+)(\{(?:[a-z_]+="(?:[^"\\\n]|\\[\\n"])*",?)*\})? \d+$"#)
        .expect("a pattern");
    let (mut families, mut seen, mut wrong) = (Vec::new(), std::collections::BTreeSet::new(), Vec::new());
    for line in text.lines() {
        if let Some(family) = line.strip_prefix("# TYPE ") {
            families.push(family.split(' ').next().unwrap_or_default().to_owned());
        } else if !line.starts_with("# HELP ") {
            let name = sample.captures(line).map(|found| found[1].to_owned());
            if name.is_none_or(|name| families.last() != Some(&name)) {
                wrong.push(format!("no sample: {line:?}"));
            }
            if !seen.insert(line.rsplit_once(' ').map(|(series, _)| series.to_owned())) {
                wrong.push(format!("twice: {line:?}"));
            }
        }
    }
    wrong
}

/// A page that is whole, and that no value of a report has added markup to.
fn html(text: &str) -> Vec<String> {
    let mut wrong = plain(text);
    if !text.starts_with("<!DOCTYPE html>") || !text.trim_end().ends_with("</html>") {
        wrong.push("the page is not whole".to_owned());
    }
    wrong.extend(
        ["<script", "<img", "http://"]
            .iter()
            .filter(|word| text.contains(**word))
            .map(|word| format!("has {word}")),
    );
    wrong
}

/// Nothing that a terminal would obey.
fn plain(text: &str) -> Vec<String> {
    let control = |c: char| c.is_control() && c != '\n';
    text.lines()
        .filter(|line| line.chars().any(control))
        .map(|line| format!("control characters: {line:?}"))
        .collect()
}
