//! Rule files of the user: TOML text in, rules with every part checked out, or an error with its line.

use std::borrow::Cow;

use super::condition_limits::CONDITIONS;
use super::id::{check_id, check_reference};
use super::needle::needles;
use super::syntax::{RemedyFile, RuleFile, SignatureFile};
use super::{Condition, ConditionError, Rule, RuleError, Signature, VersionRange};
use crate::pattern::Pattern;

/// Reads the TOML of a rule file.
pub(super) fn parse<T: serde::de::DeserializeOwned>(file: &str, text: &str) -> Result<T, RuleError> {
    toml::from_str(text).map_err(|error| RuleError::Syntax {
        file: file.to_owned(),
        line: error.span().map_or(1, |span| line_of(text, span.start)),
        message: error.message().to_owned(),
    })
}

fn line_of(text: &str, offset: usize) -> usize {
    text.as_bytes().iter().take(offset).filter(|byte| **byte == b'\n').count() + 1
}

/// The parts of a rule that are prepared differently for built-in files and for those of the user.
pub(super) struct PreparedParts {
    /// `when`, `harms`, `risk`, `note` and `unless`.
    pub conditions: [Option<Condition>; 5],
    pub signatures: Vec<Signature>,
}

/// Builds a rule from its file and its prepared parts.
pub(super) fn built(file: &str, mut raw: RuleFile, parts: PreparedParts) -> Rule {
    let [when, harms, risk, note, unless] = parts.conditions;
    Rule {
        when,
        harms,
        risk,
        note,
        unless,
        signatures: parts.signatures,
        page: raw.page().into(),
        file: file.to_owned(),
        id: raw.id,
        title: raw.title,
        severity: raw.severity,
        stage: raw.stage,
        class: raw.class,
        confidence: raw.confidence,
        consequence_only: raw.consequence_only,
        generic: raw.generic,
        last_resort: raw.last_resort,
        explains: raw.explains,
        shows: raw.shows,
        remedies: raw.remedies,
        no_flag: raw.no_flag,
        examples: raw.example.into(),
    }
}

/// A user's file; each of its parts is checked, and errors name its line.
#[derive(Clone, Copy)]
pub(super) struct FileChecker<'f> {
    pub file: &'f str,
    pub text: &'f str,
}

impl FileChecker<'_> {
    pub fn rule(self, mut raw: RuleFile) -> Result<Rule, RuleError> {
        self.words(&raw)?;
        let mut conditions = [const { None }; 5];
        for ((key, source), condition) in CONDITIONS.into_iter().zip(raw.conditions()).zip(&mut conditions) {
            let refused = |error: ConditionError| {
                self.part(&format!("\n{key} ="), 1, key.to_owned(), error.to_string())
            };
            *condition = source.map(Condition::new).transpose().map_err(refused)?;
        }
        let signatures = self.signatures(std::mem::take(&mut raw.signature))?;
        Ok(built(self.file, raw, PreparedParts { conditions, signatures }))
    }

    /// Checks what becomes a file name, a page address or a link: ids and references.
    fn words(self, raw: &RuleFile) -> Result<(), RuleError> {
        let own = std::iter::once(("id", raw.id.as_str()));
        let others = [("explains", &raw.explains), ("remedies", &raw.remedies)];
        let others = others.into_iter().flat_map(|(key, ids)| ids.iter().map(move |id| (key, id.as_str())));
        for (key, id) in own.chain(others) {
            self.id(key, id)?;
        }
        for reference in &raw.references {
            check_reference(reference)
                .map_err(|message| self.part("\nreferences =", 1, "references".to_owned(), message))?;
        }
        Ok(())
    }

    fn id(self, key: &str, id: &str) -> Result<(), RuleError> {
        check_id(id).map_err(|message| self.part(&format!("{key} ="), 0, key.to_owned(), message))
    }

    pub fn remedies(self, raw: RemedyFile) -> Result<RemedyFile, RuleError> {
        raw.remedy.iter().try_for_each(|remedy| self.id("id", &remedy.id))?;
        Ok(raw)
    }

    pub fn signatures(self, raw: Vec<SignatureFile>) -> Result<Vec<Signature>, RuleError> {
        raw.into_iter().map(|signature| self.signature(signature)).collect()
    }

    fn signature(self, raw: SignatureFile) -> Result<Signature, RuleError> {
        self.id("name", &raw.name)?;
        let bad = |message: String| {
            self.part(&format!("name = \"{}\"", raw.name), 0, format!("signature {}", raw.name), message)
        };
        let systemd = match &raw.systemd {
            Some(range) => Some(
                VersionRange::parse(range)
                    .ok_or_else(|| bad(format!("has the invalid version range `{range}`")))?,
            ),
            None => None,
        };
        let needles =
            needles(&raw.pattern).map_err(|e| bad(format!("has an invalid regular expression: {e}")))?;
        let when = raw
            .when
            .as_deref()
            .map(Condition::new)
            .transpose()
            .map_err(|e| bad(format!("has a condition that {e}")))?;
        Ok(Signature {
            pattern: Pattern::owned(raw.pattern),
            needles: needles.into_iter().map(Cow::Owned).collect(),
            name: raw.name,
            systemd,
            confidence: raw.confidence,
            weak: raw.weak,
            lasting: raw.lasting,
            when,
        })
    }

    /// Returns the error for a part that begins on the line containing `needle`, or `later` lines after it.
    fn part(self, needle: &str, later: usize, part: String, message: String) -> RuleError {
        let line = self.text.find(needle).map_or(1, |offset| line_of(self.text, offset)) + later;
        RuleError::Part { file: self.file.to_owned(), line, part, message }
    }
}
