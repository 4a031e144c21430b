//! Live tests on the lab's engines.
//!
//! `SYSDOCK_LIVE=all` tries every fault with and without a terminal, not one of both in turn.
//! `SYSDOCK_LIVE_ONLY` holds words, one of which a trial's label must hold. `SYSDOCK_RECORD=1` writes the
//! fixtures that faults.toml names. `SYSDOCK_LIVE_AT_ONCE` is the number of containers that a lane may have
//! at a time.

use std::collections::{BTreeSet, VecDeque};
use std::io::Read;
use std::process::Stdio;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;
use sysdock::pattern::Pattern;
use sysdock::scan::clean;

use super::fixtures;
use super::lab::{Container, LANES, Lane, lab, lane, required, turn, turn_for};
use super::program::{announce, project, roots, sysdock, with_role};
use super::tally;
use super::trials::{Images, Outcome, Trial, faults};

/// Containers of a lane at the same time.
const AT_ONCE: usize = 3;

fn at_once() -> usize {
    std::env::var("SYSDOCK_LIVE_AT_ONCE").ok().and_then(|number| number.parse().ok()).unwrap_or(AT_ONCE)
}

fn trials(lane: &Lane) -> VecDeque<Trial> {
    let all = std::env::var("SYSDOCK_LIVE").is_ok_and(|value| value == "all");
    let only = std::env::var("SYSDOCK_LIVE_ONLY").unwrap_or_default();
    let wanted = |trial: &Trial| {
        only.is_empty() || only.split_whitespace().any(|word| trial.label(lane).contains(word))
    };
    faults().iter().flat_map(|fault| fault.trials(lane, all)).filter(wanted).collect()
}

/// Runs a lane's trials; gives how many were run and what went wrong. What goes wrong is tried once more,
/// alone: a machine under load boots guests late, and limits of the host are shared. A trial that is right
/// only then is named all the same.
fn run_lane(lane: &Lane) -> (usize, Vec<String>) {
    let images = Images::on(lane);
    let queue = Mutex::new(trials(lane));
    let total = queue.lock().unwrap_or_else(PoisonError::into_inner).len();
    let again = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..at_once() {
            scope.spawn(|| {
                loop {
                    let Some(trial) = queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front() else {
                        break;
                    };
                    if let Some(problem) = problem(&trial, lane, &images) {
                        announce(&format!("live: {}: {problem}", trial.label(lane)));
                        again.lock().unwrap_or_else(PoisonError::into_inner).push(trial);
                    }
                }
            });
        }
    });
    let again = again.into_inner().unwrap_or_else(PoisonError::into_inner);
    match total {
        0 => tally::left_out(lane, "no fault is tried there"),
        total => tally::ran(lane, total),
    }
    (total, again.iter().filter_map(|trial| second_try(trial, lane, &images)).collect())
}

fn second_try(trial: &Trial, lane: &Lane, images: &Images) -> Option<String> {
    let label = trial.label(lane);
    let problem = problem(trial, lane, images);
    if problem.is_none() {
        announce(&format!("live: {label}: right at the second try"));
    }
    problem.map(|problem| format!("{label}: {problem}"))
}

/// What went wrong with a trial, if anything.
fn problem(trial: &Trial, lane: &Lane, images: &Images) -> Option<String> {
    let _turn = turn_for(1);
    let keep = |container: &Container<'_>, report: &Value| record(trial, container, report);
    match trial.run(lane, images, keep) {
        Outcome::Right => None,
        Outcome::Wrong(said) => Some(said),
        Outcome::NotRun(reason) => Some(format!("could not be set up: {reason}")),
    }
}

fn record(trial: &Trial, container: &Container<'_>, report: &Value) {
    if std::env::var("SYSDOCK_RECORD").is_ok_and(|value| value == "1") && trial.is_recorded(container.lane) {
        let case = format!("{}-{}-{}-{}", container.lane.name, trial.suite, trial.fault.id, trial.variant);
        fixtures::record(container, report, &case);
    }
}

#[test]
fn every_fault_is_named() {
    let lanes = &lab().lanes;
    let outcomes: Vec<(usize, Vec<String>)> = std::thread::scope(|scope| {
        let running: Vec<_> = lanes.iter().map(|lane| scope.spawn(|| run_lane(lane))).collect();
        running.into_iter().map(|lane| lane.join().expect("a lane's trials do not panic")).collect()
    });
    let total: usize = outcomes.iter().map(|(count, _)| count).sum();
    let wrong: Vec<String> = outcomes.into_iter().flat_map(|(_, wrong)| wrong).collect();
    let missing = &lab().missing;
    let reasons = if missing.is_empty() { String::new() } else { format!(" ({})", missing.join("; ")) };
    announce(&format!(
        "live: {total} trials on {} lanes, {} lanes not run{reasons}",
        lanes.len(),
        LANES.len() - lanes.len()
    ));
    assert!(!required() || !lanes.is_empty(), "the lab is required but no lane answers: {reasons}");
    assert!(wrong.is_empty(), "{} of {total} trials went wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// What a healthy boot and stop print on a terminal is nobody's failure. `SYSDOCK_RECORD=1` keeps the lines
/// for `rules check`.
#[test]
fn healthy_logs_say_nothing() {
    let _turn = turn();
    let mut lines = BTreeSet::new();
    for lane in &lab().lanes {
        for guest in lane.guests.iter().filter(|guest| boots(lane, guest)) {
            let log = healthy_log(lane, guest);
            let run = sysdock(["triage", "--format", "json", "-"]).run_with(log.as_bytes());
            assert_eq!(run.code, 0, "{} {guest}: {run:?}\n{log}", lane.name);
            let report = run.report(0);
            let loud = report["findings"]
                .as_array()
                .into_iter()
                .flatten()
                .filter(|finding| finding["role"] != "note")
                .count();
            assert!(loud == 0 && log.len() > 1000, "{} {guest}: {report:#}", lane.name);
            lines.extend(log.lines().map(|line| anonymous(&clean(line.as_bytes()))));
        }
    }
    announce(&format!(
        "live: {} different lines of healthy boots on {} lanes",
        lines.len(),
        lab().lanes.len()
    ));
    if std::env::var("SYSDOCK_RECORD").is_ok_and(|value| value == "1") {
        let lines: Vec<String> = lines.into_iter().filter(|line| !line.trim().is_empty()).collect();
        std::fs::write(project("rules/healthy.txt"), lines.join("\n") + "\n")
            .expect("the lines can be written");
    }
}

/// systemd 256 and later boots on no cgroup v1.
fn boots(lane: &Lane, guest: &str) -> bool {
    lane.cgroup != "v1" || guest != "sid"
}

/// The whole log of a guest that boots and is stopped.
fn healthy_log(lane: &Lane, guest: &str) -> String {
    let container = Container::good(lane, "healthy-log", &["-t"], guest);
    container.await_boot();
    lane.client(&["stop", "-t", "20", &container.name]);
    // An engine may write the last lines a moment after the end.
    let ends = ["Exiting container", "Final Step"];
    let limit = Instant::now() + Duration::from_secs(10);
    loop {
        let log = lane.client(&["logs", &container.name]).stdout;
        if ends.iter().any(|end| log.contains(end)) || Instant::now() >= limit {
            return log.replace(&container.name, "<name>");
        }
        std::thread::sleep(Duration::from_millis(500));
    }
}

/// A line without the numbers of one container.
fn anonymous(line: &str) -> String {
    static ID: Pattern = Pattern::new(r"\b[0-9a-f]{12,64}\b");
    ID.replace_all(line.trim_end(), "<id>").into_owned()
}

#[test]
fn looking_changes_nothing() {
    let _turn = turn();
    for name in ["docker28-v2", "docker20-v1", "podman4-v2"] {
        let Some(lane) = lane("looking_changes_nothing", name) else { continue };
        let running = Container::good(lane, "unchanged", &["-t"], "bookworm");
        let dead = Container::start(lane, "unchanged-dead", &["--entrypoint", "/bin/false"], "bookworm", &[]);
        running.await_boot();
        dead.await_end(Duration::from_secs(20));
        // The list of past execs is left out: Podman tidies it up in its own time.
        let parts = "{{json .State}} {{json .Config}} {{json .HostConfig}} {{.RestartCount}}";
        let own = |container: &Container<'_>| lane.client(&["inspect", "-f", parts, &container.name]).stdout;
        let before = (own(&running), own(&dead));
        // The end of the commands by which the boot was awaited may be told late.
        std::thread::sleep(Duration::from_secs(3));
        let events = events_during(lane, || {
            lane.sysdock(&["doctor", "--no-exec", &running.name, &dead.name, "--format", "json"]).run();
            lane.sysdock(&["snapshot", "--no-exec", &running.name]).run().ended(0);
        });
        let of_ours = |line: &&String| line.contains(&running.name) || line.contains(&dead.name);
        // `sync` is Podman's own: it takes note of a container's state, whoever asks for it.
        let harmless = ["archive-path", "mount", "unmount", "sync"];
        let odd: Vec<_> = events
            .iter()
            .filter(of_ours)
            .filter(|line| !harmless.iter().any(|word| line.starts_with(word)))
            .collect();
        assert!(odd.is_empty(), "{name}: {odd:#?}");
        assert!(before == (own(&running), own(&dead)), "{name}: a container's document has changed");
    }
}

/// Events of an engine while something happens: `ACTION NAME`, one for each.
fn events_during(lane: &Lane, work: impl FnOnce()) -> Vec<String> {
    let (program, at) = if lane.engine == "podman" { ("podman", "--url") } else { ("docker", "-H") };
    let (action, who) = if lane.engine == "podman" {
        ("{{.Status}}", "{{.Name}}")
    } else {
        ("{{.Action}}", "{{.Actor.Attributes.name}}")
    };
    let mut command = std::process::Command::new(program);
    command.args([at, &lane.address, "events", "--format", &format!("{action} {who}")]);
    let mut listener = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("events can be listened to");
    // The client has no sign that it listens; a second is ample on a Unix socket.
    std::thread::sleep(Duration::from_secs(2));
    work();
    std::thread::sleep(Duration::from_secs(1));
    let _ = listener.kill();
    let mut said = String::new();
    let _ = listener.stdout.take().expect("stdout is a pipe").read_to_string(&mut said);
    let _ = listener.wait();
    said.lines().map(str::to_owned).collect()
}

/// The kind of container that started this project: a new systemd, an old engine's filter, a terminal.
#[test]
fn the_seed_case_is_quoted_and_folded() {
    let _turn = turn();
    let Some(lane) = lane("the_seed_case_is_quoted_and_folded", "docker20-v2").filter(|lane| lane.has("sid"))
    else {
        return;
    };
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let profile = folder.path().join("old.json");
    let text = r#"{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["statx"],"action":"SCMP_ACT_ERRNO","errnoRet":1}]}"#;
    std::fs::write(&profile, text).expect("the profile can be written");
    let container = Container::good(
        lane,
        "seed",
        &["-t", "--security-opt", &format!("seccomp={}", profile.display())],
        "sid",
    );
    container.await_end(Duration::from_secs(20));
    let run = lane.sysdock(&["doctor", &container.name, "--format", "json"]).run().ended(1);
    let report = run.report(0);
    assert_eq!(roots(&report).first().map(String::as_str), Some("seccomp-blocks-new-syscalls"), "{report:#}");
    let root = report["findings"][0].to_string();
    for part in [
        "Failed to determine whether /sys is a mount point: Operation not permitted",
        "statx",
        "seccomp.mode",
    ] {
        assert!(root.contains(part), "{part} is missing in {root}");
    }
    assert!(with_role(&report, "consequence").contains(&"boot-stopped".to_owned()), "{report:#}");
    let follower =
        report["findings"].as_array().into_iter().flatten().find(|finding| finding["id"] == "boot-stopped");
    assert!(
        follower.is_some_and(|finding| finding.to_string().contains("Failed to mount API filesystems")),
        "{report:#}"
    );
    let page = lane.sysdock(&["doctor", &container.name]).run().ended(1).stdout;
    assert!(
        page.contains("Failed to determine whether /sys is a mount point: Operation not permitted")
            && page.contains("statx"),
        "{page}"
    );
}

/// systemd 247 freezes and goes on running; without a terminal nothing but PID 1 itself tells it from a
/// working one.
#[test]
fn a_frozen_systemd_is_told_from_a_working_one() {
    let _turn = turn();
    let Some(lane) = lane("a_frozen_systemd_is_told_from_a_working_one", "docker20-v2")
        .filter(|lane| lane.has("bullseye"))
    else {
        return;
    };
    let frozen =
        Container::start(lane, "frozen", &["--stop-signal", "SIGRTMIN+3"], "bullseye", &["/sbin/init"]);
    let working = Container::good(lane, "working", &[], "bullseye");
    working.await_boot();
    assert!(
        !frozen.await_end(Duration::from_secs(3)),
        "systemd 247 without container= ended instead of freezing"
    );
    for extra in [&[][..], &["--no-exec"]] {
        let ask = |container: &Container<'_>| {
            lane.sysdock(&[&["doctor", &container.name, "--format", "json"][..], extra].concat())
                .run()
                .report(0)
        };
        let (sick, well) = (ask(&frozen), ask(&working));
        assert_eq!(
            (roots(&sick).first().map(String::as_str), sick["verdict"].as_str()),
            (Some("run-tmpfs-missing"), Some("failed")),
            "{sick:#}"
        );
        assert_eq!((roots(&well), well["verdict"].as_str()), (Vec::new(), Some("healthy")), "{well:#}");
    }
}

#[test]
fn a_snapshot_replays_to_the_live_report() {
    let _turn = turn();
    let Some(lane) = lane("a_snapshot_replays_to_the_live_report", "docker28-v2") else { return };
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    for (purpose, flags) in [("replay-tty", &["-t"][..]), ("replay-silent", &[])] {
        let container = Container::start(lane, purpose, flags, "bookworm", &["/sbin/init"]);
        container.await_end(Duration::from_secs(20));
        let live = comparable(lane.sysdock(&["doctor", &container.name, "--format", "json"]).run().json());
        for name in ["case.json", "case.json.zst"] {
            let path = folder.path().join(format!("{purpose}-{name}")).display().to_string();
            lane.sysdock(&["snapshot", &container.name, "-o", &path]).run().ended(0);
            let replayed =
                comparable(lane.sysdock(&["doctor", "--from", &path, "--format", "json"]).run().json());
            assert_eq!(live, replayed, "{name}");
        }
    }
}

/// A document without what a replay may say otherwise: what kind of target it is, whose words the steps are,
/// and what a step needs beyond the file.
fn comparable(mut document: Value) -> Value {
    let report = &mut document["reports"][0];
    report["target"]["kind"] = Value::Null;
    if let Some(summary) = report["prescription"]["summary"].as_str() {
        report["prescription"]["summary"] =
            summary.split(" These steps were derived from a snapshot").next().into();
    }
    for step in report["prescription"]["steps"].as_array_mut().into_iter().flatten() {
        step["needs"] = Value::Null;
    }
    document
}

#[test]
fn following_ends_with_the_boot() {
    let _turn = turn();
    for (name, guest) in [("docker28-v2", "bookworm"), ("podman4-v2", "trixie")] {
        let Some(lane) = lane("following_ends_with_the_boot", name) else { continue };
        let follow = |container: &Container<'_>| {
            let began = Instant::now();
            let run = lane
                .sysdock(&["doctor", "--follow", "--timeout", "100", &container.name, "--format", "json"])
                .run();
            assert!(began.elapsed() < Duration::from_secs(95), "{name}: it watched to the end: {run:?}");
            run
        };
        let good = Container::good(lane, "follow-good", &["-t"], guest);
        let run = follow(&good).ended(0);
        assert_eq!(run.report(0)["verdict"], "healthy", "{run:?}");
        let off = if lane.engine == "podman" { &["-t", "--systemd=false"][..] } else { &["-t"] };
        let bad = Container::start(lane, "follow-bad", off, guest, &["/sbin/init"]);
        let run = follow(&bad).ended(1);
        let first = roots(&run.report(0)).first().cloned().unwrap_or_default();
        assert!(["run-tmpfs-missing", "podman-systemd-mode-off"].contains(&first.as_str()), "{run:?}");
    }
}

#[test]
fn a_wrong_name_is_answered_with_near_ones() {
    for name in ["docker28-v2", "podman4-v2"] {
        let Some(lane) = lane("a_wrong_name_is_answered_with_near_ones", name) else { continue };
        let container = Container::start(lane, "webserver", &[], "bookworm", &["sleep", "600"]);
        let run = lane.sysdock(&["doctor", &container.name[..container.name.len() - 1]]).run();
        // Podman, like Docker, takes the beginning of an id for it, but never that of a name.
        let run = run.refused(3);
        assert!(run.stderr.contains(&container.name) && run.stderr.contains("ps -a"), "{run:?}");
    }
}

#[test]
fn two_targets_come_worst_first() {
    let _turn = turn();
    let Some(lane) = lane("two_targets_come_worst_first", "docker28-v2") else { return };
    let well = Container::good(lane, "a-well", &[], "trixie");
    let sick = Container::start(lane, "b-sick", &[], "trixie", &["/sbin/init"]);
    well.await_boot();
    sick.await_end(Duration::from_secs(20));
    let run = lane.sysdock(&["doctor", &well.name, &sick.name, "--format", "json"]).run().ended(1);
    assert_eq!(run.report(0)["target"]["name"], sick.name.as_str());
    assert_eq!(run.report(1)["verdict"], "healthy");
    // One that does not exist outweighs the findings, and the others are reported all the same.
    let run =
        lane.sysdock(&["doctor", &sick.name, "no-such-container-at-all", "--format", "json"]).run().ended(3);
    assert_eq!(roots(&run.report(0)).first().map(String::as_str), Some("run-tmpfs-missing"));
}
