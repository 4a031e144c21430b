//! The baseline of known findings: an earlier report in, the fingerprints of its findings out.
//!
//! A fingerprint identifies a finding across runs by its target and its diagnosis alone, whatever its lines,
//! ids and times are. Must not open files.

use std::collections::BTreeSet;
use std::io::Read;

use serde::Deserialize;
use sha2::{Digest, Sha256};

/// Bytes of the hash that identify a finding.
const FINGERPRINT: usize = 16;

/// An earlier report: the whole document, or one of its lines.
#[derive(Deserialize)]
struct Earlier {
    #[serde(default)]
    reports: Vec<EarlierReport>,
    #[serde(flatten)]
    line: Option<EarlierReport>,
}

#[derive(Deserialize)]
struct EarlierReport {
    target: EarlierTarget,
    findings: Vec<EarlierFinding>,
}

#[derive(Deserialize)]
struct EarlierTarget {
    name: String,
}

#[derive(Deserialize)]
struct EarlierFinding {
    id: String,
}

/// Findings that are known from an earlier run, by fingerprint.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Baseline(BTreeSet<String>);

impl Baseline {
    /// Reads an earlier report, as one JSON document or as lines of them.
    ///
    /// # Errors
    /// [`serde_json::Error`] for a document that is not a report, and for a reader that fails.
    pub fn read(from: impl Read) -> serde_json::Result<Self> {
        let mut known = BTreeSet::new();
        for document in serde_json::Deserializer::from_reader(from).into_iter::<Earlier>() {
            let Earlier { reports, line } = document?;
            for report in reports.into_iter().chain(line) {
                let name = &report.target.name;
                known.extend(report.findings.iter().map(|finding| fingerprint(name, &finding.id)));
            }
        }
        Ok(Self(known))
    }

    /// Returns whether a diagnosis of a target is known.
    #[must_use]
    pub fn has(&self, target: &str, id: &str) -> bool {
        self.0.contains(&fingerprint(target, id))
    }
}

/// Returns the fingerprint of a diagnosis of a target, 32 hexadecimal digits.
#[must_use]
pub fn fingerprint(target: &str, id: &str) -> String {
    let mut hash = Sha256::new();
    // The length distinguishes two pairs whose concatenations are equal.
    hash.update((target.len() as u64).to_le_bytes());
    hash.update(target);
    hash.update(id);
    hash.finalize().iter().take(FINGERPRINT).fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> serde_json::Result<Baseline> {
        Baseline::read(text.as_bytes())
    }

    #[test]
    fn a_baseline_is_a_document_or_lines() {
        let report = r#"{"target":{"name":"web"},"findings":[{"id":"a"},{"id":"b"}]}"#;
        let whole = read(&format!(r#"{{"schema_version":1,"reports":[{report}]}}"#)).unwrap();
        assert_eq!(read(&format!("{report}\n{report}\n")).unwrap(), whole);
        assert!(whole.has("web", "a") && whole.has("web", "b"));
        assert!(!whole.has("web", "c") && !whole.has("db", "a"));
        assert_eq!(read("").unwrap(), Baseline::default());
    }

    #[test]
    fn what_is_no_report_is_no_baseline() {
        for odd in ["[1]", "{\"reports\":[{}]}", "words"] {
            assert!(read(odd).is_err(), "{odd}");
        }
    }

    #[test]
    fn fingerprints_last_and_tell_names_apart() {
        assert_eq!(fingerprint("web", "run-tmpfs-missing"), "9a4ab60e29f2a5d58252a2f75e2a63d0");
        assert_ne!(fingerprint("ab", "c"), fingerprint("a", "bc"));
    }
}
