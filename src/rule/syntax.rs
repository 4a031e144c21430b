//! The file form of a rule, as written in TOML, and the small vocabularies that rules share.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::lazy_part::RulePage;
use super::trimmed::trimmed;
use super::{Condition, ConditionOutcome, RemedyText, Reproduction, Scope, Variant, VersionRange};
use crate::pattern::Pattern;
use crate::snapshot::{Facts, key};

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum, schemars::JsonSchema))]
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
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
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
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
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
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
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
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
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
    /// Returns whether no flag of the container can achieve it.
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
    /// Literals in lower case, of which at least one occurs in every line that the pattern matches; empty if
    /// there are none.
    pub needles: Vec<Cow<'static, str>>,
    /// Versions of systemd that print it; any if absent.
    pub systemd: Option<VersionRange>,
    /// Confidence if only this line supports the rule.
    pub confidence: Option<Confidence>,
    /// Alone it only deserves a note: boots that come up print it too.
    pub weak: bool,
    /// The harm lasts as long as the boot: a manager that reports no problem does not disprove the line.
    pub lasting: bool,
    /// Facts without which the line does not count for the rule; they must be known.
    pub when: Option<Condition>,
}

impl Signature {
    /// Returns whether its line counts for a target: the systemd there prints it, and its condition holds.
    #[must_use]
    pub fn counts(&self, scope: &Scope, facts: &Facts) -> bool {
        let version = facts.get(key::GUEST_SYSTEMD_VERSION);
        version.is_none_or(|version| self.systemd.is_none_or(|range| range.contains(version)))
            && self.when.as_ref().is_none_or(|when| when.evaluate(scope, facts) == ConditionOutcome::Match)
    }
}

/// A worked example of a rule.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Example {
    /// Log lines.
    #[serde(default)]
    pub lines: Vec<String>,
    /// Facts by key; the text `null` stands for one that is known to be absent, and all others are not
    /// known.
    #[serde(default)]
    #[cfg_attr(feature = "cli", schemars(schema_with = "crate::snapshot::schema::values"))]
    pub facts: toml::Table,
    /// What the rule must say to them.
    pub expect: Expectation,
    /// Name of the variant that must fit, if any has to.
    #[serde(default)]
    pub variant: Option<String>,
}

/// What an example shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
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

/// A rule: one diagnosis, with what shows it and what cures it. `sysdock rules check` and `sysdock rules
/// test` look further than this schema can.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema), schemars(title = "sysdock rule", rename = "Rule"))]
#[serde(deny_unknown_fields)]
pub(super) struct RuleFile {
    /// The stable id; that of a built-in rule replaces it.
    #[cfg_attr(feature = "cli", schemars(with = "super::schema::Id"))]
    pub id: String,
    /// One line that says what is wrong, without a full stop.
    pub title: String,
    /// How bad it is.
    pub severity: Severity,
    /// The step of a container's life at which it strikes.
    pub stage: Stage,
    /// Whose matter it is.
    #[serde(default = "configuration")]
    pub class: Class,
    /// How sure the facts alone make us.
    #[serde(default = "likely")]
    pub confidence: Confidence,
    /// What happens and why.
    #[serde(deserialize_with = "trimmed")]
    pub explanation: String,
    /// How to see it by hand, with commands.
    #[serde(deserialize_with = "trimmed")]
    pub confirm: String,
    /// Condition (CEL over facts) that holds when the facts alone show it to be a cause.
    pub when: Option<String>,
    /// Condition that holds when it does harm even to a manager that is up; without it, a manager that is up
    /// disproves a critical rule.
    pub harms: Option<String>,
    /// Condition that holds when it is not a cause now but may become one.
    pub risk: Option<String>,
    /// Condition that holds when it is worth a remark only.
    pub note: Option<String>,
    /// Condition that holds when the facts rule it out, whatever the log says.
    pub unless: Option<String>,
    /// Never a root cause: what every fatal cause has in common.
    #[serde(default)]
    pub consequence_only: bool,
    /// Its signatures are general: a line that another rule claims does not speak for it.
    #[serde(default)]
    pub generic: bool,
    /// A root cause only where no other is found, else a note.
    #[serde(default)]
    pub last_resort: bool,
    /// Ids of the diagnoses that follow from it.
    #[serde(default)]
    #[cfg_attr(feature = "cli", schemars(with = "Vec<super::schema::Id>"))]
    pub explains: Vec<String>,
    /// Keys of facts that are quoted as evidence when they are known.
    #[serde(default)]
    #[cfg_attr(feature = "cli", schemars(with = "Vec<crate::snapshot::schema::FactKey>"))]
    pub shows: Vec<String>,
    /// Ids of the remedies.
    #[serde(default)]
    #[cfg_attr(feature = "cli", schemars(with = "Vec<super::schema::Id>"))]
    pub remedies: Vec<String>,
    /// Why no flag of the container helps, for a cause that only the image or the host can end;
    /// `{fact|word}` stands for the value of a fact, or for the word where it is not known.
    #[serde(deserialize_with = "trimmed_option", default)]
    pub no_flag: Option<String>,
    /// Sources, the best first.
    #[serde(default)]
    #[cfg_attr(feature = "cli", schemars(with = "Vec<super::schema::Reference>"))]
    pub references: Vec<String>,
    /// Ways to see it on a machine of one's own.
    #[serde(default)]
    pub reproduce: Vec<Reproduction>,
    /// Why there is none, if so.
    pub not_reproduced: Option<String>,
    /// Shapes of the cause with words of their own; the first that fits replaces the rule's.
    #[serde(default)]
    pub variant: Vec<Variant>,
    /// Patterns of log lines that speak for it.
    #[serde(default)]
    pub signature: Vec<SignatureFile>,
    /// Worked examples: `sysdock rules test` runs them.
    #[serde(default)]
    pub example: Vec<Example>,
}

impl RuleFile {
    /// Returns the part that is written for readers.
    pub(super) fn page(&mut self) -> RulePage {
        RulePage {
            explanation: std::mem::take(&mut self.explanation),
            confirm: std::mem::take(&mut self.confirm),
            references: std::mem::take(&mut self.references),
            reproduce: std::mem::take(&mut self.reproduce),
            not_reproduced: self.not_reproduced.take(),
            variant: std::mem::take(&mut self.variant),
        }
    }

    /// Returns its conditions as written, in the order of [`super::condition_limits::CONDITIONS`].
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

/// A pattern of log lines.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema), schemars(rename = "Signature"))]
#[serde(deny_unknown_fields)]
pub(super) struct SignatureFile {
    /// Unique within its file.
    #[cfg_attr(feature = "cli", schemars(with = "super::schema::Id"))]
    pub name: String,
    /// Regular expression, matched against one line without escape sequences; every line that it matches must
    /// hold a literal of three letters or more.
    pub pattern: String,
    /// Versions of systemd that print it; any when absent.
    #[cfg_attr(feature = "cli", schemars(with = "Option<super::schema::Range>"))]
    pub systemd: Option<String>,
    /// Confidence when only this line speaks for the rule.
    pub confidence: Option<Confidence>,
    /// Alone it is only worth a remark: boots that come up print it too.
    #[serde(default)]
    pub weak: bool,
    /// The harm lasts as long as the boot: a manager that finds nothing wrong does not disprove the line.
    #[serde(default)]
    pub lasting: bool,
    /// Condition (CEL over facts) under which the line speaks for the rule at all.
    pub when: Option<String>,
}

/// Remedies: what rules name as cures, in words.
#[derive(Debug, Deserialize)]
#[cfg_attr(
    feature = "cli",
    derive(schemars::JsonSchema),
    schemars(title = "sysdock remedies", rename = "Remedies")
)]
#[serde(deny_unknown_fields)]
pub(super) struct RemedyFile {
    /// The remedies.
    pub remedy: Vec<RemedyEntry>,
}

/// A remedy.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema), schemars(rename = "Remedy"))]
#[serde(deny_unknown_fields)]
pub(super) struct RemedyEntry {
    /// The id that rules name.
    #[cfg_attr(feature = "cli", schemars(with = "super::schema::Id"))]
    pub id: String,
    /// What has to change; `relaunch` is for the remedies that sysdock carries out itself.
    #[serde(rename = "where", default)]
    pub place: RemedyPlace,
    /// One line.
    pub title: String,
    /// What to do, with commands.
    pub words: String,
}

impl From<RemedyEntry> for RemedyText {
    fn from(entry: RemedyEntry) -> Self {
        Self { id: entry.id, place: entry.place, title: entry.title, words: entry.words.trim().to_owned() }
    }
}

/// Lines that look bad on healthy boots, too, and speak for nothing.
#[derive(Debug, Deserialize)]
#[cfg_attr(
    feature = "cli",
    derive(schemars::JsonSchema),
    schemars(title = "sysdock harmless lines", rename = "Harmless")
)]
#[serde(deny_unknown_fields)]
pub(super) struct HarmlessFile {
    /// Their patterns.
    pub signature: Vec<SignatureFile>,
}
