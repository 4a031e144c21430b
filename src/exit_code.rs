//! The one table of exit codes: turns a report or a failure into the exit code of the process. Must not
//! print.

use std::process::ExitCode;

use crate::diagnose::{Finding, Report, Verdict};
use crate::rule::Severity;

/// How a run of sysdock ends; the same for every output format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Exit {
    /// Nothing at or above `--fail-on`.
    #[default]
    Success,
    /// Findings, or a failed `rules check` or `rules test`.
    Findings,
    /// The command line is wrong.
    Usage,
    /// Nothing could be examined: no engine, no such container, unreadable input.
    CannotLook,
    /// The examination gave no verdict: there was nothing to judge, or too much was hidden.
    Undetermined,
    /// The reader of the output went away. The code is that of a program ended by SIGPIPE.
    BrokenPipe,
}

impl Exit {
    /// Returns the number that the shell sees.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::Findings => 1,
            Self::Usage => 2,
            Self::CannotLook => 3,
            Self::Undetermined => 4,
            Self::BrokenPipe => 141,
        }
    }

    /// The exits that a command itself can return, in the order of the documentation.
    pub const DOCUMENTED: [Self; 5] =
        [Self::Success, Self::Findings, Self::Usage, Self::CannotLook, Self::Undetermined];

    /// Returns what the exit means, in words. No other place in the program words it.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Success => "no root cause or consequence at or above `--fail-on` (default `error`)",
            Self::Findings => {
                "findings, a failed check of rules or book, an unknown message, or a cure or trial that \
                    failed"
            }
            Self::Usage => "usage error",
            Self::CannotLook => "could not examine: no engine, no such container, or unreadable input",
            Self::Undetermined => "examined without a verdict: nothing to diagnose, or too little visible",
            Self::BrokenPipe => "the reader of the output went away",
        }
    }

    /// Returns the rank of an exit when several are merged; the highest wins: 2 > 3 > 1 > 4 > 0.
    const fn weight(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::Undetermined => 1,
            Self::Findings => 2,
            Self::CannotLook => 3,
            Self::Usage => 4,
            Self::BrokenPipe => 5,
        }
    }

    /// Returns the exit of two targets together.
    #[must_use]
    pub const fn merge(self, other: Self) -> Self {
        if other.weight() > self.weight() { other } else { self }
    }

    /// Returns the exit that a report leads to. Risks and notes never count; a report with too much hidden is
    /// not a success.
    #[must_use]
    pub fn of(report: &Report, fail_on: Severity) -> Self {
        let worst = report.worst();
        let unexplained =
            report.verdict == Verdict::Failed && !report.findings.iter().any(Finding::is_failure);
        let hidden = report.verdict == Verdict::Undetermined;
        match worst {
            Some(severity) if severity >= fail_on => Self::Findings,
            _ if unexplained || hidden => Self::Undetermined,
            _ => Self::Success,
        }
    }
}

impl FromIterator<Self> for Exit {
    fn from_iter<I: IntoIterator<Item = Self>>(exits: I) -> Self {
        exits.into_iter().fold(Self::Success, Self::merge)
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::sample;

    #[test]
    fn the_strongest_exit_wins() {
        let order = [Exit::Success, Exit::Undetermined, Exit::Findings, Exit::CannotLook, Exit::Usage];
        assert_eq!(order.map(Exit::code), [0, 4, 1, 3, 2]);
        for (place, weak) in order.iter().enumerate() {
            for strong in &order[place..] {
                assert_eq!(weak.merge(*strong), *strong);
                assert_eq!(strong.merge(*weak), *strong);
            }
        }
        assert_eq!(
            [Exit::Findings, Exit::CannotLook, Exit::Success].into_iter().collect::<Exit>(),
            Exit::CannotLook
        );
    }

    #[test]
    fn findings_count_from_the_chosen_severity_on() {
        let failed = sample::failed();
        assert_eq!(Exit::of(&failed, Severity::Critical), Exit::Findings);
        assert_eq!(Exit::of(&sample::healthy(), Severity::Info), Exit::Success);
        let mut mild = failed;
        mild.findings.iter_mut().for_each(|finding| finding.severity = Severity::Warning);
        assert_eq!(Exit::of(&mild, Severity::Error), Exit::Success);
        assert_eq!(Exit::of(&mild, Severity::Warning), Exit::Findings);
    }

    #[test]
    fn what_is_hidden_is_not_a_success() {
        let mut report = sample::healthy();
        report.verdict = Verdict::Undetermined;
        assert_eq!(Exit::of(&report, Severity::Error), Exit::Undetermined);
        report.target.kind = crate::snapshot::TargetKind::Text;
        assert_eq!(Exit::of(&report, Severity::Error), Exit::Undetermined);
        report.verdict = Verdict::Failed;
        assert_eq!(Exit::of(&report, Severity::Error), Exit::Undetermined);
    }
}
