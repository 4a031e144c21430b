//! Lines that look like failures and match no signature, grouped by a form that is the same on every host.

use std::collections::BTreeMap;

use crate::pattern::Pattern;
use crate::snapshot::Cluster;

/// Most clusters kept of one text; beyond that, single ones no longer help.
const KEPT: usize = 200;
/// Bytes of a line that determine its cluster.
const DECISIVE: usize = 400;

/// Words of failure, in lower case: a case-insensitive expression takes a millisecond to compile.
static FAILURE: Pattern = Pattern::new(
    r"\b(?:error|errors|fail|failed|failure|fails|fatal|panic|panicked|denied|refused|cannot|can't|could not|couldn't|unable|timed out|timeout|exception|traceback|segmentation fault|core dumped|killed|aborted|abort|no such file|not found|not permitted|no space left|unsupported|invalid|crashed|oom)\b|exited with (?:exit )?(?:code|status) [1-9]",
);
/// Phrases about failures that did not happen, in lower case.
static FINE: Pattern = Pattern::new(
    r"\b(?:0|no|without) (?:errors?|failures?|failed)\b|\bfailed[=:] ?0\b|\berrors?[=:] ?0\b|\[  ok  \]",
);
/// What differs between two hosts with the same failure, and its placeholder.
static VARIABLE: [(Pattern, &str); 9] = [
    (Pattern::new(r#""[^"]*"|'[^']*'|`[^`]*`|“.*?”"#), "<quoted>"),
    (Pattern::new(r"https?://\S+|\b[\w.-]+@[\w.-]+\b"), "<address>"),
    (Pattern::new(r"\b[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b"), "<id>"),
    (Pattern::new(r"(?:/[\w.@%+~:-]+){2,}/?"), "<path>"),
    (
        Pattern::new(r"\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b|\[?(?:[0-9a-f]{1,4}:){3,7}[0-9a-f]{0,4}\]?"),
        "<address>",
    ),
    (Pattern::new(r"\b(?:0x)?[0-9a-f]*\d[0-9a-f]{6,}\b|\b[0-9a-f]{12,}\b"), "<id>"),
    (Pattern::new(r"\b(?:[\w-]+\.){2,}[a-z]{2,}\b"), "<host>"),
    (Pattern::new(r"\d+(?:[.,:]\d+)*"), "#"),
    (Pattern::new(r"\s+"), " "),
];

/// Counts clusters while lines stream past.
#[derive(Debug, Default)]
pub struct Clusters {
    found: BTreeMap<String, Cluster>,
}

/// Returns whether a line looks like a failure.
#[must_use]
pub fn looks_bad(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    FAILURE.is_match(&text) && !FINE.is_match(&text)
}

/// Returns the stable id of a line's cluster.
#[must_use]
pub fn id(text: &str) -> String {
    let end = text.floor_char_boundary(DECISIVE.min(text.len()));
    let form = VARIABLE.iter().fold(text[..end].trim().to_lowercase(), |text, (re, stand_in)| {
        re.replace_all(&text, stand_in).into_owned()
    });
    format!("{:012x}", fnv(form.as_bytes()) & 0xffff_ffff_ffff)
}

/// Returns the 64-bit FNV-1a hash, which is the same on every machine and in every version of this program.
fn fnv(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

impl Clusters {
    /// Counts a line that looks like a failure and matches no signature.
    pub fn add(&mut self, line: u64, text: &str) {
        let cluster = id(text);
        let full = self.found.len() >= KEPT;
        match self.found.get_mut(&cluster) {
            Some(known) => known.count += 1,
            None if full => {}
            None => {
                let text = text.trim().to_owned();
                self.found.insert(cluster.clone(), Cluster { cluster, text, line, count: 1 });
            }
        }
    }

    /// Returns the clusters in the order of their first lines.
    #[must_use]
    pub fn finish(self) -> Vec<Cluster> {
        let mut clusters: Vec<Cluster> = self.found.into_values().collect();
        clusters.sort_by(|a, b| (a.line, &a.cluster).cmp(&(b.line, &b.cluster)));
        clusters
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_failure_has_the_same_id_everywhere() {
        let same = [
            "worker 12 (pid 4711) failed to open /var/lib/app/data/4f3a2b1c9d8e.db: timeout after 30.5s on \
                10.0.0.7:5432",
            "worker 3 (pid 99) failed to open /srv/other/file.db: timeout after 2s on 192.168.1.20:5432",
        ];
        assert_eq!(id(same[0]), id(same[1]));
        assert_ne!(id(same[0]), id("worker 12 (pid 4711) failed to close the door"));
    }

    #[test]
    fn an_id_never_changes() {
        assert_eq!(id("Error: cannot connect to db-1"), id("error:  cannot connect to db-27"));
        assert_eq!(id("Error: cannot connect to db-1"), "b12674397e73");
    }

    #[test]
    fn failures_are_told_from_their_absence() {
        for bad in [
            "FATAL: no pg_hba.conf entry",
            "Traceback (most recent call last):",
            "app exited with code 1",
            "Permission denied",
        ] {
            assert!(looks_bad(bad), "{bad}");
        }
        for good in
            ["ok=3 changed=1 failed=0", "finished with 0 errors", "[  OK  ] Started Daemon.", "all is well"]
        {
            assert!(!looks_bad(good), "{good}");
        }
    }
}
