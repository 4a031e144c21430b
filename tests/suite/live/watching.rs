//! `watch` beside real engines: a few containers that die, come up, or are gone at once.

use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::lab::{Container, Lane, lane, turn};
use crate::own_schemas;

/// Longest wait for all reports.
const PATIENCE: Duration = Duration::from_mins(3);

/// What is told of a container: what led to the report, its verdict, its exit code.
fn told(lines: &str, name: &str) -> Vec<(String, String, Option<i64>)> {
    let lines = lines.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let lines = lines.inspect(|line| assert_eq!(own_schemas::line(line), [""; 0]));
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let of = |line: Value| {
        (word(&line["event"]["kind"]), word(&line["verdict"]), line["event"]["exit_code"].as_i64())
    };
    lines.filter(|line| line["target"]["name"] == name).map(of).collect()
}

fn watched(lane: &Lane) {
    let names = ["fails", "gone", "good"].map(|purpose| Container::named(lane, purpose));
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let out = folder.path().join("told");
    let watched: Vec<&str> = names.iter().map(|container| container.name.as_str()).collect();
    let mut command = lane.sysdock(&[&["watch", "--format", "json"], &watched[..]].concat()).command();
    let file = std::fs::File::create(&out).expect("a file can be made");
    let command = command.stdin(Stdio::null()).stdout(file).stderr(Stdio::piped());
    let mut watch = command.spawn().expect("the program can be started");
    let mut first = String::new();
    let mut remarks = BufReader::new(watch.stderr.take().expect("stderr is piped"));
    remarks.read_line(&mut first).expect("stderr can be read");
    assert!(first.contains("watching the engine at "), "{}: {first}", lane.name);
    let [fails, gone, good] = &names;
    let good_flags = lane.flags(&good.name);
    let good_flags: Vec<&str> = good_flags.iter().map(String::as_str).collect();
    let run = |name: &str, more: &[&str], command: &[&str]| {
        let flags = ["run", "-d", "--network", "none", "--name", name];
        lane.client(&[&flags, more, &["deb-systemd:bookworm"], command].concat());
    };
    run(&fails.name, &[], &["sh", "-c", "sleep 1; exit 7"]);
    run(&gone.name, &["--rm"], &["sh", "-c", "sleep 1; exit 9"]);
    run(&good.name, &good_flags, &["/sbin/init"]);
    let lines = || std::fs::read_to_string(&out).unwrap_or_default();
    let end = Instant::now() + PATIENCE;
    while Instant::now() < end && names.iter().any(|container| told(&lines(), &container.name).is_empty()) {
        std::thread::sleep(Duration::from_millis(500));
    }
    std::thread::sleep(Duration::from_secs(1));
    let _ = watch.kill();
    let _ = watch.wait();
    let of = |container: &Container<'_>| told(&lines(), &container.name);
    assert_eq!(of(fails), [("died".to_owned(), "healthy".to_owned(), Some(7))], "{}: {}", lane.name, lines());
    let end_of_gone = of(gone);
    assert!(
        matches!(end_of_gone.as_slice(), [(kind, _, Some(9))] if kind == "died"),
        "{}: {}",
        lane.name,
        lines()
    );
    assert_eq!(of(good), [("new".to_owned(), "healthy".to_owned(), None)], "{}: {}", lane.name, lines());
}

#[test]
fn deaths_and_boots_are_reported_on_docker_and_podman() {
    let _turn = turn();
    for name in ["docker20-v2", "docker28-v2", "podman4-v2"] {
        if let Some(lane) = lane("deaths_and_boots_are_reported_on_docker_and_podman", name) {
            watched(lane);
        }
    }
}
