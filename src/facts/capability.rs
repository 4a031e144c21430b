//! Names of capabilities, in the numbering of capability.h of Linux 6.

/// Names in the order of their bits.
const NAMES: [&str; 41] = [
    "CHOWN",
    "DAC_OVERRIDE",
    "DAC_READ_SEARCH",
    "FOWNER",
    "FSETID",
    "KILL",
    "SETGID",
    "SETUID",
    "SETPCAP",
    "LINUX_IMMUTABLE",
    "NET_BIND_SERVICE",
    "NET_BROADCAST",
    "NET_ADMIN",
    "NET_RAW",
    "IPC_LOCK",
    "IPC_OWNER",
    "SYS_MODULE",
    "SYS_RAWIO",
    "SYS_CHROOT",
    "SYS_PTRACE",
    "SYS_PACCT",
    "SYS_ADMIN",
    "SYS_BOOT",
    "SYS_NICE",
    "SYS_RESOURCE",
    "SYS_TIME",
    "SYS_TTY_CONFIG",
    "MKNOD",
    "LEASE",
    "AUDIT_WRITE",
    "AUDIT_CONTROL",
    "SETFCAP",
    "MAC_OVERRIDE",
    "MAC_ADMIN",
    "SYSLOG",
    "WAKE_ALARM",
    "BLOCK_SUSPEND",
    "AUDIT_READ",
    "PERFMON",
    "BPF",
    "CHECKPOINT_RESTORE",
];

/// Capabilities of an engine's default set without which the journal, the bus or a unit of the basic boot
/// fails (measured on 247, 252, 257 and 262, dropping one at a time: without CHOWN `systemd-sysusers.service`
/// of 247 and `systemd-journalctl.socket` of 262).
pub const NEEDED: [&str; 4] = ["CHOWN", "SETGID", "SETPCAP", "SETUID"];

/// Returns all capabilities, sorted by name.
#[must_use]
pub fn all() -> Vec<String> {
    let mut names: Vec<_> = NAMES.iter().map(|name| format!("CAP_{name}")).collect();
    names.sort();
    names
}

#[cfg(test)]
mod tests {
    #[test]
    fn all_capabilities_are_named_once_and_in_order() {
        let caps = super::all();
        assert_eq!(caps.len(), 41);
        assert!(caps.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(caps.contains(&"CAP_SYS_ADMIN".to_owned()));
    }
}
