//! The file form of a rule, as written in TOML, and the small vocabularies that rules share.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::lazy_part::{RulePage, trimmed};
use super::{Condition, ConditionOutcome, RemedyText, Reproduction, Scope, VersionRange};
use crate::pattern::Pattern;
use crate::snapshot::Facts;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Something does not work as meant.
    Warning,
    /// A service or the stop fails.
    Error,
    /// The container does not boot.
    Critical,
}

/// Whose matter a failure is, for those who sort many of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Class {
    /// The host, its kernel or the engine.
    Infrastructure,
    /// How the image is made or the container started.
    Configuration,
    /// The software that runs in the container.
    Product,
}

/// How sure a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// One of several explanations.
    Possible,
    /// The best explanation.
    Likely,
    /// Seen in the facts or said in the log, with nothing against it.
    Certain,
}

/// The step of a container's life at which a cause strikes; earlier causes come first in a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// The engine could not start the program.
    Create,
    /// The program that became PID 1 is not systemd, or may not be.
    Exec,
    /// PID 1 sets up its mounts.
    Mount,
    /// PID 1 checks and creates control groups.
    Cgroup,
    /// PID 1 sets up its event loop, sockets and bus.
    Manager,
    /// PID 1 loads the default target.
    Target,
    /// Units start.
    Units,
    /// The container has booted.
    Running,
    /// The container is stopped.
    Stop,
}

/// What a remedy changes; `where` in the file of remedies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RemedyPlace {
    /// The flags of the container, or an image derived from its own: the planner carries it out.
    Relaunch,
    /// The image, by its maker.
    Image,
    /// The machine or its engine.
    Host,
    /// What a person has to decide; also where nothing is said.
    #[default]
    Advice,
}

impl RemedyPlace {
    /// Whether no start of the container can bring it about.
    #[must_use]
    pub fn is_beyond_flags(self) -> bool {
        matches!(self, Self::Image | Self::Host)
    }
}

/// A log pattern of a rule.
#[derive(Debug, Clone)]
pub struct Signature {
    /// Unique within its rule.
    pub name: String,
    /// The pattern, matched against one line without escape sequences.
    pub pattern: Pattern,
    /// Literals in lower case, of which at least one occurs in every line that the pattern matches; empty
    /// when there are none.
    pub needles: Vec<Cow<'static, str>>,
    /// Versions of systemd that print it; any when absent.
    pub systemd: Option<VersionRange>,
    /// Confidence when only this line speaks for the rule.
    pub confidence: Option<Confidence>,
    /// Alone it is only worth a remark: boots that come up print it too.
    pub weak: bool,
    /// The harm lasts as long as the boot: a manager that finds nothing wrong does not disprove the line.
    pub lasting: bool,
    /// Facts under which the line speaks for the rule at all; they must be known.
    pub when: Option<Condition>,
}

impl Signature {
    /// Whether its line counts for a target: the systemd there prints it, and its condition holds.
    #[must_use]
    pub fn counts(&self, scope: &Scope, facts: &Facts) -> bool {
        let version = facts.int("guest.systemd_version");
        version.is_none_or(|version| self.systemd.is_none_or(|range| range.contains(version)))
            && self.when.as_ref().is_none_or(|when| when.evaluate(scope, facts) == ConditionOutcome::Match)
    }
}

/// A worked example of a rule.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Example {
    /// Log lines.
    #[serde(default)]
    pub lines: Vec<String>,
    /// Facts by key.
    #[serde(default)]
    pub facts: toml::Table,
    /// What the rule must say to them.
    pub expect: Expectation,
}

/// What an example shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Expectation {
    /// The rule finds a cause.
    Match,
    /// The rule finds a risk.
    Risk,
    /// The rule finds something worth a remark.
    Note,
    /// The rule finds nothing.
    NoMatch,
    /// The rule lacks facts.
    Undecided,
}

/// A rule file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RuleFile {
    pub id: String,
    pub title: String,
    pub severity: Severity,
    pub stage: Stage,
    #[serde(default = "configuration")]
    pub class: Class,
    #[serde(default = "likely")]
    pub confidence: Confidence,
    #[serde(deserialize_with = "trimmed")]
    pub explanation: String,
    #[serde(deserialize_with = "trimmed")]
    pub confirm: String,
    pub when: Option<String>,
    pub harms: Option<String>,
    pub risk: Option<String>,
    pub note: Option<String>,
    pub unless: Option<String>,
    #[serde(default)]
    pub consequence_only: bool,
    #[serde(default)]
    pub generic: bool,
    #[serde(default)]
    pub last_resort: bool,
    #[serde(default)]
    pub explains: Vec<String>,
    #[serde(default)]
    pub shows: Vec<String>,
    #[serde(default)]
    pub remedies: Vec<String>,
    #[serde(deserialize_with = "trimmed_option", default)]
    pub no_flag: Option<String>,
    #[serde(default)]
    pub references: Vec<String>,
    #[serde(default)]
    pub reproduce: Vec<Reproduction>,
    pub not_reproduced: Option<String>,
    #[serde(default)]
    pub signature: Vec<SignatureFile>,
    #[serde(default)]
    pub example: Vec<Example>,
}

impl RuleFile {
    /// What it says to those who want to know more.
    pub(super) fn page(&mut self) -> RulePage {
        RulePage {
            explanation: std::mem::take(&mut self.explanation),
            confirm: std::mem::take(&mut self.confirm),
            references: std::mem::take(&mut self.references),
            reproduce: std::mem::take(&mut self.reproduce),
            not_reproduced: self.not_reproduced.take(),
        }
    }

    /// Its conditions as written, in the order of [`super::condition_limits::CONDITIONS`].
    pub(super) fn conditions(&self) -> [Option<&str>; 5] {
        [&self.when, &self.harms, &self.risk, &self.note, &self.unless].map(Option::as_deref)
    }
}

fn configuration() -> Class {
    Class::Configuration
}

fn trimmed_option<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    trimmed(from).map(Some)
}

fn likely() -> Confidence {
    Confidence::Likely
}

/// A signature as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SignatureFile {
    pub name: String,
    pub pattern: String,
    pub systemd: Option<String>,
    pub confidence: Option<Confidence>,
    #[serde(default)]
    pub weak: bool,
    #[serde(default)]
    pub lasting: bool,
    pub when: Option<String>,
}

/// The file of remedies.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RemedyFile {
    pub remedy: Vec<RemedyEntry>,
}

/// A remedy as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RemedyEntry {
    pub id: String,
    #[serde(rename = "where", default)]
    pub place: RemedyPlace,
    pub title: String,
    pub words: String,
}

impl From<RemedyEntry> for RemedyText {
    fn from(entry: RemedyEntry) -> Self {
        Self { id: entry.id, place: entry.place, title: entry.title, words: entry.words.trim().to_owned() }
    }
}

/// The file of harmless lines.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HarmlessFile {
    pub signature: Vec<SignatureFile>,
}
