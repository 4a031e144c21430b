//! Which calls a boot makes: PID 1 of a guest under strace, from before it becomes systemd until nothing goes
//! on any more.
//!
//! The list of a guest is kept in `trace/LANE-GUEST.txt`, one call and its number of uses a line.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::Place;
use crate::boot::{Boot, Patience};
use crate::engine::Lane;

/// Calls that the engine's runtime makes under the container's filter, before there is a PID 1 to be traced.
const RUNTIME: [&str; 17] = [
    "capget",
    "capset",
    "chdir",
    "close_range",
    "execve",
    "fchdir",
    "fstatfs",
    "futex",
    "getdents64",
    "newfstatat",
    "openat",
    "openat2",
    "prctl",
    "setgid",
    "setgroups",
    "setuid",
    "statx",
];

/// Calls that newer systemd makes on other machines, and those that other work has seen break a boot.
const KNOWN: [&str; 6] = ["clone", "clone3", "faccessat2", "memfd_create", "name_to_handle_at", "pidfd_open"];

/// A guest waits here until strace is attached to it.
const WAIT: &str = "while [ ! -e /run/go ]; do sleep 0.2; done; exec /sbin/init";

fn file(state: &Path, lane: &str, guest: &str) -> PathBuf {
    state.join("trace").join(format!("{lane}-{guest}.txt"))
}

/// Traces every guest that was asked for.
pub fn all(place: &Place) -> Result<()> {
    let lane = Lane::find(&place.lane)?;
    std::fs::create_dir_all(place.state.join("trace"))?;
    for guest in lane.guests.iter().filter(|guest| place.guest.is_empty() || place.guest.contains(guest)) {
        let calls = one(&lane, guest)?;
        let lines: Vec<String> = calls.iter().map(|(call, uses)| format!("{call} {uses}")).collect();
        let text = lines.join("\n") + "\n";
        let path = file(&place.state, &lane.name, guest);
        std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
        println!("{guest}: {} calls, in {}", calls.len(), path.display());
    }
    Ok(())
}

fn one(lane: &Lane, guest: &str) -> Result<BTreeMap<String, u64>> {
    let boot = Boot::start(lane, guest, None, &["sh", "-c", WAIT])?;
    let output = tempfile::NamedTempFile::new()?;
    let pid = boot.pid()?;
    let mut strace = Command::new("strace");
    strace
        .args(["-f", "-qq", "-c", "-S", "name", "-U", "name,calls", "-p", &pid.to_string(), "-o"])
        .arg(output.path());
    let mut strace = strace
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .context("strace cannot be started; is it installed?")?;
    std::thread::sleep(Duration::from_secs(1));
    let said = lane.client(&["exec", &boot.name, "touch", "/run/go"])?;
    ensure!(said.good, "{guest}: {}", said.stderr);
    let seen = boot.rest(Patience { idle: Duration::from_secs(20), bound: Duration::from_secs(90) })?;
    Command::new("kill").args(["-INT", &strace.id().to_string()]).status().context("kill")?;
    strace.wait()?;
    ensure!(
        matches!(seen.manager.as_str(), "running" | "degraded"),
        "{guest} does not boot under strace: {seen:?}"
    );
    Ok(parse(&std::fs::read_to_string(output.path())?))
}

/// Reads strace's table.
fn parse(text: &str) -> BTreeMap<String, u64> {
    let row = |line: &str| {
        let mut words = line.split_whitespace();
        let (call, uses) = (words.next()?, words.next()?.parse().ok()?);
        (call != "total").then(|| (call.to_owned(), uses))
    };
    text.lines().filter_map(row).collect()
}

/// The calls to deny to a guest, and those of its trace that have no name here and are left out.
pub fn calls(state: &Path, lane: &str, guest: &str) -> Result<(Vec<String>, Vec<String>)> {
    // A lane that was not traced itself takes what its guests do elsewhere.
    let own = file(state, lane, guest);
    let path = if own.exists() { own } else { file(state, "docker28-v2", guest) };
    let text = std::fs::read_to_string(&path)
        .with_context(|| format!("no {}: run `cargo xtask sweep trace`", path.display()))?;
    let mut calls: Vec<String> =
        parse(&text).into_keys().chain(RUNTIME.iter().chain(&KNOWN).map(|call| (*call).to_owned())).collect();
    calls.sort();
    calls.dedup();
    Ok(calls.into_iter().partition(|call| !call.starts_with("syscall_")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_strace_is_read() {
        let text = "syscall              calls\n---------------- ---------\naccess                  \
            12\nclose_range              3\n---------------- ---------\ntotal 15\n";
        assert_eq!(
            parse(text).into_iter().collect::<Vec<_>>(),
            [("access".to_owned(), 12), ("close_range".to_owned(), 3)]
        );
    }
}
