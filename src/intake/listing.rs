//! Listings in a text: mounts, /proc/1/cgroup, processes. Lines in, facts out; a listing that may be
//! incomplete only proves what it contains.

use procfs_core::FromRead;
use procfs_core::process::MountInfos;

use super::observe::{Observed, pid1};
use super::reader::Line;
use crate::facts::mounts;
use crate::pattern::{Group, Pattern};
use crate::snapshot::vocabulary::{CgroupMode, CgroupNamespace};
use crate::snapshot::{Facts, key};

/// File systems that only containers have as their root.
const CONTAINER_ROOTS: [&str; 4] = ["overlay", "aufs", "fuse-overlayfs", "fuse.fuse-overlayfs"];

/// `cgroup2 on /sys/fs/cgroup type cgroup2 (ro,nosuid)` of mount(8).
static MOUNT: Pattern = Pattern::with_one_of(
    &[" type "],
    r"^(?P<what>\S+) on (?P<at>/\S*) type (?P<type>[\w.-]+) \((?P<options>[\w,=./%:-]+)\)$",
);
/// `cgroup2 /sys/fs/cgroup cgroup2 ro,nosuid 0 0` of /proc/mounts.
static PROC_MOUNTS: Pattern = Pattern::with_one_of(
    &[" rw", " ro"],
    r"^(?P<what>\S+) (?P<at>/\S*) (?P<type>[\w.-]+) (?P<options>r[ow](?:,\S*)?) \d \d$",
);
/// A line of /proc/self/mountinfo.
static MOUNTINFO: Pattern =
    Pattern::with_one_of(&["- "], r"^\d+ \d+ \d+:\d+ \S+ /\S* r[ow]\S* .*- (?P<type>\S+) \S+ r[ow]");
/// A mount in any of these forms.
static ROW: Group<3> = Group::new([&MOUNT, &PROC_MOUNTS, &MOUNTINFO]);
/// A line of /proc/PID/cgroup.
static CGROUP: Pattern =
    Pattern::with_one_of(&[":/"], r"^(?P<id>\d{1,3}):(?P<controllers>[\w=,-]*):(?P<path>/\S*)$");
/// The header of `ps`.
static PS_HEAD: Pattern =
    Pattern::with_one_of(&["PID"], r"^\s*(?:(?:USER|UID|F|S|PPID) +)*PID\b.*\b(?:COMMAND|CMD)\s*$");

/// Returns the facts of all listings of a page.
#[must_use]
pub fn observations(lines: &[Line]) -> Vec<Observed> {
    let mut found = Vec::new();
    found.extend(groups(lines));
    found.extend(mount_table(lines));
    found.extend(processes(lines));
    found
}

/// Reads mounts in any of the three forms as one table.
fn mount_table(lines: &[Line]) -> Option<Observed> {
    let rows: Vec<(u64, String)> = lines
        .iter()
        .zip(1_u32..)
        .filter_map(|(line, id)| Some((line.number, mountinfo(line.text.trim(), id)?)))
        .collect();
    let (first, _) = rows.first()?;
    let table = rows.iter().map(|(_, row)| row.as_str()).collect::<Vec<_>>().join("\n");
    let table = MountInfos::from_read(table.as_bytes()).ok()?;
    let root =
        table.iter().find(|mount| mount.mount_point.to_str() == Some("/")).map(|mount| mount.fs_type.clone());
    let mut seen = Facts::default();
    mounts::observed(&table, None, &mut seen);
    let of_container = root.as_deref().is_some_and(|root| CONTAINER_ROOTS.contains(&root));
    let of_host = root.is_some() && !of_container;
    let mut facts = Facts::default();
    let source = format!("text line {first}: mounts");
    for (key, fact) in seen.iter() {
        // Container and host have the same version of control groups, mounted with the same options;
        // everything else is specific to the container.
        let there =
            fact.value == true || matches!(fact.value.as_str(), Some("ro" | "rw" | "v1" | "v2" | "hybrid"));
        let of_machine = [key::CGROUP_MODE.name(), key::CGROUP_NSDELEGATE.name()].contains(&key);
        if of_machine || of_container || !of_host && there {
            facts.set_named(key, fact.value.clone(), &source);
        }
    }
    facts.iter().next()?;
    Some(Observed { line: *first, about: None, facts })
}

/// Returns a mount as a line of mountinfo.
fn mountinfo(text: &str, id: u32) -> Option<String> {
    if !ROW.may_match(text) {
        return None;
    }
    if text.starts_with(|c: char| c.is_ascii_digit()) && MOUNTINFO.is_match(text) {
        return Some(text.to_owned());
    }
    let captures = MOUNT.captures(text).or_else(|| PROC_MOUNTS.captures(text))?;
    let (what, at, kind, options) =
        (&captures["what"], &captures["at"], &captures["type"], &captures["options"]);
    let access = options.split(',').find(|option| matches!(*option, "ro" | "rw")).unwrap_or("rw");
    Some(format!("{id} 0 0:{id} / {at} {access} - {kind} {what} {options}"))
}

/// Reads /proc/1/cgroup: a line `0::` alone is v2, numbered ones are v1, both are hybrid.
fn groups(lines: &[Line]) -> Option<Observed> {
    let captures = |line: &Line| {
        let text = line.text.trim();
        let captures =
            text.starts_with(|c: char| c.is_ascii_digit()).then(|| CGROUP.captures(text)).flatten()?;
        Some((
            line.number,
            captures["id"].to_owned(),
            captures["controllers"].to_owned(),
            captures["path"].to_owned(),
        ))
    };
    let rows: Vec<_> = lines
        .iter()
        .filter_map(captures)
        .filter(|(_, id, controllers, _)| (id == "0") == controllers.is_empty())
        .collect();
    let (line, ..) = rows.first()?;
    let unified = rows.iter().any(|(_, id, ..)| id == "0");
    let legacy = rows.iter().any(|(_, id, ..)| id != "0");
    let named = rows.iter().any(|(_, _, controllers, _)| controllers == "name=systemd");
    // A v1 listing of one or two lines was filtered.
    let whole = rows.len() > 2 || !legacy;
    let source = format!("text line {line}: control groups of a process");
    let mut facts = Facts::default();
    match (unified, legacy) {
        (true, false) => facts.set(key::CGROUP_MODE, CgroupMode::V2, &source),
        (true, true) => facts.set(key::CGROUP_MODE, CgroupMode::Hybrid, &source),
        _ => facts.set(key::CGROUP_MODE, CgroupMode::V1, &source),
    }
    if named || whole {
        facts.set(key::HOST_SYSTEMD_CGROUP, named || !legacy, &source);
    }
    // systemd moves itself into init.scope below its root.
    if rows.iter().all(|(.., path)| path == "/" || path == "/init.scope") {
        facts.set(key::CGROUP_NAMESPACE, CgroupNamespace::Private, &source);
    } else if rows.iter().any(|(.., path)| {
        ["/docker/", "/libpod", "/kubepods", "/machine.slice/libpod"]
            .iter()
            .any(|start| path.starts_with(start))
    }) {
        facts.set(key::CGROUP_NAMESPACE, CgroupNamespace::Host, &source);
    }
    Some(Observed { line: *line, about: None, facts })
}

/// Reads process 1 of a `ps` inside a container; one that lists kernel threads shows the host.
fn processes(lines: &[Line]) -> Option<Observed> {
    let head = lines.iter().position(|line| PS_HEAD.is_match(&line.text))?;
    let titles: Vec<&str> = lines[head].text.split_whitespace().collect();
    let column = titles.iter().position(|title| *title == "PID")?;
    let rows = lines[head + 1..].iter().take(400).take_while(|line| {
        line.text.split_whitespace().nth(column).is_some_and(|pid| pid.parse::<u32>().is_ok())
    });
    let rows: Vec<&Line> = rows.collect();
    if rows.iter().any(|row| row.text.contains("[kthreadd]")) {
        return None;
    }
    let row = rows.iter().find(|row| row.text.split_whitespace().nth(column) == Some("1"))?;
    // START may be two words, as in `Jan 02`; the command follows the last clock time or column.
    let words: Vec<&str> = row.text.split_whitespace().collect();
    let command = words.get(titles.len() - 1..)?.join(" ");
    let command = command.trim_start_matches(|c: char| c.is_ascii_digit() || c == ':' || c == ' ');
    let mut facts = Facts::default();
    pid1(command, &format!("text line {}: ps", row.number), &mut facts);
    Some(Observed { line: row.number, about: None, facts })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::vocabulary::CgroupMount;

    fn facts(text: &str) -> Facts {
        let lines = Line::all(text);
        let mut all = Facts::default();
        observations(&lines).into_iter().for_each(|observed| all.extend(observed.facts));
        all
    }

    #[test]
    fn mounts_are_read_in_all_forms() {
        for text in [
            "cgroup on /sys/fs/cgroup type cgroup2 (ro,nosuid,nodev,noexec,relatime)",
            "cgroup /sys/fs/cgroup cgroup2 ro,nosuid,nodev,noexec,relatime 0 0",
            "113 105 0:38 / /sys/fs/cgroup ro,nosuid - cgroup2 cgroup rw",
        ] {
            let seen = facts(text);
            assert_eq!(
                (seen.get(key::CGROUP_MODE), seen.get(key::CGROUP_MOUNT), seen.get(key::MOUNT_RUN)),
                (Some(CgroupMode::V2), Some(CgroupMount::Ro), None),
                "{text}"
            );
        }
        let whole = facts(
            "overlay on / type overlay (rw,relatime)\nproc on /proc type proc (rw)\ncgroup on /sys/fs/cgroup \
                type cgroup2 (ro)",
        );
        assert_eq!(whole.get(key::MOUNT_RUN), Some(false));
        let host = facts(
            "/dev/sda1 on / type ext4 (rw)\ntmpfs on /run type tmpfs (rw)\ncgroup2 on /sys/fs/cgroup type \
                cgroup2 (rw)",
        );
        assert_eq!(
            (host.get(key::MOUNT_RUN), host.get(key::CGROUP_MODE), host.get(key::CGROUP_MOUNT)),
            (None, Some(CgroupMode::V2), None)
        );
    }

    #[test]
    fn control_groups_tell_version_and_namespace() {
        let v2 = facts("$ cat /proc/1/cgroup\n0::/");
        assert_eq!(
            (v2.get(key::CGROUP_MODE), v2.get(key::CGROUP_NAMESPACE)),
            (Some(CgroupMode::V2), Some(CgroupNamespace::Private))
        );
        let v1 = facts("12:pids:/docker/abc\n11:memory:/docker/abc\n1:cpu,cpuacct:/docker/abc");
        assert_eq!(
            (v1.get(key::CGROUP_MODE), v1.get(key::HOST_SYSTEMD_CGROUP), v1.get(key::CGROUP_NAMESPACE)),
            (Some(CgroupMode::V1), Some(false), Some(CgroupNamespace::Host))
        );
        let hybrid = facts("2:name=systemd:/\n1:memory:/\n0::/");
        assert_eq!(
            (hybrid.get(key::CGROUP_MODE), hybrid.get(key::HOST_SYSTEMD_CGROUP)),
            (Some(CgroupMode::Hybrid), Some(true))
        );
    }

    #[test]
    fn process_one_is_found_in_ps() {
        let pid1 = |text: &str| facts(text).get(key::PID1_COMMAND).map(str::to_owned);
        assert_eq!(
            pid1(
                "USER PID %CPU %MEM VSZ RSS TTY STAT START TIME COMMAND\nroot 1 0.1 0.0 1 2 ? Ss \
            15:56 0:00 /sbin/init splash\nroot 9 0 0 1 1 ? R 1 0 ps"
            )
            .as_deref(),
            Some("init")
        );
        assert_eq!(
            pid1("PID   USER     TIME  COMMAND\n    1 root      0:00 sleep 100\n").as_deref(),
            Some("sleep")
        );
        assert_eq!(
            pid1(
                "UID PID PPID C STIME TTY TIME CMD\nroot 1 0 0 10:00 ? 00:00:01 /sbin/init\nroot 2 0 0 10:00 \
                    ? 00:00:00 [kthreadd]"
            ),
            None
        );
    }
}
