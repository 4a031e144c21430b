//! `seccomp make` and `seccomp trace` on the lab's engines: what they let through boots the guest, and each
//! part of it is needed.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::lab::{Container, Lane, fresh_name, lane, turn};
use super::program::sysdock;

/// Calls that systemd and runc do without, beside some that one of the guests needs.
const DENIED: [&str; 9] = [
    "acct",
    "faccessat2",
    "getitimer",
    "inotify_init1",
    "setsockopt",
    "socketpair",
    "statx",
    "swapon",
    "timerfd_create",
];

fn denying(calls: &[&str]) -> Value {
    json!({"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": calls, "action": "SCMP_ACT_ERRNO", "errnoRet": 1}]})
}

fn write(path: &Path, profile: &Value) -> String {
    std::fs::write(path, profile.to_string()).expect("the profile can be written");
    format!("seccomp={}", path.display())
}

/// Calls that an allowing profile denies.
fn denied(profile: &Value) -> Vec<String> {
    let rules = profile["syscalls"].as_array().cloned().unwrap_or_default();
    let names = rules
        .iter()
        .filter(|rule| rule["action"] == "SCMP_ACT_ERRNO")
        .filter_map(|rule| rule["names"].as_array().cloned());
    names.flatten().filter_map(|name| name.as_str().map(str::to_owned)).collect()
}

/// Whether a guest comes up whole under a profile.
fn boots(lane: &Lane, guest: &str, option: &str) -> bool {
    let container = Container::named(lane, "filter");
    let flags = lane.flags(&container.name);
    let image = format!("deb-systemd:{guest}");
    let head = ["run", "-d", "-t", "--network", "none", "--name", &container.name, "--security-opt", option]
        .map(str::to_owned);
    let words: Vec<String> = head.into_iter().chain(flags).chain([image, "/sbin/init".to_owned()]).collect();
    if !lane.client(&words).good {
        return false;
    }
    let end = Instant::now() + Duration::from_secs(40);
    loop {
        let state = lane.client(&["exec", &container.name, "systemctl", "is-system-running"]);
        match state.stdout.trim() {
            "running" => return true,
            "degraded" | "maintenance" => return false,
            _ => {}
        }
        let alive = lane.client(&["inspect", "-f", "{{.State.Running}}", &container.name]).stdout;
        if alive.trim() != "true" || Instant::now() >= end {
            return false;
        }
        std::thread::sleep(Duration::from_millis(300));
    }
}

#[test]
fn a_made_profile_boots_and_has_no_call_too_many() {
    let _turn = turn();
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    for (name, engine, guest, systemd) in
        [("docker20-v2", "docker-20.10", "bookworm", "252"), ("docker28-v2", "docker-28.5", "sid", "262")]
    {
        let Some(lane) =
            lane("a_made_profile_boots_and_has_no_call_too_many", name).filter(|lane| lane.has(guest))
        else {
            continue;
        };
        let before = write(&folder.path().join("before.json"), &denying(&DENIED));
        assert!(!boots(lane, guest, &before), "{name} {guest}: nothing of it is needed");
        let file = folder.path().join("made.json");
        let words = [
            "seccomp",
            "make",
            &before[8..],
            "--engine",
            engine,
            "--systemd",
            systemd,
            "-o",
            &file.display().to_string(),
        ];
        sysdock(words).run().ended(0);
        let made: Value =
            serde_json::from_slice(&std::fs::read(&file).expect("it was written")).expect("it is JSON");
        let left = denied(&made);
        let opened: Vec<&str> =
            DENIED.into_iter().filter(|call| !left.iter().any(|other| other == call)).collect();
        assert!(
            !opened.is_empty() && ["acct", "getitimer", "swapon"].iter().all(|call| !opened.contains(call)),
            "{name}: {opened:?}"
        );
        assert!(
            boots(lane, guest, &format!("seccomp={}", file.display())),
            "{name} {guest} with {opened:?} let through"
        );
        for call in &opened {
            let again: Vec<&str> = left.iter().map(String::as_str).chain([*call]).collect();
            let option = write(&folder.path().join("again.json"), &denying(&again));
            assert!(!boots(lane, guest, &option), "{name} {guest}: {call} is let through and not needed");
        }
    }
}

/// A container that a profile stops by two of its five calls.
#[test]
fn a_trace_finds_what_a_boot_needs() {
    let _turn = turn();
    let Some(lane) = lane("a_trace_finds_what_a_boot_needs", "docker28-v2") else { return };
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let option = write(
        &folder.path().join("p.json"),
        &denying(&["acct", "getitimer", "setsockopt", "timerfd_create", "swapon"]),
    );
    let container = Container::named(lane, "trace");
    let flags = lane.flags(&container.name);
    let head = ["run", "-d", "-t", "--network", "none", "--name", &container.name, "--security-opt", &option]
        .map(str::to_owned);
    let words: Vec<String> = head
        .into_iter()
        .chain(flags)
        .chain(["deb-systemd:bookworm", "/sbin/init"].map(str::to_owned))
        .collect();
    assert!(lane.client(&words).good, "{words:?}");
    container.await_end(Duration::from_secs(20));

    let made = folder.path().join("made.json").display().to_string();
    let trace = ["seccomp", "trace", &container.name, "--format", "json"];
    let run = lane
        .sysdock(&[&trace[..], &["-o", &made]].concat())
        .env("TMPDIR", std::env::temp_dir())
        .run()
        .ended(1);
    let found = run.json();
    assert_eq!(
        (&found["needed"], &found["boots"]),
        (&json!(["setsockopt", "timerfd_create"]), &json!(true)),
        "{found:#}"
    );
    assert!(
        boots(lane, "bookworm", &format!("seccomp={made}")),
        "the profile that was written does not boot: {found:#}"
    );

    // Where the kernel's log says nothing, all denied calls are tried.
    let blind = blind(lane, &trace);
    assert_eq!(
        (&blind["needed"], &blind["way"]),
        (&json!(["setsockopt", "timerfd_create"]), &json!("trials")),
        "{blind:#}"
    );
    let left = lane
        .client(&["ps", "-a", "--filter", &format!("name={}", container.name), "--format", "{{.Names}}"])
        .stdout;
    assert_eq!(left.trim(), container.name, "something is left");
}

/// Runs the program where the kernel's log is empty: in a mount namespace with nothing behind its device.
fn blind(lane: &Lane, words: &[&str]) -> Value {
    let script = "mount --bind /dev/null /dev/kmsg && exec \"$@\"";
    let mut command = Command::new("unshare");
    command.args(["-m", "sh", "-c", script, "blind", env!("CARGO_BIN_EXE_sysdock")]).args(words);
    command.env("DOCKER_HOST", &lane.address).env("SYSDOCK_TIMEOUT", "60").stdin(Stdio::null());
    let output = command.output().expect("unshare can be started");
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("no JSON ({error}): {output:?}"))
}

/// A container without a filter has nothing to be traced.
#[test]
fn a_trace_needs_a_filter() {
    let Some(lane) = lane("a_trace_needs_a_filter", "docker28-v2") else { return };
    let name = fresh_name("open");
    let container = Container { lane, name };
    let words = [
        "create",
        "--network",
        "none",
        "--name",
        &container.name,
        "--security-opt",
        "seccomp=unconfined",
        "deb-systemd:bookworm",
        "/sbin/init",
    ];
    assert!(lane.client(&words).good);
    let run = lane.sysdock(&["seccomp", "trace", &container.name]).run().refused(3);
    assert!(run.stderr.contains("no filter is in force"), "{run:?}");
}
