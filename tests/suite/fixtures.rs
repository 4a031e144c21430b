//! Snapshots of real containers, `fixtures/<expected first root
//! cause>/<lane>-<guest>-<fault>-<variant>.json`, each with a `.toml` beside it that says what must be found.
//! Folders `healthy` and `not-systemd` hold those without a root cause, `unknown` those whose cause nobody
//! can know.
//!
//! `SYSDOCK_RECORD=expect` writes the files beside them anew, for a change of rules that is meant; the first
//! root cause stays.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sysdock::diagnose::{Report, Role, Verdict, diagnose_with};
use sysdock::rule::{RuleSet, builtin};
use sysdock::scan::Matcher;
use sysdock::snapshot::Snapshot;

use super::lab::{Container, Lane};
use super::program::{project, roots, with_role};

/// Folders whose name is no diagnosis.
pub const WITHOUT_ROOT: [&str; 3] = ["healthy", "not-systemd", "unknown"];
/// Largest fixture, in bytes.
const LARGEST: u64 = 96 * 1024;

/// What must be found in a fixture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    /// The verdict.
    pub verdict: String,
    /// All root causes, in order.
    pub roots: Vec<String>,
    /// What follows from them.
    pub consequences: BTreeSet<String>,
    /// What may become a cause.
    pub risks: BTreeSet<String>,
}

/// One saved snapshot.
#[derive(Debug)]
pub struct Fixture {
    /// Its file.
    pub path: PathBuf,
    /// Name of its folder.
    pub folder: String,
    /// What it holds.
    pub snapshot: Snapshot,
    /// What must be found.
    pub expected: Expected,
}

impl Fixture {
    /// Its path below `fixtures/`.
    pub fn label(&self) -> String {
        format!("{}/{}", self.folder, self.path.file_stem().unwrap_or_default().to_string_lossy())
    }

    /// What is wrong with a report on it; nothing when all is as expected.
    pub fn complaint(&self, report: &Report) -> Option<String> {
        let got = Expected::of(report);
        let wanted = &self.expected;
        let same = got.verdict == wanted.verdict && got.roots == wanted.roots;
        // More may follow from a cause as rules are added; what followed once must go on to follow.
        let folded = wanted.consequences.is_subset(&got.consequences) && wanted.risks.is_subset(&got.risks);
        (!same || !folded).then(|| format!("{}: expected {:?}, got {got:?}", self.label(), self.expected))
    }
}

impl Expected {
    /// What a report says.
    pub fn of(report: &Report) -> Self {
        let with = |role: Role| {
            report
                .findings
                .iter()
                .filter(move |finding| finding.role == role)
                .map(|finding| finding.id.clone())
        };
        let (roots, consequences, risks) = (with(Role::RootCause), with(Role::Consequence), with(Role::Risk));
        let verdict = word(report.verdict).to_owned();
        Self { verdict, roots: roots.collect(), consequences: consequences.collect(), risks: risks.collect() }
    }
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Healthy => "healthy",
        Verdict::Degraded => "degraded",
        Verdict::Failed => "failed",
        Verdict::Undetermined => "undetermined",
    }
}

/// All fixtures, in order of their paths.
pub fn all() -> Vec<Fixture> {
    let mut fixtures: Vec<Fixture> =
        subfolders(&project("fixtures")).iter().flat_map(|folder| of_folder(folder)).collect();
    fixtures.sort_by(|a, b| a.path.cmp(&b.path));
    fixtures
}

fn subfolders(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    entries.map(|entry| entry.path()).filter(|path| path.is_dir()).collect()
}

fn of_folder(folder: &Path) -> Vec<Fixture> {
    let entries = std::fs::read_dir(folder).expect("a folder of fixtures can be read").filter_map(Result::ok);
    let files = entries
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"));
    files.map(|path| read(&path)).collect()
}

fn read(path: &Path) -> Fixture {
    let snapshot = sysdock::read_snapshot(path).unwrap_or_else(|error| panic!("{error}"));
    let beside = path.with_extension("toml");
    let text =
        std::fs::read_to_string(&beside).unwrap_or_else(|error| panic!("{}: {error}", beside.display()));
    let expected = toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", beside.display()));
    let folder = path.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy().into_owned();
    Fixture { path: path.to_owned(), folder, snapshot, expected }
}

/// Complaints of all fixtures under a rule set.
pub fn complaints(fixtures: &[Fixture], rules: &RuleSet) -> Vec<String> {
    let matcher = Matcher::new(rules);
    fixtures
        .iter()
        .filter_map(|fixture| fixture.complaint(&diagnose_with(&fixture.snapshot, rules, &matcher)))
        .collect()
}

/// Saves a container of the lab as a fixture, without the names of this machine.
pub fn record(container: &Container<'_>, report: &Value, case: &str) {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let path = folder.path().join("case.json").display().to_string();
    container.lane.sysdock(&["snapshot", "-q", &container.name, "-o", &path]).run().ended(0);
    let text = std::fs::read_to_string(&path).expect("the snapshot was written");
    write(&folder_of(report), case, &scrubbed(&text, container), &expected(report));
}

fn folder_of(report: &Value) -> String {
    let other = match (report["subject"].as_str(), report["verdict"].as_str()) {
        (Some("not-systemd"), _) => "not-systemd",
        (_, Some("healthy")) => "healthy",
        _ => "unknown",
    };
    roots(report).first().map_or_else(|| other.to_owned(), Clone::clone)
}

fn expected(report: &Value) -> Expected {
    let verdict = report["verdict"].as_str().unwrap_or_default().to_owned();
    let with = |role: &str| with_role(report, role).into_iter().collect();
    Expected { verdict, roots: roots(report), consequences: with("consequence"), risks: with("risk") }
}

/// Writes a fixture and what must be found in it.
pub fn write(folder: &str, case: &str, text: &str, expected: &Expected) {
    let folder = project("fixtures").join(folder);
    std::fs::create_dir_all(&folder).expect("the folder of fixtures can be made");
    std::fs::write(folder.join(format!("{case}.json")), text).expect("the fixture can be written");
    let expected = toml::to_string(expected).expect("the expectation can be written as TOML");
    std::fs::write(folder.join(format!("{case}.toml")), expected).expect("the expectation can be written");
}

fn expect_anew(fixture: &Fixture, rules: &RuleSet) {
    let expected = Expected::of(&diagnose_with(&fixture.snapshot, rules, &Matcher::new(rules)));
    assert_eq!(
        expected.roots.first(),
        fixture.expected.roots.first(),
        "{}: another first root cause",
        fixture.label()
    );
    let text = toml::to_string(&expected).expect("the expectation can be written as TOML");
    std::fs::write(fixture.path.with_extension("toml"), text).expect("the expectation can be written");
}

/// Takes out what belongs to the machine that recorded: the lab's folder, its name, passing names and ids.
fn scrubbed(text: &str, container: &Container<'_>) -> String {
    let lane = container.lane;
    let run = format!("sysdock-test-{}-", std::process::id());
    let short = container.name.trim_start_matches(&run).split_once('-').map_or("web", |(_, purpose)| purpose);
    let mut document: Value =
        serde_json::from_str(&text.replace(&container.name, short).replace(&run, "test-"))
            .expect("a snapshot is JSON");
    let engine = &mut document["documents"]["engine"];
    let machine = engine["Name"].as_str().unwrap_or_default().to_owned();
    for (key, value) in [("Name", "lab"), ("ID", "0")] {
        if engine[key].is_string() {
            engine[key] = value.into();
        }
    }
    let mut text = serde_json::to_string_pretty(&document).expect("a snapshot can be written") + "\n";
    for (private, public) in private_names(lane, &machine) {
        text = text.replace(&private, &public);
    }
    text
}

fn private_names(lane: &Lane, machine: &str) -> Vec<(String, String)> {
    let socket = lane.address.trim_start_matches("unix://");
    let below = if lane.is_in_host() { 5 } else { 3 };
    let home = Path::new(socket).ancestors().nth(below).map(|path| path.display().to_string());
    let home = home.unwrap_or_default();
    let temporary = std::env::temp_dir().display().to_string();
    let mut names = vec![(home, "/lab".to_owned())];
    // The name of a host of the lab is that of its release, which guests have too.
    if machine.len() > 3 && !lane.is_in_host() {
        names.push((machine.to_owned(), "lab".to_owned()));
    }
    for folder in [temporary.as_str(), "/lab"] {
        names.push((format!("{folder}/.tmp"), "/files/".to_owned()));
    }
    names
}

#[test]
fn every_fixture_is_diagnosed() {
    let fixtures = all();
    let rules = builtin().expect("the built-in rules can be loaded");
    if std::env::var("SYSDOCK_RECORD").is_ok_and(|value| value == "expect") {
        return fixtures.iter().for_each(|fixture| expect_anew(fixture, &rules));
    }
    let complaints = complaints(&fixtures, &rules);
    assert!(fixtures.len() >= 40, "only {} fixtures", fixtures.len());
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[test]
fn a_fixture_lies_in_the_folder_of_its_first_root_cause() {
    let rules = builtin().expect("the built-in rules can be loaded");
    for fixture in all() {
        let label = fixture.label();
        match fixture.expected.roots.first() {
            Some(root) => assert_eq!(*root, fixture.folder, "{label}"),
            None => assert!(WITHOUT_ROOT.contains(&fixture.folder.as_str()), "{label}"),
        }
        assert!(fixture.expected.roots.iter().all(|root| rules.get(root).is_some()), "{label}");
    }
}

#[test]
fn fixtures_are_small_and_name_no_machine() {
    let home = std::env::var("HOME").unwrap_or_default();
    for fixture in all() {
        let text = std::fs::read_to_string(&fixture.path).expect("the fixture can be read");
        assert!(text.len() as u64 <= LARGEST, "{}: {} bytes", fixture.label(), text.len());
        for private in ["/.cache/", "sysdock-testlab", "/root/", "sysdock-test-"] {
            assert!(!text.contains(private), "{} names {private}", fixture.label());
        }
        assert!(home.len() < 2 || !text.contains(&format!("{home}/")), "{} names {home}", fixture.label());
    }
}
