//! What os-release and systemd's version say about a guest. Pure.

use crate::snapshot::Facts;

/// Facts of os-release.
pub fn os_facts(text: Option<&str>, facts: &mut Facts) {
    let source = "container files: /etc/os-release";
    let value = |key: &str| {
        let line = text?.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='))?;
        shlex::split(line)?.into_iter().next()
    };
    facts.set("guest.os_id", value("ID"), source);
    facts.set("guest.os_name", value("PRETTY_NAME"), source);
}

/// What distribution and version together mean for the boot.
pub fn distribution_facts(facts: &mut Facts) {
    let Some(version) = facts.int("guest.systemd_version") else { return };
    if facts.get("guest.os_id").is_none() {
        return;
    }
    let debian = matches!(facts.text("guest.os_id"), Some("debian" | "ubuntu" | "raspbian" | "linuxmint" | "kali" | "devuan"));
    // Debian's patch puts /run/lock into the table of fatal mounts, from 215 to 255.
    facts.set("guest.run_lock_fatal", debian && version < 256, "guest.os_id, guest.systemd_version");
    facts.set(
        "guest.tmp_mount_enabled",
        debian && version >= 256 || facts.text("guest.os_id") == Some("fedora"),
        "guest.os_id, guest.systemd_version",
    );
}
