//! The smallest changes that make a launch boot: what ailed it, by what was seen and nobody's opinion.

use anyhow::Result;

/// Changes that are tried one at a time; with more, a smallest set is looked for first.
const ALONE: usize = 5;

/// All single changes that help, or else one set of which each change is needed; empty where all of them
/// together do not help. `helps` tries a set of changes.
pub fn causes(
    changes: &[String],
    mut helps: impl FnMut(&[String]) -> Result<bool>,
) -> Result<Vec<Vec<String>>> {
    if changes.is_empty() || !helps(changes)? {
        return Ok(Vec::new());
    }
    let mut needed = changes.to_vec();
    if changes.len() > ALONE {
        shrink(&mut needed, &mut helps)?;
        if needed.len() > 1 {
            return Ok(vec![needed]);
        }
    }
    let mut single = Vec::new();
    for change in changes {
        let change = std::slice::from_ref(change);
        if needed == change || helps(change)? {
            single.push(change.to_vec());
        }
    }
    if single.is_empty() {
        shrink(&mut needed, &mut helps)?;
        single.push(needed);
    }
    Ok(single)
}

/// Leaves out each change without which the others help still.
fn shrink(needed: &mut Vec<String>, helps: &mut impl FnMut(&[String]) -> Result<bool>) -> Result<()> {
    for change in needed.clone() {
        let fewer: Vec<String> = needed.iter().filter(|other| **other != change).cloned().collect();
        if !fewer.is_empty() && helps(&fewer)? {
            *needed = fewer;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(changes: &str, helps: impl Fn(&[&str]) -> bool) -> Vec<String> {
        let changes: Vec<String> = changes.split_whitespace().map(str::to_owned).collect();
        let tried = |set: &[String]| Ok(helps(&set.iter().map(String::as_str).collect::<Vec<_>>()));
        causes(&changes, tried).unwrap().iter().map(|set| set.join(" ")).collect()
    }

    #[test]
    fn all_single_changes_that_help_are_listed() {
        assert_eq!(found("a b c", |set| set.contains(&"a") || set.contains(&"c")), ["a", "c"]);
        assert_eq!(found("a b c d e f", |set| set.contains(&"a") || set.contains(&"f")), ["a", "f"]);
    }

    #[test]
    fn a_set_needs_each_of_its_changes() {
        for changes in ["a b c", "a b c d e f"] {
            assert_eq!(found(changes, |set| set.contains(&"a") && set.contains(&"c")), ["a c"], "{changes}");
        }
    }

    #[test]
    fn what_does_not_help_is_no_cause() {
        assert!(found("a b", |_| false).is_empty());
        assert!(found("", |_| true).is_empty());
    }
}
