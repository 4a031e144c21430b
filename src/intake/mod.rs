//! Intake: text in (a paste, a log, the output of a CI job), snapshots out, one for each container in the
//! text.
//!
//! Recognised command lines and documents are converted to the form of an engine's inspect document, so that
//! the same code reads the facts of texts and of live containers. What the text does not say stays unknown.
//! Must not judge.

mod assemble;
mod bounded_yaml;
mod budget;
mod described_container;
mod dockerfile;
mod engine_cli;
mod engine_info;
mod failure_clusters;
mod group_descriptions;
mod image_config;
mod json_documents;
mod line_owner;
mod line_prefix;
mod listing;
mod log_line;
mod observe;
mod reader;
mod run_command;
mod run_option_table;
mod run_options;
mod services;
mod shell;
mod shell_prompt;
mod spec;
mod supplied;
mod surroundings;
mod text;
pub mod unpack;
mod volume;
mod yaml;

use std::io;

pub use budget::Work;
pub use supplied::Supplied;
pub use text::{FoundText, TextSource};

use crate::scan::Matcher;
use crate::snapshot::Snapshot;

/// Reads a text to its end and makes at least one snapshot of it.
///
/// # Errors
/// [`io::Error`] of the reader.
pub fn snapshots(
    name: &str,
    from: impl TextSource,
    supplied: &Supplied,
    matcher: &Matcher<'_>,
) -> io::Result<Vec<Snapshot>> {
    measured(name, from, supplied, matcher).map(|(snapshots, _)| snapshots)
}

/// Does the same, and returns the work that it took, for tests of the budget.
///
/// # Errors
/// [`io::Error`] of the reader.
pub fn measured(
    name: &str,
    from: impl TextSource,
    supplied: &Supplied,
    matcher: &Matcher<'_>,
) -> io::Result<(Vec<Snapshot>, Work)> {
    let page = reader::read(from, matcher)?;
    let found = group_descriptions::found(&page, supplied);
    Ok((assemble::snapshots(name, &page, &found), found.work))
}

/// Returns the snapshot of a text that exists and could not be read, with the reason.
#[must_use]
pub fn unseen(name: &str, reason: &str) -> Snapshot {
    assemble::unseen(name, reason)
}

#[cfg(test)]
mod tests {
    //! Every kind of input on a sample that was recorded in the lab.

    use super::*;
    use crate::rule::builtin;
    use crate::snapshot::Facts;
    use crate::snapshot::key;

    fn facts(texts: &[&str]) -> Vec<Facts> {
        let rules = builtin().unwrap();
        let matcher = Matcher::new(&rules);
        let text = texts.join("\n");
        let snapshots = snapshots("sample", text.as_bytes(), &Supplied::default(), &matcher).unwrap();
        snapshots.into_iter().map(|snapshot| snapshot.facts).collect()
    }

    fn fact(facts: &Facts, key: &str) -> String {
        facts.named(key).map_or_else(|| "unknown".to_owned(), |fact| fact.value.to_string())
    }

    /// Returns the facts of a text of one container, as `key=value`.
    fn said(texts: &[&str], keys: &[&str]) -> Vec<String> {
        let facts = facts(texts);
        assert_eq!(facts.len(), 1);
        keys.iter().map(|key| fact(&facts[0], key)).collect()
    }

    #[test]
    fn a_command_line_and_its_console() {
        let keys = [
            "container.tty",
            "mount.run",
            "mount.tmp",
            "container.cap_sys_admin",
            "container.exit_code",
            "guest.systemd_version",
        ];
        assert_eq!(
            said(&[include_str!("samples/docker-run-tty.txt")], &keys),
            ["true", "true", "false", "false", "255", "252"]
        );
        let keys = [
            "engine.name",
            "container.systemd_mode",
            "mount.run",
            "log.banner_seen",
            "log.gave_up",
            "boot.outcome",
        ];
        let told = said(&[include_str!("samples/podman-run-tty.txt")], &keys);
        assert_eq!(told, ["\"podman\"", "false", "false", "false", "true", "\"stopped\""]);
    }

    #[test]
    fn stamped_logs() {
        let told = said(
            &[include_str!("samples/docker-logs-stamped.txt")],
            &["log.gave_up", "log.banner_seen", "container.tty"],
        );
        assert_eq!(told, ["true", "false", "unknown"]);
    }

    #[test]
    fn info_and_version_of_the_engines() {
        let keys = [
            "engine.name",
            "engine.version",
            "cgroup.mode",
            "engine.cgroup_driver",
            "engine.rootless",
            "host.architecture",
        ];
        let docker = ["\"docker\"", "\"28.5.2+dfsg4\"", "\"v2\"", "\"cgroupfs\"", "false", "\"x86_64\""];
        assert_eq!(said(&[include_str!("samples/docker-info.txt")], &keys), docker);
        assert_eq!(
            said(&[include_str!("samples/docker-info.json")], &keys[2..4]),
            ["\"v1\"", "\"cgroupfs\""]
        );
        assert_eq!(said(&[include_str!("samples/docker-version.json")], &keys[..2]), docker[..2]);
        let podman = ["\"podman\"", "\"4.3.1\"", "\"v2\"", "\"cgroupfs\"", "false", "\"x86_64\""];
        assert_eq!(said(&[include_str!("samples/podman-info.txt")], &keys), podman);
        assert_eq!(said(&[include_str!("samples/podman-info.json")], &keys), podman);
        assert_eq!(said(&[include_str!("samples/podman-version.json")], &keys[..2]), podman[..2]);
    }

    #[test]
    fn inspect_of_the_engines() {
        let keys = [
            "container.status",
            "container.exit_code",
            "container.runs_systemd",
            "mount.run",
            "container.stop_signal",
            "container.env_container",
        ];
        let told = said(&[include_str!("samples/docker-inspect.json")], &keys);
        assert_eq!(told, ["\"exited\"", "255", "true", "true", "\"SIGTERM\"", "null"]);
        let told = said(&[include_str!("samples/podman-inspect.json")], &keys);
        assert_eq!(told, ["\"exited\"", "255", "true", "false", "\"SIGTERM\"", "\"podman\""]);
    }

    #[test]
    fn lists_of_containers() {
        let text = format!(
            "{}\n{}",
            include_str!("samples/docker-run-tty.txt"),
            include_str!("samples/docker-ps.txt")
        );
        assert_eq!(said(&[&text], &["container.status", "container.exit_code"]), ["\"exited\"", "255"]);
    }

    #[test]
    fn mounts_and_control_groups() {
        let keys = ["cgroup.mode", "cgroup.mount", "mount.run", "mount.run_lock", "mount.tmp"];
        for text in [
            include_str!("samples/mount.txt"),
            include_str!("samples/proc-mounts.txt"),
            include_str!("samples/mountinfo.txt"),
        ] {
            assert_eq!(said(&[text], &keys), ["\"v2\"", "\"rw\"", "true", "true", "true"]);
        }
        // This machine has the old hierarchies too; if mounts are listed, they decide.
        assert_eq!(
            said(&[include_str!("samples/cgroup-v2.txt"), include_str!("samples/mount.txt")], &keys[..1]),
            ["\"v2\""]
        );
        assert_eq!(
            said(&[include_str!("samples/cgroup-v1.txt")], &["cgroup.namespace", "host.systemd_cgroup"]),
            ["\"host\"", "true"]
        );
    }

    #[test]
    fn systemctl_and_journalctl() {
        assert_eq!(
            said(&[include_str!("samples/systemctl-status.txt")], &["manager.state", "manager.bus"]),
            ["\"running\"", "\"ok\""]
        );
        assert_eq!(
            said(&[include_str!("samples/is-system-running.txt")], &["manager.state"]),
            ["\"running\""]
        );
        assert_eq!(
            said(&[include_str!("samples/systemctl-version.txt")], &["guest.systemd_version"]),
            ["252"]
        );
        assert_eq!(
            said(&[include_str!("samples/systemctl-failed.txt")], &["manager.failed_units"]),
            ["unknown"]
        );
        for text in [include_str!("samples/journalctl.txt"), include_str!("samples/journalctl-iso.txt")] {
            assert_eq!(said(&[text], &["container.meant_for_systemd", "log.gave_up"])[0], "true");
        }
        let keys = ["guest.os_id", "guest.os_name"];
        assert_eq!(
            said(&[include_str!("samples/os-release.txt")], &keys),
            ["\"debian\"", "\"Debian GNU/Linux 12 (bookworm)\""]
        );
        assert_eq!(said(&[include_str!("samples/uname.txt")], &["host.kernel"]), ["\"6.18.44-fc-v669\""]);
    }

    #[test]
    fn healthy_consoles() {
        let keys = ["log.units_seen", "log.gave_up", "log.came_up"];
        assert_eq!(
            said(&[include_str!("samples/healthy-docker28-v2.txt")], &keys),
            ["true", "false", "true"]
        );
        assert_eq!(said(&[include_str!("samples/healthy-podman4-v2.txt")], &keys), ["true", "false", "true"]);
        // The login prompt came before the last target was reached; a system that asks for logins is up.
        assert_eq!(
            said(&[include_str!("samples/healthy-docker20-v1.txt")], &keys),
            ["true", "false", "true"]
        );
    }

    #[test]
    fn several_containers_keep_their_lines_apart() {
        let text = "services:\n  web:\n    image: a\n    command: /sbin/init\n  db:\n    image: b\n    \
            command: postgres\n\n\
                    web-1  | systemd 252 running in system mode (+PAM)\ndb-1   | FATAL: no\nweb-1 exited \
            with code 255\ndb-1 exited with code 1\n";
        let rules = builtin().unwrap();
        let snapshots =
            snapshots("paste", text.as_bytes(), &Supplied::default(), &Matcher::new(&rules)).unwrap();
        let told: Vec<_> = snapshots
            .iter()
            .map(|s| {
                (
                    s.target.name.as_str(),
                    s.facts.get(key::CONTAINER_EXIT_CODE),
                    s.log.lines.iter().any(|line| line.text.contains("FATAL")),
                )
            })
            .collect();
        assert_eq!(told, [("paste: web", Some(255), false), ("paste: db", Some(1), true)]);
    }

    #[test]
    fn what_was_given_beside_the_text_is_the_container() {
        let rules = builtin().unwrap();
        let supplied = Supplied {
            run: Some("docker run -d img /sbin/init".to_owned()),
            info: Some("{\"CgroupVersion\":\"2\"}".to_owned()),
            inspect: None,
        };
        let snapshots = snapshots(
            "log",
            &b"Failed to mount tmpfs at /run: Operation not permitted\n"[..],
            &supplied,
            &Matcher::new(&rules),
        )
        .unwrap();
        assert_eq!(snapshots.len(), 1);
        let facts = &snapshots[0].facts;
        assert_eq!(
            (fact(facts, "container.runs_systemd"), fact(facts, "cgroup.mode"), fact(facts, "cgroup.mount")),
            ("true".into(), "\"v2\"".into(), "\"ro\"".into())
        );
    }

    #[test]
    fn any_bytes_are_text() {
        let rules = builtin().unwrap();
        let matcher = Matcher::new(&rules);
        for bytes in [
            &b"caf\xe9 \xff\xfe"[..],
            b"\0\0\0",
            b"{\"log\":\"",
            b"docker run",
            b"docker run -v",
            b"$ ",
            b"services:",
            b"FROM ",
            b"[",
            b"",
        ] {
            assert_eq!(snapshots("x", bytes, &Supplied::default(), &matcher).unwrap().len(), 1, "{bytes:?}");
        }
    }
}
