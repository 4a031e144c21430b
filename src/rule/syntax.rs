//! The file form of a rule, as written in TOML, and the small vocabularies that rules share.

use std::sync::Arc;

use regex::bytes::{Regex, RegexBuilder};
use serde::{Deserialize, Serialize};

use super::{Condition, Outcome, Scope, VersionRange};
use crate::snapshot::Facts;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
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

/// A log pattern of a rule.
#[derive(Debug, Clone)]
pub struct Signature {
    /// Unique within its rule.
    pub name: String,
    /// The pattern, matched against one line without escape sequences.
    pub pattern: Pattern,
    /// Versions of systemd that print it; any when absent.
    pub systemd: Option<VersionRange>,
    /// Confidence when only this line speaks for the rule.
    pub confidence: Option<Confidence>,
    /// Alone it is only worth a remark: boots that come up print it too.
    pub weak: bool,
    /// Facts under which the line speaks for the rule at all; they must be known.
    pub when: Option<Condition>,
}

impl Signature {
    /// Whether its line counts for a target: the systemd there prints it, and its condition holds.
    #[must_use]
    pub fn counts(&self, scope: &Scope, facts: &Facts) -> bool {
        let version = facts.int("guest.systemd_version");
        version.is_none_or(|version| self.systemd.is_none_or(|range| range.contains(version)))
            && self.when.as_ref().is_none_or(|when| when.evaluate(scope, facts) == Outcome::Match)
    }
}

/// A compiled pattern that remembers its source.
#[derive(Debug, Clone)]
pub struct Pattern {
    /// As written in the rule file.
    pub source: Arc<str>,
    pub(super) regex: std::sync::OnceLock<Regex>,
}

impl Pattern {
    /// Checks the syntax of a pattern; it is compiled on first use.
    pub(super) fn new(source: &str) -> Result<Self, String> {
        regex_syntax::ParserBuilder::new().utf8(false).unicode(false).build().parse(source).map_err(|e| e.to_string())?;
        Ok(Self { source: source.into(), regex: std::sync::OnceLock::new() })
    }

    /// Whether the pattern occurs in a line.
    #[must_use]
    pub fn is_match(&self, line: &str) -> bool {
        self.compiled().is_some_and(|regex| regex.is_match(line.as_bytes()))
    }

    /// Named captures of the first occurrence in a line.
    #[must_use]
    pub fn captures(&self, line: &str) -> Vec<(String, String)> {
        let Some(regex) = self.compiled() else { return Vec::new() };
        let Some(captures) = regex.captures(line.as_bytes()) else { return Vec::new() };
        let named = regex.capture_names().flatten();
        named.filter_map(|name| Some((name.to_owned(), String::from_utf8_lossy(captures.name(name)?.as_bytes()).into_owned()))).collect()
    }

    fn compiled(&self) -> Option<&Regex> {
        if self.regex.get().is_none() {
            // The syntax was checked when the rule was loaded; only a pattern of absurd size can fail here.
            let _ = self.regex.set(RegexBuilder::new(&self.source).unicode(false).build().ok()?);
        }
        self.regex.get()
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
    #[serde(default = "likely")]
    pub confidence: Confidence,
    pub explanation: String,
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
    #[serde(default)]
    pub references: Vec<String>,
    #[serde(default)]
    pub signature: Vec<SignatureFile>,
    #[serde(default)]
    pub example: Vec<Example>,
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
    pub title: String,
    pub words: String,
}

/// The file of harmless lines.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HarmlessFile {
    pub signature: Vec<SignatureFile>,
}
