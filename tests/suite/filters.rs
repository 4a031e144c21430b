//! `seccomp check`, `make` and `explain` from outside: files, hostile files, engines' defaults, containers of
//! a fake engine.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::fake::{Documents, Fake, recorded};
use super::fixtures;
use super::program::{Run, roots, sysdock};

/// Most memory that looking at a profile may take, in KiB.
const MEMORY_KIB: u64 = 40 * 1024;

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary folder can be made"))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn file(&self, name: &str, text: impl AsRef<[u8]>) -> String {
        std::fs::write(self.path(name), text).expect("the file can be written");
        self.path(name).display().to_string()
    }
}

fn seccomp(line: &str, more: &[&str]) -> Run {
    sysdock(["seccomp"].into_iter().chain(line.split_whitespace()).chain(more.iter().copied())).run()
}

fn denying(calls: &[&str]) -> String {
    json!({"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": calls, "action": "SCMP_ACT_ERRNO"}]})
        .to_string()
}

fn missed(run: &Run) -> Vec<String> {
    let misses = run.json()["misses"].as_array().cloned().unwrap_or_default();
    misses.iter().map(|miss| miss["call"].as_str().unwrap_or_default().to_owned()).collect()
}

#[test]
fn a_profile_that_denies_a_needed_call_is_a_finding() {
    let folder = Folder::new();
    let file = folder.file("p.json", denying(&["pidfd_send_signal", "acct"]));
    let run = seccomp("check --systemd 262", &[&file]).ended(1);
    assert!(
        run.stdout.contains("pidfd_send_signal")
            && run.stdout.contains("EPERM")
            && run.stdout.contains("rule 1"),
        "{run:?}"
    );
    assert!(!run.stdout.contains("acct"), "a call that systemd does without is no finding: {run:?}");
    seccomp("check --systemd 252", &[&file]).ended(0);
    let run = seccomp("check --format json", &[&file]).ended(1);
    assert_eq!(missed(&run), ["pidfd_send_signal"]);
    assert_eq!(run.json()["misses"][0]["effects"], json!([{"systemd": 262, "effect": "stuck"}]));
    assert_eq!((&run.json()["schema_version"], &run.json()["misses"][0]["errno"]), (&json!(1), &json!(1)));
}

#[test]
fn a_profile_comes_through_a_pipe_too() {
    let run = sysdock(["seccomp", "check", "-", "--systemd", "262"])
        .run_with(denying(&["statx"]).as_bytes())
        .ended(1);
    assert!(run.stdout.contains("statx"), "{run:?}");
}

#[test]
fn engines_defaults_are_known_without_an_engine() {
    for (engine, systemd, calls) in [
        ("docker-20.10", "229", vec!["name_to_handle_at"]),
        ("docker-20.10", "262", vec![]),
        ("docker-24.0", "229", vec![]),
        ("docker-28.5.2", "262", vec![]),
        ("podman", "262", vec![]),
    ] {
        let run = seccomp("check --format json --default", &[engine, "--systemd", systemd])
            .ended(i32::from(!calls.is_empty()));
        assert_eq!(missed(&run), calls, "{engine} {systemd}");
    }
    let run = seccomp("check --format json --default docker-17.03", &[]).ended(1);
    assert!(missed(&run).contains(&"statx".to_owned()), "{run:?}");
}

#[test]
fn a_profile_is_made_that_lets_just_this_through() {
    let folder = Folder::new();
    let file = folder.file("p.json", denying(&["statx", "acct"]));
    let made = folder.path("made.json").display().to_string();
    let run = seccomp("make --systemd 262 -o", &[&made, &file]).ended(0);
    assert!(run.stdout.lines().any(|line| line.starts_with('-') && line.contains("\"statx\"")), "{run:?}");
    assert!(run.stderr.contains(&format!("seccomp={made}")), "{run:?}");
    let profile: Value =
        serde_json::from_slice(&std::fs::read(&made).expect("it was written")).expect("it is JSON");
    assert_eq!(profile["syscalls"], json!([{"names": ["acct"], "action": "SCMP_ACT_ERRNO"}]));
    seccomp("check --systemd 262", &[&made]).ended(0);
    let again = seccomp("make --systemd 262", &[&made]).ended(0);
    assert!(again.stdout.is_empty() && again.stderr.contains("unchanged"), "{again:?}");
}

#[test]
fn a_generated_default_profile_is_complete_and_explained() {
    let run = seccomp("make --default docker-20.10.24 --systemd 229 -o -", &[]).ended(0);
    let profile = run.json();
    let rules = profile["syscalls"].as_array().expect("it has rules").clone();
    let last = rules.last().expect("there is one");
    assert_eq!((&last["names"], &last["action"]), (&json!(["name_to_handle_at"]), &json!("SCMP_ACT_ALLOW")));
    assert!(last["comment"].as_str().is_some_and(|comment| comment.contains("systemd 229")), "{last}");
    assert!(
        rules.len() > 20 && rules[0]["names"].as_array().is_some_and(|names| names.len() > 200),
        "it is the whole profile"
    );
    let piped = sysdock(["seccomp", "check", "-", "--systemd", "229"]).run_with(run.stdout.as_bytes());
    piped.ended(0);
}

#[test]
fn clone3_gets_enosys_where_it_must_not_be_opened() {
    let run = seccomp("make --default docker-20.10.9 --systemd 262 -o -", &[]).ended(0);
    let profile = run.json();
    let last = profile["syscalls"].as_array().and_then(|rules| rules.last().cloned()).expect("it has rules");
    assert_eq!((&last["names"], &last["errnoRet"]), (&json!(["clone3"]), &json!(38)));
}

#[test]
fn contradictions_are_named() {
    let folder = Folder::new();
    let text = r#"{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"names":["statx"],"action":"SCMP_ACT_ALLOW"},{"name":"statx","action":"SCMP_ACT_KILL"}]}"#;
    let file = folder.file("p.json", text);
    let run = seccomp("check --systemd 262", &[&file]).ended(1);
    assert!(run.stdout.contains("contradiction: statx") && run.stdout.contains("rule 1 applies"), "{run:?}");
}

#[test]
fn hostile_profiles_are_refused_with_their_place() {
    let folder = Folder::new();
    for (name, text, told) in [
        ("empty.json", String::new(), "line 1 column 0"),
        ("cut.json", "{\n \"defaultAction\": \"SCMP_ACT_ERRNO\",\n \"syscalls\": [".to_owned(), "line 3 \
            column"),
        ("kind.json", "{\"defaultAction\": []}".to_owned(), "line 1 column"),
        ("action.json", "{\"defaultAction\": \"SCMP_ACT_PERHAPS\"}".to_owned(), "SCMP_ACT_PERHAPS"),
        ("deep.json", format!("{{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"x\":{}", "[".repeat(500_000)), "line \
            1 column"),
        (
            "both.json",
            r#"{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"name":"a","names":["b"],"action":"SCMP_ACT_ERRNO"}]}"#.to_owned(),
            "rule 1",
        ),
        ("escape.json", "{\"defaultAction\": \"\\u001b[2J\"}".to_owned(), "\\u{1b}"),
    ] {
        let file = folder.file(name, text);
        for command in ["check", "make"] {
            let run = seccomp(command, &[&file]).refused(3);
            assert!(run.stderr.contains(told) && !run.stderr.contains('\u{1b}'), "{name}: {run:?}");
        }
    }
    let file = folder.file("binary.json", [0xff, 0xfe, 0x00]);
    assert!(seccomp("check", &[&file]).refused(3).stderr.contains("not text"));
    for missing in ["/no/such/profile.json", "/proc", "/dev/zero"] {
        seccomp("check", &[missing]).refused(3);
    }
}

#[test]
fn a_huge_file_is_refused_before_it_is_read() {
    let folder = Folder::new();
    let path = folder.path("huge.json");
    std::fs::File::create(&path).and_then(|file| file.set_len(64 << 20)).expect("a sparse file can be made");
    let run = seccomp("check", &[&path.display().to_string()]).refused(3);
    assert!(run.stderr.contains("larger than 1 MiB") && run.peak_kib < MEMORY_KIB, "{run:?}");
    let run = sysdock(["seccomp", "check", "-"]).run_with(&vec![b'['; 8 << 20]).refused(3);
    assert!(run.stderr.contains("larger than 1 MiB"), "{run:?}");
}

#[test]
fn wrong_words_are_usage_errors() {
    for line in [
        "",
        "check",
        "check x.json --default podman",
        "check x.json --systemd new",
        "check x.json --systemd 3",
        "explain",
        "burn",
    ] {
        let run = seccomp(line, &[]).ended(2);
        assert!(run.stdout.is_empty() && !run.stderr.is_empty(), "`{line}`: {run:?}");
    }
    assert!(seccomp("check --default containerd-2", &[]).refused(2).stderr.contains("docker-20.10"));
    assert!(seccomp("explain statxx", &[]).refused(2).stderr.contains("did you mean `statx`?"));
    for command in ["", "check ", "make ", "explain "] {
        let run = seccomp(&format!("{command}--help"), &[]).ended(0);
        assert!(
            run.stdout.contains("Examples:") && run.stdout.lines().all(|line| line.chars().count() <= 120),
            "{run:?}"
        );
    }
}

#[test]
fn a_call_is_explained() {
    let run = seccomp("explain name_to_handle_at", &[]).ended(0);
    for part in [
        "219 to 232",
        "Docker 24.0 or later",
        "systemd 233 or later",
        "CAP_SYS_ADMIN",
        "sysdock seccomp make",
        "unconfined",
    ] {
        assert!(run.stdout.contains(part), "{part}: {run:?}");
    }
    let page = seccomp("explain clone3 --format json", &[]).ended(0).json();
    assert!(
        page["engines"].as_array().is_some_and(|engines| engines.iter().any(|each| each["errno"] == 38)),
        "{page:#}"
    );
}

fn with_profile(option: Option<&str>, engine: Option<&str>) -> Documents {
    let mut documents = recorded();
    documents.container["HostConfig"]["SecurityOpt"] = option.map_or(Value::Null, |option| json!([option]));
    if let Some(engine) = engine {
        documents.info["SecurityOptions"] = json!([engine]);
    }
    documents
}

#[test]
fn the_filter_of_a_container_is_found() {
    let custom = format!("seccomp={}", denying(&["setsockopt"]));
    for (option, engine, code, told) in [
        (None, Some("name=seccomp,profile=builtin"), 0, "the built-in profile of Docker 28.5.2"),
        (Some("seccomp=unconfined"), None, 0, "no filter is in force"),
        (Some(custom.as_str()), None, 1, "the container's own profile"),
        (None, Some("name=seccomp,profile=unconfined"), 0, "no filter is in force"),
    ] {
        let run = Fake::usual(with_profile(option, engine)).call("seccomp check web").run().ended(code);
        assert!(run.stdout.contains(told), "{run:?}");
    }
    let fake = Fake::usual(with_profile(None, Some("name=seccomp,profile=/etc/docker/own.json")));
    assert!(fake.call("seccomp check web").run().refused(3).stderr.contains("/etc/docker/own.json"));
    assert!(
        fake.requests().iter().all(|request| matches!(request.method.as_str(), "GET" | "HEAD")),
        "it only looks"
    );
}

#[test]
fn a_container_without_a_filter_can_have_one() {
    let run = Fake::usual(with_profile(Some("seccomp=unconfined"), None))
        .call("seccomp make web -o -")
        .run()
        .ended(0);
    assert!(
        run.stderr.contains("without a filter")
            && run.json()["syscalls"].as_array().is_some_and(|rules| rules.len() > 20),
        "{run:?}"
    );
}

/// A recorded container of Docker 20.10 as if it held systemd 229 under the built-in filter.
fn old_guest() -> Value {
    let recorded = fixtures::all()
        .into_iter()
        .find(|fixture| fixture.path.ends_with("docker20-v2-sid-seccomp-statx-tty.json"));
    let text = std::fs::read_to_string(recorded.expect("it is there").path).expect("it can be read");
    let mut snapshot: Value = serde_json::from_str(&text).expect("it is JSON");
    snapshot["documents"]["container"]["HostConfig"]["SecurityOpt"] = Value::Null;
    for (fact, value) in [
        ("seccomp.mode", json!("default")),
        ("seccomp.blocks", json!(["name_to_handle_at"])),
        ("seccomp.first_blocked", json!("name_to_handle_at")),
        ("seccomp.name_to_handle_at", json!("denied")),
        ("guest.systemd_version", json!(229)),
        ("cgroup.mode", json!("v1")),
        ("cgroup.mount", json!("rw")),
    ] {
        snapshot["facts"][fact] = json!({"value": value, "source": "test"});
    }
    snapshot
}

#[test]
fn the_cure_of_an_old_engine_is_its_profile_with_one_call() {
    let folder = Folder::new();
    let path = folder.file("old.json", old_guest().to_string());
    let report = sysdock(["doctor", "--format", "json", "--from", &path]).run().ended(1).report(0);
    assert!(roots(&report).contains(&"seccomp-blocks-name-to-handle-at".to_owned()), "{report:#}");
    let steps = report["prescription"]["steps"].as_array().cloned().unwrap_or_default();
    let step = steps
        .iter()
        .find(|step| step["kind"] == "seccomp-profile")
        .unwrap_or_else(|| panic!("no profile: {steps:#?}"));
    assert!(step["title"].as_str().is_some_and(|title| title.contains("Docker 24.0 or later")), "{step:#}");
    let files = step["files"].as_object().expect("it has a file");
    let text = files.values().next().and_then(Value::as_str).expect("with a text");
    sysdock(["seccomp", "check", "-", "--systemd", "229"]).run_with(text.as_bytes()).ended(0);
    let refused = report["prescription"]["not_offered"].to_string();
    assert!(refused.contains("seccomp=unconfined") && refused.contains("last resort"), "{refused}");
}
