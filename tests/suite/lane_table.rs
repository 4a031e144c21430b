//! `scripts/lane-table`, the table of lanes and suites at the end of `scripts/test`, on recorded output.

use std::io::Write as _;
use std::process::{Command, Stdio};

use super::program::project;

/// What a few live tests printed.
const OUTPUT: &str = "\
running 3 tests
live: trials docker28-v2 faults 40
live: trials sid-podman faults 12
test live::faults::every_fault_is_named ... live: trials docker28-v2 faults 2
live: left out sid-podman sweep compared on docker28-v2 only
live: left out docker28-v2 sweep compared on docker28-v2 only
live: trials docker28-v2 sweep 12
live: left out sid-podman storm compared on docker28-v2 only
live: right at the second try
";

fn table(lanes: &[&str], output: &str) -> String {
    let mut script = Command::new(project("scripts/lane-table"));
    let script = script.args(lanes).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut script = script.spawn().expect("the script can be started");
    let mut input = script.stdin.take().expect("its input is a pipe");
    input.write_all(output.as_bytes()).expect("it reads its input");
    drop(input);
    let said = script.wait_with_output().expect("it ends");
    String::from_utf8_lossy(&said.stdout).into_owned()
}

#[test]
fn the_table_counts_each_suite_on_each_lane() {
    let said = table(&["docker28-v2", "sid-podman", "trixie-docker"], OUTPUT);
    let lines: Vec<Vec<&str>> = said.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(lines[0], ["trials", "on", "each", "lane", "faults", "storm", "sweep"]);
    // Counts are added up and outweigh a reason; a suite that says nothing of a lane is seen.
    assert_eq!(lines[1], ["docker28-v2", "42", "?", "12"]);
    assert_eq!(lines[2], ["sid-podman", "12", "-", "1", "-", "1"]);
    assert_eq!(lines[3], ["trixie-docker", "?", "?", "?"]);
    let notes: Vec<&str> = said.lines().skip(4).map(str::trim).collect();
    assert_eq!(notes[0], "- 1: compared on docker28-v2 only");
    assert!(notes.len() == 2 && notes[1].starts_with("?: "), "{said}");
    let columns: Vec<usize> = said.lines().take(4).map(str::len).collect();
    assert!(columns.iter().all(|width| *width == columns[0]), "{said}");
}
