//! Decides when a boot that is being followed is settled, so that following it longer would show nothing new.

use super::report::{Report, Subject};
use crate::rule::Confidence;
use crate::snapshot::vocabulary::BootOutcome;
use crate::snapshot::{Snapshot, key};

/// Returns whether a boot is settled: it is over, successfully or not, or its failure has a certain cause, or
/// the container is not meant to boot systemd.
///
/// With `exec`, systemctl can be asked inside the container, and only its answer shows that a boot is
/// complete: a PID 1 that is alive may still be starting units.
#[must_use]
pub fn is_settled(snapshot: &Snapshot, report: &Report, exec: bool) -> bool {
    use BootOutcome::{CouldNotStart, Ended, EndedBadly, Frozen, Killed, Rescue, Stopped, Up};
    let over = match snapshot.facts.get(key::BOOT_OUTCOME) {
        Some(Up) => !exec || snapshot.facts.get(key::MANAGER_STATE).is_some(),
        Some(Rescue | Frozen | Stopped | Ended | EndedBadly | Killed | CouldNotStart) => true,
        _ => false,
    };
    over || report.subject == Subject::NotSystemd
        || report.root().is_some_and(|root| root.confidence == Confidence::Certain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::sample;
    use crate::snapshot::vocabulary::ManagerState;
    use crate::snapshot::{Facts, LogExcerpt, SCHEMA_VERSION};

    fn snapshot(outcome: BootOutcome) -> Snapshot {
        let mut facts = Facts::default();
        facts.set(key::BOOT_OUTCOME, outcome, "test");
        Snapshot {
            schema_version: SCHEMA_VERSION,
            target: sample::healthy().target,
            facts,
            gaps: Vec::new(),
            log: LogExcerpt::default(),
            documents: std::collections::BTreeMap::new(),
            derived: None,
        }
    }

    #[test]
    fn a_watch_ends_with_the_boot_or_with_a_certain_cause() {
        let mut up = snapshot(BootOutcome::Up);
        assert!(is_settled(&up, &sample::healthy(), false) && !is_settled(&up, &sample::healthy(), true));
        up.facts.set(key::MANAGER_STATE, ManagerState::Degraded, "test");
        assert!(is_settled(&up, &sample::healthy(), true));
        assert!(is_settled(&snapshot(BootOutcome::Frozen), &sample::healthy(), true));
        assert!(!is_settled(&snapshot(BootOutcome::Starting), &sample::healthy(), true));
        assert!(!is_settled(&snapshot(BootOutcome::NeverStarted), &sample::healthy(), true));
        assert!(is_settled(&snapshot(BootOutcome::Starting), &sample::failed(), true));
        assert!(is_settled(&snapshot(BootOutcome::NotSystemd), &sample::not_systemd(), true));
        let mut unsure = sample::failed();
        unsure.findings.iter_mut().for_each(|finding| finding.confidence = Confidence::Likely);
        assert!(!is_settled(&snapshot(BootOutcome::Starting), &unsure, true));
    }
}
