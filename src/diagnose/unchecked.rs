//! No good verdict without evidence: a text that was only partly read is not cleared, and failed units that
//! nobody asked for may exist.

use super::report::{FAILED_UNITS, Finding, Report, Subject, Verdict};
use crate::snapshot::vocabulary::ManagerState;
use crate::snapshot::{Facts, Gap, TargetKind, UNSEEN_TEXT, key};

/// What is added to a state if failed units were not queried.
const UNASKED: &str = "failed units not checked";

/// Withdraws what a report cannot prove.
pub fn doubted(mut report: Report, facts: &Facts) -> Report {
    let failed = report.verdict == Verdict::Failed || report.findings.iter().any(Finding::is_failure);
    let unseen = report.gaps.iter().find(|gap| gap.fact == UNSEEN_TEXT).map(|gap| gap.reason.clone());
    match unseen {
        Some(reason) if !failed => {
            report.subject = Subject::Systemd;
            report.verdict = Verdict::Undetermined;
            report.undecided.clear();
            report.state = reason;
        }
        _ if report.verdict == Verdict::Healthy && report.subject == Subject::Systemd && !asked(facts) => {
            report.state = format!("{}; {UNASKED}", report.state);
            if !report.gaps.iter().any(|gap| gap.fact == FAILED_UNITS) {
                report.gaps.push(Gap {
                    fact: FAILED_UNITS.to_owned(),
                    reason: format!("not queried{}", why(&report)),
                });
            }
        }
        _ => {}
    }
    report
}

/// Returns whether systemd itself reported which units failed, or that none did.
fn asked(facts: &Facts) -> bool {
    facts.get(key::MANAGER_STATE) == Some(ManagerState::Running)
        || facts.get(key::MANAGER_FAILED_UNITS).is_some()
}

/// Returns why systemd was not asked, if that is known.
fn why(report: &Report) -> String {
    let gap = report.gaps.iter().find(|gap| gap.fact == "manager.*" || gap.fact == key::MANAGER_STATE.name());
    match (gap, report.target.kind) {
        (Some(gap), _) => format!(": {}", gap.reason),
        (None, TargetKind::Text) => ": not in the text".to_owned(),
        (None, _) => ": the container is not running".to_owned(),
    }
}
