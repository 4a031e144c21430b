//! Damaged rules must be noticed by the checks of rules, their examples, what holds of all rules, or the
//! fixtures.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use sysdock::diagnose::verify_examples;
use sysdock::rule::{RuleSet, builtin, load, verify};

use super::fixtures::{self, Fixture};
use super::invariants;
use super::mutants::{self, Mutant};
use super::program::{announce, clock, project};

/// Share that must be noticed, in percent.
const NOTICED: usize = 95;

fn every_mutant() -> Vec<Mutant> {
    let mut files = Vec::new();
    walk(&project("rules"), &mut files);
    files.sort();
    let rules =
        files.iter().filter(|file| !file.ends_with("remedies.toml") && !file.ends_with("harmless.toml"));
    let of = |file: &PathBuf| {
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        mutants::of(&name, &std::fs::read_to_string(file).expect("a rule can be read"))
    };
    rules.flat_map(of).collect()
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("rules/ can be read").filter_map(Result::ok) {
        let path = entry.path();
        if path.is_dir() {
            walk(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "toml") {
            files.push(path);
        }
    }
}

/// What is said of the rules as they are.
struct Before {
    rules: BTreeSet<String>,
    fixtures: BTreeSet<String>,
}

/// What the checks say of one rule; its examples need no other.
fn said_of(id: &str, rules: &RuleSet) -> Vec<String> {
    let mut alone = rules.clone();
    alone.rules.retain(|rule| rule.id == id);
    let complaints = verify(rules)
        .into_iter()
        .chain(verify_examples(&alone).1)
        .map(|one| format!("{}: {}", one.rule, one.message));
    complaints.chain(invariants::complaints(&alone)).collect()
}

impl Before {
    fn of(rules: &RuleSet, fixtures: &[Fixture]) -> Self {
        let of_rules = rules.rules.iter().flat_map(|rule| said_of(&rule.id, rules)).collect();
        Self { rules: of_rules, fixtures: fixtures::complaints(fixtures, rules).into_iter().collect() }
    }
}

/// The rules with one of them damaged; `None` when what is left is no rule any more. All others stay
/// compiled.
fn damaged(whole: &RuleSet, mutant: &Mutant, folder: &Path) -> Option<RuleSet> {
    let file = folder.join("mutant.toml");
    std::fs::write(&file, &mutant.text).expect("the mutant can be written");
    let damaged = load(&[file]).ok()?.get(&mutant.id)?.clone();
    let mut rules = whole.clone();
    *rules.rules.iter_mut().find(|rule| rule.id == mutant.id)? = damaged;
    Some(rules)
}

/// Whether something new is said of the damage; `None` when what is left is no rule any more.
fn is_noticed(
    mutant: &Mutant,
    whole: &RuleSet,
    fixtures: &[Fixture],
    folder: &Path,
    before: &Before,
) -> Option<bool> {
    let rules = damaged(whole, mutant, folder)?;
    let by_rules = said_of(&mutant.id, &rules).iter().any(|one| !before.rules.contains(one));
    Some(by_rules || fixtures::complaints(fixtures, &rules).iter().any(|one| !before.fixtures.contains(one)))
}

#[test]
fn damaged_rules_are_noticed() {
    clock();
    let fixtures = fixtures::all();
    let whole = builtin().expect("the built-in rules can be loaded");
    let before = Before::of(&whole, &fixtures);
    let mutants = every_mutant();
    let half = mutants.len().div_ceil(2).max(1);
    let judged: Vec<(Option<bool>, &Mutant)> = std::thread::scope(|scope| {
        let work = |part| {
            let (whole, fixtures, before) = (&whole, &fixtures, &before);
            scope.spawn(move || {
                let folder = tempfile::tempdir().expect("a temporary folder can be made");
                let judge = |mutant| (is_noticed(mutant, whole, fixtures, folder.path(), before), mutant);
                <[Mutant]>::iter(part).map(judge).collect::<Vec<_>>()
            })
        };
        let running: Vec<_> = mutants.chunks(half).map(work).collect();
        running.into_iter().flat_map(|part| part.join().expect("judging does not panic")).collect()
    });
    let valid = judged.iter().filter(|(noticed, _)| noticed.is_some()).count();
    let survivors: Vec<&str> = judged
        .iter()
        .filter(|(noticed, _)| *noticed == Some(false))
        .map(|(_, mutant)| mutant.label.as_str())
        .collect();
    for survivor in &survivors {
        announce(&format!("mutation: not noticed: {survivor}"));
    }
    announce(&format!("mutation: {} of {valid} damages noticed", valid - survivors.len()));
    assert!(valid > 500, "only {valid} mutants are rules");
    assert!((valid - survivors.len()) * 100 >= valid * NOTICED, "{} of {valid} not noticed", survivors.len());
}
