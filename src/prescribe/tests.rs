//! Prescriptions for the recorded containers of `fixtures/`.

use std::path::PathBuf;
use std::sync::LazyLock;

use super::*;
use crate::diagnose::{Role, diagnose_with};
use crate::rule;
use crate::scan::Matcher;
use crate::snapshot::{EngineKind, file};

fn reach(snapshot: &Snapshot) -> Reach {
    let podman = snapshot.target.engine.as_ref().is_some_and(|engine| engine.name == "podman");
    Reach::by_itself(if podman { EngineKind::Podman } else { EngineKind::Docker })
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

/// A recorded container with its report and its cure.
struct Case {
    name: String,
    snapshot: Snapshot,
    report: Report,
    prescription: Option<Prescription>,
}

/// All of them; diagnosing takes its time, so it is done once.
static CASES: LazyLock<Vec<Case>> = LazyLock::new(|| {
    let rules = rule::load(&[]).unwrap();
    let matcher = Matcher::new(&rules);
    let folders = std::fs::read_dir(folder()).unwrap().map(|id| id.unwrap().path());
    let files = folders.flat_map(|id| std::fs::read_dir(id).unwrap()).map(|entry| entry.unwrap().path());
    let mut cases: Vec<Case> = files
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .map(|path| {
            let snapshot = file::read(&path).unwrap();
            let report = diagnose_with(&snapshot, &rules, &matcher);
            let prescription = prescribe(&report, &snapshot, &reach(&snapshot));
            Case { name: path.strip_prefix(folder()).unwrap().display().to_string(), snapshot, report, prescription }
        })
        .collect();
    cases.sort_by(|a, b| a.name.cmp(&b.name));
    cases
});

fn commands(prescription: &Prescription) -> String {
    let lines = prescription.steps.iter().filter(|step| !step.argv.is_empty());
    lines.map(|step| shlex::try_join(step.argv.iter().map(String::as_str)).unwrap() + "\n").collect()
}

#[test]
fn every_recorded_container_gets_an_answer_and_a_relaunch_where_one_helps() {
    let mut relaunched = 0;
    for Case { name, report, prescription, .. } in CASES.iter() {
        assert_eq!(prescription.is_some(), report.findings.iter().any(|finding| finding.role == Role::RootCause), "{name}");
        let Some(prescription) = prescription else { continue };
        assert!(!prescription.steps.is_empty() && prescription.not_offered[0].what == "--privileged", "{name}");
        let runs = prescription.steps.iter().filter(|step| step.kind == StepKind::RunContainer).count();
        assert!(runs > 0 || !prescription.curable, "{name}: {:?}", prescription.steps);
        relaunched += runs;
    }
    assert!(relaunched > 40, "{relaunched}");
}

#[test]
fn no_step_is_privileged_or_tells_a_variable() {
    for Case { name, snapshot, prescription, .. } in CASES.iter() {
        let Some(prescription) = prescription else { continue };
        let text = commands(prescription);
        assert!(!text.contains("--privileged") && !text.contains("unconfined"), "{name}: {text}");
        let variables = snapshot.documents.get("container").and_then(|container| container.pointer("/Config/Env")?.as_array());
        let told = |variable: &&str| !variable.starts_with("container=") && text.contains(*variable);
        let told: Vec<&str> = variables.into_iter().flatten().filter_map(serde_json::Value::as_str).filter(told).collect();
        assert!(told.is_empty(), "{name}: {told:?} in {text}");
    }
}

#[test]
fn a_replay_gives_the_same_steps() {
    for Case { name, snapshot, report, prescription } in CASES.iter() {
        assert_eq!(&prescribe(report, snapshot, &reach(snapshot)), prescription, "{name}");
    }
}

fn golden(fixture: &str) -> String {
    let case = CASES.iter().find(|case| case.name == fixture).unwrap();
    let prescription = case.prescription.as_ref().unwrap();
    let text = format!("{}\nprivilege: {}\n{}", prescription.summary, prescription.privilege, commands(prescription));
    let stamp = regex::Regex::new(r"-before-\d{8}T\d{6}").unwrap();
    stamp.replace_all(&text.replace(&case.snapshot.target.name, "NAME"), "-before-STAMP").into_owned()
}

#[test]
fn docker_28_needs_no_bind() {
    insta::assert_snapshot!(golden("run-tmpfs-missing/docker28-v2-bookworm-bare-tty.json"), @"");
}

#[test]
fn docker_20_gets_a_subtree_of_its_own() {
    insta::assert_snapshot!(golden("run-tmpfs-missing/docker20-v2-bullseye-bare-silent.json"), @"");
}

#[test]
fn control_groups_v1_need_one_hierarchy() {
    insta::assert_snapshot!(golden("run-tmpfs-missing/docker20-v1-trixie-bare-tty.json"), @"");
}

#[test]
fn podman_needs_its_own_mode() {
    insta::assert_snapshot!(golden("podman-systemd-mode-off/podman4-v2-trixie-podman-mode-off-silent.json"), @"");
}

#[test]
fn a_broken_target_is_cured_in_a_derived_image() {
    insta::assert_snapshot!(golden("default-target-broken/docker28-v2-bookworm-target-masked-tty.json"), @"");
}
