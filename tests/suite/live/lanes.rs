//! The lanes are like the hosts that people have, and stay so.

use super::lab::{Lane, lab, required, turn_for};
use super::program::announce;

/// Options of the cgroup2 mount that systemd sets on every host.
const OPTIONS: [&str; 2] = ["nsdelegate", "memory_recursiveprot"];

/// Starts a container in the host's control group namespace, whose runtime mounts the tree anew, and returns
/// the line of that mount.
fn mount_in_the_hosts_namespace(lane: &Lane) -> String {
    let words = ["run", "--rm", "--network", "none", "--cgroupns", "host", "deb-systemd:bookworm"];
    let said = lane.client(&[&words[..], &["grep", " - cgroup2 ", "/proc/self/mountinfo"]].concat());
    assert!(said.good && !said.stdout.is_empty(), "{}: {said:?}", lane.name);
    said.stdout
}

/// A mount from the first control group namespace would take the options away from the whole machine.
#[test]
fn a_lane_keeps_its_mount_options() {
    let lanes = lab().lanes.iter().filter(|lane| lane.is_own() && lane.cgroup == "v2");
    let mut tried = 0;
    for lane in lanes {
        let _turn = turn_for(1);
        mount_in_the_hosts_namespace(lane);
        let line = mount_in_the_hosts_namespace(lane);
        assert!(OPTIONS.iter().all(|option| line.contains(option)), "{}: {line}", lane.name);
        tried += 1;
    }
    assert!(!required() || tried > 0, "the lab is required but no lane with cgroup v2 answers");
    announce(&format!("live: the mount options of {tried} lanes stay"));
}
