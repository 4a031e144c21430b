//! No good verdict without knowledge: a text that was not seen whole is not innocent, and failed units that
//! nobody asked for are not none.

use super::report::{FAILED_UNITS, Finding, Report, Subject, Verdict};
use crate::snapshot::vocabulary::ManagerState;
use crate::snapshot::{Facts, Gap, TargetKind, UNSEEN_TEXT, key};

/// What a state is followed by where nobody asked for failed units.
const UNASKED: &str = "failed units not checked";

/// Takes back what a report cannot vouch for.
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

/// Tells whether systemd itself said which units failed, or that none did.
fn asked(facts: &Facts) -> bool {
    facts.get(key::MANAGER_STATE) == Some(ManagerState::Running)
        || facts.get(key::MANAGER_FAILED_UNITS).is_some()
}

/// Says why nobody asked, where that is known.
fn why(report: &Report) -> String {
    let gap = report.gaps.iter().find(|gap| gap.fact == "manager.*" || gap.fact == key::MANAGER_STATE.name());
    match (gap, report.target.kind) {
        (Some(gap), _) => format!(": {}", gap.reason),
        (None, TargetKind::Text) => ": not in the text".to_owned(),
        (None, _) => ": the container is not running".to_owned(),
    }
}
