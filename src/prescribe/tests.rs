//! Tests prescriptions for the recorded containers of `fixtures/`.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::LazyLock;

use strum::VariantArray;

use super::*;
use crate::diagnose::{Report, Role, diagnose_with};
use crate::rule::{self, RemedyPlace};
use crate::scan::Matcher;
use crate::snapshot::{EngineId, EngineKind, Snapshot, saved_file};

fn reach(snapshot: &Snapshot) -> Reach {
    Reach::by_itself(snapshot.target.engine.as_ref().map_or(EngineKind::Docker, EngineId::kind))
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

/// All recorded containers; they are diagnosed once, because that takes time.
static CASES: LazyLock<Vec<Case>> = LazyLock::new(|| {
    let rules = rule::builtin().unwrap();
    let matcher = Matcher::new(&rules);
    let folders = std::fs::read_dir(folder()).unwrap().map(|id| id.unwrap().path());
    let files = folders.flat_map(|id| std::fs::read_dir(id).unwrap()).map(|entry| entry.unwrap().path());
    let mut cases: Vec<Case> = files
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .map(|path| {
            let snapshot = saved_file::read(&path).unwrap();
            let report = diagnose_with(&snapshot, &rules, &matcher);
            let prescription = prescribe(&report, &snapshot, &reach(&snapshot));
            Case {
                name: path.strip_prefix(folder()).unwrap().display().to_string(),
                snapshot,
                report,
                prescription,
            }
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
        assert_eq!(
            prescription.is_some(),
            report.findings.iter().any(|finding| finding.role == Role::RootCause),
            "{name}"
        );
        let Some(prescription) = prescription else { continue };
        assert!(
            !prescription.steps.is_empty() && prescription.not_offered[0].what == "--privileged",
            "{name}"
        );
        let runs = prescription.steps.iter().filter(|step| step.kind == StepKind::RunContainer).count();
        assert!(runs > 0 || !prescription.curable, "{name}: {:?}", prescription.steps);
        relaunched += runs;
    }
    assert!(relaunched > 40, "{relaunched}");
}

/// Whether the user made the container privileged, which a cure leaves as it is.
fn was_privileged(snapshot: &Snapshot) -> bool {
    let container = snapshot.documents.get("container");
    container.and_then(|container| container.pointer("/HostConfig/Privileged")?.as_bool()) == Some(true)
}

#[test]
fn no_step_is_privileged_or_reveals_a_variable() {
    for Case { name, snapshot, prescription, .. } in CASES.iter() {
        let Some(prescription) = prescription else { continue };
        let text = commands(prescription);
        let privileged = text.contains("--privileged") && !was_privileged(snapshot);
        assert!(!privileged && !text.contains("unconfined"), "{name}: {text}");
        let variables = snapshot
            .documents
            .get("container")
            .and_then(|container| container.pointer("/Config/Env")?.as_array());
        let told = |variable: &&str| !variable.starts_with("container=") && text.contains(*variable);
        let told: Vec<&str> =
            variables.into_iter().flatten().filter_map(serde_json::Value::as_str).filter(told).collect();
        assert!(told.is_empty(), "{name}: {told:?} in {text}");
    }
}

#[test]
fn a_replay_gives_the_same_steps() {
    for Case { name, snapshot, report, prescription } in CASES.iter() {
        assert_eq!(&prescribe(report, snapshot, &reach(snapshot)), prescription, "{name}");
    }
}

#[test]
fn every_cure_can_be_had_in_every_format() {
    let mut written = 0;
    for Case { name, snapshot, prescription, .. } in CASES.iter() {
        let Some(prescription) = prescription else { continue };
        let variables = snapshot
            .documents
            .get("container")
            .and_then(|container| container.pointer("/Config/Env")?.as_array());
        let variables: Vec<&str> =
            variables.into_iter().flatten().filter_map(serde_json::Value::as_str).collect();
        for format in CureFormat::VARIANTS.iter().copied() {
            let Some(emitted) = emit(prescription, format).unwrap() else {
                assert!(format == CureFormat::Sh || prescription.launch.is_none(), "{name} {format:?}");
                continue;
            };
            let page = emitted.page();
            if matches!(format, CureFormat::Compose | CureFormat::Kubernetes | CureFormat::Molecule) {
                assert!(
                    yaml_serde::from_str::<yaml_serde::Value>(&page).unwrap().is_mapping(),
                    "{name}: {page}"
                );
            }
            let privileged = page.contains("rivileged") && !was_privileged(snapshot);
            assert!(!privileged && !page.contains("unconfined"), "{name}: {page}");
            let told = |variable: &&&str| !variable.starts_with("container=") && page.contains(**variable);
            assert_eq!(variables.iter().find(told), None, "{name} {format:?}: {page}");
            written += 1;
        }
    }
    assert!(written > 300, "{written}");
}

#[test]
fn a_compose_file_holds_the_whole_container() {
    let case = CASES
        .iter()
        .find(|case| case.name == "run-tmpfs-missing/docker20-v2-bullseye-bare-silent.json")
        .unwrap();
    let page = emit(case.prescription.as_ref().unwrap(), CureFormat::Compose).unwrap().unwrap().page();
    insta::assert_snapshot!(page.replace(&case.snapshot.target.name, "NAME"), @"
    # stop and rename the old container first (docker rename NAME NAME-before-20261124T223630): while it has \
        this name, the new one cannot start
    # These steps were derived from a snapshot of another machine and run its image deb-systemd:bullseye. \
        Read them before you run them.
    services:
      NAME:
        image: deb-systemd:bullseye
        container_name: NAME
        command:
        - /sbin/init
        environment:
        - container=docker
        tmpfs:
        - /run
        - /run/lock
        volumes:
        - /sys/fs/cgroup/sysdock-NAME:/sys/fs/cgroup/sysdock-NAME:rw
        network_mode: none
        cgroup: host
        cgroup_parent: /sysdock-NAME
        stop_signal: SIGRTMIN+3
    ");
}

fn golden(fixture: &str) -> String {
    let case = CASES.iter().find(|case| case.name == fixture).unwrap();
    let prescription = case.prescription.as_ref().unwrap();
    let text = format!(
        "{}\nprivilege: {}\n{}",
        prescription.summary,
        prescription.privilege,
        commands(prescription)
    );
    let stamp = regex::Regex::new(r"-before-\d{8}T\d{6}").unwrap();
    stamp.replace_all(&text.replace(&case.snapshot.target.name, "NAME"), "-before-STAMP").into_owned()
}

#[test]
fn docker_28_needs_no_bind() {
    insta::assert_snapshot!(golden("run-tmpfs-missing/docker28-v2-bookworm-bare-tty.json"), @"
    Recreate the container with a tmpfs on /run and /run/lock; its own writable cgroup \
        (writable-cgroups=true); container=docker in its environment; the stop signal SIGRTMIN+3. These \
        steps were derived from a snapshot of another machine and run its image deb-systemd:bookworm. Read \
        them before you run them.
    privilege: none
    docker rename NAME NAME-before-STAMP
    docker run -d --name NAME -e 'container=docker' --tmpfs /run --tmpfs /run/lock --tty --network none \
        --security-opt 'writable-cgroups=true' --stop-signal SIGRTMIN+3 deb-systemd:bookworm /sbin/init
    ");
}

#[test]
fn docker_20_gets_a_subtree_of_its_own() {
    insta::assert_snapshot!(golden("run-tmpfs-missing/docker20-v2-bullseye-bare-silent.json"), @"
    Recreate the container with a tmpfs on /run and /run/lock; its own writable cgroup parent; \
        container=docker in its environment; the stop signal SIGRTMIN+3. These steps were derived from a \
        snapshot of another machine and run its image deb-systemd:bullseye. Read them before you run them.
    privilege: writes to its own cgroup subtree and sees the host's tree
    docker stop -t 5 NAME
    docker rename NAME NAME-before-STAMP
    docker run -d --name NAME -e 'container=docker' --tmpfs /run --tmpfs /run/lock -v \
        /sys/fs/cgroup/sysdock-NAME:/sys/fs/cgroup/sysdock-NAME:rw --network none --cgroupns host \
        --cgroup-parent /sysdock-NAME --stop-signal SIGRTMIN+3 deb-systemd:bullseye /sbin/init
    ");
}

#[test]
fn control_groups_v1_need_one_hierarchy() {
    insta::assert_snapshot!(golden("run-tmpfs-missing/docker20-v1-trixie-bare-tty.json"), @"
    Recreate the container with a tmpfs on /run, /run/lock and /tmp; the host's name=systemd cgroup \
        hierarchy, writable; container=docker in its environment; the stop signal SIGRTMIN+3. These steps \
        were derived from a snapshot of another machine and run its image deb-systemd:trixie. Read them \
        before you run them.
    privilege: writes to the host's name=systemd hierarchy, which limits nothing
    docker rename NAME NAME-before-STAMP
    docker run -d --name NAME -e 'container=docker' --tmpfs /run --tmpfs /run/lock --tmpfs /tmp:exec -v \
        /sys/fs/cgroup/systemd:/sys/fs/cgroup/systemd:rw --tty --network none --stop-signal SIGRTMIN+3 \
        deb-systemd:trixie /sbin/init
    ");
}

#[test]
fn podman_needs_its_own_mode() {
    insta::assert_snapshot!(golden("podman-systemd-mode-off/podman4-v2-trixie-podman-mode-off-silent.json"), @"
    Recreate the container with Podman's systemd mode (without --systemd=false); the stop signal that Podman \
        then sets. These steps were derived from a snapshot of another machine and run its image \
        localhost/deb-systemd:trixie. Read them before you run them.
    privilege: none
    podman rename NAME NAME-before-STAMP
    podman run -d --name NAME --network none localhost/deb-systemd:trixie /sbin/init
    ");
}

#[test]
fn a_broken_target_is_cured_in_a_derived_image() {
    insta::assert_snapshot!(golden("default-target-broken/docker28-v2-bookworm-target-masked-tty.json"), @r#"
    Recreate the container with a derived image whose default target is multi-user.target. These steps were derived from a snapshot of another machine and run its image test-target-masked:bookworm. Read them before you run them.
    privilege: none
    docker build --network none -t NAME-cured image
    sh -c 'umask 077 && docker container inspect -f "{{range .Config.Env}}{{println .}}{{end}}" NAME > NAME.env && test "$(grep -c . NAME.env)" = 2 || { rm -f NAME.env; echo "an entry contains a line break and cannot be carried over; stopping here" >&2; false; }'
    docker stop -t 5 NAME
    docker rename NAME NAME-before-STAMP
    docker run -d --name NAME --env-file NAME.env --tmpfs /run --tmpfs /run/lock --tmpfs /tmp --tty --stop-signal SIGRTMIN+3 --security-opt 'writable-cgroups=true' --network none NAME-cured /sbin/init
    "#);
}

#[test]
fn an_obsolete_bind_is_kept_and_reported_as_unneeded() {
    let case = CASES.iter().find(|case| case.name.starts_with("run-tmpfs-missing/docker28")).unwrap();
    let mut snapshot = case.snapshot.clone();
    let container = snapshot.documents.get_mut("container").unwrap();
    container["HostConfig"]["Binds"] = serde_json::json!(["/sys/fs/fuse:/sys/fs/fuse"]);
    container["Mounts"] = serde_json::json!([{"Type": "bind", "Source": "/sys/fs/fuse", "Destination": "/sys/fs/fuse", "Mode": "", "RW": true}]);
    let cure = prescribe(&case.report, &snapshot, &reach(&snapshot)).unwrap();
    assert!(commands(&cure).contains("/sys/fs/fuse:/sys/fs/fuse"), "{}", commands(&cure));
    assert!(cure.steps.last().unwrap().title.contains("Leave it out"), "{:?}", cure.steps.last());
    let without = case.prescription.as_ref().unwrap();
    assert!(!without.steps.iter().any(|step| step.title.contains("/sys/fs/fuse")));
}

#[test]
fn each_remedy_of_a_relaunch_is_carried_out_by_a_function_and_no_other_is() {
    let rules = rule::builtin().unwrap();
    let listed: BTreeSet<&str> = rules
        .remedies
        .values()
        .filter(|remedy| remedy.place == RemedyPlace::Relaunch)
        .map(|remedy| remedy.id.as_str())
        .collect();
    let carried_out: BTreeSet<&str> =
        remedy::REMEDIES.iter().flat_map(|remedy| remedy.ids).copied().collect();
    assert_eq!(listed, carried_out);
}

/// Returns the first recorded container of an id, diagnosed with one more rule: a copy of that id's rule
/// under another name, which explains it.
fn with_custom_rule(original: &str) -> (Report, Prescription) {
    let builtin = rule::builtin().unwrap();
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(&builtin.get(original).unwrap().file);
    let text = std::fs::read_to_string(file).unwrap();
    let text = text.replace(&format!("id = \"{original}\""), "id = \"house-fault\"");
    let explains = text.lines().find(|line| line.starts_with("explains = ")).unwrap();
    let text = text.replace(explains, &format!("explains = [\"{original}\"]"));
    let place = tempfile::tempdir().unwrap();
    std::fs::write(place.path().join("house-fault.toml"), text).unwrap();
    let rules = rule::load(&[place.path().to_owned()]).unwrap();
    let case = CASES.iter().find(|case| case.name.starts_with(original)).unwrap();
    let report = diagnose_with(&case.snapshot, &rules, &Matcher::new(&rules));
    let prescription = prescribe(&report, &case.snapshot, &reach(&case.snapshot)).unwrap();
    (report, prescription)
}

#[test]
fn a_user_rule_is_cured_by_its_remedies() {
    for original in [
        "run-tmpfs-missing",
        "cgroup-read-only",
        "init-not-root",
        "default-target-broken",
        "docker-init-in-front",
    ] {
        let (report, prescription) = with_custom_rule(original);
        let roots: Vec<&str> = report
            .findings
            .iter()
            .filter(|one| one.role == Role::RootCause)
            .map(|one| one.id.as_str())
            .collect();
        assert!(roots.contains(&"house-fault") && !roots.contains(&original), "{original}: {roots:?}");
        assert!(prescription.curable, "{original}: {}", prescription.summary);
        let why: Vec<&String> = prescription.steps.iter().flat_map(|step| &step.why).collect();
        assert!(why.iter().any(|id| *id == "house-fault"), "{original}: {why:?}");
    }
}

#[test]
fn what_no_flag_cures_is_known_from_its_remedies() {
    let (report, prescription) = with_custom_rule("cgroup-v1-host-new-systemd");
    assert!(report.root().unwrap().is_beyond_flags() && !prescription.curable, "{}", prescription.summary);
    assert!(
        prescription.steps[0].title.starts_with("No flag cures this: systemd 262 does not start"),
        "{}",
        prescription.steps[0].title
    );
    assert!(
        prescription.steps.iter().any(|step| step.kind == StepKind::Host),
        "its remedy v2-host is one of the host"
    );
}
