//! The container's configuration, read from its inspect document by the names of the Engine API.
//!
//! Pure: a JSON document in, answers out. Podman's compatible API differs in small ways, which are normalised
//! here.

use serde_json::Value;

use super::podman_systemd_mode;
use crate::snapshot::EngineKind;

/// Capabilities that Docker gives by default (moby, `oci/caps/defaults.go`).
const DOCKER_DEFAULT: [&str; 14] = [
    "CAP_CHOWN",
    "CAP_DAC_OVERRIDE",
    "CAP_FSETID",
    "CAP_FOWNER",
    "CAP_MKNOD",
    "CAP_NET_RAW",
    "CAP_SETGID",
    "CAP_SETUID",
    "CAP_SETFCAP",
    "CAP_SETPCAP",
    "CAP_NET_BIND_SERVICE",
    "CAP_SYS_CHROOT",
    "CAP_KILL",
    "CAP_AUDIT_WRITE",
];
/// Podman's default, used where its documents do not list the capabilities (containers.conf(5),
/// `default_capabilities`).
const PODMAN_DEFAULT: [&str; 11] = [
    "CAP_CHOWN",
    "CAP_DAC_OVERRIDE",
    "CAP_FSETID",
    "CAP_FOWNER",
    "CAP_SETGID",
    "CAP_SETUID",
    "CAP_SETFCAP",
    "CAP_SETPCAP",
    "CAP_NET_BIND_SERVICE",
    "CAP_SYS_CHROOT",
    "CAP_KILL",
];

/// The complete sections of a live container's documents: all of them.
const EVERYTHING: &[&str] = &[""];

/// A container's inspect document, and for Podman also its native one.
#[derive(Debug, Clone, Copy)]
pub struct Config<'a> {
    /// `GET /containers/{id}/json`.
    pub inspect: &'a Value,
    /// `GET /libpod/containers/{id}/json`, Podman only.
    pub native: Option<&'a Value>,
    /// Which engine answered.
    pub kind: EngineKind,
    /// JSON pointers of the complete sections: what is absent there is known to be absent.
    complete: &'a [&'a str],
}

impl<'a> Config<'a> {
    /// Makes the configuration of a live container, whose documents are complete.
    #[must_use]
    pub fn live(inspect: &'a Value, native: Option<&'a Value>, kind: EngineKind) -> Self {
        Self { inspect, native, kind, complete: EVERYTHING }
    }

    /// Makes a configuration in which only these sections are complete, such as `/HostConfig` for a command
    /// line.
    #[must_use]
    pub fn partial(
        inspect: &'a Value,
        native: Option<&'a Value>,
        kind: EngineKind,
        complete: &'a [&'a str],
    ) -> Self {
        Self { inspect, native, kind, complete }
    }

    /// Returns whether a field is known: it is there, or its section is complete.
    #[must_use]
    pub fn knows(&self, pointer: &str) -> bool {
        self.inspect.pointer(pointer).is_some()
            || self.complete.iter().any(|section| pointer.starts_with(section))
    }

    /// Returns a field by JSON pointer; null counts as absent.
    #[must_use]
    pub fn field(&self, pointer: &str) -> Option<&'a Value> {
        self.inspect.pointer(pointer).filter(|value| !value.is_null())
    }

    /// Returns a text field; an empty one counts as absent.
    #[must_use]
    pub fn text(&self, pointer: &str) -> Option<&'a str> {
        self.field(pointer)?.as_str().filter(|text| !text.is_empty())
    }

    /// Returns whether a word is the container's short id, its first twelve digits, which the engine uses as
    /// hostname and network alias. A shorter word may be a real name: `db` begins one id in 256.
    #[must_use]
    pub fn is_short_id(&self, word: &str) -> bool {
        self.text("/Id").and_then(|id| id.get(..12)) == Some(word)
    }

    /// Returns a boolean field; an absent one counts as false.
    pub fn flag(&self, pointer: &str) -> bool {
        self.field(pointer).and_then(Value::as_bool).unwrap_or(false)
    }

    /// Returns a list of texts; a single text counts as a list of one.
    #[must_use]
    pub fn list(&self, pointer: &str) -> Vec<String> {
        texts(self.field(pointer))
    }

    /// Returns the entrypoint; a cleared one is a single empty word in Podman's documents.
    pub fn entrypoint(&self) -> Vec<String> {
        let words = self.list("/Config/Entrypoint");
        if words.iter().all(String::is_empty) { Vec::new() } else { words }
    }

    /// Returns the program and arguments of PID 1: entrypoint, then command.
    pub fn argv(&self) -> Vec<String> {
        let mut argv = self.entrypoint();
        argv.extend(self.list("/Config/Cmd"));
        if argv.is_empty() {
            argv.extend(self.text("/Path").map(str::to_owned));
            argv.extend(self.list("/Args"));
        }
        argv
    }

    /// Returns the value of an environment variable.
    #[must_use]
    pub fn env(&self, name: &str) -> Option<String> {
        let wanted = |entry: &String| {
            entry.split_once('=').filter(|(key, _)| *key == name).map(|(_, value)| value.to_owned())
        };
        self.list("/Config/Env").iter().rev().find_map(wanted)
    }

    /// Returns whether the whole environment is known. A command line only adds to the image's environment,
    /// so alone it does not show all of it.
    #[must_use]
    pub fn knows_environment(&self) -> bool {
        self.complete.iter().any(|section| "/Config/Env".starts_with(section))
    }

    /// Returns the value of a security option, such as `seccomp`; both `label:x` and `label=x` are in use.
    #[must_use]
    pub fn security_option(&self, name: &str) -> Option<String> {
        let split = |option: &String| {
            option.split_once(['=', ':']).filter(|(key, _)| *key == name).map(|(_, value)| value.to_owned())
        };
        self.list("/HostConfig/SecurityOpt").iter().find_map(split)
    }

    /// Returns the mounts, with destination, source, type and whether they are writable, from Mounts, Binds
    /// and Tmpfs.
    pub fn mounts(&self) -> Vec<Mount> {
        let mut mounts: Vec<Mount> = self
            .field("/Mounts")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Mount::of_inspect)
            .collect();
        for (destination, options) in
            self.field("/HostConfig/Tmpfs").and_then(Value::as_object).into_iter().flatten()
        {
            let options = options.as_str().unwrap_or_default();
            mounts.push(Mount {
                destination: tidy(destination),
                source: String::new(),
                kind: "tmpfs".to_owned(),
                writable: !options.split(',').any(|o| o == "ro"),
                options: options.to_owned(),
            });
        }
        mounts
    }

    /// Returns the mount at a path, if there is one.
    #[must_use]
    pub fn mount_at(&self, path: &str) -> Option<Mount> {
        self.mounts().into_iter().find(|mount| mount.destination == path)
    }

    /// Returns whether Podman prepares the container for systemd; `None` if unknown.
    #[must_use]
    pub fn systemd_mode(&self) -> Option<bool> {
        podman_systemd_mode::of_inspect(self.kind, self.native)
    }

    /// Returns the capabilities in the bounding set.
    #[must_use]
    pub fn capabilities(&self) -> Vec<String> {
        if let Some(native) =
            self.native.and_then(|native| native.get("BoundingCaps")).filter(|caps| !caps.is_null())
        {
            return sorted(texts(Some(native)));
        }
        if self.flag("/HostConfig/Privileged") {
            return super::capability::all();
        }
        let defaults = match self.kind {
            EngineKind::Docker => &DOCKER_DEFAULT[..],
            EngineKind::Podman => &PODMAN_DEFAULT,
        };
        let added: Vec<String> = self.list("/HostConfig/CapAdd").iter().map(|cap| canonical(cap)).collect();
        let dropped: Vec<String> =
            self.list("/HostConfig/CapDrop").iter().map(|cap| canonical(cap)).collect();
        let all = |list: &[String]| list.iter().any(|cap| cap == "CAP_ALL");
        let mut caps: Vec<String> = if all(&added) {
            super::capability::all()
        } else if all(&dropped) {
            Vec::new()
        } else {
            defaults.iter().map(|cap| (*cap).to_owned()).collect()
        };
        caps.retain(|cap| !dropped.contains(cap));
        caps.extend(added.into_iter().filter(|cap| cap != "CAP_ALL"));
        sorted(caps)
    }

    /// Returns the engine's default capabilities that this container lacks.
    #[must_use]
    pub fn dropped_capabilities(&self) -> Vec<String> {
        let has = self.capabilities();
        let defaults = if self.kind == EngineKind::Podman { &PODMAN_DEFAULT[..] } else { &DOCKER_DEFAULT };
        sorted(
            defaults
                .iter()
                .filter(|cap| !has.iter().any(|h| h == *cap))
                .map(|cap| (*cap).to_owned())
                .collect(),
        )
    }
}

/// A mount as configured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mount {
    /// Path in the container, without a slash at the end.
    pub destination: String,
    /// Path on the host; empty for a tmpfs.
    pub source: String,
    /// `bind`, `volume` or `tmpfs`.
    pub kind: String,
    /// Not read-only.
    pub writable: bool,
    /// Options of a tmpfs.
    pub options: String,
}

impl Mount {
    fn of_inspect(value: &Value) -> Option<Self> {
        let text = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default();
        Some(Self {
            destination: tidy(value.get("Destination")?.as_str()?),
            source: tidy(text("Source")),
            kind: text("Type").to_owned(),
            writable: value.get("RW").and_then(Value::as_bool).unwrap_or(true),
            options: text("Mode").to_owned(),
        })
    }
}

fn tidy(path: &str) -> String {
    match path.trim_end_matches('/') {
        "" => "/".to_owned(),
        tidy => tidy.to_owned(),
    }
}

fn texts(value: Option<&Value>) -> Vec<String> {
    match value {
        Some(Value::String(text)) if !text.is_empty() => vec![text.clone()],
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

fn canonical(cap: &str) -> String {
    let upper = cap.to_ascii_uppercase();
    if upper.starts_with("CAP_") { upper } else { format!("CAP_{upper}") }
}

fn sorted(mut list: Vec<String>) -> Vec<String> {
    list.sort();
    list.dedup();
    list
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn config(inspect: &Value) -> Config<'_> {
        Config::live(inspect, None, EngineKind::Docker)
    }

    #[test]
    fn entrypoint_comes_before_command() {
        let inspect = json!({"Config": {"Entrypoint": ["/entry.sh"], "Cmd": ["/sbin/init", "--x"]}});
        assert_eq!(config(&inspect).argv(), ["/entry.sh", "/sbin/init", "--x"]);
        let podman = json!({"Config": {"Entrypoint": "/entry.sh", "Cmd": null}});
        assert_eq!(config(&podman).argv(), ["/entry.sh"]);
    }

    #[test]
    fn a_name_that_begins_the_id_is_not_the_short_id() {
        let inspect = json!({"Id": "db0123456789abcdef"});
        let said: Vec<bool> = ["db0123456789", "db", "db0123456789abcdef", ""]
            .iter()
            .map(|word| config(&inspect).is_short_id(word))
            .collect();
        assert_eq!(said, [true, false, false, false]);
    }

    #[test]
    fn capabilities_follow_add_and_drop() {
        let inspect = json!({"HostConfig": {"CapAdd": ["sys_admin"], "CapDrop": ["ALL"]}});
        assert_eq!(config(&inspect).capabilities(), ["CAP_SYS_ADMIN"]);
        let inspect = json!({"HostConfig": {"CapDrop": ["CAP_MKNOD", "kill"]}});
        assert_eq!(config(&inspect).dropped_capabilities(), ["CAP_KILL", "CAP_MKNOD"]);
        let inspect = json!({"HostConfig": {"CapAdd": ["ALL"], "CapDrop": ["MKNOD"]}});
        assert!(!config(&inspect).capabilities().contains(&"CAP_MKNOD".to_owned()));
    }

    #[test]
    fn mounts_come_from_all_places() {
        let inspect = json!({"HostConfig": {"Tmpfs": {"/run/": "size=64k"}}, "Mounts": [{"Type": "bind", "Source": "/sys/fs/cgroup", "Destination": "/sys/fs/cgroup", "RW": false}]});
        let config = config(&inspect);
        assert_eq!(config.mount_at("/run").map(|m| m.options), Some("size=64k".to_owned()));
        assert_eq!(
            config.mount_at("/sys/fs/cgroup").map(|m| (m.kind, m.writable)),
            Some(("bind".to_owned(), false))
        );
    }

    #[test]
    fn a_security_option_is_found_with_either_sign() {
        let inspect = json!({"HostConfig": {"SecurityOpt": ["label:disable", "seccomp={\"a\":\"b=c\"}"]}});
        assert_eq!(config(&inspect).security_option("label").as_deref(), Some("disable"));
        assert_eq!(config(&inspect).security_option("seccomp").as_deref(), Some("{\"a\":\"b=c\"}"));
    }
}
