//! Names of variables and labels whose values a snapshot keeps. The value of every other one is hidden.
//!
//! The list is short on purpose: a name stands here because a fact, a remedy or a person who reads the report
//! needs its value, and because nobody keeps a secret under it.

/// Variables by their whole names.
const VARIABLES: [&str; 24] = [
    // What the engine or its image tells PID 1 about being in a container (systemd's container interface).
    "container",
    "container_uuid",
    "container_host_id",
    "container_host_version_id",
    "container_ttys",
    // What the engine or PID 1 sets for every process; prescriptions tell it apart from what a person asked
    // for.
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
    // Where a manager is reached and what it was started for.
    "NOTIFY_SOCKET",
    "WATCHDOG_USEC",
    "INVOCATION_ID",
    "JOURNAL_STREAM",
    "LISTEN_FDS",
    "XDG_RUNTIME_DIR",
    "DBUS_SESSION_BUS_ADDRESS",
    "DBUS_SYSTEM_BUS_ADDRESS",
    // How packages are set up while an image is built.
    "DEBIAN_FRONTEND",
];

/// Beginnings of names of variables: locale, and systemd's own switches.
const VARIABLE_GROUPS: [&str; 2] = ["LC_", "SYSTEMD_"];

/// Labels by their whole names: who owns the container, and so in which file the cure belongs.
const LABELS: [&str; 4] = ["PODMAN_SYSTEMD_UNIT", "creator", "owner", "maintainer"];

/// Beginnings of names of labels: compose, Swarm, Kubernetes, Podman, molecule, this program, and where an
/// image comes from.
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
