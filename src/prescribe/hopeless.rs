//! What no flag cures: the image or the host has to change, and how. A table of words. Pure.

use super::types::{Step, StepKind};
use crate::diagnose::Finding;
use crate::snapshot::Facts;

/// Whether starting the container anew cannot help, whatever the flags and whatever else is wrong.
pub fn is_hopeless(id: &str) -> bool {
    matches!(
        id,
        "cgroup-v1-host-new-systemd"
            | "cgroup-v2-host-old-systemd"
            | "host-lacks-systemd-cgroup"
            | "wrong-architecture"
            | "systemd-not-installed"
            | "image-incomplete"
            | "sandboxed-runtime"
    )
}

/// The steps for a root cause that the planner cannot cure by itself: the words of its remedies, and where they are to be done.
pub fn steps(root: &Finding, facts: &Facts) -> Vec<Step> {
    let mut steps: Vec<Step> = root.advice.iter().map(|words| advice(root, words)).collect();
    if let Some(step) = host(root, facts) {
        steps.insert(0, step);
    }
    if steps.is_empty() {
        steps.push(advice(root, &format!("No cure is known for this one: {}.", root.title)));
    }
    steps
}

fn advice(root: &Finding, words: &str) -> Step {
    let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
    Step { kind: kind(&root.id), ..Step::advice(words, &[&root.id]) }
}

/// Where the change belongs.
fn kind(id: &str) -> StepKind {
    match id {
        "host-lacks-systemd-cgroup" | "inotify-limit" | "rootless-no-delegation" | "selinux-denied" => StepKind::Host,
        _ => StepKind::Advice,
    }
}

/// Plain words where the facts make the answer certain.
fn host(root: &Finding, facts: &Facts) -> Option<Step> {
    let version = facts.int("guest.systemd_version").map_or_else(|| "this systemd".to_owned(), |version| format!("systemd {version}"));
    let words = match root.id.as_str() {
        "cgroup-v1-host-new-systemd" => format!("No flag cures this: {version} does not start on control groups v1, and the host has nothing else. Change the host or the image."),
        "cgroup-v2-host-old-systemd" => format!("No flag cures this: {version} does not know control groups v2, and the host has nothing else. Change the image or the host."),
        "wrong-architecture" => {
            let (image, host) = (facts.text("guest.init_architecture").unwrap_or("another"), facts.text("host.architecture").unwrap_or("this one"));
            format!("No flag cures this: the image's init is made for {image}, the machine is {host}. Take an image for {host}.")
        }
        "systemd-not-installed" => "No flag cures this: there is no systemd in the image that the container could start. Change the image.".to_owned(),
        "host-lacks-systemd-cgroup" => "No flag cures this: the host does not have the name=systemd hierarchy that systemd on control groups v1 needs. Change the host.".to_owned(),
        _ => return None,
    };
    Some(Step::advice(words, &[&root.id]))
}
