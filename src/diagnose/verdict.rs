//! The verdict: the conclusion from the findings and the state of the boot.

use super::report::{Finding, Role, Subject, Verdict};
use crate::rule::Severity;
use crate::snapshot::vocabulary::{BootOutcome, ContainerStatus, EngineKind, ManagerState};
use crate::snapshot::{Facts, key};

/// Returns whether the container is meant to run systemd; it is unless known otherwise.
pub fn subject(facts: &Facts) -> Subject {
    match facts.get(key::CONTAINER_MEANT_FOR_SYSTEMD) {
        Some(false) => Subject::NotSystemd,
        _ => Subject::Systemd,
    }
}

/// Returns the verdict of a report.
pub fn verdict(subject: Subject, findings: &[Finding], facts: &Facts) -> Verdict {
    if subject == Subject::NotSystemd {
        return Verdict::Healthy;
    }
    let caused = |least: Severity| {
        findings.iter().any(|f| matches!(f.role, Role::RootCause | Role::Consequence) && f.severity >= least)
    };
    let critical = caused(Severity::Critical);
    match facts.get(key::BOOT_OUTCOME) {
        _ if facts.get(key::BOOT_FAILED) == Some(true) => Verdict::Failed,
        Some(BootOutcome::Up) => up(caused(Severity::Warning), facts),
        Some(BootOutcome::Ended) if !critical => {
            if caused(Severity::Warning) {
                Verdict::Degraded
            } else {
                Verdict::Healthy
            }
        }
        Some(BootOutcome::Killed) if !critical && facts.get(key::BOOT_UP) == Some(true) => {
            if caused(Severity::Warning) { Verdict::Degraded } else { Verdict::Healthy }
        }
        _ if caused(Severity::Error) => Verdict::Failed,
        _ => Verdict::Undetermined,
    }
}

fn up(caused: bool, facts: &Facts) -> Verdict {
    match facts.get(key::MANAGER_STATE) {
        _ if caused => Verdict::Degraded,
        Some(ManagerState::Degraded) => Verdict::Degraded,
        _ => Verdict::Healthy,
    }
}

/// Returns how far the boot came, in words for the reader; with the engine's reason, unless a finding already
/// quotes it.
pub fn state_sentence(facts: &Facts, reason: Option<&str>) -> String {
    let reason = reason
        .map(|reason| format!(": {}", reason.split_whitespace().collect::<Vec<_>>().join(" ")))
        .unwrap_or_default();
    format!("{}{reason}", progress(facts))
}

fn progress(facts: &Facts) -> String {
    let code =
        facts.get(key::CONTAINER_EXIT_CODE).map(|code| format!(" (exit code {code})")).unwrap_or_default();
    let restarts = facts
        .get(key::CONTAINER_RESTARTS)
        .filter(|n| *n > 0)
        .map(|n| format!(", restarted {n} times"))
        .unwrap_or_default();
    let said = match facts.get(key::BOOT_OUTCOME) {
        Some(BootOutcome::NeverStarted) if facts.get(key::ENGINE_NAME) == Some(EngineKind::Podman) => {
            "created, never started (Podman does not keep the reason of a failed start; `podman start \
                --attach` prints it)"
                .to_owned()
        }
        Some(BootOutcome::NeverStarted) => "created, never started".to_owned(),
        Some(BootOutcome::CouldNotStart) => format!("the engine could not start the container{code}"),
        Some(BootOutcome::Starting) => "running, but systemd has not finished booting".to_owned(),
        Some(BootOutcome::Rescue) => "running in rescue or emergency mode".to_owned(),
        Some(BootOutcome::Up) => match facts.get(key::MANAGER_STATE) {
            Some(state) => format!("running, systemd reports {}", state.word()),
            None => "running, PID 1 is a working systemd".to_owned(),
        },
        Some(BootOutcome::Unreachable) => "running, but systemctl cannot reach systemd".to_owned(),
        Some(BootOutcome::Frozen) => "running, but PID 1 is frozen: systemd gave up".to_owned(),
        Some(BootOutcome::NotSystemd) => "running, but PID 1 is not systemd".to_owned(),
        Some(BootOutcome::Stopped) if subject(facts) == Subject::NotSystemd => format!("ended{code}"),
        Some(BootOutcome::Stopped) => format!("systemd gave up{code}"),
        Some(BootOutcome::Ended) => format!("exited normally{code}"),
        Some(BootOutcome::Killed) => format!("killed by a signal{code}"),
        _ => facts.get(key::CONTAINER_STATUS).map_or("state unknown", ContainerStatus::word).to_owned(),
    };
    format!("{said}{restarts}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_systemd_gives_up() {
        let state = |meant: bool| {
            let mut facts = Facts::default();
            facts.set(key::BOOT_OUTCOME, BootOutcome::Stopped, "test");
            facts.set(key::CONTAINER_EXIT_CODE, 1, "test");
            facts.set(key::CONTAINER_MEANT_FOR_SYSTEMD, meant, "test");
            state_sentence(&facts, None)
        };
        assert_eq!([true, false].map(state), ["systemd gave up (exit code 1)", "ended (exit code 1)"]);
    }
}
