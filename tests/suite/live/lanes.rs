//! The lanes are like the hosts that people have, and stay so.

use std::collections::BTreeSet;

use super::lab::{Lane, lab, required};
use super::program::{announce, clock};
use super::tally;

/// Options of the cgroup2 mount that systemd sets on every host.
const OPTIONS: [&str; 2] = ["nsdelegate", "memory_recursiveprot"];

/// Options of the cgroup2 file system that a container sees which is started in this namespace, where its
/// runtime mounts the tree anew. All mounts of it have the same ones.
fn options(lane: &Lane, namespace: &str) -> BTreeSet<String> {
    let words = ["run", "--rm", "--network", "none", "--cgroupns", namespace, "deb-systemd:bookworm"];
    let said = lane.client(&[&words[..], &["grep", " - cgroup2 ", "/proc/self/mountinfo"]].concat());
    assert!(said.good && !said.stdout.is_empty(), "{}: {said:?}", lane.name);
    let mount = said.stdout.lines().next().unwrap_or_default();
    let own = mount.split_once(" - cgroup2 ").and_then(|(_, rest)| rest.split(' ').nth(1));
    own.unwrap_or_default()
        .split(',')
        .filter(|option| !["ro", "rw"].contains(option))
        .map(str::to_owned)
        .collect()
}

/// What the containers of a lane changed of the options.
fn change(lane: &Lane) -> Option<String> {
    let before = options(lane, "private");
    let at_hosts = options(lane, "host");
    let after = options(lane, "private");
    let whole = OPTIONS.iter().all(|option| before.contains(*option));
    let same = before == at_hosts && before == after;
    (!whole || !same).then(|| format!("{}: {before:?}, then {at_hosts:?}, then {after:?}", lane.name))
}

/// A mount from the first control group namespace would take the options away from the whole machine. The
/// containers run one program, so that nobody's turn is waited for.
#[test]
fn a_lane_keeps_its_mount_options() {
    clock();
    let (lanes, others): (Vec<&Lane>, Vec<&Lane>) =
        lab().lanes.iter().partition(|lane| lane.is_own() && lane.cgroup == "v2");
    others.iter().for_each(|lane| tally::left_out(lane, "its control groups are version 1 or not the lab's"));
    let changed: Vec<String> = std::thread::scope(|scope| {
        let running: Vec<_> = lanes.iter().map(|lane| scope.spawn(|| change(lane))).collect();
        running.into_iter().filter_map(|lane| lane.join().expect("a lane is looked at")).collect()
    });
    assert!(!required() || !lanes.is_empty(), "the lab is required but no lane with cgroup v2 answers");
    assert!(changed.is_empty(), "{}", changed.join("\n"));
    lanes.iter().for_each(|lane| tally::ran(lane, 1));
    announce(&format!("live: the mount options of {} lanes stay", lanes.len()));
}
