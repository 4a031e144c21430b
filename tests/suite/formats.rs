//! Every form of a report: what each command prints in it for each outcome, and what hostile text and great
//! numbers do to it.

use clap::ValueEnum;
use serde_json::{Value, json};
use sysdock::cli::Cli;
use sysdock::diagnose::{
    Acceptance, Advice, Evidence, Finding, Report, Role, Subject, Summary, Undecided, Verdict,
};
use sysdock::render::format::{self, ReportFormat};
use sysdock::render::{Answer, Context, Notice, Sheet};
use sysdock::rule::{Class, Confidence, RemedyPlace, Severity, Stage, builtin};
use sysdock::snapshot::{Cluster, EngineId, Gap, Target, TargetKind};

use super::browser::{DESKTOP, PHONE, View, browser};
use super::cli::{fixture, hidden};
use super::program::{Run, sysdock};
use super::schemas::{FORMATS, complaints};

#[track_caller]
fn is_good(format: &str, run: &Run, code: i32, what: &str) {
    assert_eq!(run.code, code, "{what} as {format}: {run:?}");
    let wrong = complaints(format, &run.stdout);
    assert!(wrong.is_empty(), "{what} as {format}: {wrong:#?}\n{}", run.stdout);
}

#[test]
fn each_command_has_each_form_for_each_outcome() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let hidden = hidden(folder.path());
    let log = folder.path().join("a log.txt");
    std::fs::write(
        &log,
        "systemd 252 running in system mode\nFailed to mount tmpfs at /run: Operation not permitted\n",
    )
    .expect("a file");
    let innocent = folder.path().join("innocent.txt");
    std::fs::write(&innocent, "hello\n").expect("a file can be written");
    let (log, innocent) = (log.display().to_string(), innocent.display().to_string());
    for format in FORMATS.iter().copied() {
        for (file, code) in [
            (fixture("healthy"), 0),
            (fixture("not-systemd"), 0),
            (fixture("run-tmpfs-missing"), 1),
            (hidden.clone(), 4),
            ("/no/such/file.json".to_owned(), 3),
        ] {
            let run = sysdock(["doctor", "--format", format, "--from", &file]).run();
            is_good(format, &run, code, &file);
        }
        for (file, code) in [(&innocent, 0), (&log, 1), (&"/no/such/file.txt".to_owned(), 3)] {
            is_good(format, &sysdock(["triage", "--format", format, file]).run(), code, file);
            let both = sysdock(["triage", "--format", format, file, &fixture("healthy")]).run();
            is_good(format, &both, code, "two files");
        }
        for command in ["doctor", "triage"] {
            let run = sysdock([command, "--format", format]).run().refused(2);
            assert!(run.stdout.is_empty(), "{run:?}");
        }
    }
}

/// Each command that has `--format`, and how it is called where it cannot do its work.
const IN_VAIN: [(&str, &str, i32); 11] = [
    ("build", "build debian:12", 3),
    ("config show", "config show --config /no/such/file.toml", 3),
    ("doctor", "doctor web", 3),
    ("prove", "prove web", 3),
    ("rules list", "rules list --rules /no/such/folder", 3),
    ("seccomp check", "seccomp check web", 3),
    ("seccomp explain", "seccomp explain no_such_call", 2),
    ("seccomp trace", "seccomp trace debian:12", 3),
    ("selftest", "selftest", 3),
    ("triage", "triage /no/such/file.txt", 3),
    ("watch", "watch", 3),
];

/// Commands that have `--format`, with the forms that each knows.
fn with_forms(command: &clap::Command, path: &str, found: &mut Vec<(String, Vec<String>)>) {
    let format = command.get_arguments().find(|argument| argument.get_long() == Some("format"));
    found.extend(format.map(|format| {
        (
            path.trim().to_owned(),
            format.get_possible_values().iter().map(|value| value.get_name().to_owned()).collect(),
        )
    }));
    command
        .get_subcommands()
        .for_each(|inner| with_forms(inner, &format!("{path} {}", inner.get_name()), found));
}

/// Nothing but the form that was asked for stands on stdout, if anything does; the reason is told on stderr.
#[test]
fn each_command_with_forms_keeps_stdout_clean_when_it_fails() {
    let mut commands = Vec::new();
    with_forms(&Cli::whole(), "", &mut commands);
    commands.sort();
    let known: Vec<&str> = IN_VAIN.iter().map(|(path, ..)| *path).collect();
    assert_eq!(
        commands.iter().map(|(path, _)| path.as_str()).collect::<Vec<_>>(),
        known,
        "a command is missing in the table"
    );
    for ((_, line, code), (path, formats)) in IN_VAIN.iter().zip(&commands) {
        assert!(formats.len() > 1, "{path}: {formats:?}");
        for format in formats.iter().filter(|format| *format != "sh") {
            let call = sysdock(line.split(' ').chain(["--format", format]))
                .env("DOCKER_HOST", "unix:///no/such/engine.sock");
            let run = call.run();
            if run.stdout.is_empty() {
                assert_eq!((run.code, run.stderr.is_empty()), (*code, false), "{line} as {format}: {run:?}");
            } else {
                is_good(format, &run, *code, line);
            }
        }
    }
}

#[test]
fn commands_with_two_forms_have_both() {
    let lines =
        ["rules list", "config show", "seccomp check --default docker-20.10", "seccomp explain statx"];
    for line in lines {
        for format in ["human", "json"] {
            let run = sysdock(line.split(' ').chain(["--format", format])).run();
            assert!(run.code < 2, "{line}: {run:?}");
            assert!(
                !run.stdout.is_empty() && (format == "human" || run.json().is_object()),
                "{line}: {run:?}"
            );
        }
        assert_eq!(sysdock(line.split(' ').chain(["--format", "sarif"])).run().ended(2).stdout, "", "{line}");
    }
}

#[test]
fn several_forms_come_from_one_run_and_no_form_changes_the_exit_code() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let path = |format: &str| folder.path().join(format).display().to_string();
    let wanted: Vec<String> = FORMATS
        .iter()
        .flat_map(|format| ["--output".to_owned(), format!("{format}={}", path(format))])
        .collect();
    let (bad, good) = (fixture("cgroup-read-only"), fixture("healthy"));
    let mut words = vec!["doctor", "--format", "json", "--from", &bad, &good];
    words.extend(wanted.iter().map(String::as_str));
    let run = sysdock(&words).run().ended(1);
    for format in FORMATS.iter().copied() {
        let text = std::fs::read_to_string(path(format)).expect("the file was written");
        assert!(!text.is_empty(), "{format}");
        assert_eq!(complaints(format, &text), [""; 0], "{format}: {text}");
    }
    assert_eq!(std::fs::read_to_string(path("json")).expect("it is there"), run.stdout);
    let script = path("cure.sh");
    sysdock(["doctor", "--from", &bad, "--output", &format!("sh={script}")]).run().ended(1);
    assert!(std::fs::read_to_string(&script).expect("it was written").starts_with("#!/bin/sh"));
    let run = sysdock(["doctor", "--from", &bad, "--output", "json=/no/such/folder/x"]).run();
    assert!(
        run.code == 3 && run.stderr.contains("/no/such/folder/x") && run.stdout.contains("FAILED"),
        "{run:?}"
    );
}

#[test]
fn a_step_of_a_workflow_gets_annotations_and_the_rest_as_its_summary() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let summary = folder.path().join("summary.md");
    std::fs::write(&summary, "before\n").expect("a file can be written");
    let files: Vec<String> = (0..13)
        .map(|n| {
            let path = folder.path().join(format!("{n}.log"));
            std::fs::write(&path, "Failed to mount tmpfs at /run: Operation not permitted\n")
                .expect("a file can be written");
            path.display().to_string()
        })
        .collect();
    let words = ["triage", "--format", "github"].into_iter().chain(files.iter().map(String::as_str));
    let run = sysdock(words).env("GITHUB_STEP_SUMMARY", &summary).run().ended(1);
    assert_eq!(run.stdout.lines().filter(|line| line.starts_with("::error ")).count(), 10, "{run:?}");
    let text = std::fs::read_to_string(&summary).expect("it is there");
    assert!(text.starts_with("before\n") && text.matches("`run-tmpfs-missing`").count() >= 13, "{text}");
}

#[test]
fn only_what_is_new_fails_against_a_baseline() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let baseline = folder.path().join("known.json").display().to_string();
    let (known, new) = (fixture("cgroup-read-only"), fixture("unit-failed"));
    sysdock(["doctor", "--from", &known, "--output", &format!("json={baseline}")]).run().ended(1);
    let run =
        sysdock(["doctor", "--format", "json", "--from", &known, "--baseline", &baseline]).run().ended(0);
    assert_eq!(run.report(0)["findings"][0]["accepted"], json!({"state": "known"}), "{run:?}");
    assert_eq!(run.report(0)["verdict"], "failed", "the verdict stays");
    sysdock(["doctor", "--from", &known, &new, "--baseline", &baseline]).run().ended(1);
    sysdock(["doctor", "--from", &known]).env("SYSDOCK_BASELINE", &baseline).run().ended(0);
    let run = sysdock(["doctor", "--from", &known, "--baseline", "/no/such.json"]).run().refused(3);
    assert!(run.stderr.contains("--output json=/no/such.json"), "{run:?}");
}

#[test]
fn a_suppression_has_a_reason_and_an_end() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let config = folder.path().join("sysdock.toml");
    let known = fixture("cgroup-read-only");
    let root = sysdock(["doctor", "--format", "json", "--from", &known]).run().ended(1).report(0)["findings"]
        [0]["id"]
        .clone();
    let root = root.as_str().expect("it has a root cause");
    let run = |text: &str| {
        std::fs::write(&config, text).expect("a file can be written");
        sysdock(["doctor", "--format", "json", "--config", &config.display().to_string(), "--from", &known])
            .run()
    };
    let others = "\n[[suppress]]\nid = \"run-tmpfs-missing\"\nreason = \"r\"\n";
    let good = run(&format!(
        "[[suppress]]\nid = \"{root}\"\nreason = \"it is known\"\nexpires = 2999-12-31\n{others}"
    ))
    .ended(0);
    let accepted = &good.report(0)["findings"][0]["accepted"];
    assert_eq!(*accepted, json!({"state": "suppressed", "reason": "it is known", "expires": "2999-12-31"}));
    let shown =
        sysdock(["doctor", "--config", &config.display().to_string(), "--from", &known]).run().ended(0);
    assert!(shown.stdout.contains("not counted, suppressed until 2999-12-31: it is known"), "{shown:?}");
    let over =
        run(&format!("[[suppress]]\nid = \"{root}\"\nreason = \"it is known\"\nexpires = 2020-01-31\n"))
            .ended(1);
    assert!(over.stderr.contains("expired on 2020-01-31"), "{over:?}");
    run("[[suppress]]\nid = \"cgroup-readonly\"\nreason = \"x\"\n").refused(2);
    assert!(run(&format!("[[suppress]]\nid = \"{root}\"\n")).refused(2).stderr.contains("reason"));
}

#[test]
fn each_setting_says_where_it_comes_from() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let own = folder.path().join("home/sysdock");
    std::fs::create_dir_all(&own).expect("a folder can be made");
    std::fs::write(
        own.join("sysdock.toml"),
        "timeout = 3\nfail-on = \"warning\"\nhost = \"unix:///user.sock\"\n",
    )
    .expect("a file");
    std::fs::write(folder.path().join("sysdock.toml"), "timeout = 5\nrules = [\"more\"]\n")
        .expect("a file can be written");
    let call = sysdock(["--color", "never", "config", "show", "--format", "json"]);
    let mut command =
        call.env("XDG_CONFIG_HOME", folder.path().join("home")).env("SYSDOCK_FORMAT", "sarif").command();
    let output = command.current_dir(folder.path()).output().expect("it runs");
    let shown: Value = serde_json::from_slice(&output.stdout).expect("it is JSON");
    let setting = |key: &str| {
        let found = shown["settings"]
            .as_array()
            .and_then(|all| all.iter().find(|one| one["key"] == key))
            .cloned()
            .unwrap_or_default();
        (
            found["value"].as_str().unwrap_or_default().to_owned(),
            found["origin"].as_str().unwrap_or_default().to_owned(),
        )
    };
    for (key, value, origin) in [
        ("timeout", "5", "project: "),
        ("fail-on", "warning", "user: "),
        ("host", "unix:///user.sock", "user: "),
        ("format", "sarif", "environment: SYSDOCK_FORMAT"),
        ("color", "never", "flag: --color"),
        ("baseline", "none", "default"),
        ("rules", "/more", "project: "),
    ] {
        let (was, from) = setting(key);
        assert!(was.ends_with(value) && from.starts_with(origin), "{key}: {was} from {from}");
    }
}

/// A report with hostile text in every field.
fn hostile(name: &str) -> Report {
    let evil = |field: &str| {
        format!(
            "{field}\u{1b}[2J\u{202e}x\u{0}\u{ffff}\n::error ::y\r]]>&lt;</pre><script>alert(1)</script><img \
                src=x onerror=y>```%0A|`\"'{{{{7*7}}}}\\"
        )
    };
    let finding = |role: Role| Finding {
        id: evil("id"),
        role,
        severity: Severity::Critical,
        class: Class::Product,
        confidence: Confidence::Certain,
        title: evil("title"),
        explanation: evil("explanation"),
        evidence: vec![
            Evidence::Log { text: evil("text"), line: 7, stream: evil("stream") },
            Evidence::Fact {
                path: evil("path"),
                value: json!({ evil("key"): evil("value") }),
                source: evil("source"),
            },
        ],
        explains: vec![evil("id")],
        explained_by: if role == Role::Consequence { vec![evil("id")] } else { Vec::new() },
        remedies: vec![evil("remedy")],
        variant: Some(evil("variant")),
        advice: vec![Advice { remedy: evil("remedy"), place: RemedyPlace::Relaunch, words: evil("advice") }],
        stage: Stage::Mount,
        no_flag: Some(evil("no flag")),
        accepted: (role == Role::Risk)
            .then(|| Acceptance::Suppressed { reason: evil("reason"), expires: Some(evil("day")) }),
    };
    let kind = if name.ends_with('1') { TargetKind::Text } else { TargetKind::Container };
    Report {
        target: Target {
            kind,
            name: evil(name),
            id: Some(evil("id")),
            engine: Some(EngineId { name: evil("engine"), version: evil("version"), api: evil("api") }),
        },
        subject: Subject::Systemd,
        verdict: Verdict::Failed,
        findings: [Role::RootCause, Role::Consequence, Role::Risk, Role::Note]
            .into_iter()
            .map(finding)
            .collect(),
        undecided: vec![Undecided {
            id: evil("undecided"),
            missing: vec![evil("missing")],
            how: vec![evil("how")],
        }],
        gaps: vec![Gap { fact: evil("fact"), reason: evil("reason") }],
        unrecognised: vec![Cluster { cluster: evil("cluster"), text: evil("text"), line: 1, count: 3 }],
        state: evil("state"),
    }
}

/// The format of a name.
fn named(format: &str) -> ReportFormat {
    ReportFormat::from_str(format, false).expect("it is the name of a format")
}

/// A sheet of so many reports in a format.
fn rendered(format: ReportFormat, reports: &[Report]) -> String {
    let rules = builtin().expect("the built-in rules can be used");
    let mut summary = Summary::default();
    reports.iter().for_each(|report| summary.add(report));
    let answers = Answer::without_cure(reports);
    let failures = ["cannot look at x\u{1b}]0;y\n  next: </failure> ::warning ::z".to_owned()];
    let notices = [Notice {
        file: "a\u{1b}[2J/../</pre>\n::error ::x".to_owned(),
        words: "2 findings\u{202e}\n::error ::y <script>".to_owned(),
    }];
    let sheet = Sheet {
        answers: &answers,
        summary: Some(&summary),
        rules: &rules,
        failures: &failures,
        notices: &notices,
    };
    format::render(format, &sheet, &Context { width: 100, color: false, unicode: true, hyperlinks: false })
        .expect("it can be written")
}

#[test]
fn hostile_text_and_thirty_thousand_findings_break_no_form() {
    let reports: Vec<Report> = (0..7_500_u32).map(|n| hostile(&format!("target-{n}"))).collect();
    for format in FORMATS.iter().copied() {
        let text = rendered(named(format), &reports);
        // No rule can have such ids, which is all that the schema has to say of it.
        let is_of_an_id =
            |one: &String| one.contains("does not match \"^[a-z0-9]") || one.contains("longer than 80");
        let mut found = complaints(format, &text);
        found.retain(|one| !(format.starts_with("json") && is_of_an_id(one)));
        assert_eq!(found, [""; 0], "{format}");
        match format {
            "github" => assert!(text.lines().count() <= 30, "{}", text.lines().count()),
            "github-summary" => assert!(
                text.len() <= 1 << 20 && text.contains("more; `--output json=FILE`"),
                "{}",
                text.len()
            ),
            "sarif" => {
                let log: Value = serde_json::from_str(&text).expect("it is JSON");
                assert_eq!(log["runs"][0]["results"].as_array().map(Vec::len), Some(30_000));
            }
            "junit" => assert_eq!(text.matches("<testcase ").count(), 30_002),
            _ => assert!(text.len() > 10_000, "{format}"),
        }
    }
}

#[test]
fn the_page_for_a_browser_is_quiet_and_takes_no_orders() {
    let Some(mut browser) = browser("the_page_for_a_browser_is_quiet_and_takes_no_orders") else { return };
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let page = folder.path().join("report.html");
    let write = |reports: &[Report]| {
        std::fs::write(&page, rendered(ReportFormat::Html, reports)).expect("a file can be written");
    };
    write(&[hostile("target-0"), hostile("target-1")]);
    for view in [DESKTOP, PHONE, View { dark: true, ..DESKTOP }, View { print: true, ..DESKTOP }] {
        let script = "[document.scripts.length, document.images.length, document.documentElement.scrollWidth \
            <= window.innerWidth]";
        let seen = browser.run(&format!("file://{}", page.display()), view, script);
        seen.quiet("the report");
        assert_eq!(seen.answer, json!([0, 0, true]), "{view:?}");
    }
}
