//! Rows of the atlas, booted again: what came of a launch once comes of it again.
//!
//! The rows are drawn by a seed, `SYSDOCK_ATLAS_SEED`, which is named with the result. `SYSDOCK_XTASK` names
//! the program of the chores (set by scripts/test); without it cargo builds it.

use std::process::{Command, Stdio};

use super::lab::{lab, required, turn_for};
use super::program::{announce, project};

/// Rows that are booted again.
const ROWS: &str = "20";
/// Guests that `atlas repeat` has at the same time.
const GUESTS: usize = 4;

fn chores() -> Command {
    if let Some(program) = std::env::var_os("SYSDOCK_XTASK") {
        return Command::new(program);
    }
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["run", "--quiet", "--package", "xtask", "--"]).current_dir(project("."));
    cargo
}

#[test]
fn rows_of_the_atlas_come_to_the_same_again() {
    let lanes: Vec<&str> = lab().lanes.iter().map(|lane| lane.name.as_str()).collect();
    if lanes.is_empty() {
        announce("live: rows_of_the_atlas_come_to_the_same_again not run, no lane answers");
        assert!(!required(), "the lab is required but no lane answers");
        return;
    }
    let _turn = turn_for(GUESTS);
    let seed = std::env::var("SYSDOCK_ATLAS_SEED").unwrap_or_else(|_| "5".to_owned());
    let mut command = chores();
    command.args(["atlas", "repeat", "--rows", ROWS, "--seed", &seed]).stdin(Stdio::null());
    command.args(lanes.iter().flat_map(|lane| ["--lane", lane]));
    let output = command.output().expect("the chores can be started");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "seed {seed}:\n{said}{complaint}");
    announce(&format!("live: the atlas, {}", said.lines().next().unwrap_or_default()));
}
