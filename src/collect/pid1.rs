//! PID 1 of a running container, read from this machine's /proc; only if the engine is known to be local.

use procfs::process::Process;
use serde_json::Value;

use crate::facts::mounts;
use crate::snapshot::{Facts, Gap, key};

/// Fewest open descriptors of a working manager; a frozen one has 3, a healthy one about 30.
const WORKING_DESCRIPTORS: i64 = 10;

/// Returns PID 1 of a container if the process of this machine with the number that the engine names is
/// proved to be it. An engine in another PID namespace counts differently, so that its number may belong to
/// any process here, even to another one of the same container.
pub fn find(inspect: &Value, id: &str) -> Option<Process> {
    let pid = number(inspect)?;
    let process = Process::new(pid).ok()?;
    let groups = process.cgroups().ok()?;
    let in_group = !id.is_empty() && groups.into_iter().any(|group| group.pathname.contains(id));
    let mode = inspect.pointer("/HostConfig/PidMode").and_then(Value::as_str).unwrap_or_default();
    let status = process.status().ok()?;
    // Kernels before 4.1 do not tell the numbers in nested namespaces.
    let first = status.nspid.is_none_or(|numbers| is_first(&numbers, pid, mode));
    (in_group && first).then_some(process)
}

/// Returns the number of a running container's PID 1 as its engine counts.
pub fn number(inspect: &Value) -> Option<i32> {
    let pid = inspect.pointer("/State/Pid").and_then(Value::as_i64)?;
    i32::try_from(pid).ok().filter(|pid| *pid > 0)
}

/// Returns whether a process has that number in this PID namespace and 1 in the container's, with no other
/// namespace between. `numbers` are those of `NSpid` in `proc_pid_status(5)`, outermost first.
fn is_first(numbers: &[i32], pid: i32, mode: &str) -> bool {
    match mode {
        "" | "private" => numbers == [pid, 1],
        "host" => numbers == [pid],
        _ => numbers.len() <= 2 && numbers.first() == Some(&pid),
    }
}

/// Records the facts of PID 1; what cannot be read becomes a gap.
pub fn collect(process: &Process, facts: &mut Facts, gaps: &mut Vec<Gap>) {
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_the_first_process_of_the_container_counts() {
        assert!(is_first(&[70, 1], 70, "") && is_first(&[70, 1], 70, "private"));
        assert!(!is_first(&[70, 23], 70, ""), "another process of the container");
        assert!(!is_first(&[70, 41, 1], 70, ""), "the engine's PID namespace lies between");
        assert!(!is_first(&[70], 70, ""), "a process of this machine");
        assert!(is_first(&[70], 70, "host") && !is_first(&[70, 41], 70, "host"));
        assert!(is_first(&[70, 5], 70, "container:web") && !is_first(&[70, 41, 5], 70, "container:web"));
    }

    #[test]
    fn a_process_that_is_not_the_containers_is_not_read() {
        let own = std::process::id();
        let inspect = |pid: u32, mode: &str| json!({"State": {"Pid": pid}, "HostConfig": {"PidMode": mode}});
        let id = "0f".repeat(32);
        for mode in ["", "private", "host"] {
            assert!(find(&inspect(own, mode), &id).is_none(), "{mode}: no control group of that container");
        }
        let groups = std::fs::read_to_string("/proc/self/cgroup").unwrap();
        let part = groups.lines().find_map(|line| line.splitn(3, ':').nth(2)).unwrap();
        assert!(find(&inspect(own, ""), part).is_none(), "its control group, but not PID 1 of it");
        assert!(find(&inspect(0, ""), part).is_none() && find(&json!({}), part).is_none());
    }
}
