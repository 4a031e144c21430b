//! Names of variables and labels whose values a snapshot keeps. The value of every other one is redacted.
//!
//! The list is short on purpose: a name is here because a fact, a remedy or a reader of the report needs its
//! value, and because nobody stores a secret under it.

/// Variables by their full names.
const VARIABLES: [&str; 24] = [
    // What the engine or its image tells PID 1 about running in a container (systemd's container interface).
    "container",
    "container_uuid",
    "container_host_id",
    "container_host_version_id",
    "container_ttys",
    // What the engine or PID 1 sets for every process; prescriptions distinguish it from what the user set.
    "PATH",
    "HOME",
    "HOSTNAME",
    "TERM",
    "SHELL",
    "USER",
    "PWD",
    "TZ",
    "LANG",
    "LANGUAGE",
    // How a manager is reached and what it was started for.
    "NOTIFY_SOCKET",
    "WATCHDOG_USEC",
    "INVOCATION_ID",
    "JOURNAL_STREAM",
    "LISTEN_FDS",
    "XDG_RUNTIME_DIR",
    "DBUS_SESSION_BUS_ADDRESS",
    "DBUS_SYSTEM_BUS_ADDRESS",
    // How packages are installed during an image build.
    "DEBIAN_FRONTEND",
];

/// Prefixes of variables: locale, and systemd's own switches.
const VARIABLE_GROUPS: [&str; 2] = ["LC_", "SYSTEMD_"];

/// Labels by their full names: they show who owns the container, and so which file the cure belongs in.
const LABELS: [&str; 4] = ["PODMAN_SYSTEMD_UNIT", "creator", "owner", "maintainer"];

/// Prefixes of labels: compose, Swarm, Kubernetes, Podman, molecule, this program, and the origin of an
/// image.
const LABEL_GROUPS: [&str; 11] = [
    "com.docker.compose.",
    "com.docker.swarm.",
    "com.docker.stack.",
    "io.kubernetes.",
    "io.podman.",
    "io.buildah.",
    "molecule",
    "sysdock.",
    "io.sysdock.",
    "org.opencontainers.image.base.",
    "org.opencontainers.image.version",
];

/// Returns whether the value of a variable is kept.
pub(super) fn variable(name: &str) -> bool {
    VARIABLES.contains(&name) || VARIABLE_GROUPS.iter().any(|start| name.starts_with(start))
}

/// Returns whether the value of a label is kept.
pub(super) fn label(name: &str) -> bool {
    LABELS.contains(&name) || LABEL_GROUPS.iter().any(|start| name.starts_with(start))
}
