//! Renders an image that was planned or built: for people, as JSON, and as its files.

use std::collections::BTreeMap;

use serde::Serialize;

use super::json::{SCHEMA_VERSION, Tool, text, tool};
use super::layout::TextPage;
use super::style::Tone;
use super::{Context, trial_json};
use crate::prescribe::ImagePlan;
use crate::rule::RuleSet;
use crate::treat::TrialOutcome;

/// The JSON document of an image.
#[derive(Serialize)]
struct ImageDocument<'r> {
    schema_version: u32,
    tool: Tool<'r>,
    image: ImageOut<'r>,
    trial: Option<trial_json::TrialOut<'r>>,
}

#[derive(Serialize)]
struct ImageOut<'r> {
    name: Option<&'r str>,
    installs_systemd: bool,
    units: &'r [String],
    remarks: &'r [String],
    files: &'r BTreeMap<String, String>,
}

/// Returns an image as JSON, `schema_version` 1: `image` with its name (null if it was only planned) and
/// files, and `trial` as in reports.
///
/// # Errors
/// Returns [`serde_json::Error`] if a value cannot be written as JSON.
pub fn document(
    name: Option<&str>,
    plan: &ImagePlan,
    outcome: Option<&TrialOutcome>,
    rules: &RuleSet,
) -> serde_json::Result<String> {
    let image = ImageOut {
        name,
        installs_systemd: plan.installs,
        units: &plan.units,
        remarks: &plan.remarks,
        files: &plan.files,
    };
    text(&ImageDocument {
        schema_version: SCHEMA_VERSION,
        tool: tool(rules),
        image,
        trial: outcome.map(trial_json::of),
    })
}

/// Returns an image that was built, for people.
#[must_use]
pub fn human(name: &str, plan: &ImagePlan, works: Option<bool>, context: &Context) -> String {
    let mut page = TextPage::new(context);
    let (sign, tone, word) = match works {
        Some(true) => (page.sign("✓", "+"), Tone::Good, "built and boots"),
        Some(false) => (page.sign("✗", "x"), Tone::Bad, "built, but does not boot correctly"),
        None => (page.sign("✓", "+"), Tone::Good, "built, not tested"),
    };
    page.flow(0, &[(sign, tone), (&format!("{name}:"), Tone::Strong), (word, tone)]);
    if !plan.units.is_empty() {
        page.flow(2, &[("enabled:", Tone::Dim), (&plan.units.join(", "), Tone::Plain)]);
    }
    plan.remarks.iter().for_each(|remark| page.prose(2, "", remark));
    let next = if works == Some(false) { "prove" } else { "run" };
    page.flow(2, &[("next:", Tone::Strong), (&format!("sysdock {next} {name}"), Tone::Plain)]);
    format!("{}\n", page.finish().trim_matches('\n'))
}

/// Returns the files of a plan, one after the other, each below its path.
#[must_use]
pub fn files(plan: &ImagePlan) -> String {
    let one = |(path, text): (&String, &String)| format!("==> {path} <==\n{text}");
    plan.files.iter().map(one).collect::<Vec<_>>().join("\n")
}
