//! The words for verdicts, roles, severities, confidences and stages, which are the same in every format.

use super::style::Tone;
use crate::diagnose::{Acceptance, Report, Role, Subject, Verdict};
use crate::rule::{Class, Confidence, Severity, Stage};
use crate::snapshot::TargetKind;

pub const fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Healthy => "healthy",
        Verdict::Degraded => "degraded",
        Verdict::Failed => "failed",
        Verdict::Undetermined => "undetermined",
    }
}

/// Returns the verdict in the words for people: a container without visible failures that was not asked for
/// failed units is not called healthy.
pub fn standing(report: &Report) -> &'static str {
    if report.is_unasked() { NO_FAILURE_SEEN } else { verdict(report.verdict) }
}

/// Describes a container in which no failure was found in what could be examined.
pub const NO_FAILURE_SEEN: &str = "no failure seen";

pub const fn verdict_tone(verdict: Verdict) -> Tone {
    match verdict {
        Verdict::Healthy => Tone::Good,
        Verdict::Degraded | Verdict::Undetermined => Tone::Warn,
        Verdict::Failed => Tone::Bad,
    }
}

pub const fn subject(subject: Subject) -> &'static str {
    match subject {
        Subject::Systemd => "systemd",
        Subject::NotSystemd => "not-systemd",
    }
}

pub const fn role(role: Role) -> &'static str {
    match role {
        Role::RootCause => "root-cause",
        Role::Consequence => "consequence",
        Role::Risk => "risk",
        Role::Note => "note",
    }
}

pub const fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "info",
        Severity::Warning => "warning",
        Severity::Error => "error",
        Severity::Critical => "critical",
    }
}

pub const fn severity_tone(severity: Severity) -> Tone {
    match severity {
        Severity::Info => Tone::Plain,
        Severity::Warning => Tone::Warn,
        Severity::Error | Severity::Critical => Tone::Bad,
    }
}

pub const fn confidence(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::Possible => "possible",
        Confidence::Likely => "likely",
        Confidence::Certain => "certain",
    }
}

pub const fn class(class: Class) -> &'static str {
    match class {
        Class::Infrastructure => "infrastructure",
        Class::Configuration => "configuration",
        Class::Product => "product",
    }
}

pub const fn stage(stage: Stage) -> &'static str {
    match stage {
        Stage::Create => "create",
        Stage::Exec => "exec",
        Stage::Mount => "mount",
        Stage::Cgroup => "cgroup",
        Stage::Manager => "manager",
        Stage::Target => "target",
        Stage::Units => "units",
        Stage::Running => "running",
        Stage::Stop => "stop",
    }
}

/// Returns a heading for failures at a stage.
pub const fn stage_sentence(stage: Stage) -> &'static str {
    match stage {
        Stage::Create => "The engine cannot start the program",
        Stage::Exec => "The program that starts as PID 1",
        Stage::Mount => "PID 1 sets up its mounts",
        Stage::Cgroup => "PID 1 creates its cgroups",
        Stage::Manager => "PID 1 sets up its event loop and sockets",
        Stage::Target => "PID 1 loads the default target",
        Stage::Units => "Units start",
        Stage::Running => "The container is running",
        Stage::Stop => "The container is stopped",
    }
}

pub const fn target_kind(kind: TargetKind) -> &'static str {
    match kind {
        TargetKind::Container => "container",
        TargetKind::Snapshot => "snapshot",
        TargetKind::Text => "text",
    }
}

/// Returns why a finding does not count; includes text that the user wrote.
pub fn acceptance(acceptance: &Acceptance) -> String {
    match acceptance {
        Acceptance::Known => "known: in the baseline".to_owned(),
        Acceptance::Suppressed { reason, expires: Some(day) } => format!("suppressed until {day}: {reason}"),
        Acceptance::Suppressed { reason, expires: None } => format!("suppressed: {reason}"),
    }
}

/// Returns a count with its noun: `1 gap`, `2 gaps`.
#[must_use]
pub fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// Returns the first names of a list, and how many more there are.
pub fn some_of<'a>(names: impl ExactSizeIterator<Item = &'a str>, most: usize) -> String {
    let more = names.len().saturating_sub(most);
    let shown: Vec<&str> = names.take(most).collect();
    if more == 0 { shown.join(", ") } else { format!("{} and {more} more", shown.join(", ")) }
}
