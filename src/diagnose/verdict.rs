//! The verdict: what the findings and the state of the boot add up to.

use super::report::{Finding, Role, Subject, Verdict};
use crate::rule::Severity;
use crate::snapshot::Facts;

/// Whether the container is meant to run systemd; what is not known to be otherwise is.
pub fn subject(facts: &Facts) -> Subject {
    match facts.bool("container.meant_for_systemd") {
        Some(false) => Subject::NotSystemd,
        _ => Subject::Systemd,
    }
}

/// The verdict of a report.
pub fn verdict(subject: Subject, findings: &[Finding], facts: &Facts) -> Verdict {
    if subject == Subject::NotSystemd {
        return Verdict::Healthy;
    }
    let caused = |least: Severity| {
        findings.iter().any(|f| matches!(f.role, Role::RootCause | Role::Consequence) && f.severity >= least)
    };
    let critical = caused(Severity::Critical);
    match facts.text("boot.outcome") {
        _ if facts.bool("boot.failed") == Some(true) => Verdict::Failed,
        Some("up") => up(caused(Severity::Warning), facts),
        Some("ended") if !critical => {
            if caused(Severity::Warning) {
                Verdict::Degraded
            } else {
                Verdict::Healthy
            }
        }
        Some("killed") if !critical && facts.bool("boot.up") == Some(true) => {
            if caused(Severity::Warning) {
                Verdict::Degraded
            } else {
                Verdict::Healthy
            }
        }
        _ if caused(Severity::Error) => Verdict::Failed,
        _ => Verdict::Undetermined,
    }
}

fn up(caused: bool, facts: &Facts) -> Verdict {
    match facts.text("manager.state") {
        _ if caused => Verdict::Degraded,
        Some("degraded") => Verdict::Degraded,
        _ => Verdict::Healthy,
    }
}

/// How far the boot came, in words for the reader; with the engine's reason, where nothing else tells it.
pub fn state_sentence(facts: &Facts, reason: Option<&str>) -> String {
    let reason = reason
        .map(|reason| format!(": {}", reason.split_whitespace().collect::<Vec<_>>().join(" ")))
        .unwrap_or_default();
    format!("{}{reason}", progress(facts))
}

fn progress(facts: &Facts) -> String {
    let code =
        facts.int("container.exit_code").map(|code| format!(" (exit code {code})")).unwrap_or_default();
    let restarts = facts
        .int("container.restarts")
        .filter(|n| *n > 0)
        .map(|n| format!(", restarted {n} times"))
        .unwrap_or_default();
    let said = match facts.text("boot.outcome") {
        Some("never-started") if facts.text("engine.name") == Some("podman") => {
            "created, never started (Podman does not keep the reason of a failed start; `podman start \
                --attach` prints it)"
                .to_owned()
        }
        Some("never-started") => "created, never started".to_owned(),
        Some("could-not-start") => format!("the engine could not start the container{code}"),
        Some("starting") => "running, but systemd has not finished booting".to_owned(),
        Some("rescue") => "running in rescue or emergency mode".to_owned(),
        Some("up") => match facts.text("manager.state") {
            Some(state) => format!("running, systemd reports {state}"),
            None => "running, PID 1 is a working systemd".to_owned(),
        },
        Some("unreachable") => "running, but systemctl cannot reach systemd".to_owned(),
        Some("frozen") => "running, but PID 1 is frozen: systemd gave up".to_owned(),
        Some("not-systemd") => "running, but PID 1 is not systemd".to_owned(),
        Some("stopped") if subject(facts) == Subject::NotSystemd => format!("ended{code}"),
        Some("stopped") => format!("systemd gave up{code}"),
        Some("ended") => format!("exited normally{code}"),
        Some("killed") => format!("killed by a signal{code}"),
        _ => facts.text("container.status").unwrap_or("state unknown").to_owned(),
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
            facts.set("boot.outcome", "stopped", "test");
            facts.set("container.exit_code", 1, "test");
            facts.set("container.meant_for_systemd", meant, "test");
            state_sentence(&facts, None)
        };
        assert_eq!([true, false].map(state), ["systemd gave up (exit code 1)", "ended (exit code 1)"]);
    }
}
