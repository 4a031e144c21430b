//! What examining a container needs, one entry for each thing to see: words, what is lost without it, and
//! what makes it seen. Must not look by itself.

use super::check::Check;

/// What examining a container needs: id, words, what is lost without it, and what to do.
pub(super) struct Need(&'static str, &'static str, &'static str, &'static str);

pub(super) const LIST: Need = Need(
    "engine.containers",
    "the engine's containers",
    "no container can be found or named",
    "the engine or a proxy in front of it refuses GET /containers/json; allow it",
);
pub(super) const INFO: Need = Need(
    "engine.info",
    "what the engine says of itself",
    "control groups, storage and security options of the engine are not known",
    "the engine or a proxy in front of it refuses GET /info; allow it",
);
pub(super) const INSPECT: Need = Need(
    "container.inspect",
    "a container's configuration",
    "nothing can be said about the container",
    "name a container that exists, and let GET /containers/…/json through any proxy",
);
pub(super) const LOG: Need = Need(
    "container.log",
    "a container's log",
    "the verdict rests on configuration and files alone",
    "use a logging driver that the engine reads: json-file, local or journald",
);
pub(super) const FILES: Need = Need(
    "container.files",
    "files of a container",
    "version of systemd, its init and its units are not known",
    "let HEAD and GET /containers/…/archive through any proxy in front of the engine",
);
pub(super) const EXEC: Need = Need(
    "container.exec",
    "commands inside a container",
    "failed units and the journal of a running systemd are not seen",
    "name a container that runs and has systemctl: sysdock selftest CONTAINER",
);
pub(super) const LOCAL: Need = Need(
    "host.local",
    "the engine on this machine",
    "PID 1, its mounts and the layers of dead containers are not seen",
    "run sysdock on the engine's machine, not in a container with its own process ids, to see more",
);
pub(super) const PROC: Need = Need(
    "host.pid1",
    "PID 1 of a container in /proc",
    "whether systemd froze, and which mounts it has, is not seen from outside",
    "run sysdock as root or as the user of the rootless engine",
);
pub(super) const LAYERS: Need = Need(
    "host.layers",
    "layers of a dead container",
    "its files are read through the engine instead, which is slower",
    "run sysdock as root on the engine's machine",
);
pub(super) const KERNEL: Need = Need(
    "host.kernel-log",
    "the kernel's log",
    "`sysdock seccomp trace` must try all denied calls instead of those that the kernel logged",
    "run sysdock as root, or set kernel.dmesg_restrict to 0",
);
pub(super) const LSM: Need = Need(
    "host.lsms",
    "the kernel's security modules",
    "AppArmor and SELinux are known only as far as the engine tells",
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

    /// Makes the check of what was tried.
    pub(super) fn of(&self, outcome: Result<String, String>) -> Check {
        let essential =
            matches!(self.0, "engine.containers" | "container.inspect" | "container.log" | "container.files");
        match outcome {
            Ok(detail) => self.check(Some(true), essential, detail),
            Err(reason) => self.check(Some(false), essential, reason),
        }
    }

    /// Makes the check of what was not tried.
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
