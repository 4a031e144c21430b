//! `docker info`, `docker version` and `podman info` as people paste them: text, JSON or YAML, normalised to
//! the Engine API's fields.

use serde_json::{Map, Value, json};
use yaml_serde::Value as Yaml;

use super::engine_cli::EngineCli;
use super::reader::Line;
use super::yaml::Block;
use crate::pattern::{Literals, Pattern};
use crate::snapshot::EngineKind;

/// Labels of `docker info` and the field of each.
const LABELS: &[(&str, &str)] = &[
    ("Architecture:", "Architecture"),
    ("Cgroup Driver:", "CgroupDriver"),
    ("Cgroup Version:", "CgroupVersion"),
    ("Default Runtime:", "DefaultRuntime"),
    ("Kernel Version:", "KernelVersion"),
    ("Operating System:", "OperatingSystem"),
    ("Server Version:", "ServerVersion"),
];

/// The labels that only `docker info` has, which are recognised within a sentence too.
static WITHIN: Pattern = Pattern::with_one_of(
    &["Cgroup Driver:", "Cgroup Version:", "Server Version:"],
    "Cgroup (?:Driver|Version):|Server Version:",
);

/// Every relevant line contains one of these: a label, or the name of a version.
static SAYS: Literals = Literals::new(&[
    "Architecture:",
    "Cgroup ",
    "Runtime:",
    "Operating System:",
    "ersion",
    "ERSION",
    "Client:",
    "Server:",
    "Security Options:",
]);
/// The names of the engines whose commands show which of them it is.
static ENGINES: Literals = Literals::new(&["docker", "podman"]);

/// What an engine says about itself.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct EngineInfo {
    /// Fields of the Engine API's info document.
    pub info: Map<String, Value>,
    /// Which engine it is.
    pub name: Option<EngineKind>,
    /// Its version.
    pub version: Option<String>,
    /// The engine whose commands the text shows.
    pub shown: Option<EngineKind>,
    /// Number of the first line that says so.
    pub line: Option<u64>,
}

impl EngineInfo {
    /// Adds what another text says and this one does not.
    pub fn merge(&mut self, other: Self) {
        for (key, value) in other.info {
            self.info.entry(key).or_insert(value);
        }
        self.name = self.name.or(other.name);
        self.version = self.version.take().or(other.version);
        self.line = self.line.or(other.line);
        self.shown = self.shown.or(other.shown);
    }

    fn note(&mut self, line: u64) {
        self.line = self.line.or(Some(line));
    }
}

/// Returns what the lines of a page say.
#[must_use]
pub fn of_lines(lines: &[Line]) -> EngineInfo {
    let mut engine = EngineInfo::default();
    let mut options: Option<Vec<Value>> = None;
    let mut in_options = false;
    let (mut in_server, mut podman) = (false, false);
    for line in lines {
        if !(podman || in_server || in_options || SAYS.may_occur_in(&line.text)) {
            continue;
        }
        let text = line.text.trim();
        if podman && let Some(number) = text.strip_prefix("Version:").and_then(|rest| numbered(rest.trim())) {
            (engine.name, engine.version) = (Some(EngineKind::Podman), Some(number));
            engine.note(line.number);
        }
        podman =
            (text.starts_with("Client:") || text.starts_with("Server:")) && text.ends_with("Podman Engine");
        in_server = if text.starts_with("Server:") { true } else { in_server && line.text.starts_with(' ') };
        if in_options
            && text.split_whitespace().count() == 1
            && line.text.starts_with(' ')
            && !text.ends_with(':')
        {
            options.get_or_insert_default().push(json!(format!("name={text}")));
            continue;
        }
        if in_options {
            add_profile(text, options.as_mut());
        }
        in_options = text == "Security Options:"
            || in_options && (text.starts_with("Profile:") || text.starts_with("WARNING"));
        if let Some(list) = text.strip_prefix("Security Options:").filter(|list| !list.trim().is_empty()) {
            options
                .get_or_insert_default()
                .extend(list.split_whitespace().map(|name| json!(format!("name={name}"))));
        }
        let within = WITHIN.is_match(text);
        for (label, field) in LABELS {
            if let Some(value) = labelled(text, label, within) {
                engine.info.entry(*field).or_insert_with(|| json!(value));
                engine.note(line.number);
            }
        }
        version(text, in_server, line.number, &mut engine);
    }
    if let Some(options) = options {
        engine.info.insert("SecurityOptions".to_owned(), Value::Array(options));
    }
    if engine.version.is_none()
        && let Some(version) = engine.info.get("ServerVersion").and_then(Value::as_str)
    {
        (engine.name, engine.version) = (Some(EngineKind::Docker), Some(version.to_owned()));
    }
    engine
}

/// Adds the name of a profile to the option `seccomp` above it; nothing is added for the built-in one.
fn add_profile(text: &str, options: Option<&mut Vec<Value>>) {
    let profile = text.strip_prefix("Profile:").map(str::trim);
    let last = options.and_then(|options| options.last_mut());
    if let Some(profile) = profile.filter(|name| !matches!(*name, "builtin" | "default"))
        && let Some(option) = last.filter(|option| **option == json!("name=seccomp"))
    {
        *option = json!(format!("name=seccomp,profile={profile}"));
    }
}

/// Returns the value after a label; if `within`, also inside a sentence.
fn labelled<'t>(text: &'t str, label: &str, within: bool) -> Option<&'t str> {
    if let Some(value) = text.strip_prefix(label) {
        return Some(value.trim()).filter(|value| !value.is_empty());
    }
    let inside = within && (label.starts_with("Cgroup") || label.starts_with("Server"));
    let (_, value) = if inside { text.split_once(label)? } else { return None };
    let word = value.split_whitespace().next()?.trim_matches(['`', '"', '\'', '.', ',', ';', ')', '*']);
    Some(word).filter(|word| !word.is_empty())
}

/// Returns the engine whose commands the text shows, if nothing else names it.
#[must_use]
pub fn of_commands(lines: &[Line]) -> Option<EngineKind> {
    const COMMANDS: [&str; 14] = [
        "build",
        "compose",
        "container",
        "create",
        "exec",
        "images",
        "info",
        "inspect",
        "logs",
        "ps",
        "run",
        "start",
        "stop",
        "version",
    ];
    let of = |line: &Line| {
        if !ENGINES.may_occur_in(&line.text) {
            return None;
        }
        let mut words = line.command().split_whitespace().skip_while(|word| *word == "sudo");
        let word = words.next()?;
        let cli = EngineCli::of_word(word.strip_suffix("-compose").unwrap_or(word))?;
        let asks = word.ends_with("-compose") || words.next().is_some_and(|next| COMMANDS.contains(&next));
        cli.engine().filter(|_| asks)
    };
    lines.iter().find_map(of)
}

/// Reads `Docker version 28.5.2, build …`, `podman version 4.3.1`, and the server's part of `docker version`.
fn version(text: &str, in_server: bool, line: u64, engine: &mut EngineInfo) {
    for (name, start) in [(EngineKind::Docker, "docker version "), (EngineKind::Podman, "podman version ")] {
        let rest = text.split_at_checked(start.len()).filter(|(words, _)| words.eq_ignore_ascii_case(start));
        let Some(number) = rest.and_then(|(_, rest)| numbered(&rest.to_ascii_lowercase())) else { continue };
        (engine.name, engine.version) = (Some(name), Some(number));
        engine.note(line);
    }
    if in_server
        && engine.version.is_none()
        && let Some(number) = text.strip_prefix("Version:").and_then(|rest| numbered(rest.trim()))
    {
        (engine.name, engine.version) = (Some(EngineKind::Docker), Some(number));
        engine.note(line);
    }
}

/// Returns the version number at the beginning of a text.
fn numbered(text: &str) -> Option<String> {
    let number: String = text
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+' | '~'))
        .collect();
    number.starts_with(|c: char| c.is_ascii_digit()).then_some(number)
}

/// Reads the YAML output of `podman info`.
#[must_use]
pub fn of_yaml(block: &Block) -> Option<EngineInfo> {
    let json = serde_json::to_value(yaml_to_json(&block.value)).ok()?;
    json.pointer("/host/cgroupVersion").or(json.pointer("/host/ociRuntime"))?;
    let mut engine = of_podman(&json);
    engine.line = Some(block.line);
    Some(engine)
}

/// Reads the JSON output of `podman info`.
#[must_use]
pub fn of_podman(document: &Value) -> EngineInfo {
    let text = |pointer: &str| document.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    let flag = |pointer: &str| document.pointer(pointer).and_then(Value::as_bool);
    let mut engine = EngineInfo { name: Some(EngineKind::Podman), ..EngineInfo::default() };
    let mut put = |key: &str, value: Option<String>| {
        if let Some(value) = value {
            engine.info.insert(key.to_owned(), json!(value));
        }
    };
    put(
        "CgroupVersion",
        text("/host/cgroupVersion").map(|version| version.trim_start_matches('v').to_owned()),
    );
    put("CgroupDriver", text("/host/cgroupManager"));
    put("KernelVersion", text("/host/kernel"));
    put("Architecture", text("/host/arch"));
    if let Some(rootless) = flag("/host/security/rootless").or(flag("/host/rootless")) {
        let named =
            [("apparmor", "/host/security/apparmorEnabled"), ("selinux", "/host/security/selinuxEnabled")];
        let mut options: Vec<Value> = named
            .iter()
            .filter(|(_, at)| flag(at) == Some(true))
            .map(|(name, _)| json!(format!("name={name}")))
            .collect();
        options.extend(rootless.then(|| json!("name=rootless")));
        engine.info.insert("SecurityOptions".to_owned(), Value::Array(options));
    }
    engine.version = text("/version/Version");
    engine
}

/// Reads the JSON output of `docker info`.
#[must_use]
pub fn of_info(document: &Value) -> EngineInfo {
    let info = document.as_object().cloned().unwrap_or_default();
    let version = info.get("ServerVersion").and_then(Value::as_str).map(str::to_owned);
    EngineInfo { name: version.as_ref().map(|_| EngineKind::Docker), version, info, ..EngineInfo::default() }
}

/// Reads `docker version` in the JSON of the CLI or of the API.
#[must_use]
pub fn of_version(document: &Value) -> EngineInfo {
    let server = document.get("Server").filter(|server| !server.is_null()).unwrap_or(document);
    let version = server.get("Version").and_then(Value::as_str).map(str::to_owned);
    // Podman spells the key differently.
    let podman =
        document.pointer("/Client/APIVersion").is_some() || server.to_string().contains("Podman Engine");
    EngineInfo {
        name: version.as_ref().map(|_| if podman { EngineKind::Podman } else { EngineKind::Docker }),
        version,
        ..EngineInfo::default()
    }
}

fn yaml_to_json(value: &Yaml) -> Value {
    match value {
        Yaml::Null => Value::Null,
        Yaml::Bool(on) => json!(on),
        Yaml::Number(number) => {
            number.as_i64().map_or_else(|| json!(number.as_f64()), |number| json!(number))
        }
        Yaml::String(text) => json!(text),
        Yaml::Sequence(list) => list.iter().map(yaml_to_json).collect(),
        Yaml::Mapping(map) => {
            let entries =
                map.iter().filter_map(|(key, value)| Some((key.as_str()?.to_owned(), yaml_to_json(value))));
            Value::Object(entries.collect())
        }
        Yaml::Tagged(tagged) => yaml_to_json(&tagged.value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn engine(text: &str) -> EngineInfo {
        let lines = Line::all(text);
        of_lines(&lines)
    }

    #[test]
    fn docker_info_is_read_by_its_labels() {
        let said = engine(
            "Client: Docker Engine - Community\n Version:    28.5.2\n\nServer:\n Containers: 3\n Server \
                Version: 28.5.2\n Cgroup Driver: systemd\n Cgroup Version: 2\n Security Options:\n  \
                apparmor\n  seccomp\n   Profile: builtin\n  cgroupns\n  rootless\n Kernel Version: \
                6.1.0-18-amd64\n Architecture: x86_64\n",
        );
        assert_eq!(
            (said.name, said.version.as_deref(), said.line),
            (Some(EngineKind::Docker), Some("28.5.2"), Some(6))
        );
        assert_eq!(
            (&said.info["CgroupVersion"], &said.info["CgroupDriver"]),
            (&json!("2"), &json!("systemd"))
        );
        assert_eq!(
            said.info["SecurityOptions"],
            json!(["name=apparmor", "name=seccomp", "name=cgroupns", "name=rootless"])
        );
    }

    #[test]
    fn versions_are_read_in_their_forms() {
        let version = |text: &str| {
            let said = engine(text);
            (said.name, said.version)
        };
        assert_eq!(
            version("Docker version 20.10.24+dfsg1, build 297e128"),
            (Some(EngineKind::Docker), Some("20.10.24+dfsg1".to_owned()))
        );
        assert_eq!(version("podman version 4.3.1"), (Some(EngineKind::Podman), Some("4.3.1".to_owned())));
        let said = version(
            "Client:\n Version:   19.03.1\nServer: Docker Engine\n Engine:\n  Version:          20.10.7\n  \
                API version: 1.41\n containerd:\n  Version: 1.4",
        );
        assert_eq!(said, (Some(EngineKind::Docker), Some("20.10.7".to_owned())));
        assert_eq!(version("the docker version is old"), (None, None));
    }

    #[test]
    fn a_sentence_may_hold_a_label() {
        assert_eq!(
            engine("And docker info says `Cgroup Version: 2`, if that helps").info["CgroupVersion"],
            json!("2")
        );
    }

    #[test]
    fn commands_name_their_engine() {
        let name = |text: &str| of_commands(&[Line::new(1, text)]);
        assert_eq!(
            [name("$ docker compose up"), name("docker-compose up"), name("$ sudo podman ps -a")],
            [Some(EngineKind::Docker), Some(EngineKind::Docker), Some(EngineKind::Podman)]
        );
        assert_eq!(name("docker is not to blame"), None);
    }

    #[test]
    fn podman_info_has_its_own_words() {
        let document = json!({"host": {"arch": "amd64", "cgroupVersion": "v2", "cgroupManager": "systemd", "kernel": "6.1", "security": {"rootless": true, "selinuxEnabled": false}}, "version": {"Version": "4.3.1"}});
        let said = of_podman(&document);
        assert_eq!(
            (said.version.as_deref(), &said.info["CgroupVersion"], &said.info["SecurityOptions"]),
            (Some("4.3.1"), &json!("2"), &json!(["name=rootless"]))
        );
    }
}
