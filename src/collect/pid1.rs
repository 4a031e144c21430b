//! PID 1 of a running container, read from this machine's /proc; only if the engine is known to be local.

use procfs::process::Process;

use crate::facts::mounts;
use crate::snapshot::{Facts, Gap, key};

/// Fewest open descriptors of a working manager; a frozen one has 3, a healthy one about 30.
const WORKING_DESCRIPTORS: i64 = 10;

/// Returns whether a process of this machine belongs to the container: its control group path contains the
/// container's id.
pub fn belongs(pid: i32, id: &str) -> bool {
    let Ok(groups) = Process::new(pid).and_then(|process| process.cgroups()) else { return false };
    !id.is_empty() && groups.into_iter().any(|group| group.pathname.contains(id))
}

/// Records the facts of PID 1; what cannot be read becomes a gap.
pub fn collect(pid: i32, facts: &mut Facts, gaps: &mut Vec<Gap>) {
    let process = match Process::new(pid) {
        Ok(process) => process,
        Err(error) => {
            gaps.push(Gap {
                fact: "pid1.*".to_owned(),
                reason: format!("process {pid} cannot be read: {error}"),
            });
            return;
        }
    };
    let mut gap = |fact: &str, reason: procfs::ProcError| {
        gaps.push(Gap { fact: fact.to_owned(), reason: reason.to_string() });
    };
    match process.status() {
        Ok(status) => status_facts(&status, facts),
        Err(error) => gap(key::PID1_COMMAND.name(), error),
    }
    match process.fd_count() {
        Ok(count) => {
            facts.set(key::PID1_DESCRIPTORS, i64::try_from(count).unwrap_or(i64::MAX), "/proc/PID/fd");
        }
        Err(error) => gap(key::PID1_DESCRIPTORS.name(), error),
    }
    match process.wchan() {
        Ok(wchan) => facts.set(
            key::PID1_WCHAN,
            Some(wchan.trim()).filter(|w| !w.is_empty() && *w != "0"),
            "/proc/PID/wchan",
        ),
        Err(error) => gap(key::PID1_WCHAN.name(), error),
    }
    match process.task_main_thread().and_then(|task| task.children()) {
        Ok(children) => facts.set(
            key::PID1_CHILDREN,
            i64::try_from(children.len()).unwrap_or(i64::MAX),
            "/proc/PID/task/PID/children",
        ),
        Err(error) => gap(key::PID1_CHILDREN.name(), error),
    }
    match process.mountinfo() {
        Ok(list) => {
            let groups = process.cgroups().map(|groups| groups.0).unwrap_or_default();
            let own = groups.iter().find(|group| group.hierarchy == 0).map(|group| group.pathname.as_str());
            mounts::observed(&list, own, facts);
        }
        Err(error) => gap("mount.*", error),
    }
    life_facts(facts);
}

fn status_facts(status: &procfs::process::Status, facts: &mut Facts) {
    let source = "/proc/PID/status";
    facts.set(key::PID1_COMMAND, status.name.as_str(), source);
    // The process is named init if started as /sbin/init; the executable decides, but reading it takes more
    // privileges.
    facts.set(key::PID1_SYSTEMD, matches!(status.name.as_str(), "systemd" | "init"), source);
}

/// Records whether PID 1 is alive or frozen: a working manager waits for events with its descriptors open, a
/// frozen one only calls pause.
fn life_facts(facts: &mut Facts) {
    let (Some(true), Some(descriptors)) = (facts.get(key::PID1_SYSTEMD), facts.get(key::PID1_DESCRIPTORS))
    else {
        return;
    };
    let wchan = facts.get(key::PID1_WCHAN).unwrap_or_default();
    let pauses = wchan.contains("pause") || wchan.contains("sigsuspend") || wchan.contains("sigtimedwait");
    let source = "/proc/PID/wchan, /proc/PID/fd";
    facts.set(
        key::PID1_FROZEN,
        pauses
            || (descriptors < WORKING_DESCRIPTORS
                && !wchan.contains("epoll")
                && facts.get(key::PID1_CHILDREN) == Some(0)
                && wchan.contains("wait")),
        source,
    );
    facts.set(key::PID1_ALIVE, !pauses && descriptors >= WORKING_DESCRIPTORS, source);
}
