//! Rules: a diagnosis as data. TOML text in, a checked set of rules out.
//!
//! Must not look at any snapshot: conditions and patterns are only prepared here.

mod condition;
mod condition_limits;
mod embedded;
mod error;
mod id;
mod lazy_part;
mod load;
mod needle;
mod parse;
mod reproduce;
#[cfg(feature = "cli")]
pub mod schema;
mod source;
mod syntax;
mod trimmed;
mod variant;
mod verify;
mod version_range;

use std::collections::BTreeMap;
use std::path::PathBuf;

pub use condition::{Condition, ConditionError, ConditionOutcome, Scope};
pub use error::RuleError;
pub use lazy_part::{LazyPart, RulePage};
pub use load::{builtin, load};
pub use reproduce::{BROKEN, IMAGE, Reproduction};
pub use source::RuleSource;
pub use syntax::{Class, Confidence, Example, Expectation, RemedyPlace, Severity, Signature, Stage};
pub use variant::Variant;
pub use verify::{Complaint, PLACEHOLDER, verify};
pub use version_range::VersionRange;

/// One diagnosis.
#[derive(Debug, Clone)]
pub struct Rule {
    /// The stable id.
    pub id: String,
    /// The file that it was read from, `rules/…` for a built-in one.
    pub file: String,
    /// One line that says what is wrong.
    pub title: String,
    /// How bad it is.
    pub severity: Severity,
    /// The step of the boot at which the cause takes effect.
    pub stage: Stage,
    /// Who is responsible.
    pub class: Class,
    /// How certain the facts alone make it.
    pub confidence: Confidence,
    /// Holds if the facts alone show it to be a cause.
    pub when: Option<Condition>,
    /// Holds if it does harm even to a manager that is up; without it, a manager that is up disproves a
    /// critical rule.
    pub harms: Option<Condition>,
    /// Holds if it is not a cause now but may become one.
    pub risk: Option<Condition>,
    /// Holds if it only deserves a note.
    pub note: Option<Condition>,
    /// Holds if the facts rule it out, whatever the text says.
    pub unless: Option<Condition>,
    /// Never a root cause: what every fatal cause has in common.
    pub consequence_only: bool,
    /// Its signatures are general: a line that another rule matches does not count for it.
    pub generic: bool,
    /// A root cause only if no other is found, otherwise a note.
    pub last_resort: bool,
    /// Ids of what follows from it.
    pub explains: Vec<String>,
    /// Facts that are quoted as evidence when they are known.
    pub shows: Vec<String>,
    /// Ids of remedies.
    pub remedies: Vec<String>,
    /// Why no flag of the container helps, for a cause that only the image or the host can remove;
    /// `{fact|word}` is replaced by the value of a fact, or by the word if it is unknown.
    pub no_flag: Option<String>,
    /// Log patterns.
    pub signatures: Vec<Signature>,
    /// The part that is written for readers.
    pub page: LazyPart<RulePage>,
    /// Worked examples.
    pub examples: LazyPart<Vec<Example>>,
}

/// A remedy in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemedyText {
    /// The id that rules name.
    pub id: String,
    /// What has to change.
    pub place: RemedyPlace,
    /// One line.
    pub title: String,
    /// What to do, with commands.
    pub words: String,
}

/// A checked set of rules, in the order of boot stages and then of ids.
#[derive(Debug, Clone, Default)]
pub struct RuleSet {
    /// The rules.
    pub rules: Vec<Rule>,
    /// Remedies by id.
    pub remedies: BTreeMap<String, RemedyText>,
    /// Patterns of lines that look like failures on healthy boots.
    pub harmless: Vec<Signature>,
    /// Hash over all rule texts, 16 hex digits.
    pub hash: String,
    /// What configured rule files changed in existing rules.
    pub changes: Vec<RuleSetChange>,
}

/// What the rules named by a configuration changed, besides adding some.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RuleSetChange {
    /// The configuration.
    pub file: PathBuf,
    /// Ids of diagnoses and remedies that were replaced.
    pub replaced: Vec<String>,
    /// Number of patterns that mark lines as harmless.
    pub harmless: usize,
}

impl RuleSetChange {
    /// Returns whether nothing was changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.replaced.is_empty() && self.harmless == 0
    }
}

impl Rule {
    /// Returns its conditions, with their keys.
    pub fn conditions(&self) -> impl Iterator<Item = (&'static str, &Condition)> {
        let own = [
            ("when", &self.when),
            ("harms", &self.harms),
            ("risk", &self.risk),
            ("note", &self.note),
            ("unless", &self.unless),
        ];
        own.into_iter().filter_map(|(key, condition)| Some((key, condition.as_ref()?)))
    }
}

impl RuleSet {
    /// Returns the rule with an id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.id == id)
    }

    /// Returns the id that is most similar to a mistyped one.
    #[must_use]
    pub fn nearest(&self, id: &str) -> Option<&str> {
        let scored = self.rules.iter().map(|rule| (strsim::jaro_winkler(&rule.id, id), rule.id.as_str()));
        scored.max_by(|a, b| a.0.total_cmp(&b.0)).filter(|(score, _)| *score > 0.75).map(|(_, id)| id)
    }
}
