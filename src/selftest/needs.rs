//! What an examination needs, one entry for each thing to see: a description, what is lost without it, and
//! how to make it visible. Must not look itself.

use super::check::Check;
use crate::snapshot::key;

/// Something that an examination needs: id, description, what is lost without it, and what to do.
pub(super) struct Need(&'static str, &'static str, &'static str, &'static str);

pub(super) const LIST: Need = Need(
    "engine.containers",
    "the engine's containers",
    "containers cannot be found by name",
    "allow GET /containers/json in the engine or the proxy in front of it",
);
pub(super) const INFO: Need = Need(
    "engine.info",
    "engine information",
    "the engine's cgroup, storage and security options are unknown",
    "allow GET /info in the engine or the proxy in front of it",
);
pub(super) const INSPECT: Need = Need(
    "container.inspect",
    "a container's configuration",
    "the container cannot be diagnosed",
    "name an existing container, and allow GET /containers/…/json in any proxy",
);
pub(super) const LOG: Need = Need(
    "container.log",
    "a container's log",
    "the verdict is based on configuration and files only",
    "use a logging driver that the engine can read: json-file, local or journald",
);
pub(super) const FILES: Need = Need(
    "container.files",
    "files of a container",
    "the systemd version, the init program and the units are unknown",
    "allow HEAD and GET /containers/…/archive in any proxy in front of the engine",
);
pub(super) const EXEC: Need = Need(
    "container.exec",
    "commands inside a container",
    "failed units and the journal of a running systemd are not visible",
    "name a running container that has systemctl: sysdock selftest CONTAINER",
);
pub(super) const LOCAL: Need = Need(
    key::HOST_LOCAL.name(),
    "the engine on this machine",
    "PID 1, its mounts and the layers of dead containers are not visible",
    "run sysdock on the engine's machine, not in a container with its own PID namespace",
);
pub(super) const PROC: Need = Need(
    "host.pid1",
    "PID 1 of a container in /proc",
    "whether systemd is frozen, and its mounts, are not visible from outside",
    "run sysdock as root or as the user of the rootless engine",
);
pub(super) const LAYERS: Need = Need(
    "host.layers",
    "layers of a dead container",
    "files are read through the engine instead, which is slower",
    "run sysdock as root on the engine's machine",
);
pub(super) const KERNEL: Need = Need(
    "host.kernel-log",
    "the kernel's log",
    "`sysdock seccomp trace` has to test all denied calls instead of only the logged ones",
    "run sysdock as root, or set kernel.dmesg_restrict to 0",
);
pub(super) const LSM: Need = Need(
    key::HOST_LSMS.name(),
    "the kernel's security modules",
    "AppArmor and SELinux are known only from the engine",
    "mount securityfs on /sys/kernel/security",
);

impl Need {
    fn check(&self, seen: Option<bool>, essential: bool, detail: String) -> Check {
        let lost = seen == Some(false);
        let next = if seen == Some(true) { "" } else { self.3 };
        Check {
            id: self.0,
            what: self.1,
            seen,
            essential,
            detail,
            consequence: if lost { self.2 } else { "" },
            next: next.to_owned(),
        }
    }

    /// Makes the check from the result of an attempt.
    pub(super) fn of(&self, outcome: Result<String, String>) -> Check {
        let essential =
            matches!(self.0, "engine.containers" | "container.inspect" | "container.log" | "container.files");
        match outcome {
            Ok(detail) => self.check(Some(true), essential, detail),
            Err(reason) => self.check(Some(false), essential, reason),
        }
    }

    /// Makes the check of something that was not tried.
    pub(super) fn untried(&self, why: &str) -> Check {
        Check { next: String::new(), ..self.check(None, false, why.to_owned()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_seen_says_what_is_lost_and_what_to_do() {
        for need in [LIST, INFO, INSPECT, LOG, FILES, EXEC, LOCAL, PROC, LAYERS, KERNEL, LSM] {
            let lost = need.of(Err("no".to_owned()));
            assert!(
                lost.seen == Some(false) && !lost.consequence.is_empty() && !lost.next.is_empty(),
                "{lost:?}"
            );
            let seen = need.of(Ok("yes".to_owned()));
            assert!(
                seen.seen == Some(true) && seen.consequence.is_empty() && seen.next.is_empty(),
                "{seen:?}"
            );
            assert_eq!(need.untried("why").seen, None);
        }
    }
}
