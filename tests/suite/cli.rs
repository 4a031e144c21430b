//! The command line from outside: help, usage errors, exit codes, outputs, rules of the user, closed pipes.

use std::path::Path;
use std::process::Stdio;

use super::fixtures;
use super::program::{project, roots, sysdock};

const COMMANDS: [&str; 7] = ["doctor", "snapshot", "explain", "rules", "completions", "man", "selftest"];

/// A fixture of that folder.
pub fn fixture(folder: &str) -> String {
    let found = fixtures::all().into_iter().find(|fixture| fixture.folder == folder);
    found.unwrap_or_else(|| panic!("no fixture of {folder}")).path.display().to_string()
}

/// A snapshot of which too much is hidden to judge.
pub fn hidden(folder: &Path) -> String {
    let text = r#"{"schema_version":1,"target":{"kind":"container","name":"hidden","id":null,"engine":null},"facts":{},"gaps":[],"log":{"lines":[],"lines_read":0,"bytes_read":0,"lines_cut":0},"documents":{}}"#;
    let path = folder.join("hidden.json");
    std::fs::write(&path, text).expect("the snapshot can be written");
    path.display().to_string()
}

const RULE: &str = r#"
id = "my-own"
title = "the house rule"
severity = "error"
stage = "units"
explanation = "Something that only this house knows of, said in enough words for the check of rules to be content with it."
confirm = "Ask the person at the next desk."
when = 'container.runs_systemd && boot.outcome == "up"'
remedies = ["stop-signal"]
references = ["https://example.org/"]
[[example]]
facts = { "container.runs_systemd" = true, "boot.outcome" = "up" }
expect = "match"
[[example]]
facts = { "container.runs_systemd" = true, "boot.outcome" = "frozen" }
expect = "no-match"
"#;

fn rules_with(text: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    std::fs::create_dir(folder.path().join("house")).expect("a folder can be made");
    std::fs::write(folder.path().join("house/my.toml"), text).expect("the rule can be written");
    folder
}

#[test]
fn each_command_explains_itself() {
    for command in COMMANDS {
        let run = sysdock([command, "--help"]).run().ended(0);
        assert!(
            run.stdout.contains("Usage: sysdock")
                && run.stdout.contains("Examples:")
                && run.stderr.is_empty(),
            "{run:?}"
        );
        assert!(run.stdout.lines().all(|line| line.chars().count() <= 120), "{command}: a line is too long");
    }
    let run = sysdock(["--help"]).run().ended(0);
    assert!(
        run.stdout.contains("Exit codes:") && COMMANDS.iter().all(|command| run.stdout.contains(command)),
        "{run:?}"
    );
    assert!(sysdock(["--version"]).run().ended(0).stdout.starts_with("sysdock "));
}

#[test]
fn wrong_usage_is_exit_2_and_nothing_on_stdout() {
    for line in [
        "",
        "docter web",
        "doctor web --formt json",
        "doctor web --all",
        "doctor web --from a.json",
        "doctor web --timeout 0",
        "doctor web --tail many",
        "doctor web --fail-on sometimes",
        "snapshot",
        "explain",
        "rules",
        "rules burn",
        "completions tcsh2",
    ] {
        let run = sysdock(line.split_whitespace()).run().ended(2);
        assert!(run.stdout.is_empty() && !run.stderr.is_empty(), "`{line}`: {run:?}");
    }
    for line in ["doctor", "doctor web --since yesterday"] {
        sysdock(line.split_whitespace()).run().refused(2);
    }
}

#[test]
fn a_slip_of_the_keyboard_is_answered_with_the_right_word() {
    for (line, word) in [
        ("docter web", "doctor"),
        ("doctor web --formt json", "--format"),
        ("doctor web --format sarf", "'sarif'"),
        ("doctor web --prescription compse", "'compose'"),
        ("doctor web --fail-on eror", "'error'"),
        ("triage x --output serif=y", "`sarif`"),
        ("build x --target minmal", "'minimal'"),
        ("seccomp chek web", "'check'"),
        ("rules lst", "'list'"),
        ("config shw", "'show'"),
        ("completions bsh", "'bash'"),
        ("watsh", "'watch'"),
        ("seccomp explain statxx", "`statx`"),
    ] {
        assert!(sysdock(line.split_whitespace()).run().ended(2).stderr.contains(word), "{line}");
    }
    let run = sysdock(["explain", "cgroup-readonly"]).run().refused(2);
    assert!(run.stderr.contains("did you mean `cgroup-read-only`?"), "{run:?}");
    let run = sysdock(["explain", "zzzzz"]).run().refused(2);
    assert!(!run.stderr.contains("did you mean") && run.stderr.contains("sysdock rules list"), "{run:?}");
}

#[test]
fn exit_codes_are_those_of_the_table() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let hidden = hidden(folder.path());
    for (file, code) in [
        (fixture("healthy"), 0),
        (fixture("not-systemd"), 0),
        (fixture("run-tmpfs-missing"), 1),
        (fixture("unit-failed"), 1),
        ("/no/such/file.json".to_owned(), 3),
        (project("Cargo.toml").display().to_string(), 3),
        (hidden, 4),
    ] {
        for format in ["human", "json"] {
            let run = sysdock(["doctor", "--format", format, "--from", &file]).run();
            assert_eq!(run.code, code, "{file} as {format}: {run:?}");
        }
    }
}

#[test]
fn what_fails_is_a_matter_of_severity() {
    let unit = fixture("unit-failed");
    for (fail_on, code) in [("critical", 0), ("error", 1), ("warning", 1), ("info", 1)] {
        sysdock(["doctor", "--fail-on", fail_on, "--from", &unit]).run().ended(code);
    }
    // Risks and notes never count.
    sysdock(["doctor", "--fail-on", "info", "--from", &fixture("healthy")]).run().ended(0);
}

#[test]
fn with_several_files_the_strongest_code_wins() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let (good, bad, hidden, none) = (
        fixture("healthy"),
        fixture("cgroup-read-only"),
        hidden(folder.path()),
        "/no/such/file.json".to_owned(),
    );
    for (files, code) in [
        (vec![&good, &hidden], 4),
        (vec![&hidden, &bad], 1),
        (vec![&bad, &hidden, &good], 1),
        (vec![&bad, &none], 3),
        (vec![&none, &good], 3),
    ] {
        let run = sysdock(
            ["doctor", "--format", "json", "--from"]
                .into_iter()
                .chain(files.iter().map(|file| file.as_str())),
        )
        .run()
        .ended(code);
        let readable = files.iter().filter(|file| ***file != none).count();
        assert_eq!(run.json()["reports"].as_array().map(Vec::len), Some(readable), "{files:?}");
    }
    let run = sysdock(["doctor", "--format", "json", "--from", &good, &hidden, &bad]).run();
    let verdicts: Vec<_> =
        (0..3).map(|index| run.report(index)["verdict"].as_str().unwrap_or_default().to_owned()).collect();
    assert_eq!(verdicts, ["failed", "undetermined", "healthy"]);
}

#[test]
fn a_text_that_is_not_there_is_named_with_what_to_do() {
    let run = sysdock(["triage", "/no/such/file.log"]).run().ended(3);
    assert!(run.stdout.is_empty(), "{run:?}");
    assert!(run.stderr.starts_with("sysdock: cannot read /no/such/file.log: "), "{run:?}");
    assert!(
        run.stderr.contains("\n  next: give a file, a folder or an archive, or `-` for stdin"),
        "{run:?}"
    );
}

#[test]
fn stdout_carries_only_the_report() {
    let bad = fixture("cgroup-read-only");
    let run = sysdock(["doctor", "--from", &bad, "/no/such/file.json"]).run().ended(3);
    assert!(run.stdout.contains("cgroup-read-only") && !run.stdout.contains("/no/such/file.json"), "{run:?}");
    assert!(run.stderr.starts_with("sysdock: cannot read /no/such/file.json"), "{run:?}");
    let run = sysdock(["doctor", "--from", "/no/such/file.json"]).run().ended(3);
    assert!(run.stdout.is_empty(), "{run:?}");
    // For a program there is a document even when nothing could be looked at.
    let run = sysdock(["doctor", "--format", "json", "--from", "/no/such/file.json"]).run().ended(3);
    assert_eq!(run.json()["reports"].as_array().map(Vec::len), Some(0));
}

#[test]
fn every_failure_says_what_to_do_next() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let bad = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("the file can be written");
        path.display().to_string()
    };
    let newer = bad("newer.json", r#"{"schema_version":99}"#);
    let log = bad("boot.log", "Failed to mount tmpfs at /run: Operation not permitted\n");
    let edited = bad(
        "edited.json",
        &std::fs::read_to_string(fixture("healthy"))
            .unwrap_or_default()
            .replace("\"container.tty\"", "\"container.ttty\""),
    );
    for (arguments, part) in [
        (vec!["doctor", "--from", &newer], "schema 99"),
        (vec!["doctor", "--from", &log], "not a sysdock snapshot"),
        (vec!["doctor", "--from", &edited], "container.ttty"),
        (vec!["doctor", "--from", "/no/such/file.json"], "/no/such/file.json"),
        (vec!["doctor", "web"], "no container engine found"),
        (vec!["--host", "unix:///no/such.sock", "doctor", "web"], "/no/such.sock"),
        (vec!["--host", "nonsense", "doctor", "web"], "nonsense"),
        (vec!["--context", "far", "doctor", "web"], "far"),
        (vec!["doctor", "web", "--rules", "/no/such/rules"], "/no/such/rules"),
    ] {
        let run = sysdock(&arguments).run().refused(3);
        assert!(run.stderr.contains(part), "{arguments:?}: {run:?}");
    }
}

#[test]
fn colour_is_used_only_on_request() {
    let bad = fixture("run-tmpfs-missing");
    let colored = |call: super::program::Call| call.run().stdout.contains('\u{1b}');
    assert!(!colored(sysdock(["doctor", "--from", &bad])));
    assert!(colored(sysdock(["doctor", "--color", "always", "--from", &bad])));
    assert!(colored(sysdock(["doctor", "--from", &bad]).env("CLICOLOR_FORCE", "1")));
    assert!(!colored(sysdock(["doctor", "--from", &bad]).env("CLICOLOR_FORCE", "1").env("NO_COLOR", "1")));
    assert!(!colored(sysdock(["doctor", "--color", "always", "--format", "json", "--from", &bad])));
}

#[test]
fn the_page_for_people_puts_the_verdict_first() {
    let fixtures = fixtures::all();
    for fixture in &fixtures {
        let run = sysdock(["doctor", "--from", &fixture.path.display().to_string()]).run();
        let first = run.stdout.lines().next().unwrap_or_default();
        assert!(first.contains(&fixture.snapshot.target.name), "{}: {first}", fixture.label());
        for root in &fixture.expected.roots {
            assert!(run.stdout.contains(root), "{}: {root} is missing in\n{}", fixture.label(), run.stdout);
        }
        assert!(
            fixture.expected.roots.is_empty() || run.stdout.contains("sysdock explain"),
            "{}: no next step",
            fixture.label()
        );
        assert!(
            !run.stdout.contains(|c: char| c.is_control() && c != '\n'),
            "{}: a control character",
            fixture.label()
        );
    }
}

#[test]
fn a_prescription_stands_alone_on_stdout() {
    let bad = fixture("run-tmpfs-missing");
    for form in ["sh", "compose", "quadlet", "kubernetes", "molecule", "docker", "podman", "dockerfile"] {
        let run = sysdock(["doctor", "--from", &bad, "--prescription", form]).run().ended(1);
        assert!(!run.stdout.is_empty() && run.stderr.is_empty(), "{run:?}");
    }
    assert!(
        sysdock(["doctor", "--from", &bad, "--format", "sh"])
            .run()
            .ended(1)
            .stdout
            .starts_with("#!/bin/sh\n")
    );
    let run = sysdock(["doctor", "--from", &fixture("healthy"), "--prescription", "sh"]).run().ended(0);
    assert!(run.stdout.is_empty() && run.stderr.starts_with("sysdock: nothing to prescribe for "), "{run:?}");
    sysdock(["doctor", "--from", &bad, "--format", "json", "--prescription", "sh"]).run().refused(2);
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let bad = fixture("run-tmpfs-missing");
    for arguments in [
        vec!["doctor", "--format", "json", "--from", &bad],
        vec!["rules", "list"],
        vec!["explain", "boot-stopped"],
        vec!["--help"],
    ] {
        let mut command = sysdock(&arguments).command();
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program can be started");
        drop(child.stdout.take());
        let output = child.wait_with_output().expect("the program ends");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.is_empty(), "{arguments:?}: {said}");
    }
}

#[test]
fn each_diagnosis_can_be_explained() {
    let list = sysdock(["rules", "list", "--format", "json"]).run().ended(0).json();
    let ids: Vec<&str> =
        list["rules"].as_array().into_iter().flatten().filter_map(|rule| rule["id"].as_str()).collect();
    assert!(ids.len() >= 31, "{ids:?}");
    for id in ids {
        let run = sysdock(["explain", id]).run().ended(0);
        assert!(
            run.stdout.contains(id) && run.stdout.contains("https://") && run.stderr.is_empty(),
            "{run:?}"
        );
    }
}

#[test]
fn rules_can_be_listed_checked_and_tested() {
    for action in ["list", "check", "test"] {
        let run = sysdock(["rules", action]).run().ended(0);
        assert!(!run.stdout.is_empty() && run.stderr.is_empty(), "{run:?}");
    }
    let wrong = rules_with(&RULE.replace("expect = \"no-match\"", "expect = \"match\""));
    let run = sysdock(["rules", "test", "--rules", &wrong.path().display().to_string()]).run().ended(1);
    assert!(run.stdout.contains("my-own") && run.stdout.contains("my.toml"), "{run:?}");
    let bare = rules_with(&RULE.replace("references = [\"https://example.org/\"]", ""));
    let run = sysdock(["rules", "check", "--rules", &bare.path().display().to_string()]).run().ended(1);
    assert!(run.stdout.contains("references"), "{run:?}");
}

#[test]
fn mistakes_in_rules_are_reported_with_file_and_line() {
    for (mistake, part) in [
        (
            RULE.replace("container.runs_systemd &&", "container.runs_systemmd &&"),
            "did you mean `container.runs_systemd`",
        ),
        (RULE.replace("severity", "severety"), "severety"),
        (RULE.replace("boot.outcome == \"up\"'", "boot.outcome == 3'"), "is compared with"),
    ] {
        let folder = rules_with(&mistake);
        let at = folder.path().display().to_string();
        let run = sysdock(["rules", "check", "--rules", &at]).run().ended(1);
        let place = run.stdout.lines().any(|line| line.contains("my.toml:") && line.contains(part));
        assert!(place, "{run:?}");
        let run = sysdock(["doctor", "--rules", &at, "--from", &fixture("healthy")]).run().refused(3);
        assert!(run.stderr.contains("my.toml:"), "{run:?}");
    }
}

#[test]
fn a_folder_of_rules_adds_and_overrides() {
    let good = fixture("healthy");
    let own = rules_with(RULE);
    let at = own.path().display().to_string();
    for arguments in [vec!["--rules", &at, "doctor"], vec!["doctor", "--rules", &at]] {
        let run = sysdock(arguments.into_iter().chain(["--format", "json", "--from", &good])).run().ended(1);
        assert_eq!(roots(&run.report(0)), ["my-own"]);
    }
    sysdock(["rules", "check", "--rules", &at]).run().ended(0);
    assert!(sysdock(["explain", "my-own", "--rules", &at]).run().ended(0).stdout.contains("the house rule"));
    // A container that has failed is not up.
    let over = rules_with(&RULE.replace("id = \"my-own\"", "id = \"cgroup-read-only\""));
    let bad = fixture("cgroup-read-only");
    let run = sysdock([
        "doctor",
        "--format",
        "json",
        "--rules",
        &over.path().display().to_string(),
        "--from",
        &bad,
    ])
    .run();
    assert!(!roots(&run.report(0)).contains(&"cgroup-read-only".to_owned()), "{run:?}");
}

#[test]
fn completions_are_made_for_each_shell() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let run = sysdock(["completions", shell]).run().ended(0);
        assert!(run.stdout.contains("sysdock") && run.stdout.contains("SYSDOCK_COMPLETE"), "{shell}");
    }
}

/// Every sample of the intake, in a folder, by one thread or by many.
#[test]
fn triage_output_does_not_depend_on_the_number_of_threads() {
    let samples = project("src/intake/samples").display().to_string();
    let said = |threads: &str, format: &[&str]| {
        let run = sysdock([&["triage", &samples, "--threads", threads][..], format].concat()).run().ended(1);
        (run.stdout, run.stderr)
    };
    for format in [&["--format", "json"][..], &["--format", "json", "--jsonl"], &[]] {
        let one = said("1", format);
        assert!(one.0.len() > 1000);
        assert!(one == said("2", format) && one == said("8", format), "{format:?}");
    }
}

#[test]
fn plain_ascii_reaches_every_page() {
    let plain = |arguments: &[&str]| {
        let run = sysdock(arguments.iter().chain(&["--ascii"])).run();
        assert!(run.stdout.is_ascii() && run.stderr.is_ascii(), "{arguments:?}: {run:?}");
        run
    };
    let list = sysdock(["rules", "list", "--format", "json"]).run().ended(0).json();
    for id in list["rules"].as_array().into_iter().flatten().filter_map(|rule| rule["id"].as_str()) {
        plain(&["explain", id]).ended(0);
    }
    let fixtures = fixtures::all();
    let one_of_each: std::collections::BTreeMap<_, _> =
        fixtures.iter().map(|fixture| (&fixture.folder, fixture)).collect();
    let paths: Vec<String> = one_of_each.values().map(|fixture| fixture.path.display().to_string()).collect();
    plain(&[&["doctor", "--from"][..], &paths.iter().map(String::as_str).collect::<Vec<_>>()].concat());
    for line in [
        "rules list",
        "seccomp explain statx",
        "seccomp check --default docker-20.10",
        "seccomp make --default docker-20.10",
        "doctor",
        "triage",
        "selftest",
    ] {
        plain(&line.split(' ').collect::<Vec<_>>());
    }
    let sign = |run: super::program::Run| run.stdout.starts_with('x');
    let bad = fixture("run-tmpfs-missing");
    assert!(sign(sysdock(["doctor", "--from", &bad]).env("SYSDOCK_ASCII", "1").run()));
    assert!(!sign(sysdock(["doctor", "--from", &bad]).env("SYSDOCK_ASCII", "0").run()));
}

#[test]
fn verbose_logs_engine_requests() {
    let fake = super::fake::Fake::usual(super::fake::recorded());
    let run = fake.call("doctor --verbose web").run();
    assert!(
        run.stderr.contains("by DOCKER_HOST") && run.stderr.contains("GET /v1.51/containers/web/json: 200, "),
        "{run:?}"
    );
    assert!(fake.call("doctor web").run().stderr.is_empty());
    sysdock(["doctor", "-q", "--verbose", "web"]).run().ended(2);
}

#[test]
fn links_are_for_terminals_alone() {
    let run = sysdock(["explain", "cgroup-read-only"]).env("FORCE_HYPERLINK", "1").run().ended(0);
    assert!(!run.stdout.contains('\u{1b}'), "{run:?}");
}
