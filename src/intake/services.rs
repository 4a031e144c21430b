//! Containers in YAML: compose services, molecule platforms, Kubernetes pods, and fragments of them.

use std::collections::BTreeMap;

use serde_json::Value as Json;
use yaml_serde::{Mapping, Value};

use super::run_options::Given;
use super::spec::Spec;
use super::yaml::Block;

/// What molecule runs if a platform sets no command (molecule-plugins, docker driver, create.yml).
const MOLECULE_COMMAND: [&str; 3] = ["bash", "-c", "while true; do sleep 10000; done"];
/// Keys that only services have; two of them, or one and an image, identify a fragment as a service.
const SERVICE_KEYS: [&str; 16] = [
    "image",
    "build",
    "privileged",
    "cap_add",
    "cap_drop",
    "security_opt",
    "volumes",
    "tmpfs",
    "cgroup",
    "cgroup_parent",
    "command",
    "entrypoint",
    "container_name",
    "read_only",
    "stop_signal",
    "cgroupns_mode",
];

/// Returns the containers of a block.
#[must_use]
pub fn specs(block: &Block) -> Vec<Spec> {
    let value = &block.value;
    let mut specs = if let Some(services) = value.get("services").and_then(Value::as_mapping) {
        named(services).map(|(name, service)| compose(&name, service, "compose service")).collect()
    } else if let Some(platforms) = value.get("platforms").and_then(Value::as_sequence) {
        platforms.iter().filter_map(Value::as_mapping).map(platform).collect()
    } else if let Some(pod) = pod_of(value) {
        pod
    } else if let Some(list) = value.as_sequence() {
        let maps = list.iter().filter_map(Value::as_mapping).filter(|map| map.contains_key("image"));
        maps.map(platform).collect()
    } else {
        loose(value)
    };
    for spec in &mut specs {
        (spec.line, spec.last) = (block.line, block.last);
    }
    specs
}

fn named(map: &Mapping) -> impl Iterator<Item = (String, &Mapping)> {
    map.iter().filter_map(|(name, value)| Some((name.as_str()?.to_owned(), value.as_mapping()?)))
}

/// Returns services without `services:`, as in compose files of the first version and in fragments.
fn loose(value: &Value) -> Vec<Spec> {
    let Some(map) = value.as_mapping() else { return Vec::new() };
    let known = |map: &Mapping| SERVICE_KEYS.iter().filter(|key| map.contains_key(**key)).count();
    if known(map) >= 1 && (known(map) >= 2 || !map.contains_key("image")) && !map.contains_key("version") {
        let name = text(map, "container_name").unwrap_or_default();
        let mut spec = compose(&name, map, "part of a compose service");
        spec.fragment = !map.contains_key("image") && !map.contains_key("build");
        return vec![spec];
    }
    named(map)
        .filter(|(_, map)| known(map) >= 2)
        .map(|(name, service)| compose(&name, service, "compose service"))
        .collect()
}

fn text(map: &Mapping, key: &str) -> Option<String> {
    scalar(map.get(key)?)
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(on) => Some(on.to_string()),
        _ => None,
    }
}

/// Returns a list of texts; one text counts as a list of one, a mapping as entries `key=value`.
fn list(map: &Mapping, key: &str) -> Vec<String> {
    match map.get(key) {
        Some(Value::Sequence(list)) => list.iter().filter_map(scalar).collect(),
        Some(Value::Mapping(map)) => map
            .iter()
            .filter_map(|(key, value)| {
                Some(format!("{}={}", key.as_str()?, scalar(value).unwrap_or_default()))
            })
            .collect(),
        Some(value) => scalar(value).into_iter().collect(),
        None => Vec::new(),
    }
}

/// Returns the words of a command, which is a list or a line.
fn words(map: &Mapping, key: &str) -> Option<Vec<String>> {
    match map.get(key)? {
        Value::Sequence(list) => Some(list.iter().filter_map(scalar).collect()),
        Value::String(text) => {
            Some(shlex::split(text).unwrap_or_else(|| text.split_whitespace().map(str::to_owned).collect()))
        }
        _ => None,
    }
}

/// Keys of a compose service that correspond to options of `run` with another name.
const COMPOSE_OPTIONS: &[(&str, &str)] = &[
    ("cap_add", "cap-add"),
    ("cap_drop", "cap-drop"),
    ("cgroup", "cgroupns"),
    ("cgroup_parent", "cgroup-parent"),
    ("environment", "env"),
    ("init", "init"),
    ("ipc", "ipc"),
    ("mem_limit", "memory"),
    ("pid", "pid"),
    ("pids_limit", "pids-limit"),
    ("platform", "platform"),
    ("privileged", "privileged"),
    ("read_only", "read-only"),
    ("runtime", "runtime"),
    ("security_opt", "security-opt"),
    ("stdin_open", "interactive"),
    ("stop_signal", "stop-signal"),
    ("tmpfs", "tmpfs"),
    ("tty", "tty"),
    ("user", "user"),
    ("userns_mode", "userns"),
    ("volumes", "volume"),
];

fn given(map: &Mapping, table: &[(&str, &'static str)]) -> Vec<Given> {
    table
        .iter()
        .flat_map(|(key, option)| list(map, key).into_iter().map(move |value| (*option, value)))
        .collect()
}

fn compose(name: &str, map: &Mapping, origin: &str) -> Spec {
    let mut options = given(map, COMPOSE_OPTIONS);
    let long =
        map.get("volumes").and_then(Value::as_sequence).into_iter().flatten().filter_map(Value::as_mapping);
    options.extend(long.filter_map(long_mount).map(|mount| ("mount", mount)));
    let limits = map.get("ulimits").and_then(Value::as_mapping).into_iter().flatten();
    options.extend(limits.filter_map(|(name, limit)| {
        let soft = limit.as_mapping().map_or_else(|| scalar(limit), |limit| text(limit, "soft"))?;
        Some(("ulimit", format!("{}={soft}", name.as_str()?)))
    }));
    if let Some(entrypoint) = words(map, "entrypoint") {
        options.push(("entrypoint", serde_json::to_string(&entrypoint).unwrap_or_default()));
    }
    Spec {
        origin: origin.to_owned(),
        options,
        image: text(map, "image"),
        command: words(map, "command"),
        name: Some(name.to_owned()).filter(|name| !name.is_empty()),
        ..Spec::default()
    }
}

fn long_mount(map: &Mapping) -> Option<String> {
    let mut mount = format!("type={},target={}", text(map, "type")?, text(map, "target")?);
    if let Some(source) = text(map, "source") {
        mount.push_str(&format!(",source={source}"));
    }
    if text(map, "read_only").as_deref() == Some("true") {
        mount.push_str(",readonly");
    }
    Some(mount)
}

/// Keys of a molecule platform that correspond to options of `run` with another name.
const PLATFORM_OPTIONS: &[(&str, &str)] = &[
    ("capabilities", "cap-add"),
    ("cgroup_parent", "cgroup-parent"),
    ("cgroupns_mode", "cgroupns"),
    ("cgroupns", "cgroupns"),
    ("environment", "env"),
    ("env", "env"),
    ("ipc_mode", "ipc"),
    ("pid_mode", "pid"),
    ("privileged", "privileged"),
    ("read_only", "read-only"),
    ("runtime", "runtime"),
    ("security_opts", "security-opt"),
    ("stop_signal", "stop-signal"),
    ("systemd", "systemd"),
    ("tmpfs", "tmpfs"),
    ("tty", "tty"),
    ("ulimits", "ulimit"),
    ("user", "user"),
    ("userns_mode", "userns"),
    ("volumes", "volume"),
];

fn platform(map: &Mapping) -> Spec {
    let mut options = given(map, PLATFORM_OPTIONS);
    // A mapping of tmpfs has the mount options as values: `/run: exec`.
    for (name, value) in &mut options {
        if *name == "tmpfs" {
            *value = value.replacen('=', ":", 1);
        }
    }
    if let Some(entrypoint) = words(map, "entrypoint") {
        options.push(("entrypoint", serde_json::to_string(&entrypoint).unwrap_or_default()));
    }
    let own = words(map, "command").filter(|command| !command.is_empty());
    let image_s_own = text(map, "override_command").as_deref() == Some("false");
    let command = own.or_else(|| (!image_s_own).then(|| MOLECULE_COMMAND.map(str::to_owned).to_vec()));
    Spec {
        origin: "molecule platform".to_owned(),
        options,
        image: text(map, "image"),
        command,
        name: text(map, "name"),
        ..Spec::default()
    }
}

/// Returns the containers of a pod, or of a template for pods.
fn pod_of(value: &Value) -> Option<Vec<Spec>> {
    let spec = value.get("spec").or_else(|| value.get("containers").map(|_| value))?;
    let spec = spec.get("template").and_then(|template| template.get("spec")).unwrap_or(spec);
    let containers = spec.get("containers")?.as_sequence()?;
    let volumes =
        spec.get("volumes").and_then(Value::as_sequence).into_iter().flatten().filter_map(Value::as_mapping);
    // Of two with the same name the first counts.
    let volumes: Volumes<'_> =
        volumes.rev().filter_map(|volume| Some((text(volume, "name")?, volume))).collect();
    Some(
        containers
            .iter()
            .filter_map(Value::as_mapping)
            .map(|container| kubernetes(container, spec, &volumes))
            .collect(),
    )
}

/// A pod's volumes by name.
type Volumes<'p> = BTreeMap<String, &'p Mapping>;

fn kubernetes(map: &Mapping, pod: &Value, volumes: &Volumes<'_>) -> Spec {
    let mut options: Vec<Given> = Vec::new();
    let context = map.get("securityContext");
    let of_context = |key: &str| context.and_then(|context| context.get(key));
    for (key, option) in
        [("privileged", "privileged"), ("readOnlyRootFilesystem", "read-only"), ("runAsUser", "user")]
    {
        let of_pod = pod.get("securityContext").and_then(|context| context.get(key));
        options.extend(of_context(key).or(of_pod).and_then(scalar).map(|value| (option, value)));
    }
    if let Some(caps) = of_context("capabilities").and_then(Value::as_mapping) {
        options.extend(given(caps, &[("add", "cap-add"), ("drop", "cap-drop")]));
    }
    options.extend(given(map, &[("tty", "tty"), ("stdin", "interactive")]));
    if pod.get("hostPID").and_then(Value::as_bool) == Some(true) {
        options.push(("pid", "host".to_owned()));
    }
    for variable in
        map.get("env").and_then(Value::as_sequence).into_iter().flatten().filter_map(Value::as_mapping)
    {
        if let (Some(name), Some(value)) = (text(variable, "name"), text(variable, "value")) {
            options.push(("env", format!("{name}={value}")));
        }
    }
    let mounts = map
        .get("volumeMounts")
        .and_then(Value::as_sequence)
        .into_iter()
        .flatten()
        .filter_map(Value::as_mapping);
    options.extend(mounts.filter_map(|mount| pod_mount(mount, volumes)));
    if let Some(entrypoint) = words(map, "command") {
        options.push(("entrypoint", serde_json::to_string(&entrypoint).unwrap_or_default()));
    }
    let (image, command, name) = (text(map, "image"), words(map, "args"), text(map, "name"));
    Spec { origin: "pod".to_owned(), options, image, command, name, ..Spec::default() }
}

/// Returns a volume mount together with the volume that it names.
fn pod_mount(mount: &Mapping, volumes: &Volumes<'_>) -> Option<Given> {
    let (name, target) = (text(mount, "name")?, text(mount, "mountPath")?);
    let volume = volumes.get(&name)?;
    let read_only = if text(mount, "readOnly").as_deref() == Some("true") { ":ro" } else { "" };
    if let Some(path) = volume.get("hostPath").and_then(Value::as_mapping).and_then(|path| text(path, "path"))
    {
        return Some(("volume", format!("{path}:{target}{read_only}")));
    }
    let memory = volume.get("emptyDir").and_then(|empty| empty.get("medium")).and_then(Value::as_str)
        == Some("Memory");
    if memory { Some(("tmpfs", target)) } else { Some(("volume", format!("{name}:{target}{read_only}"))) }
}

/// Reads options of `run` from a JSON list, as in devcontainer.json and in build tools.
#[must_use]
pub fn of_json_list(line: u64, text: &str) -> Option<Spec> {
    let (key, rest) = text.split_once(':').filter(|(_, rest)| rest.trim_start().starts_with('['))?;
    let key = key.trim().trim_matches(['"', '\'']).to_ascii_lowercase();
    if !key.starts_with("run") && !key.ends_with("args") && !key.ends_with("options") {
        return None;
    }
    let list: Json = serde_json::from_str(rest.trim().trim_end_matches(',')).ok()?;
    let words: Vec<String> = list.as_array()?.iter().filter_map(Json::as_str).map(str::to_owned).collect();
    let sorted = super::run_options::sort(&words);
    let mut rest = sorted.rest.into_iter();
    let image = rest.next();
    let command: Vec<String> = rest.collect();
    (!sorted.options.is_empty()).then(|| Spec {
        line,
        last: line,
        origin: "list of run options".to_owned(),
        options: sorted.options,
        fragment: image.is_none(),
        image,
        command: (!command.is_empty()).then_some(command),
        ..Spec::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intake::{budget::Budget, reader::Line, yaml};

    fn found(text: &str) -> Vec<Spec> {
        let lines = Line::all(text);
        yaml::blocks(&lines, &mut Budget::of(text.len() as u64)).iter().flat_map(specs).collect()
    }

    #[test]
    fn compose_services_are_containers() {
        let text = "version: '3.8'\nservices:\n  web:\n    image: img:1\n    command: /sbin/init\n    \
            privileged: true\n    cgroup: host\n    \
                    volumes:\n      - /sys/fs/cgroup:/sys/fs/cgroup:rw\n      - type: tmpfs\n        target: \
            /run\n    tmpfs: /tmp\n    \
                    environment:\n      container: docker\n  db:\n    image: postgres\n";
        let specs = found(text);
        assert_eq!(specs.len(), 2);
        let web = &specs[0];
        assert_eq!(
            (web.name.as_deref(), web.option("cgroupns"), web.option("tmpfs")),
            (Some("web"), Some("host"), Some("/tmp"))
        );
        assert_eq!(
            (web.option("mount"), web.option("env")),
            (Some("type=tmpfs,target=/run"), Some("container=docker"))
        );
        assert_eq!(web.command.as_deref(), Some(&["/sbin/init".to_owned()][..]));
    }

    #[test]
    fn molecule_keeps_an_image_from_its_init_unless_told() {
        let text = "driver:\n  name: docker\nplatforms:\n  - name: a\n    image: x\n    pre_build_image: \
            true\n  - name: b\n    image: x\n    command: /sbin/init\n    tmpfs:\n      - /run\n  - name: \
            c\n    image: x\n    override_command: false\n";
        let commands: Vec<_> =
            found(text).into_iter().map(|spec| spec.command.map(|command| command[0].clone())).collect();
        assert_eq!(commands, [Some("bash".to_owned()), Some("/sbin/init".to_owned()), None]);
    }

    #[test]
    fn pods_have_security_contexts_and_volumes() {
        let text = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\nspec:\n  containers:\n    - name: \
            c\n      image: x\n      command: [\"/sbin/init\"]\n      securityContext:\n        privileged: \
            true\n        capabilities:\n          add: [SYS_ADMIN]\n      volumeMounts:\n        - name: \
            cg\n          mountPath: /sys/fs/cgroup\n          readOnly: true\n        - name: \
            run\n          mountPath: /run\n  volumes:\n    - name: cg\n      hostPath: \
            {path: /sys/fs/cgroup}\n    - name: run\n      emptyDir: {medium: Memory}\n";
        let spec = &found(text)[0];
        assert_eq!((spec.option("privileged"), spec.option("cap-add")), (Some("true"), Some("SYS_ADMIN")));
        assert_eq!(
            (spec.option("volume"), spec.option("tmpfs")),
            (Some("/sys/fs/cgroup:/sys/fs/cgroup:ro"), Some("/run"))
        );
        assert_eq!(spec.option("entrypoint"), Some("[\"/sbin/init\"]"));
    }

    #[test]
    fn fragments_tell_only_what_they_hold() {
        let spec = &found("cap_add:\n  - SYS_ADMIN\nsecurity_opt:\n  - seccomp:unconfined\n")[0];
        assert!(spec.fragment && spec.option("cap-add") == Some("SYS_ADMIN"));
        let spec = of_json_list(1, r#""runArgs": ["--systemd=always", "-p", "1:1"],"#).unwrap();
        assert!(spec.fragment && spec.option("systemd") == Some("always"));
        assert!(found("error: image not found\nname: x\n").is_empty());
    }
}
