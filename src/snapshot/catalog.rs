//! The catalog of facts: every key that a rule may name, with its kind, a sentence about it and a command
//! that shows it.
//!
//! The build script includes this file, as it does `src/rule/condition_limits.rs` and
//! `src/rule/needle.rs`: they use only crates and one another.

use super::fact_type::{FactType, Kind};
use super::vocabulary::{
    BootOutcome, BusState, CgroupBind, CgroupDriver, CgroupMode, CgroupMount, CgroupNamespace,
    ContainerStatus, EngineKind, FilterAnswer, FilterEffect, Launcher, ManagerState, SeccompMode,
    TargetState, Wrapper,
};
use serde::{Serialize, Serializer};

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
    /// The collector that provides it.
    pub collector: &'static str,
    /// What it means.
    pub sentence: &'static str,
    /// A command that shows it.
    pub how: &'static str,
}

/// Returns the entry of a key.
#[must_use]
pub fn spec(key: &str) -> Option<&'static FactSpec> {
    CATALOG.binary_search_by(|entry| entry.key.cmp(key)).ok().map(|index| &CATALOG[index])
}

/// Returns the key that is most similar to a mistyped one.
#[must_use]
pub fn nearest(key: &str) -> Option<&'static str> {
    let scored = CATALOG.iter().map(|entry| (strsim::jaro_winkler(entry.key, key), entry.key));
    scored.max_by(|a, b| a.0.total_cmp(&b.0)).filter(|(score, _)| *score > 0.8).map(|(_, key)| key)
}

/// Facts that earlier versions recorded and that nothing reads any more: snapshots may contain them, rules
/// may not name them. Each is listed with its replacement for rules.
pub const RETIRED: &[(&str, &str)] = &[
    ("container.command_name", "container.argv holds the program and its arguments"),
    ("container.lifetime_ms", "boot.outcome tells how far the last run came"),
    ("engine.api", "engine.major and engine.minor tell the engine's version"),
    ("guest.machine_id", "no boot in a container depends on it"),
    ("host.cgroup_hierarchies", "cgroup.mode and host.systemd_cgroup tell what the machine has"),
    ("log.bytes", "log.empty tells whether there is a log"),
    ("pid1.capabilities", "container.capabilities lists those of the container"),
    ("pid1.cgroup", "cgroup.namespace and cgroup.mount tell where PID 1 stands"),
    ("pid1.exe", "pid1.command and pid1.systemd tell what it is"),
    ("pid1.seccomp", "seccomp.mode tells which filter was asked for"),
    ("pid1.state", "pid1.alive and pid1.frozen tell whether it works"),
];

/// Returns what a rule can use instead of a retired fact; `None` for any other key.
#[must_use]
pub fn replacement(key: &str) -> Option<&'static str> {
    RETIRED.iter().find(|(gone, _)| *gone == key).map(|(_, instead)| *instead)
}

/// Returns a message that the fact does not exist, with its replacement or a similar key.
#[must_use]
pub fn unknown_fact(key: &str) -> String {
    if let Some(instead) = replacement(key) {
        return format!("fact `{key}` is no longer recorded: {instead}");
    }
    let near = nearest(key).map(|near| format!(", did you mean `{near}`?"));
    format!("unknown fact `{key}`{}", near.unwrap_or_default())
}

/// Declares the facts: a typed key for each, and the catalog of them all.
macro_rules! catalog {
    ($($key:ident = $name:literal: $type:ty, $collector:literal, $sentence:literal, $how:literal;)+) => {
        /// The typed key of each fact.
        #[allow(clippy::doc_markdown, reason = "the sentences of the catalog are plain text")]
        pub mod key {
            use super::super::fact_type::Key;
            #[allow(clippy::wildcard_imports, reason = "each vocabulary is the type of a fact")]
            use super::super::vocabulary::*;

            $(#[doc = $sentence] pub const $key: Key<$type> = Key::new($name);)+
        }

        /// All facts, sorted by key.
        pub const CATALOG: &[FactSpec] = &[$(FactSpec {
            key: $name,
            kind: <$type as FactType>::KIND,
            collector: $collector,
            sentence: $sentence,
            how: $how,
        }),+];
    };
}

catalog! {
    BOOT_FAILED = "boot.failed": bool, "derived",
        "PID 1 gave up, froze, ended early or was never started",
        "docker inspect CONTAINER";
    BOOT_OUTCOME = "boot.outcome": BootOutcome, "derived",
        "Boot outcome",
        "docker inspect CONTAINER; systemctl is-system-running";
    BOOT_UP = "boot.up": bool, "derived",
        "The manager has finished booting, or had before it stopped",
        "systemctl is-system-running";
    CGROUP_BIND = "cgroup.bind": CgroupBind, "container",
        "How the host's /sys/fs/cgroup is bound into the container",
        "docker inspect -f '{{.HostConfig.Binds}}' CONTAINER";
    CGROUP_BIND_SUBTREE = "cgroup.bind_subtree": String, "container",
        "Path below /sys/fs/cgroup of a narrower writable bind, or null",
        "docker inspect -f '{{.HostConfig.Binds}}' CONTAINER";
    CGROUP_MODE = "cgroup.mode": CgroupMode, "pid1",
        "Cgroup version that the container sees",
        "docker info --format '{{.CgroupVersion}}'";
    CGROUP_MOUNT = "cgroup.mount": CgroupMount, "pid1",
        "State of the tree in which PID 1 must create its groups",
        "docker exec CONTAINER grep cgroup /proc/mounts";
    CGROUP_NAMESPACE = "cgroup.namespace": CgroupNamespace, "container",
        "Cgroup namespace",
        "docker inspect -f '{{.HostConfig.CgroupnsMode}}' CONTAINER";
    CGROUP_NSDELEGATE = "cgroup.nsdelegate": bool, "pid1",
        "Cgroup v2 is mounted with nsdelegate: no process may be moved out of its cgroup namespace",
        "grep cgroup2 /proc/self/mountinfo";
    CGROUP_TMPFS_OVER = "cgroup.tmpfs_over": bool, "container",
        "A tmpfs is configured over /sys/fs/cgroup",
        "docker inspect -f '{{.HostConfig.Tmpfs}}' CONTAINER";
    CGROUP_VOLUME = "cgroup.volume": bool, "container",
        "A volume is mounted over /sys/fs/cgroup",
        "docker inspect -f '{{.Mounts}}' CONTAINER";
    CLIENT_IN_BUILD = "client.in_build": bool, "derived",
        "The message comes from a RUN step of an image build that talks to a manager",
        "read the Dockerfile";
    CLIENT_USER_SCOPE = "client.user_scope": bool, "derived",
        "The message comes from a client that talks to a user manager",
        "read the command line";
    CONTAINER_ARGV = "container.argv": Vec<String>, "container",
        "Program and arguments of PID 1 as configured",
        "docker inspect -f '{{.Path}} {{.Args}}' CONTAINER";
    CONTAINER_CAP_SYS_ADMIN = "container.cap_sys_admin": bool, "container",
        "PID 1 holds CAP_SYS_ADMIN",
        "docker inspect -f '{{.HostConfig.CapAdd}} {{.HostConfig.Privileged}}' CONTAINER";
    CONTAINER_CAPABILITIES = "container.capabilities": Vec<String>, "container",
        "Capabilities in the container's bounding set",
        "docker exec CONTAINER grep CapBnd /proc/1/status";
    CONTAINER_CAPABILITIES_MISSING = "container.capabilities_missing": Vec<String>, "container",
        "Capabilities of the engine's default set that were dropped",
        "docker inspect -f '{{.HostConfig.CapDrop}}' CONTAINER";
    CONTAINER_CAPABILITIES_NEEDED = "container.capabilities_needed": Vec<String>, "container",
        "Dropped capabilities without which systemd, its bus or a unit of the basic boot does not work",
        "docker inspect -f '{{.HostConfig.CapDrop}}' CONTAINER";
    CONTAINER_ENGINE_INIT = "container.engine_init": bool, "container",
        "The engine puts its own init (tini, catatonit) in front",
        "docker inspect -f '{{.HostConfig.Init}}' CONTAINER";
    CONTAINER_ENV_CONTAINER = "container.env_container": String, "container",
        "Value of the environment variable container, or null",
        "docker inspect -f '{{.Config.Env}}' CONTAINER";
    CONTAINER_ERROR = "container.error": String, "container",
        "The engine's reason why the container could not start, or null",
        "docker inspect -f '{{.State.Error}}' CONTAINER";
    CONTAINER_EXIT_CODE = "container.exit_code": i64, "container",
        "Exit code of a container that has ended",
        "docker inspect -f '{{.State.ExitCode}}' CONTAINER";
    CONTAINER_IMAGE = "container.image": String, "container",
        "Image reference as given",
        "docker inspect -f '{{.Config.Image}}' CONTAINER";
    CONTAINER_INIT_ARGUMENTS = "container.init_arguments": Vec<String>, "container",
        "Arguments that init itself receives",
        "docker inspect -f '{{.Args}}' CONTAINER";
    CONTAINER_LAUNCHER = "container.launcher": Launcher, "text",
        "Tool that starts the container through an engine or a kubelet",
        "docker inspect -f '{{.Config.Labels}}' CONTAINER";
    CONTAINER_LOG_DRIVER = "container.log_driver": String, "container",
        "Logging driver",
        "docker inspect -f '{{.HostConfig.LogConfig.Type}}' CONTAINER";
    CONTAINER_MEANT_FOR_SYSTEMD = "container.meant_for_systemd": bool, "derived",
        "The container is meant to run systemd: its command reaches an init, or SIGRTMIN+3, container=, \
            writable cgroups or a tmpfs on /run was asked for",
        "docker inspect CONTAINER";
    CONTAINER_MEMORY_LIMIT = "container.memory_limit": i64, "container",
        "Memory limit in bytes, or null",
        "docker inspect -f '{{.HostConfig.Memory}}' CONTAINER";
    CONTAINER_OOM_KILLED = "container.oom_killed": bool, "container",
        "The kernel's OOM killer ended the container",
        "docker inspect -f '{{.State.OOMKilled}}' CONTAINER";
    CONTAINER_PID_HOST = "container.pid_host": bool, "container",
        "The container shares the host's PID namespace, or another container's",
        "docker inspect -f '{{.HostConfig.PidMode}}' CONTAINER";
    CONTAINER_PIDS_LIMIT = "container.pids_limit": i64, "container",
        "pids cgroup limit, or null",
        "docker inspect -f '{{.HostConfig.PidsLimit}}' CONTAINER";
    CONTAINER_PRIVILEGED = "container.privileged": bool, "container",
        "Started with --privileged",
        "docker inspect -f '{{.HostConfig.Privileged}}' CONTAINER";
    CONTAINER_READ_ONLY = "container.read_only": bool, "container",
        "The root file system is read-only",
        "docker inspect -f '{{.HostConfig.ReadonlyRootfs}}' CONTAINER";
    CONTAINER_REFUSAL = "container.refusal": String, "derived",
        "Meaning of the engine's reason, if it is a common one",
        "docker inspect -f '{{.State.Error}}' CONTAINER";
    CONTAINER_RESTARTS = "container.restarts": i64, "container",
        "How often the engine restarted it",
        "docker inspect -f '{{.RestartCount}}' CONTAINER";
    CONTAINER_RUNS_AS_ROOT = "container.runs_as_root": bool, "container",
        "PID 1 is started with user id 0",
        "docker inspect -f '{{.Config.User}}' CONTAINER";
    CONTAINER_RUNS_SYSTEMD = "container.runs_systemd": bool, "derived",
        "The command is init or systemd itself, or a wrapper or engine init that starts it",
        "docker inspect -f '{{.Path}} {{.Args}}' CONTAINER";
    CONTAINER_RUNTIME = "container.runtime": String, "container",
        "OCI runtime",
        "docker inspect -f '{{.HostConfig.Runtime}}' CONTAINER";
    CONTAINER_STATUS = "container.status": ContainerStatus, "container",
        "The engine's state of the container",
        "docker inspect -f '{{.State.Status}}' CONTAINER";
    CONTAINER_STOP_SIGNAL = "container.stop_signal": String, "container",
        "Stop signal by name, SIGTERM when none is set",
        "docker inspect -f '{{.Config.StopSignal}}' CONTAINER";
    CONTAINER_STOP_SIGNAL_HALTS = "container.stop_signal_halts": bool, "container",
        "The stop signal makes systemd shut down in order: SIGRTMIN+3 or an equivalent",
        "docker inspect -f '{{.Config.StopSignal}}' CONTAINER";
    CONTAINER_SYSTEMD_MODE = "container.systemd_mode": bool, "container",
        "Podman prepares this container for systemd",
        "podman inspect -f '{{.Config.SystemdMode}}' CONTAINER";
    CONTAINER_TTY = "container.tty": bool, "container",
        "The container has a terminal",
        "docker inspect -f '{{.Config.Tty}}' CONTAINER";
    CONTAINER_ULIMIT_NPROC = "container.ulimit_nproc": i64, "container",
        "Limit of processes for its user (RLIMIT_NPROC), or null",
        "docker inspect -f '{{.HostConfig.Ulimits}}' CONTAINER";
    CONTAINER_USER = "container.user": String, "container",
        "User of PID 1 as configured, empty for the default",
        "docker inspect -f '{{.Config.User}}' CONTAINER";
    CONTAINER_USERNS = "container.userns": bool, "container",
        "Root of the container is another user of the host",
        "docker exec CONTAINER cat /proc/1/uid_map";
    CONTAINER_USERNS_MODE = "container.userns_mode": String, "container",
        "Requested user namespace: host, a Podman mode, or default",
        "docker inspect -f '{{.HostConfig.UsernsMode}}' CONTAINER";
    CONTAINER_WRAPPER = "container.wrapper": Wrapper, "files",
        "Program between the engine and systemd; shell is sh -c",
        "docker inspect -f '{{.Path}} {{.Args}}' CONTAINER";
    CONTAINER_WRAPPER_EXECS = "container.wrapper_execs": bool, "files",
        "The wrapper replaces itself by systemd with exec",
        "docker inspect -f '{{.Path}} {{.Args}}' CONTAINER";
    CONTAINER_WRITABLE_CGROUPS = "container.writable_cgroups": bool, "container",
        "Docker's writable-cgroups option is on",
        "docker inspect -f '{{.HostConfig.SecurityOpt}}' CONTAINER";
    ENGINE_APPARMOR = "engine.apparmor": bool, "engine",
        "The engine confines containers with AppArmor",
        "docker info --format '{{.SecurityOptions}}'";
    ENGINE_CGROUP_DRIVER = "engine.cgroup_driver": CgroupDriver, "engine",
        "The engine's cgroup driver",
        "docker info --format '{{.CgroupDriver}}'";
    ENGINE_MAJOR = "engine.major": i64, "engine",
        "First number of the engine's version",
        "docker version";
    ENGINE_MINOR = "engine.minor": i64, "engine",
        "Second number of the engine's version",
        "docker version";
    ENGINE_NAME = "engine.name": EngineKind, "engine",
        "Program behind the Engine API",
        "docker version";
    ENGINE_ROOTLESS = "engine.rootless": bool, "engine",
        "The engine runs without root",
        "docker info --format '{{.SecurityOptions}}'";
    ENGINE_SECCOMP_PROFILE = "engine.seccomp_profile": String, "engine",
        "Default seccomp profile: builtin, default, unconfined or a path",
        "docker info --format '{{.SecurityOptions}}'";
    ENGINE_SELINUX = "engine.selinux": bool, "engine",
        "The engine labels containers for SELinux",
        "docker info --format '{{.SecurityOptions}}'";
    ENGINE_USER_ID = "engine.user_id": i64, "engine",
        "User ID that a rootless engine runs as",
        "docker info --format '{{.Containerd.Address}}'";
    ENGINE_USERNS = "engine.userns": bool, "engine",
        "The engine maps root of containers to another user",
        "docker info --format '{{.SecurityOptions}}'";
    ENGINE_VERSION = "engine.version": String, "engine",
        "The engine's version",
        "docker version";
    GUEST_DBUS_INSTALLED = "guest.dbus_installed": bool, "files",
        "A message bus is in the image",
        "docker cp CONTAINER:/usr/bin/dbus-daemon - | head -c 1";
    GUEST_DEFAULT_TARGET = "guest.default_target": String, "files",
        "Unit that default.target leads to, or null when nothing does",
        "systemctl get-default";
    GUEST_DEFAULT_TARGET_STATE = "guest.default_target_state": TargetState, "files",
        "What default.target leads to",
        "ls -l /etc/systemd/system/default.target";
    GUEST_DOCKERENV = "guest.dockerenv": bool, "files",
        "/.dockerenv or /run/.containerenv is there, by which systemd 248 and later know a container",
        "docker cp CONTAINER:/.dockerenv - | tar t";
    GUEST_ENABLED_UNREACHABLE = "guest.enabled_unreachable": Vec<String>, "files",
        "Enabled services of multi-user.target or graphical.target that default.target does not pull in",
        "systemctl list-dependencies default.target";
    GUEST_INIT_ARCHITECTURE = "guest.init_architecture": String, "files",
        "Processor architecture of the init binary",
        "file /sbin/init";
    GUEST_INIT_PRESENT = "guest.init_present": bool, "files",
        "The program that the container starts exists in its file system and its links lead to a file",
        "docker cp CONTAINER:/sbin/init - | tar t";
    GUEST_INIT_TARGET = "guest.init_target": String, "files",
        "File that the started program leads to, through links",
        "readlink -f /sbin/init";
    GUEST_MASKED_UNITS = "guest.masked_units": Vec<String>, "files",
        "Units masked in /etc/systemd/system",
        "systemctl list-unit-files --state=masked";
    GUEST_MOUNT_ID_FALLBACK = "guest.mount_id_fallback": bool, "files",
        "The manager's binary reads /proc/self/fdinfo where name_to_handle_at is denied",
        "grep -c /proc/self/fdinfo/%i /usr/lib/systemd/systemd";
    GUEST_OS_ID = "guest.os_id": String, "files",
        "ID of os-release, or null",
        "cat /etc/os-release";
    GUEST_OS_LIKE = "guest.os_like": Vec<String>, "files",
        "IDs of similar distributions from os-release, closest first",
        "cat /etc/os-release";
    GUEST_OS_NAME = "guest.os_name": String, "files",
        "PRETTY_NAME of os-release, or null",
        "cat /etc/os-release";
    GUEST_RUN_LOCK_FATAL = "guest.run_lock_fatal": bool, "files",
        "This systemd refuses to boot when /run/lock is no mount and cannot be mounted: Debian's and \
            Ubuntu's before 256",
        "systemctl --version";
    GUEST_SYSTEMD_INSTALLED = "guest.systemd_installed": bool, "files",
        "systemd's manager is in the image",
        "systemctl --version";
    GUEST_SYSTEMD_VERSION = "guest.systemd_version": i64, "files",
        "Major version of systemd in the image",
        "systemctl --version";
    GUEST_TMP_MOUNT_ENABLED = "guest.tmp_mount_enabled": bool, "files",
        "tmp.mount is part of the boot, so that /tmp must be a tmpfs or mountable",
        "systemctl status tmp.mount";
    HOST_ARCHITECTURE = "host.architecture": String, "engine",
        "Processor architecture of the engine's machine",
        "docker info --format '{{.Architecture}}'";
    HOST_INOTIFY_INSTANCES = "host.inotify_instances": i64, "host",
        "fs.inotify.max_user_instances of the engine's machine",
        "sysctl fs.inotify.max_user_instances";
    HOST_KERNEL = "host.kernel": String, "engine",
        "Kernel release of the engine's machine",
        "uname -r";
    HOST_LOCAL = "host.local": bool, "host",
        "The engine was proved to run on this machine",
        "docker context show";
    HOST_LSMS = "host.lsms": Vec<String>, "host",
        "Active Linux security modules",
        "cat /sys/kernel/security/lsm";
    HOST_SYSTEMD = "host.systemd": bool, "text",
        "The machine's own init is systemd",
        "ps -p 1 -o comm=";
    HOST_SYSTEMD_CGROUP = "host.systemd_cgroup": bool, "host",
        "The machine has the name=systemd cgroup hierarchy, or pure v2",
        "grep systemd /proc/self/cgroup";
    IMAGE_ARCHITECTURE = "image.architecture": String, "container",
        "Processor architecture that the image declares",
        "docker image inspect -f '{{.Architecture}}' IMAGE";
    IMAGE_STOP_SIGNAL = "image.stop_signal": String, "container",
        "Stop signal that the image declares, or null",
        "docker image inspect -f '{{.Config.StopSignal}}' IMAGE";
    IMAGE_VOLUME_CGROUP = "image.volume_cgroup": bool, "container",
        "The image declares a volume over /sys/fs/cgroup",
        "docker image inspect -f '{{.Config.Volumes}}' IMAGE";
    LOG_BANNER_SEEN = "log.banner_seen": bool, "derived",
        "PID 1 printed its banner, `systemd N running in system mode`; known only if PID 1 logged something",
        "docker logs CONTAINER";
    LOG_CAME_UP = "log.came_up": bool, "derived",
        "The log says that the boot finished",
        "docker logs CONTAINER";
    LOG_EMPTY = "log.empty": bool, "logs",
        "The log is readable and empty",
        "docker logs CONTAINER";
    LOG_FREEZE_LINE = "log.freeze_line": bool, "derived",
        "`Freezing execution.` follows a summary ending in `freezing.`, as systemd 227 and later print it",
        "docker logs CONTAINER";
    LOG_GAVE_UP = "log.gave_up": bool, "derived",
        "PID 1 said that it gives up or freezes",
        "docker logs CONTAINER";
    LOG_MOUNTS_CHECKED = "log.mounts_checked": bool, "derived",
        "PID 1's log shows that its check for mount points passed, or that it failed",
        "docker logs CONTAINER";
    LOG_UNITS_SEEN = "log.units_seen": bool, "derived",
        "PID 1 started units; known only if PID 1 logged something",
        "docker logs CONTAINER";
    LOG_VIRTUALIZATION = "log.virtualization": String, "derived",
        "Virtualization that systemd detects, as printed after its banner; null if the banner lacks it",
        "docker logs CONTAINER";
    MANAGER_BUS = "manager.bus": BusState, "exec",
        "Whether systemctl inside reaches the manager",
        "docker exec CONTAINER systemctl is-system-running";
    MANAGER_FAILED_UNITS = "manager.failed_units": Vec<String>, "exec",
        "Units in the failed state",
        "systemctl --failed";
    MANAGER_PENDING_UNITS = "manager.pending_units": Vec<String>, "exec",
        "Units with pending jobs",
        "systemctl list-jobs";
    MANAGER_STATE = "manager.state": ManagerState, "exec",
        "Answer of is-system-running",
        "systemctl is-system-running";
    MOUNT_DEV_SHM = "mount.dev_shm": bool, "pid1",
        "/dev/shm is a mount of its own",
        "docker inspect -f '{{.HostConfig.IpcMode}}' CONTAINER";
    MOUNT_RUN = "mount.run": bool, "pid1",
        "/run is a mount of its own",
        "docker exec CONTAINER grep ' /run ' /proc/mounts";
    MOUNT_RUN_BYTES = "mount.run_bytes": i64, "pid1",
        "Size limit of the tmpfs on /run in bytes, or null for the default",
        "docker exec CONTAINER df -B1 /run";
    MOUNT_RUN_LOCK = "mount.run_lock": bool, "pid1",
        "/run/lock is a mount of its own",
        "docker exec CONTAINER grep ' /run/lock ' /proc/mounts";
    MOUNT_RUN_WRITABLE = "mount.run_writable": bool, "pid1",
        "/run can be written to",
        "docker exec CONTAINER touch /run/.probe";
    MOUNT_TMP = "mount.tmp": bool, "pid1",
        "/tmp is a mount of its own",
        "docker exec CONTAINER grep ' /tmp ' /proc/mounts";
    PID1_ALIVE = "pid1.alive": bool, "pid1",
        "PID 1 is a systemd that waits for events and holds the descriptors of a working manager",
        "ls /proc/PID/fd";
    PID1_CHILDREN = "pid1.children": i64, "pid1",
        "Number of direct children of PID 1",
        "cat /proc/PID/task/PID/children";
    PID1_COMMAND = "pid1.command": String, "pid1",
        "Name of the process (comm)",
        "cat /proc/PID/comm";
    PID1_DESCRIPTORS = "pid1.descriptors": i64, "pid1",
        "Number of open descriptors",
        "ls /proc/PID/fd | wc -l";
    PID1_FROZEN = "pid1.frozen": bool, "pid1",
        "PID 1 is a systemd that has stopped working and only waits",
        "cat /proc/PID/wchan";
    PID1_SYSTEMD = "pid1.systemd": bool, "pid1",
        "PID 1 is systemd",
        "cat /proc/PID/comm";
    PID1_WCHAN = "pid1.wchan": String, "pid1",
        "Kernel function in which it waits, or null",
        "cat /proc/PID/wchan";
    SECCOMP_BLOCKS = "seccomp.blocks": Vec<String>, "seccomp",
        "System calls that this systemd's boot needs and the filter denies, most severe first",
        "sysdock snapshot CONTAINER";
    SECCOMP_EFFECT = "seccomp.effect": FilterEffect, "seccomp",
        "Effect of the denied calls on this systemd",
        "sysdock snapshot CONTAINER";
    SECCOMP_FIRST_ANSWER = "seccomp.first_answer": String, "seccomp",
        "Result of that call: EPERM, ENOSYS, another errno, or killed",
        "sysdock snapshot CONTAINER";
    SECCOMP_FIRST_BLOCKED = "seccomp.first_blocked": String, "seccomp",
        "The denied call that stops or harms this systemd first, or null",
        "sysdock snapshot CONTAINER";
    SECCOMP_MODE = "seccomp.mode": SeccompMode, "container",
        "Seccomp filter that was requested",
        "docker inspect -f '{{.HostConfig.SecurityOpt}}' CONTAINER";
    SECCOMP_MOUNT = "seccomp.mount": FilterAnswer, "seccomp",
        "The filter's answer to mount",
        "sysdock snapshot CONTAINER";
    SECCOMP_NAME_TO_HANDLE_AT = "seccomp.name_to_handle_at": FilterAnswer, "seccomp",
        "The filter's answer to name_to_handle_at",
        "sysdock snapshot CONTAINER";
}

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

    #[test]
    fn a_fact_that_is_gone_names_what_there_is_in_its_place() {
        assert!(RETIRED.windows(2).all(|pair| pair[0].0 < pair[1].0));
        for (key, instead) in RETIRED {
            assert!(spec(key).is_none(), "{key} is in the catalog");
            let said = unknown_fact(key);
            assert!(said.contains(key) && said.contains("no longer recorded"), "{said}");
            // The replacement is an existing fact.
            for word in instead.split_whitespace().filter(|word| word.contains('.')) {
                assert!(spec(word).is_some(), "{key}: {word}");
            }
        }
        assert_eq!(
            unknown_fact("container.ttty"),
            "unknown fact `container.ttty`, did you mean `container.tty`?"
        );
        assert_eq!(unknown_fact("zzz"), "unknown fact `zzz`");
    }
}
