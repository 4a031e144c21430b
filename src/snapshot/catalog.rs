//! The catalog of facts: every key that a rule may name, with its kind, its sentence and how to get it by
//! hand.
//!
//! The build script includes this file, as it does `src/rule/checker.rs` and `src/rule/needle.rs`: they use
//! crates and one another alone.

use serde::{Serialize, Serializer};
use strum::VariantNames;

use super::vocabulary::{
    BootOutcome, BusState, CgroupBind, CgroupDriver, CgroupMode, CgroupMount, CgroupNamespace,
    ContainerStatus, EngineName, FilterAnswer, FilterEffect, MachineId, ManagerState, SeccompKind,
    SeccompMode, TargetState, Wrapper,
};

/// Kind of a fact's value. Any fact may also be null: known to be absent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// true or false.
    Bool,
    /// A whole number; the sentence gives the unit.
    Int,
    /// A text.
    Text,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A list of texts.
    TextList,
}

impl Kind {
    /// Words for messages.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Bool => "true or false",
            Self::Int => "an integer",
            Self::Text => "a text",
            Self::Word(_) => "one of a list of words",
            Self::TextList => "a list of strings",
        }
    }
}

impl Serialize for Kind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(match self {
            Self::Bool => "bool",
            Self::Int => "int",
            Self::Text | Self::Word(_) => "text",
            Self::TextList => "textlist",
        })
    }
}

/// One entry of the catalog.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct FactSpec {
    /// `group.name`.
    pub key: &'static str,
    /// Kind of its value.
    pub kind: Kind,
    /// Which collector finds it out.
    pub collector: &'static str,
    /// What it says.
    pub sentence: &'static str,
    /// A command that shows it.
    pub how: &'static str,
}

/// The entry of a key.
#[must_use]
pub fn spec(key: &str) -> Option<&'static FactSpec> {
    CATALOG.binary_search_by(|entry| entry.key.cmp(key)).ok().map(|index| &CATALOG[index])
}

/// The key that is most like a mistyped one.
#[must_use]
pub fn nearest(key: &str) -> Option<&'static str> {
    let scored = CATALOG.iter().map(|entry| (strsim::jaro_winkler(entry.key, key), entry.key));
    scored.max_by(|a, b| a.0.total_cmp(&b.0)).filter(|(score, _)| *score > 0.8).map(|(_, key)| key)
}

const fn fact(
    key: &'static str,
    kind: Kind,
    collector: &'static str,
    sentence: &'static str,
    how: &'static str,
) -> FactSpec {
    FactSpec { key, kind, collector, sentence, how }
}

/// All facts, sorted by key.
#[rustfmt::skip]
pub const CATALOG: &[FactSpec] = &[
    fact("boot.failed", Kind::Bool, "derived", "PID 1 gave up, froze, ended early or was never started", "docker inspect CONTAINER"),
    fact("boot.outcome", Kind::Word(BootOutcome::VARIANTS), "derived", "Boot outcome", "docker \
        inspect CONTAINER; systemctl is-system-running"),
    fact("boot.up", Kind::Bool, "derived", "The manager has finished booting, or had before it \
        stopped", "systemctl is-system-running"),
    fact("cgroup.bind", Kind::Word(CgroupBind::VARIANTS), "container", "How the host's /sys/fs/cgroup is \
        bound into the container", "docker inspect -f '{{.HostConfig.Binds}}' CONTAINER"),
    fact("cgroup.bind_subtree", Kind::Text, "container", "Path below /sys/fs/cgroup of a narrower writable \
        bind, or null", "docker inspect -f '{{.HostConfig.Binds}}' CONTAINER"),
    fact("cgroup.mode", Kind::Word(CgroupMode::VARIANTS), "pid1", "Cgroup version that the container \
        sees", "docker info --format '{{.CgroupVersion}}'"),
    fact("cgroup.mount", Kind::Word(CgroupMount::VARIANTS), "pid1", "State of the tree in which PID 1 must \
        create its groups", "docker exec CONTAINER grep cgroup /proc/mounts"),
    fact("cgroup.namespace", Kind::Word(CgroupNamespace::VARIANTS), "container", "Cgroup \
        namespace", "docker inspect -f '{{.HostConfig.CgroupnsMode}}' CONTAINER"),
    fact("cgroup.tmpfs_over", Kind::Bool, "container", "A tmpfs is configured over /sys/fs/cgroup", "docker \
        inspect -f '{{.HostConfig.Tmpfs}}' CONTAINER"),
    fact("cgroup.volume", Kind::Bool, "container", "A volume is mounted over \
        /sys/fs/cgroup", "docker inspect -f \
        '{{.Mounts}}' CONTAINER"),
    fact("client.in_build", Kind::Bool, "derived", "The message comes from a RUN step of an image build that \
        talks to a manager", "read the Dockerfile"),
    fact("client.user_scope", Kind::Bool, "derived", "The message comes from a client that talks to a user \
        manager", "read the command line"),
    fact("container.argv", Kind::TextList, "container", "Program and arguments of PID 1 as configured", "docker inspect -f '{{.Path}} {{.Args}}' CONTAINER"),
    fact("container.cap_sys_admin", Kind::Bool, "container", "PID 1 holds CAP_SYS_ADMIN", "docker inspect -f \
        '{{.HostConfig.CapAdd}} {{.HostConfig.Privileged}}' CONTAINER"),
    fact("container.capabilities", Kind::TextList, "container", "Capabilities in the container's bounding \
        set", "docker exec CONTAINER grep CapBnd /proc/1/status"),
    fact("container.capabilities_missing", Kind::TextList, "container", "Capabilities of the engine's \
        default set that were dropped", "docker inspect -f '{{.HostConfig.CapDrop}}' CONTAINER"),
    fact("container.capabilities_needed", Kind::TextList, "container", "Dropped capabilities without which \
        systemd, its bus or a unit of the basic boot does not work", "docker inspect -f \
            '{{.HostConfig.CapDrop}}' CONTAINER"),
    fact("container.command_name", Kind::Text, "container", "Last path element of the program that the \
        container starts", "docker inspect -f '{{.Path}}' CONTAINER"),
    fact("container.engine_init", Kind::Bool, "container", "The engine puts its own init (tini, catatonit) \
        in front", "docker inspect -f '{{.HostConfig.Init}}' CONTAINER"),
    fact("container.env_container", Kind::Text, "container", "Value of the environment variable container, \
        or null", "docker inspect -f '{{.Config.Env}}' CONTAINER"),
    fact("container.error", Kind::Text, "container", "The engine's reason why the container could not start, \
        or null", "docker inspect -f '{{.State.Error}}' CONTAINER"),
    fact("container.exit_code", Kind::Int, "container", "Exit code of a container that has ended", "docker \
        inspect -f '{{.State.ExitCode}}' CONTAINER"),
    fact("container.image", Kind::Text, "container", "Image reference as given", "docker inspect -f \
        '{{.Config.Image}}' CONTAINER"),
    fact("container.init_arguments", Kind::TextList, "container", "Arguments that init itself receives", "docker inspect -f '{{.Args}}' CONTAINER"),
    fact("container.lifetime_ms", Kind::Int, "container", "Milliseconds from start to end of the last run", "docker inspect -f '{{.State.StartedAt}} {{.State.FinishedAt}}' CONTAINER"),
    fact("container.log_driver", Kind::Text, "container", "Logging driver", "docker inspect -f \
        '{{.HostConfig.LogConfig.Type}}' CONTAINER"),
    fact("container.meant_for_systemd", Kind::Bool, "derived", "The container is meant to run systemd: its \
        command reaches an init, or SIGRTMIN+3, container=, writable cgroups or a tmpfs on /run was asked \
        for", "docker inspect CONTAINER"),
    fact("container.memory_limit", Kind::Int, "container", "Memory limit in bytes, or null", "docker inspect \
        -f '{{.HostConfig.Memory}}' CONTAINER"),
    fact("container.oom_killed", Kind::Bool, "container", "The kernel's OOM killer ended the container", "docker inspect -f '{{.State.OOMKilled}}' CONTAINER"),
    fact("container.pid_host", Kind::Bool, "container", "The container shares the host's PID namespace, or \
        another container's", "docker inspect -f '{{.HostConfig.PidMode}}' CONTAINER"),
    fact("container.pids_limit", Kind::Int, "container", "pids cgroup limit, or null", "docker \
        inspect -f '{{.HostConfig.PidsLimit}}' CONTAINER"),
    fact("container.privileged", Kind::Bool, "container", "Started with --privileged", "docker inspect -f \
        '{{.HostConfig.Privileged}}' CONTAINER"),
    fact("container.read_only", Kind::Bool, "container", "The root file system is read-only", "docker \
        inspect -f '{{.HostConfig.ReadonlyRootfs}}' CONTAINER"),
    fact("container.refusal", Kind::Text, "derived", "Meaning of the engine's reason, if it is a common \
        one", "docker inspect -f '{{.State.Error}}' CONTAINER"),
    fact("container.restarts", Kind::Int, "container", "How often the engine restarted it", "docker inspect \
        -f '{{.RestartCount}}' CONTAINER"),
    fact("container.runs_as_root", Kind::Bool, "container", "PID 1 is started with user id 0", "docker \
        inspect -f '{{.Config.User}}' CONTAINER"),
    fact("container.runs_systemd", Kind::Bool, "derived", "The command is init or systemd itself, or a \
        wrapper or engine init that starts it", "docker inspect -f '{{.Path}} {{.Args}}' CONTAINER"),
    fact("container.runtime", Kind::Text, "container", "OCI runtime", "docker inspect -f \
        '{{.HostConfig.Runtime}}' CONTAINER"),
    fact("container.status", Kind::Word(ContainerStatus::VARIANTS), "container", "The engine's state of the \
        container", "docker inspect -f '{{.State.Status}}' CONTAINER"),
    fact("container.stop_signal", Kind::Text, "container", "Stop signal by name, SIGTERM when none is set", "docker inspect -f '{{.Config.StopSignal}}' CONTAINER"),
    fact("container.stop_signal_halts", Kind::Bool, "container", "The stop signal makes systemd shut down in \
        order: SIGRTMIN+3 or an equivalent", "docker inspect -f '{{.Config.StopSignal}}' CONTAINER"),
    fact("container.systemd_mode", Kind::Bool, "container", "Podman prepares this container for systemd", "podman inspect -f '{{.Config.SystemdMode}}' CONTAINER"),
    fact("container.tty", Kind::Bool, "container", "The container has a terminal", "docker inspect -f \
        '{{.Config.Tty}}' CONTAINER"),
    fact("container.ulimit_nproc", Kind::Int, "container", "Limit of processes for its user (RLIMIT_NPROC), \
        or null", "docker inspect -f '{{.HostConfig.Ulimits}}' CONTAINER"),
    fact("container.user", Kind::Text, "container", "User of PID 1 as configured, empty for the default", "docker inspect -f '{{.Config.User}}' CONTAINER"),
    fact("container.userns", Kind::Bool, "container", "Root of the container is another user of the host", "docker exec CONTAINER cat /proc/1/uid_map"),
    fact("container.userns_mode", Kind::Text, "container", "Requested user namespace: host, a Podman mode, \
        or default", "docker inspect -f '{{.HostConfig.UsernsMode}}' CONTAINER"),
    fact("container.wrapper", Kind::Word(Wrapper::VARIANTS), "files", "Program between the engine and \
        systemd; shell is sh -c", "docker inspect -f '{{.Path}} {{.Args}}' CONTAINER"),
    fact("container.wrapper_execs", Kind::Bool, "files", "The wrapper replaces itself by systemd with exec", "docker inspect -f '{{.Path}} {{.Args}}' CONTAINER"),
    fact("container.writable_cgroups", Kind::Bool, "container", "Docker's writable-cgroups option is on", "docker inspect -f '{{.HostConfig.SecurityOpt}}' CONTAINER"),
    fact("engine.api", Kind::Text, "engine", "Engine API version in use", "docker version"),
    fact("engine.apparmor", Kind::Bool, "engine", "The engine confines containers with AppArmor", "docker \
        info --format '{{.SecurityOptions}}'"),
    fact("engine.cgroup_driver", Kind::Word(CgroupDriver::VARIANTS), "engine", "The engine's cgroup \
        driver", "docker info --format '{{.CgroupDriver}}'"),
    fact("engine.major", Kind::Int, "engine", "First number of the engine's version", "docker version"),
    fact("engine.minor", Kind::Int, "engine", "Second number of the engine's version", "docker version"),
    fact("engine.name", Kind::Word(EngineName::VARIANTS), "engine", "Program behind the Engine API", "docker \
        version"),
    fact("engine.rootless", Kind::Bool, "engine", "The engine runs without root", "docker info --format \
        '{{.SecurityOptions}}'"),
    fact("engine.seccomp_profile", Kind::Text, "engine", "Default seccomp profile: builtin, default, \
        unconfined or a path", "docker info --format '{{.SecurityOptions}}'"),
    fact("engine.selinux", Kind::Bool, "engine", "The engine labels containers for SELinux", "docker info \
        --format '{{.SecurityOptions}}'"),
    fact("engine.userns", Kind::Bool, "engine", "The engine maps root of containers to another user", "docker info --format '{{.SecurityOptions}}'"),
    fact("engine.version", Kind::Text, "engine", "The engine's version", "docker version"),
    fact("guest.dbus_installed", Kind::Bool, "files", "A message bus is in the image", "docker cp \
        CONTAINER:/usr/bin/dbus-daemon - | head -c 1"),
    fact("guest.default_target", Kind::Text, "files", "Unit that default.target leads to, or null when \
        nothing does", "systemctl get-default"),
    fact("guest.default_target_state", Kind::Word(TargetState::VARIANTS), "files", "What default.target \
        leads to", "ls -l /etc/systemd/system/default.target"),
    fact("guest.dockerenv", Kind::Bool, "files", "/.dockerenv or /run/.containerenv is there, by which \
        systemd 248 and later know a container", "docker cp CONTAINER:/.dockerenv - | tar t"),
    fact("guest.enabled_unreachable", Kind::TextList, "files", "Enabled services of multi-user.target or \
        graphical.target that default.target does not pull in", "systemctl list-dependencies default.target"),
    fact("guest.init_architecture", Kind::Text, "files", "Processor architecture of the init binary", "file \
        /sbin/init"),
    fact("guest.init_present", Kind::Bool, "files", "The program that the container starts exists in its \
        file system and its links lead to a file", "docker cp CONTAINER:/sbin/init - | tar t"),
    fact("guest.init_target", Kind::Text, "files", "File that the started program leads to, through links", "readlink -f /sbin/init"),
    fact("guest.machine_id", Kind::Word(MachineId::VARIANTS), "files", "State of /etc/machine-id", "docker \
        exec CONTAINER cat /etc/machine-id"),
    fact("guest.masked_units", Kind::TextList, "files", "Units masked in /etc/systemd/system", "systemctl \
        list-unit-files --state=masked"),
    fact("guest.os_id", Kind::Text, "files", "ID of os-release, or null", "cat /etc/os-release"),
    fact("guest.os_like", Kind::TextList, "files", "IDs of similar distributions from os-release, closest \
        first", "cat /etc/os-release"),
    fact("guest.os_name", Kind::Text, "files", "PRETTY_NAME of os-release, or null", "cat /etc/os-release"),
    fact("guest.run_lock_fatal", Kind::Bool, "files", "This systemd refuses to boot when /run/lock is no \
        mount and cannot be mounted: Debian's and Ubuntu's before 256", "systemctl --version"),
    fact("guest.systemd_installed", Kind::Bool, "files", "systemd's manager is in the image", "systemctl \
        --version"),
    fact("guest.systemd_version", Kind::Int, "files", "Major version of systemd in the image", "systemctl \
        --version"),
    fact("guest.tmp_mount_enabled", Kind::Bool, "files", "tmp.mount is part of the boot, so that /tmp must \
        be a tmpfs or mountable", "systemctl status tmp.mount"),
    fact("host.architecture", Kind::Text, "engine", "Processor architecture of the engine's machine", "docker info --format '{{.Architecture}}'"),
    fact("host.cgroup_hierarchies", Kind::TextList, "host", "Cgroup hierarchies of the engine's machine: \
        controllers or name=… of v1, and unified", "cat /proc/self/cgroup"),
    fact("host.inotify_instances", Kind::Int, "host", "fs.inotify.max_user_instances of the engine's \
        machine", "sysctl fs.inotify.max_user_instances"),
    fact("host.kernel", Kind::Text, "engine", "Kernel release of the engine's machine", "uname -r"),
    fact("host.local", Kind::Bool, "host", "The engine was proved to run on this machine", "docker context \
        show"),
    fact("host.lsms", Kind::TextList, "host", "Active Linux security modules", "cat \
        /sys/kernel/security/lsm"),
    fact("host.systemd_cgroup", Kind::Bool, "host", "The machine has the name=systemd cgroup hierarchy, or \
        pure v2", "grep systemd /proc/self/cgroup"),
    fact("image.architecture", Kind::Text, "container", "Processor architecture that the image declares", "docker image inspect -f '{{.Architecture}}' IMAGE"),
    fact("image.stop_signal", Kind::Text, "container", "Stop signal that the image declares, or null", "docker image inspect -f '{{.Config.StopSignal}}' IMAGE"),
    fact("image.volume_cgroup", Kind::Bool, "container", "The image declares a volume over /sys/fs/cgroup", "docker image inspect -f '{{.Config.Volumes}}' IMAGE"),
    fact("log.banner_seen", Kind::Bool, "derived", "PID 1 printed its banner, `systemd N running in system \
        mode`; known only if PID 1 logged something", "docker logs CONTAINER"),
    fact("log.bytes", Kind::Int, "logs", "Bytes that were read of the container's log", "docker logs \
        CONTAINER | wc -c"),
    fact("log.came_up", Kind::Bool, "derived", "The log says that the boot finished", "docker logs \
        CONTAINER"),
    fact("log.empty", Kind::Bool, "logs", "The log is readable and empty", "docker logs CONTAINER"),
    fact("log.gave_up", Kind::Bool, "derived", "PID 1 said that it gives up or freezes", "docker logs \
        CONTAINER"),
    fact("log.units_seen", Kind::Bool, "derived", "PID 1 started units; known only if PID 1 logged \
        something", "docker logs CONTAINER"),
    fact("log.virtualization", Kind::Text, "derived", "Virtualization that systemd detects, as printed after \
        its banner; null if the banner lacks it", "docker logs CONTAINER"),
    fact("manager.bus", Kind::Word(BusState::VARIANTS), "exec", "Whether systemctl inside reaches the \
        manager", "docker exec CONTAINER systemctl is-system-running"),
    fact("manager.failed_units", Kind::TextList, "exec", "Units in the failed state", "systemctl --failed"),
    fact("manager.pending_units", Kind::TextList, "exec", "Units with pending jobs", "systemctl \
        list-jobs"),
    fact("manager.state", Kind::Word(ManagerState::VARIANTS), "exec", "Answer of is-system-running", "systemctl is-system-running"),
    fact("mount.dev_shm", Kind::Bool, "pid1", "/dev/shm is a mount of its own", "docker inspect -f \
        '{{.HostConfig.IpcMode}}' CONTAINER"),
    fact("mount.run", Kind::Bool, "pid1", "/run is a mount of its own", "docker exec CONTAINER grep ' /run ' \
        /proc/mounts"),
    fact("mount.run_bytes", Kind::Int, "pid1", "Size limit of the tmpfs on /run in bytes, or null for the \
        default", "docker exec CONTAINER df -B1 /run"),
    fact("mount.run_lock", Kind::Bool, "pid1", "/run/lock is a mount of its own", "docker exec CONTAINER \
        grep ' /run/lock ' /proc/mounts"),
    fact("mount.run_writable", Kind::Bool, "pid1", "/run can be written to", "docker exec CONTAINER touch \
        /run/.probe"),
    fact("mount.tmp", Kind::Bool, "pid1", "/tmp is a mount of its own", "docker exec CONTAINER grep ' /tmp ' \
        /proc/mounts"),
    fact("pid1.alive", Kind::Bool, "pid1", "PID 1 is a systemd that waits for events and holds the \
        descriptors of a working manager", "ls /proc/PID/fd"),
    fact("pid1.capabilities", Kind::TextList, "pid1", "Effective capabilities of PID 1", "grep CapEff \
        /proc/PID/status"),
    fact("pid1.cgroup", Kind::Text, "pid1", "Path of its group in the unified or name=systemd hierarchy, as \
        the engine's machine names it", "cat /proc/PID/cgroup"),
    fact("pid1.children", Kind::Int, "pid1", "Number of direct children of PID 1", "cat \
        /proc/PID/task/PID/children"),
    fact("pid1.command", Kind::Text, "pid1", "Name of the process (comm)", "cat /proc/PID/comm"),
    fact("pid1.descriptors", Kind::Int, "pid1", "Number of open descriptors", "ls /proc/PID/fd | wc -l"),
    fact("pid1.exe", Kind::Text, "pid1", "Program that it runs", "readlink /proc/PID/exe"),
    fact("pid1.frozen", Kind::Bool, "pid1", "PID 1 is a systemd that has stopped working and only waits", "cat /proc/PID/wchan"),
    fact("pid1.seccomp", Kind::Word(SeccompKind::VARIANTS), "pid1", "Mode of the seccomp filter", "grep \
        Seccomp /proc/PID/status"),
    fact("pid1.state", Kind::Text, "pid1", "State of the process by its letter: R, S, D, Z, T", "grep State \
        /proc/PID/status"),
    fact("pid1.systemd", Kind::Bool, "pid1", "PID 1 is systemd", "cat /proc/PID/comm"),
    fact("pid1.wchan", Kind::Text, "pid1", "Kernel function in which it waits, or null", "cat \
        /proc/PID/wchan"),
    fact("seccomp.blocks", Kind::TextList, "seccomp", "System calls that this systemd's boot needs and the \
        filter denies, most severe first", "sysdock snapshot CONTAINER"),
    fact("seccomp.effect", Kind::Word(FilterEffect::VARIANTS), "seccomp", "Effect of the denied calls on \
        this systemd", "sysdock snapshot CONTAINER"),
    fact("seccomp.first_answer", Kind::Text, "seccomp", "Result of that call: EPERM, ENOSYS, another errno, \
        or killed", "sysdock snapshot CONTAINER"),
    fact("seccomp.first_blocked", Kind::Text, "seccomp", "The denied call that stops or harms this systemd \
        first, or null", "sysdock snapshot CONTAINER"),
    fact("seccomp.mode", Kind::Word(SeccompMode::VARIANTS), "container", "Seccomp filter that was \
        requested", "docker inspect -f '{{.HostConfig.SecurityOpt}}' CONTAINER"),
    fact("seccomp.mount", Kind::Word(FilterAnswer::VARIANTS), "seccomp", "The filter's answer to \
        mount", "sysdock snapshot CONTAINER"),
    fact("seccomp.name_to_handle_at", Kind::Word(FilterAnswer::VARIANTS), "seccomp", "The filter's answer to \
        name_to_handle_at", "sysdock snapshot CONTAINER"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalog_is_sorted_and_complete() {
        assert!(CATALOG.windows(2).all(|pair| pair[0].key < pair[1].key));
        for entry in CATALOG {
            assert!(entry.key.split('.').count() == 2, "{}", entry.key);
            assert!(!entry.sentence.ends_with('.') && !entry.how.is_empty(), "{}", entry.key);
        }
    }

    #[test]
    fn a_slip_finds_its_neighbour() {
        assert_eq!(nearest("container.ttty"), Some("container.tty"));
        assert_eq!(nearest("zzz"), None);
    }
}
