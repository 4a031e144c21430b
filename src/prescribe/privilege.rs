//! What a container may do after a cure that it could not do before.
//!
//! The enum is for code, its words are for people and for the report. Must not be told apart by its words.

use std::fmt;

/// The rights that a cure adds, and those beyond a container's usual ones that the container had before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Privilege {
    /// Neither adds rights nor carries any over.
    None,
    /// Adds no rights; the container keeps these.
    Kept(Vec<String>),
    /// Adds rights.
    Added {
        /// What is new.
        added: Vec<String>,
        /// What the container had and has again.
        kept: Vec<String>,
    },
}

impl Privilege {
    /// Sums up what is added and what is kept.
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
    /// Returns what people are told: what changes for them.
    #[must_use]
    pub fn change(&self) -> String {
        match self {
            Self::None => "unchanged".to_owned(),
            Self::Kept(kept) => format!("unchanged; keeps {}", kept.join("; ")),
            Self::Added { .. } => self.to_string(),
        }
    }
}

/// The text of the JSON report.
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
