//! A container as described in a text, converted to the form of an engine's inspect document.
//!
//! Whatever the text was (a command line, a compose service, a pod), it becomes options of `run` first. What
//! the text does not show is left out of the document, and the list of complete sections says what its
//! absence means.

use serde_json::{Map, Value, json};

use super::engine_cli::EngineCli;
use super::run_options::Given;
use super::volume;
use crate::facts::{podman_systemd_mode, size};
use crate::snapshot::EngineKind;

/// Sections that a whole command line or service determines: options not given have their defaults. What
/// depends on the engine's own configuration (runtime, log driver, control group namespace) or on the image
/// is not among them.
const WHOLE: &[&str] = &[
    "/Config/Tty",
    "/HostConfig/Binds",
    "/HostConfig/CapAdd",
    "/HostConfig/CapDrop",
    "/HostConfig/Init",
    "/HostConfig/IpcMode",
    "/HostConfig/Memory",
    "/HostConfig/PidMode",
    "/HostConfig/PidsLimit",
    "/HostConfig/Privileged",
    "/HostConfig/ReadonlyRootfs",
    "/HostConfig/SecurityOpt",
    "/HostConfig/Tmpfs",
    "/HostConfig/Ulimits",
];
/// A part of a command line determines only what it shows.
const FRAGMENT: &[&str] = &[];
/// A container as described in a text.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Spec {
    /// Number of its first line.
    pub line: u64,
    /// Number of its last line.
    pub last: u64,
    /// What kind of text it is, such as `docker run`.
    pub origin: String,
    /// CLI of the engine; `None` if the text does not show it.
    pub engine: Option<EngineCli>,
    /// Options of `run`.
    pub options: Vec<Given>,
    /// Image.
    pub image: Option<String>,
    /// Command after the image; `None` if it is the image's own.
    pub command: Option<Vec<String>>,
    /// Name of the container or service.
    pub name: Option<String>,
    /// Whether only some of the options are shown.
    pub fragment: bool,
}

/// A container in the form of inspect documents.
#[derive(Debug, Clone, PartialEq)]
pub struct InspectDocuments {
    /// In the form of the Engine API.
    pub inspect: Value,
    /// In the form of Podman, if known.
    pub native: Option<Value>,
    /// The engine whose rules apply.
    pub kind: EngineKind,
    /// Complete sections.
    pub complete: Vec<&'static str>,
}

impl Spec {
    /// Returns its content without its place: two with the same content are one container.
    #[must_use]
    pub fn says(&self) -> impl Ord + '_ {
        (self.engine, &self.options, &self.image, &self.command, &self.name)
    }

    /// Returns the last value of an option.
    #[must_use]
    pub fn option(&self, name: &str) -> Option<&str> {
        self.options.iter().rev().find(|(given, _)| *given == name).map(|(_, value)| value.as_str())
    }

    fn all<'s>(&'s self, names: &'s [&str]) -> impl Iterator<Item = &'s str> {
        self.options.iter().filter(move |(given, _)| names.contains(given)).map(|(_, value)| value.as_str())
    }

    fn switch(&self, name: &str) -> Option<bool> {
        self.option(name).map(|value| !matches!(value, "false" | "0" | "no"))
    }

    /// Returns the inspect documents.
    #[must_use]
    pub fn documents(&self) -> InspectDocuments {
        let kind = self.engine.and_then(EngineCli::engine).unwrap_or(EngineKind::Docker);
        let mut document = json!({"Config": self.config(), "HostConfig": self.host_config()});
        let mounts: Vec<Value> = self.mounts();
        if !mounts.is_empty() {
            document["Mounts"] = Value::Array(mounts);
        }
        if let Some(name) = self.name.as_deref().or(self.option("name")) {
            document["Name"] = json!(name);
        }
        let complete = if self.fragment { FRAGMENT } else { WHOLE };
        let native = if kind == EngineKind::Podman { self.native() } else { None };
        InspectDocuments { inspect: document, native, kind, complete: complete.to_vec() }
    }

    fn config(&self) -> Value {
        let mut config = Map::new();
        let mut put = |key: &str, value: Value| config.insert(key.to_owned(), value);
        if let Some(image) = &self.image {
            put("Image", json!(image));
        }
        if let Some(entrypoint) = self.option("entrypoint").filter(|entrypoint| !entrypoint.is_empty()) {
            let words = entrypoint_words(entrypoint);
            put("Entrypoint", json!(words));
            // A new entrypoint resets the image's command.
            put("Cmd", json!(self.command.clone().unwrap_or_default()));
        } else if let Some(command) = self
            .command
            .as_ref()
            .filter(|command| !command.first().is_none_or(|first| first.starts_with('-')))
        {
            put("Cmd", json!(command));
        }
        let variables: Vec<&str> = self.all(&["env"]).filter(|entry| entry.contains('=')).collect();
        if !variables.is_empty() {
            put("Env", json!(variables));
        }
        for (option, key) in [("user", "User"), ("stop-signal", "StopSignal"), ("hostname", "Hostname")] {
            if let Some(value) = self.option(option) {
                put(key, json!(value));
            }
        }
        for (option, key) in [("tty", "Tty"), ("interactive", "OpenStdin")] {
            if let Some(on) = self.switch(option) {
                put(key, json!(on));
            }
        }
        Value::Object(config)
    }

    fn host_config(&self) -> Value {
        let mut host = Map::new();
        let mut put = |key: &str, value: Value| host.insert(key.to_owned(), value);
        for (option, key) in [
            ("privileged", "Privileged"),
            ("read-only", "ReadonlyRootfs"),
            ("init", "Init"),
            ("rm", "AutoRemove"),
        ] {
            if let Some(on) = self.switch(option) {
                put(key, json!(on));
            }
        }
        let texts = [
            ("pid", "PidMode"),
            ("ipc", "IpcMode"),
            ("userns", "UsernsMode"),
            ("runtime", "Runtime"),
            ("cgroup-parent", "CgroupParent"),
            ("cgroupns", "CgroupnsMode"),
        ];
        for (option, key) in texts {
            if let Some(value) = self.option(option) {
                put(key, json!(value));
            }
        }
        for (options, key) in [(&["cap-add"][..], "CapAdd"), (&["cap-drop"], "CapDrop")] {
            let caps: Vec<&str> = self.all(options).flat_map(|caps| caps.split(',')).map(str::trim).collect();
            if !caps.is_empty() {
                put(key, json!(caps));
            }
        }
        let security: Vec<&str> = self.all(&["security-opt"]).collect();
        if !security.is_empty() {
            put("SecurityOpt", json!(security));
        }
        self.limits(&mut host);
        let tmpfs: Map<String, Value> = self.all(&["tmpfs"]).map(volume::tmpfs).collect();
        if !tmpfs.is_empty() {
            host.insert("Tmpfs".to_owned(), Value::Object(tmpfs));
        }
        if let Some(driver) = self.option("log-driver") {
            host.insert("LogConfig".to_owned(), json!({ "Type": driver }));
        }
        Value::Object(host)
    }

    fn limits(&self, host: &mut Map<String, Value>) {
        if let Some(limit) = self.option("pids-limit").and_then(|limit| limit.parse::<i64>().ok()) {
            host.insert("PidsLimit".to_owned(), json!(limit));
        }
        if let Some(limit) = self.option("memory").and_then(size::bytes) {
            host.insert("Memory".to_owned(), json!(limit));
        }
        let ulimits: Vec<Value> = self.all(&["ulimit"]).filter_map(ulimit).collect();
        if !ulimits.is_empty() {
            host.insert("Ulimits".to_owned(), Value::Array(ulimits));
        }
    }

    fn mounts(&self) -> Vec<Value> {
        let of_option = |(name, value): &Given| match *name {
            "volume" => volume::short(value),
            "mount" => volume::long(value),
            _ => None,
        };
        self.options.iter().filter_map(of_option).collect()
    }

    /// Returns Podman's own document: whether it prepares the container for systemd, if the text shows it.
    fn native(&self) -> Option<Value> {
        let program = match self.option("entrypoint").filter(|entrypoint| !entrypoint.is_empty()) {
            Some(entrypoint) => entrypoint_words(entrypoint).first().cloned(),
            None => self.command.as_ref().and_then(|command| command.first().cloned()),
        };
        let program = program.filter(|_| !self.fragment);
        let prepared = podman_systemd_mode::of_command_line(self.option("systemd"), program.as_deref())?;
        let mut native = json!({"Config": {"SystemdMode": prepared}});
        if let Some(mode) = self.option("cgroupns") {
            native["HostConfig"] = json!({ "CgroupMode": mode });
        }
        Some(native)
    }
}

/// Splits the value of `--entrypoint`: one word, or JSON with Podman and in compose.
fn entrypoint_words(text: &str) -> Vec<String> {
    serde_json::from_str(text).unwrap_or_else(|_| vec![text.to_owned()])
}

fn ulimit(text: &str) -> Option<Value> {
    let (name, limits) = text.split_once('=')?;
    let soft: i64 = limits.split(':').next()?.parse().ok()?;
    Some(json!({"Name": name, "Soft": soft}))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intake::run_options;

    fn documents(engine: EngineCli, line: &str) -> InspectDocuments {
        let words = run_options::sort(&shlex::split(line).unwrap());
        let (image, command) =
            words.rest.split_first().map(|(image, rest)| (image.clone(), rest.to_vec())).unwrap();
        let command = (!command.is_empty()).then_some(command);
        Spec { engine: Some(engine), options: words.options, image: Some(image), command, ..Spec::default() }
            .documents()
    }

    #[test]
    fn options_become_fields_of_inspect() {
        let line = "-it --privileged --cap-add SYS_ADMIN,NET_ADMIN --tmpfs /run:size=64k -v \
            /sys/fs/cgroup:/sys/fs/cgroup:ro \
                    --mount type=tmpfs,destination=/tmp -e container=docker --stop-signal SIGRTMIN+3 -m 2g \
            --pids-limit=20 img /sbin/init";
        let document = documents(EngineCli::Docker, line).inspect;
        assert_eq!(document["HostConfig"]["Privileged"], json!(true));
        assert_eq!(document["HostConfig"]["CapAdd"], json!(["SYS_ADMIN", "NET_ADMIN"]));
        assert_eq!(document["HostConfig"]["Tmpfs"], json!({"/run": "size=64k"}));
        assert_eq!(
            document["Mounts"][0],
            json!({"Type": "bind", "Source": "/sys/fs/cgroup", "Destination": "/sys/fs/cgroup", "RW": false, "Mode": "ro"})
        );
        assert_eq!(document["Mounts"][1]["Type"], json!("tmpfs"));
        assert_eq!(document["Config"]["Env"], json!(["container=docker"]));
        assert_eq!(document["HostConfig"]["Memory"], json!(2_i64 << 30));
        assert_eq!(document["Config"]["Cmd"], json!(["/sbin/init"]));
    }

    #[test]
    fn an_image_s_own_command_stays_unknown() {
        let document = documents(EngineCli::Docker, "-d img").inspect;
        assert_eq!(document.pointer("/Config/Cmd"), None);
        let document = documents(EngineCli::Docker, "-d --entrypoint /sbin/init img").inspect;
        assert_eq!(document["Config"]["Cmd"], json!([]));
    }

    #[test]
    fn podman_prepares_for_the_commands_that_it_knows() {
        let mode = |line: &str| {
            documents(EngineCli::Podman, line).native.map(|native| native["Config"]["SystemdMode"].clone())
        };
        assert_eq!(mode("img /sbin/init"), Some(json!(true)));
        assert_eq!(mode("--systemd=false img /sbin/init"), Some(json!(false)));
        assert_eq!(mode("--systemd always img /entry.sh"), Some(json!(true)));
        assert_eq!(mode("img /entry.sh"), Some(json!(false)));
        assert_eq!(mode("img"), None);
    }
}
