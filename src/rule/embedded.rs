//! The built-in rule files in the form of the build script: JSON and prepared patterns in, parts of rules
//! out.

use std::borrow::Cow;

use super::syntax::SignatureFile;
use super::{Condition, RuleError, Signature, VersionRange};
use crate::pattern::Pattern;

/// The built-in rule files in the form of the build script.
pub(super) struct EmbeddedRules {
    pub files: &'static [EmbeddedFile],
    /// Hash over all texts.
    pub hash: &'static str,
}

/// A built-in rule file.
pub(super) struct EmbeddedFile {
    /// `rules/…`.
    pub name: &'static str,
    /// Its content without examples, page and patterns.
    pub json: &'static str,
    /// Its examples.
    pub examples: &'static str,
    /// Its page in the form of [`super::RulePage`]; empty for a file without a rule.
    pub page: &'static str,
    /// The prepared data of each signature, in the order of the file.
    pub signatures: &'static [EmbeddedSignature],
}

/// What the build script derived from a signature.
pub(super) struct EmbeddedSignature {
    pub pattern: &'static str,
    /// See [`Signature::needles`].
    pub needles: &'static [&'static str],
}

pub(super) static BUILTIN: EmbeddedRules = include!(concat!(env!("OUT_DIR"), "/rules.rs"));

impl EmbeddedFile {
    /// Reads its content without examples, page and patterns.
    pub fn read<T: serde::de::DeserializeOwned>(&self) -> Result<T, RuleError> {
        serde_json::from_str(self.json).map_err(|error| RuleError::Syntax {
            file: self.name.to_owned(),
            line: error.line(),
            message: error.to_string(),
        })
    }

    /// Adds the prepared data to the signatures of the file.
    pub fn signatures(&self, raw: Vec<SignatureFile>) -> Vec<Signature> {
        raw.into_iter().zip(self.signatures).map(|(raw, known)| signature(raw, known)).collect()
    }
}

/// Makes a signature of a built-in file.
fn signature(raw: SignatureFile, known: &EmbeddedSignature) -> Signature {
    Signature {
        name: raw.name,
        pattern: Pattern::new(known.pattern),
        needles: known.needles.iter().map(|needle| Cow::Borrowed(*needle)).collect(),
        systemd: raw.systemd.as_deref().and_then(VersionRange::parse),
        confidence: raw.confidence,
        weak: raw.weak,
        lasting: raw.lasting,
        when: raw.when.as_deref().map(Condition::unchecked),
    }
}
