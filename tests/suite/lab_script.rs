//! Errors of `tests/lab/lab` that need no engine.

use std::process::{Command, Output, Stdio};

use super::program::project;

/// Calls the script with a lab that has nothing.
fn lab(arguments: &[&str]) -> Output {
    let home =
        tempfile::Builder::new().prefix("l").tempdir_in("/tmp").expect("a temporary folder can be made");
    let mut script = Command::new(project("tests/lab/lab"));
    script.args(arguments).env("SYSDOCK_LAB", home.path()).env_remove("DOCKER_HOST");
    script.stdin(Stdio::null()).output().expect("the script can be started")
}

#[test]
fn entering_needs_a_lane_of_a_host_that_runs() {
    for (command, more) in [("enter", "true"), ("put", "/etc/hostname")] {
        for (lane, code, words) in [
            ("nowhere", 2, "no lane is called 'nowhere' (lanes: docker20-v2 "),
            ("docker28-v2", 2, "docker28-v2 is no lane of a host"),
            ("host", 2, "host is no lane of a host"),
            ("sid-podman", 1, "the host of sid-podman does not run, see lab up"),
        ] {
            let output = lab(&[command, lane, more]);
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(
                output.status.code() == Some(code) && said.contains(words),
                "{command} {lane}: {output:?}"
            );
        }
    }
    assert_eq!(lab(&["enter"]).status.code(), Some(2));
    assert_eq!(lab(&["put", "sid-podman"]).status.code(), Some(2));
}
