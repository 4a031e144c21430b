//! The report: what is wrong, how certain that is, and the evidence.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::acceptance::Acceptance;
use super::baseline;
use crate::rule::{Class, Confidence, RemedyPlace, Severity, Stage};
use crate::snapshot::{Cluster, Gap, Target, TargetKind, key};

/// The fact that lists the failed units.
pub(super) const FAILED_UNITS: &str = key::MANAGER_FAILED_UNITS.name();

/// Whether the container is meant to run systemd.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub enum Subject {
    /// It is.
    Systemd,
    /// It is not.
    NotSystemd,
}

/// State of the systemd set-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub enum Verdict {
    /// Nothing is wrong, or systemd is not meant to run.
    Healthy,
    /// It runs, but something in it failed.
    Degraded,
    /// It does not boot, or not any more.
    Failed,
    /// Too much was hidden to judge.
    Undetermined,
}

/// What a finding is in the chain of causes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub enum Role {
    /// Nothing else here explains it.
    RootCause,
    /// It follows from a cause.
    Consequence,
    /// It is no cause now but may become one.
    Risk,
    /// Worth a remark.
    Note,
}

/// Something that speaks for a finding.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Evidence {
    /// A line of text.
    Log {
        /// The line, clean.
        text: String,
        /// Its number within its stream, from 1.
        line: u64,
        /// Where it was read.
        stream: String,
    },
    /// A fact.
    Fact {
        /// Key of the fact.
        path: String,
        /// Its value.
        value: Value,
        /// Where it was read.
        source: String,
    },
}

/// A remedy of a finding, for those who do not have the rules at hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advice {
    /// Id of the remedy.
    pub remedy: String,
    /// What it changes.
    pub place: RemedyPlace,
    /// What to do.
    pub words: String,
}

/// One thing that was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// Id of the diagnosis.
    pub id: String,
    /// Place in the chain of causes.
    pub role: Role,
    /// How bad it is.
    pub severity: Severity,
    /// Whose matter it is.
    pub class: Class,
    /// How sure it is.
    pub confidence: Confidence,
    /// What is wrong.
    pub title: String,
    /// What happens and why.
    pub explanation: String,
    /// What speaks for it.
    pub evidence: Vec<Evidence>,
    /// Findings of this report that follow from it.
    pub explains: Vec<String>,
    /// Findings of this report that it follows from.
    pub explained_by: Vec<String>,
    /// Ids of remedies.
    pub remedies: Vec<String>,
    /// The remedies in words, where they are known.
    pub advice: Vec<Advice>,
    /// The step of a container's life at which it strikes.
    pub stage: Stage,
    /// Name of the shape of the cause whose words these are, if the rule knows several.
    pub variant: Option<String>,
    /// Why no flag of the container helps, as the rule says it.
    pub no_flag: Option<String>,
    /// Why it does not count, where it does not.
    pub accepted: Option<Acceptance>,
}

impl Finding {
    /// Returns whether it can make a run fail: a cause or a consequence that is not accepted.
    #[must_use]
    pub fn counts(&self) -> bool {
        self.is_failure() && self.accepted.is_none()
    }

    /// Returns whether it keeps PID 1 from starting its units, and only another image or host can change
    /// that.
    #[must_use]
    pub fn is_beyond_flags(&self) -> bool {
        self.stage < Stage::Target
            && !self.advice.is_empty()
            && self.advice.iter().all(|advice| advice.place.is_beyond_flags())
    }

    /// Returns whether it names one of these remedies.
    #[must_use]
    pub fn names(&self, remedies: &[&str]) -> bool {
        self.remedies.iter().any(|remedy| remedies.contains(&remedy.as_str()))
    }

    /// Returns whether something fails because of it, accepted or not.
    #[must_use]
    pub const fn is_failure(&self) -> bool {
        matches!(self.role, Role::RootCause | Role::Consequence)
    }
}

/// A diagnosis that could not be decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undecided {
    /// Id of the diagnosis.
    pub id: String,
    /// Facts that would decide it.
    pub missing: Vec<String>,
    /// Commands that show those facts.
    pub how: Vec<String>,
}

/// The whole answer for one target.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// Who was looked at.
    pub target: Target,
    /// Whether it is our business.
    pub subject: Subject,
    /// State of the systemd set-up.
    pub verdict: Verdict,
    /// What was found: roots in the order of boot, then what they explain, risks and notes.
    pub findings: Vec<Finding>,
    /// What could not be decided.
    pub undecided: Vec<Undecided>,
    /// What could not be looked at.
    pub gaps: Vec<Gap>,
    /// Lines of a text that look like failures and that no rule knows.
    pub unrecognised: Vec<Cluster>,
    /// How far the boot came, in words.
    pub state: String,
}

impl Report {
    /// Returns the worst severity among root causes and consequences that are not accepted.
    #[must_use]
    pub fn worst(&self) -> Option<Severity> {
        self.findings.iter().filter(|finding| finding.counts()).map(|finding| finding.severity).max()
    }

    /// Returns who is responsible for the failure, from the first root cause; `None` if nothing failed or no
    /// cause is known.
    #[must_use]
    pub fn class(&self) -> Option<Class> {
        self.root().map(|root| root.class)
    }

    /// Returns what identifies a finding across runs: the same for the same diagnosis of a target of the same
    /// name, whatever its lines, ids and times are. 32 hexadecimal digits.
    #[must_use]
    pub fn fingerprint(&self, finding: &Finding) -> String {
        baseline::fingerprint(&self.target.name, &finding.id)
    }

    /// Returns the first root cause.
    #[must_use]
    pub fn root(&self) -> Option<&Finding> {
        self.findings.first().filter(|finding| finding.role == Role::RootCause)
    }

    /// Returns why nothing could be judged, if so.
    #[must_use]
    pub fn unjudged(&self) -> Option<&str> {
        (self.verdict == Verdict::Undetermined).then_some(self.state.as_str())
    }

    /// Returns whether there was nothing to judge, as opposed to too much being hidden.
    #[must_use]
    pub fn is_empty_handed(&self) -> bool {
        self.verdict == Verdict::Undetermined && self.target.kind == TargetKind::Text
    }

    /// Returns whether it is healthy as far as is visible, but systemd was not asked which units failed.
    #[must_use]
    pub fn is_unasked(&self) -> bool {
        self.verdict == Verdict::Healthy
            && self.subject == Subject::Systemd
            && self.gaps.iter().any(|gap| gap.fact == FAILED_UNITS)
    }

    /// Returns the sort key of reports: worst first.
    #[must_use]
    pub fn rank(&self) -> (u8, std::cmp::Reverse<Option<Severity>>) {
        let verdict = match self.verdict {
            Verdict::Failed => 0,
            Verdict::Degraded => 1,
            Verdict::Undetermined => 2,
            Verdict::Healthy => 3,
        };
        (verdict, std::cmp::Reverse(self.worst()))
    }
}
