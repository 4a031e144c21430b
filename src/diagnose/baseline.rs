//! The baseline of known findings: an earlier report in, the fingerprints of what it found out.

use std::collections::BTreeSet;
use std::io::Read;

use serde::Deserialize;

use super::acceptance::fingerprint;

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

/// Reads the findings of an earlier report, in the format `json` or `jsonl`.
///
/// # Errors
/// [`serde_json::Error`] when it is no report.
pub fn read_baseline(report: impl Read) -> serde_json::Result<BTreeSet<String>> {
    let mut known = BTreeSet::new();
    for document in serde_json::Deserializer::from_reader(report).into_iter::<Earlier>() {
        let Earlier { reports, line } = document?;
        for report in reports.into_iter().chain(line) {
            known.extend(report.findings.iter().map(|finding| fingerprint(&report.target.name, &finding.id)));
        }
    }
    Ok(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_baseline_is_a_document_or_lines() {
        let read = |text: &str| read_baseline(text.as_bytes()).unwrap();
        let report = r#"{"target":{"name":"web"},"findings":[{"id":"a"},{"id":"b"}]}"#;
        let whole = read(&format!(r#"{{"schema_version":1,"reports":[{report}]}}"#));
        assert_eq!(whole, [fingerprint("web", "a"), fingerprint("web", "b")].into());
        assert_eq!(read(&format!("{report}\n{report}\n")), whole);
        assert!(read("").is_empty() && read(r#"{"reports":[]}"#).is_empty());
    }

    #[test]
    fn what_is_no_report_is_refused() {
        for text in ["[1]", "{", "nothing", r#"{"reports":[{"target":3}]}"#] {
            assert!(read_baseline(text.as_bytes()).is_err(), "{text}");
        }
    }
}
