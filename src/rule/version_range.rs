//! Ranges of systemd versions: `226..=262`, `240..`, `..=239`, `247`.

use std::fmt;

use serde::Deserialize;

/// First and last version, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct VersionRange {
    first: i64,
    last: i64,
}

impl VersionRange {
    /// Parses the range syntax of rule files.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let number = |text: &str, open: i64| if text.is_empty() { Some(open) } else { text.parse().ok() };
        let (first, last) = match text.split_once("..") {
            Some((first, last)) => {
                (number(first, 0)?, number(last.strip_prefix('=').unwrap_or(last), i64::MAX)?)
            }
            None => (text.parse().ok()?, text.parse().ok()?),
        };
        let exclusive = text.contains("..") && !text.contains("..=") && !text.ends_with("..");
        let last = if exclusive { last - 1 } else { last };
        (first <= last).then_some(Self { first, last })
    }

    /// Returns whether a version is in the range.
    #[must_use]
    pub fn contains(self, version: i64) -> bool {
        (self.first..=self.last).contains(&version)
    }
}

impl TryFrom<String> for VersionRange {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text).ok_or_else(|| format!("`{text}` is not a version range"))
    }
}

impl fmt::Display for VersionRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.first, self.last) {
            (0, last) => write!(f, "up to {last}"),
            (first, i64::MAX) => write!(f, "{first} and later"),
            (first, last) if first == last => write!(f, "{first}"),
            (first, last) => write!(f, "{first} to {last}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_forms_of_rule_files() {
        for (text, inside, outside) in [
            ("226..=262", 262, 263),
            ("240..", 999, 239),
            ("..=239", 219, 240),
            ("247", 247, 248),
            ("226..230", 229, 230),
        ] {
            let range = VersionRange::parse(text).unwrap();
            assert!(range.contains(inside) && !range.contains(outside), "{text}");
        }
        for bad in ["", "x", "262..=226", "1..=x"] {
            assert!(VersionRange::parse(bad).is_none(), "{bad}");
        }
    }
}
