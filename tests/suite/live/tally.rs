//! How many trials of each live test's file ran on each lane, printed for `scripts/lane-table`:
//! `live: trials LANE SUITE COUNT`, or `live: left out LANE SUITE WHY`. Counts of the same lane and suite are
//! added up; a count outweighs a reason.

use std::panic::Location;

use super::lab::{Lane, lab};
use super::program::{announce, project};

/// Suites whose tests name their lanes, and why the other ones are left out.
const NAMED: [(&str, &str); 9] = [
    ("atlas", "its rows are drawn from all lanes that answer"),
    ("building", "one engine of each builder is tried"),
    ("emitters", "the lane has not the tools of a form, or a pod does not start there"),
    ("filters", "the filters under test were made for the engines that are tried"),
    ("storm", "it kills its engine, an own one like docker20-v2"),
    ("sweep", "the page of the sweep is compared on docker28-v2"),
    ("treatment", "one engine of each way of control groups is tried"),
    ("unseen", "what is printed does not depend on the engine's host"),
    ("watching", "events are of the same form in hosts"),
];

/// The name of the file of tests that calls.
fn suite(caller: &Location<'_>) -> String {
    let file = caller.file().rsplit('/').next().unwrap_or_default();
    file.trim_end_matches(".rs").to_owned()
}

/// Says that so many trials of the caller's suite ran on a lane.
#[track_caller]
pub fn ran(lane: &Lane, count: usize) {
    announce(&format!("live: trials {} {} {count}", lane.name, suite(Location::caller())));
}

/// Says why the caller's suite leaves out a lane.
#[track_caller]
pub fn left_out(lane: &Lane, why: &str) {
    announce(&format!("live: left out {} {} {why}", lane.name, suite(Location::caller())));
}

#[test]
fn suites_that_name_their_lanes_say_why() {
    for lane in &lab().lanes {
        for (suite, why) in NAMED {
            announce(&format!("live: left out {} {suite} {why}", lane.name));
        }
    }
}

/// A suite that says nothing would be missing in the table.
#[test]
fn every_live_suite_is_counted() {
    let folder = std::fs::read_dir(project("tests/suite/live")).expect("the folder can be read");
    for path in folder.flatten().map(|entry| entry.path()) {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        let is_test = path.extension().is_some_and(|end| end == "rs") && text.contains("#[test]");
        // `lane` counts the lanes that it is asked for; a suite that goes over all of them counts by itself.
        if !is_test || !(text.contains("lab()") || text.contains("lane(\"")) || name == "tally" {
            continue;
        }
        let named = NAMED.iter().any(|(suite, _)| *suite == name);
        let counts = text.contains("tally::ran(") && text.contains("tally::left_out(");
        assert!(named || counts, "{name}.rs tells scripts/lane-table nothing of a lane");
    }
}
