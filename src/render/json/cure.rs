//! Converts a prescription to its value in the JSON report.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::prescribe::{NotOffered, Prescription, Step};

/// What to do.
#[derive(Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema), schemars(rename = "Prescription"))]
pub(super) struct PrescriptionOut<'r> {
    /// The cure in one sentence.
    summary: &'r str,
    /// Rights that the cure grants to the container, in words; `none` where there are none.
    privilege: String,
    /// What the cure costs, in words.
    cost: &'r str,
    /// Whether the steps end every root cause that counts.
    curable: bool,
    /// What to do, in this order.
    steps: Vec<StepOut<'r>>,
    /// What would help, too, and why it is not offered.
    not_offered: Vec<NotOfferedOut<'r>>,
}

/// One step of a cure: files to write into the working folder, then one command to run there.
#[derive(Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema), schemars(rename = "Step"))]
struct StepOut<'r> {
    /// What it does, for people.
    title: &'r str,
    #[cfg_attr(feature = "cli", schemars(with = "crate::prescribe::StepKind"))]
    kind: &'static str,
    /// Files to write first: relative path to text.
    #[cfg_attr(feature = "cli", schemars(extend("propertyNames" = {"pattern": "^[^/]"})))]
    files: &'r BTreeMap<String, String>,
    /// Program and arguments; empty where there is nothing to run.
    argv: &'r [String],
    /// Ids of the findings that it cures; empty for what every new container needs.
    #[cfg_attr(feature = "cli", schemars(with = "Vec<crate::rule::schema::Id>"))]
    why: &'r [String],
    /// What must be at hand or be done first; null where that is nothing.
    needs: Option<&'r str>,
}

/// What would help, too, and is not offered.
#[derive(Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema), schemars(rename = "NotOffered"))]
struct NotOfferedOut<'r> {
    /// What it is, such as a flag.
    what: &'r str,
    /// Why it is not offered.
    why: &'r str,
}

/// Returns a prescription in the contract's format.
pub(super) fn prescription(prescription: &Prescription) -> PrescriptionOut<'_> {
    PrescriptionOut {
        summary: &prescription.summary,
        privilege: prescription.privilege.to_string(),
        cost: &prescription.cost,
        curable: prescription.curable,
        steps: prescription.steps.iter().map(step).collect(),
        not_offered: prescription.not_offered.iter().map(not_offered).collect(),
    }
}

fn not_offered(other: &NotOffered) -> NotOfferedOut<'_> {
    NotOfferedOut { what: &other.what, why: &other.why }
}

fn step(step: &Step) -> StepOut<'_> {
    StepOut {
        title: &step.title,
        kind: step.kind.name(),
        files: &step.files,
        argv: &step.argv,
        why: &step.why,
        needs: step.needs.as_deref(),
    }
}
