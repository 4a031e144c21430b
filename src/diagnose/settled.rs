//! Whether a boot has settled, so that watching it longer would tell nothing new.

use super::report::{Report, Subject};
use crate::rule::Confidence;
use crate::snapshot::Snapshot;

/// Values of `boot.outcome` after which nothing more comes.
const OVER: [&str; 7] = ["rescue", "frozen", "stopped", "ended", "ended-badly", "killed", "could-not-start"];

/// Whether watching longer would tell nothing new: the boot is over, one way or the other, its failure has a
/// certain cause, or nobody means to boot systemd. `exec` says whether the manager may be asked.
#[must_use]
pub fn is_settled(snapshot: &Snapshot, report: &Report, exec: bool) -> bool {
    let is_over = match snapshot.facts.text("boot.outcome") {
        // A PID 1 that is alive may still be booting; only the manager's own word ends the watch, where it
        // may be asked.
        Some("up") => !exec || snapshot.facts.text("manager.state").is_some(),
        outcome => outcome.is_some_and(|outcome| OVER.contains(&outcome)),
    };
    is_over
        || report.subject == Subject::NotSystemd
        || report.root().is_some_and(|root| root.confidence == Confidence::Certain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::sample;
    use crate::snapshot::{Facts, LogExcerpt, SCHEMA_VERSION};

    fn snapshot(outcome: &str) -> Snapshot {
        let mut facts = Facts::default();
        facts.set("boot.outcome", outcome, "test");
        let target = sample::healthy().target;
        Snapshot {
            schema_version: SCHEMA_VERSION,
            target,
            facts,
            gaps: Vec::new(),
            log: LogExcerpt::default(),
            documents: std::collections::BTreeMap::new(),
            derived: None,
        }
    }

    #[test]
    fn a_watch_ends_with_the_boot_or_with_a_certain_cause() {
        let mut up = snapshot("up");
        assert!(is_settled(&up, &sample::healthy(), false) && !is_settled(&up, &sample::healthy(), true));
        up.facts.set("manager.state", "degraded", "test");
        assert!(is_settled(&up, &sample::healthy(), true));
        assert!(is_settled(&snapshot("frozen"), &sample::healthy(), true));
        assert!(!is_settled(&snapshot("starting"), &sample::healthy(), true));
        assert!(!is_settled(&snapshot("never-started"), &sample::healthy(), true));
        assert!(is_settled(&snapshot("starting"), &sample::failed(), true));
        assert!(is_settled(&snapshot("not-systemd"), &sample::not_systemd(), true));
        let mut unsure = sample::failed();
        unsure.findings.iter_mut().for_each(|finding| finding.confidence = Confidence::Likely);
        assert!(!is_settled(&snapshot("starting"), &unsure, true));
    }
}
