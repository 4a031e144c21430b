//! What a container may do after a cure that it could not do before.
//!
//! Code uses the enum; its text is for people and the report. Must not be parsed from its text.

use std::fmt;

/// The privileges that a cure adds, and those beyond the defaults that the container already had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Privilege {
    /// Adds no privileges and carries none over.
    None,
    /// Adds no privileges; the container keeps these.
    Kept(Vec<String>),
    /// Adds privileges.
    Added {
        /// The new ones.
        added: Vec<String>,
        /// The ones that the container had and keeps.
        kept: Vec<String>,
    },
}

impl Privilege {
    /// Combines what is added and what is kept.
    #[must_use]
    pub fn of(added: Vec<String>, kept: Vec<String>) -> Self {
        match (added.is_empty(), kept.is_empty()) {
            (true, true) => Self::None,
            (true, false) => Self::Kept(kept),
            (false, _) => Self::Added { added, kept },
        }
    }
}

impl Privilege {
    /// Returns the sentence for people that describes the change.
    #[must_use]
    pub fn change(&self) -> String {
        match self {
            Self::None => "unchanged".to_owned(),
            Self::Kept(kept) => format!("unchanged; keeps {}", kept.join("; ")),
            Self::Added { .. } => self.to_string(),
        }
    }
}

/// The text used in the JSON report.
impl fmt::Display for Privilege {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("none"),
            Self::Kept(kept) => write!(f, "none more than before; it keeps {}", kept.join("; ")),
            Self::Added { added, kept } if kept.is_empty() => f.write_str(&added.join("; ")),
            Self::Added { added, kept } => write!(f, "{}; it keeps {}", added.join("; "), kept.join("; ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_tell_what_is_new_from_what_is_kept() {
        let words = |added: &[&str], kept: &[&str]| {
            let owned = |list: &[&str]| list.iter().map(|word| (*word).to_owned()).collect();
            Privilege::of(owned(added), owned(kept)).to_string()
        };
        assert_eq!(words(&[], &[]), "none");
        assert_eq!(words(&["a", "b"], &[]), "a; b");
        assert_eq!(words(&[], &["c"]), "none more than before; it keeps c");
        assert_eq!(words(&["a"], &["b", "c"]), "a; it keeps b; c");
        assert_eq!(Privilege::None.change(), "unchanged");
        assert_eq!(Privilege::Kept(vec!["c".to_owned()]).change(), "unchanged; keeps c");
    }
}
