//! Builds the page of a diagnosis: turns a rule into sections of plain blocks, without any layout.

use super::recorded_cures::{Cure, cures};
use super::wording::wordings;
use crate::rule::{Class, Expectation, Rule, RuleSet, Severity, Signature, Stage, Variant};

/// Number of example lines that are shown for one signature.
const EXAMPLES: usize = 2;
/// Explains the placeholder `IMAGE` to readers who want to reproduce the failure.
const IMAGE_WORDS: &str = "IMAGE is any image with systemd and no entrypoint, such as Debian with the \
    packages systemd, systemd-sysv and dbus. The container is named broken; remove it afterwards.";

/// The page of a diagnosis.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiagnosisPage {
    /// Id of the diagnosis.
    pub id: String,
    /// One line that says what is wrong.
    pub title: String,
    /// How bad it is.
    pub severity: Severity,
    /// The boot stage at which it occurs.
    pub stage: Stage,
    /// Who can fix it.
    pub class: Class,
    /// The sections.
    pub sections: Vec<Section>,
}

/// A part of a page under a heading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// Its heading.
    pub heading: &'static str,
    /// Its content.
    pub blocks: Vec<Block>,
}

/// A piece of a section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block {
    /// Text as in a rule file: paragraphs, lists, indented commands.
    Prose(String),
    /// Log lines, with a note on when they are printed.
    Lines {
        /// When they are printed.
        about: String,
        /// The lines.
        lines: Vec<String>,
    },
    /// A possible remedy.
    Item {
        /// One line.
        title: String,
        /// Its id.
        id: String,
        /// Its description.
        words: String,
    },
    /// Commands to paste, with a note on where to run them.
    Script {
        /// Where to run them.
        about: String,
        /// `sh`, `yaml` or `ini`.
        language: String,
        /// The commands.
        text: String,
    },
    /// IDs of other diagnoses.
    Ids(Vec<String>),
    /// Web addresses.
    Links(Vec<String>),
}

/// Builds the page of a rule.
#[must_use]
pub fn page(rule: &Rule, rules: &RuleSet) -> DiagnosisPage {
    let prose = |text: &str| if text.is_empty() { Vec::new() } else { vec![Block::Prose(text.to_owned())] };
    let causes: Vec<String> = rules
        .rules
        .iter()
        .filter(|other| other.explains.contains(&rule.id))
        .map(|other| other.id.clone())
        .collect();
    let ids = |list: Vec<String>| if list.is_empty() { Vec::new() } else { vec![Block::Ids(list)] };
    let links = if rule.page.references.is_empty() {
        Vec::new()
    } else {
        vec![Block::Links(rule.page.references.clone())]
    };
    let sections = [
        ("Symptoms", seen(rule)),
        ("What happens", prose(&rule.page.explanation)),
        ("Confirm by hand", prose(&rule.page.confirm)),
        ("What to do", remedies(rule, rules)),
        ("In particular situations", variants(rule)),
        ("The cure on each engine", prescribed(rule)),
        ("Reproduce", reproduced(rule)),
        ("Explains", ids(rule.explains.clone())),
        ("Possible causes", ids(causes)),
        ("References", links),
    ];
    let sections = sections.into_iter().filter(|(_, blocks)| !blocks.is_empty());
    let sections = sections.map(|(heading, blocks)| Section { heading, blocks }).collect();
    DiagnosisPage {
        id: rule.id.clone(),
        title: rule.title.clone(),
        severity: rule.severity,
        stage: rule.stage,
        class: rule.class,
        sections,
    }
}

fn seen(rule: &Rule) -> Vec<Block> {
    if rule.signatures.is_empty() {
        return vec![Block::Prose(
            "No log line identifies it; the configuration, image and host \
            do."
            .to_owned(),
        )];
    }
    let mut blocks: Vec<Block> =
        rule.signatures.iter().filter_map(|signature| lines(signature, rule)).collect();
    if rule.conditions().any(|(key, _)| key == "when" || key == "harms") {
        let words = "An empty log does not rule this out: the configuration, image and host identify it too.";
        blocks.push(Block::Prose(words.to_owned()));
    }
    blocks
}

fn lines(signature: &Signature, rule: &Rule) -> Option<Block> {
    let wanted = if signature.weak { Expectation::Note } else { Expectation::Match };
    let all =
        rule.examples.iter().filter(|example| example.expect == wanted).flat_map(|example| &example.lines);
    let mut lines: Vec<String> = Vec::new();
    for line in all.filter(|line| signature.pattern.is_match(line)) {
        if !lines.contains(line) && lines.len() < EXAMPLES {
            lines.push(line.clone());
        }
    }
    if lines.is_empty() {
        lines = wordings(signature.pattern.source()).into_iter().take(EXAMPLES).collect();
    }
    let versions =
        signature.systemd.map_or_else(|| "any systemd".to_owned(), |range| format!("systemd {range}"));
    let weak = if signature.weak { "; also printed by successful boots" } else { "" };
    (!lines.is_empty())
        .then(|| Block::Lines { about: format!("{} ({versions}{weak})", signature.name), lines })
}

fn remedies(rule: &Rule, rules: &RuleSet) -> Vec<Block> {
    let item = |id: &String| {
        let known = rules.remedies.get(id);
        let (title, words) =
            known.map_or((id.clone(), String::new()), |remedy| (remedy.title.clone(), remedy.words.clone()));
        Block::Item { title, id: id.clone(), words }
    };
    rule.remedies.iter().map(item).collect()
}

fn variants(rule: &Rule) -> Vec<Block> {
    let prose = |variant: &Variant| {
        let (first, rest) = variant.title.split_at(usize::from(variant.title.is_char_boundary(1)));
        Block::Prose(format!("{}{rest}: {}", first.to_uppercase(), variant.advice))
    };
    rule.page.variant.iter().map(prose).collect()
}

fn prescribed(rule: &Rule) -> Vec<Block> {
    let mut blocks = Vec::new();
    for Cure { place, summary, language, script } in cures(&rule.id) {
        blocks.push(Block::Prose(format!("{place}: {summary}")));
        if !script.is_empty() {
            blocks.push(Block::Script { about: String::new(), language, text: script });
        }
    }
    blocks
}

fn reproduced(rule: &Rule) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    if let Some(reason) = &rule.page.not_reproduced {
        blocks.push(Block::Prose(format!("No command here: {}", reason.trim())));
    }
    for one in &rule.page.reproduce {
        blocks.push(Block::Script { about: one.place(), language: "sh".to_owned(), text: one.script() });
    }
    if !rule.page.reproduce.is_empty() {
        blocks.push(Block::Prose(IMAGE_WORDS.to_owned()));
    }
    blocks
}
