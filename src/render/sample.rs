//! Sample reports for tests.

use serde_json::json;

use crate::diagnose::{Advice, Evidence, Finding, Report, Role, Subject, Undecided, Verdict};
use crate::prescribe::{NotOffered, Prescription, Privilege, Step, StepKind};
use crate::rule::{Class, Confidence, RemedyPlace, Severity, Stage};
use crate::snapshot::{EngineId, Gap, Target, TargetKind, key};

fn target(name: &str) -> Target {
    let engine = EngineId { name: "docker".to_owned(), version: "28.5.2".to_owned(), api: "1.51".to_owned() };
    Target {
        kind: TargetKind::Container,
        name: name.to_owned(),
        id: Some("0123456789abcdef".repeat(4)),
        engine: Some(engine),
    }
}

fn report(name: &str, verdict: Verdict, state: &str) -> Report {
    let state = state.to_owned();
    Report {
        target: target(name),
        subject: Subject::Systemd,
        verdict,
        findings: Vec::new(),
        undecided: Vec::new(),
        gaps: Vec::new(),
        unrecognised: Vec::new(),
        state,
    }
}

fn finding(id: &str, role: Role, title: &str) -> Finding {
    Finding {
        id: id.to_owned(),
        role,
        severity: Severity::Critical,
        class: Class::Configuration,
        confidence: Confidence::Certain,
        title: title.to_owned(),
        explanation: "What happens\nand why.\n\nMore.".to_owned(),
        evidence: Vec::new(),
        explains: Vec::new(),
        explained_by: Vec::new(),
        remedies: Vec::new(),
        advice: Vec::new(),
        variant: None,
        stage: Stage::Mount,
        no_flag: None,
        accepted: None,
    }
}

fn advice(remedy: &str, words: &str) -> Advice {
    Advice { remedy: remedy.to_owned(), place: RemedyPlace::Relaunch, words: words.to_owned() }
}

fn line(text: &str, line: u64) -> Evidence {
    Evidence::Log { text: text.to_owned(), line, stream: "console".to_owned() }
}

fn gap(fact: &str, reason: &str) -> Gap {
    Gap { fact: fact.to_owned(), reason: reason.to_owned() }
}

fn undecided(id: &str, missing: &[&str], how: &str) -> Undecided {
    Undecided {
        id: id.to_owned(),
        missing: missing.iter().map(|m| (*m).to_owned()).collect(),
        how: vec![how.to_owned()],
    }
}

/// Returns a report with a root cause, a consequence, a risk, a note, gaps and undecided diagnoses.
pub fn failed() -> Report {
    let mut root = finding(
        "run-tmpfs-missing",
        Role::RootCause,
        "systemd needs a tmpfs on /run and may not mount one itself",
    );
    root.explanation =
        "Early in its boot systemd mounts a tmpfs on /run. A container without\nCAP_SYS_ADMIN may not mount \
            anything.\n\nMore."
            .to_owned();
    root.evidence = vec![
        line("Failed to mount tmpfs at /run: Operation not permitted", 12),
        Evidence::Fact {
            path: "container.tmpfs".to_owned(),
            value: json!([]),
            source: "container inspect: HostConfig.Tmpfs".to_owned(),
        },
    ];
    root.explains = vec!["boot-stopped".to_owned()];
    root.remedies = vec!["tmpfs-run".to_owned()];
    root.advice = vec![advice(
        "tmpfs-run",
        "Start the container with a tmpfs on /run:\n\n    docker run --tmpfs /run IMAGE",
    )];
    let mut stopped = finding("boot-stopped", Role::Consequence, "PID 1 gave up");
    stopped.evidence = vec![line("[!!!!!!] Failed to mount API filesystems.", 13)];
    stopped.explained_by = vec!["run-tmpfs-missing".to_owned()];
    let risk = finding("wrong-stop-signal", Role::Risk, "the stop signal does not halt systemd");
    let note = finding("silent-no-tty", Role::Note, "without a terminal systemd logs nothing");
    let mut report = report("web", Verdict::Failed, "systemd gave up (exit code 255)");
    report.findings = vec![root, stopped, risk, note];
    report.undecided = (1..=7)
        .map(|n| undecided(&format!("diagnosis-{n}"), &["pid1.caps"], "run: grep Cap /proc/PID/status"))
        .collect();
    report.gaps = vec![
        gap(key::MANAGER_STATE.name(), "the container is not running"),
        gap(key::MANAGER_BUS.name(), "the container is not running"),
        gap("pid1.*", "no access"),
    ];
    report
}

/// Returns the cure of [`failed`].
pub fn prescription() -> Prescription {
    let argv = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let mut build = Step::command(
        StepKind::BuildImage,
        "build web-cured from the container's image",
        argv(&["docker", "build", "-t", "web-cured", "image"]),
    );
    build.files.insert(
        "image/Dockerfile".to_owned(),
        "FROM web\nRUN systemctl set-default multi-user.target\n".to_owned(),
    );
    let words = [
        "docker",
        "run",
        "-d",
        "--name",
        "web",
        "--tmpfs",
        "/run",
        "-e",
        "MSG=it's one",
        "-v",
        "data:/var/lib/data",
        "--security-opt",
        "writable-cgroups=true",
        "web-cured",
    ];
    let mut run = Step::command(StepKind::RunContainer, "recreate web with a tmpfs on /run", argv(&words));
    run.why = vec!["run-tmpfs-missing".to_owned()];
    Prescription {
        set: None,
        summary: "Recreate the container with a tmpfs on /run.".to_owned(),
        privilege: Privilege::None,
        cost: "files written outside volumes stay in the old container".to_owned(),
        curable: true,
        steps: vec![build, run],
        not_offered: vec![NotOffered {
            what: "--privileged".to_owned(),
            why: "the steps need none of it".to_owned(),
        }],
        launch: None,
        retired: None,
    }
}

/// Returns the report of a healthy container.
pub fn healthy() -> Report {
    let mut report = report("db", Verdict::Healthy, "running, systemd reports running");
    report.gaps = vec![gap("host.apparmor", "not readable")];
    report
}

/// Returns the report of a container that failed for an unknown reason.
pub fn unexplained() -> Report {
    let mut stopped = finding("boot-stopped", Role::Consequence, "PID 1 gave up");
    stopped.evidence = vec![line("Freezing execution.", 40)];
    let mut report = report("old", Verdict::Failed, "running, but PID 1 is frozen: systemd gave up");
    report.findings = vec![stopped];
    report
}

/// Returns the report of a container that does not run systemd.
pub fn not_systemd() -> Report {
    let mut report = report("cache", Verdict::Healthy, "state running");
    report.subject = Subject::NotSystemd;
    report
}

/// Number of fields of [`hostile`] that the human format shows.
pub const HOSTILE_SHOWN: usize = 27;

/// Returns a report with an escape sequence, a bidirectional override and a newline in every field that a
/// container, an engine or a rule file can set.
pub fn hostile() -> Report {
    let evil = |field: &str| format!("{field}\u{1b}[2J\u{202e}x\u{200b}\ny\r\u{7}\u{9b}1m");
    let evidence = || {
        vec![
            Evidence::Log { text: evil("text"), line: 1, stream: evil("stream") },
            Evidence::Fact {
                path: evil("path"),
                value: json!({ evil("key"): [evil("value")] }),
                source: evil("source"),
            },
        ]
    };
    let hostile = |role: Role| {
        let mut finding = finding(&evil("id"), role, &evil("title"));
        finding.explanation = evil("explanation");
        finding.evidence = evidence();
        finding.advice = vec![advice(&evil("remedy"), &evil("advice"))];
        finding.explained_by = if role == Role::Consequence { vec![evil("id")] } else { Vec::new() };
        finding
    };
    let mut report = report(&evil("name"), Verdict::Failed, &evil("state"));
    report.target.engine =
        Some(EngineId { name: evil("engine"), version: evil("version"), api: evil("api") });
    report.findings =
        [Role::RootCause, Role::Consequence, Role::Risk, Role::Note].into_iter().map(hostile).collect();
    report.undecided =
        vec![Undecided { id: evil("undecided"), missing: vec![evil("missing")], how: vec![evil("how")] }];
    report.gaps = vec![gap(&evil("fact"), &evil("reason"))];
    report
}
