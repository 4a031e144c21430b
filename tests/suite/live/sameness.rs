//! Two containers' inspect documents side by side: what may differ is listed with its reason, all else is
//! named.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// What may differ: beginning of a path, in which `*` stands for the rest of a name, and the reason. What the
/// cure changes may differ only where its summary has certain words.
struct Listed {
    path: &'static str,
    why: &'static str,
    /// Words of the summary of the cure.
    cure: Option<&'static str>,
}

const fn listed(path: &'static str, why: &'static str) -> Listed {
    Listed { path, why, cure: None }
}

const fn cured(path: &'static str, words: &'static str) -> Listed {
    Listed { path, why: "the cure", cure: Some(words) }
}

/// Ids are evened out before.
const LISTED: &[Listed] = &[
    listed("/Created", "a time"),
    listed("/State", "the old one has ended, the new one has just begun"),
    listed("/RestartCount", "the old one was restarted"),
    listed("/GraphDriver/Data", "each has layers of its own"),
    listed("/ResolvConfPath", "Podman has none for one that never had a network"),
    listed("/ExecIDs", "what the doctor ran in the old one"),
    listed("/Config/CreateCommand", "the words of the new command"),
    listed("/Config/Annotations/io.kubernetes.cri-o.Created", "a time"),
    listed("/Config/Env/container_uuid", "Podman's systemd mode makes it of the id"),
    listed(
        "/Config/Volumes",
        "a volume without a name is taken over by the name that the engine gave it; /Mounts tells that it is \
            the same",
    ),
    listed("/HostConfig/Mounts/*/Source", "likewise"),
    listed("/Mounts/*/Mode", "the letter z marks a volume with a name"),
    listed("/Mounts/|mnt|n/Source", "Docker mounts an image anew for each container"),
    listed("/Mounts/|mnt|o/Source", "so does Podman"),
    listed("/Mounts/|mnt|o/Options", "likewise"),
    listed("/NetworkSettings/SandboxID", "made at each start"),
    listed("/NetworkSettings/SandboxKey", "made at each start"),
    listed("/NetworkSettings/Networks/*/EndpointID", "made at each start"),
    listed("/NetworkSettings/Networks/*/NetworkID", "Docker 20 has none for one that has ended"),
    listed("/NetworkSettings/Networks/*/Gateway", "only while it runs"),
    listed("/NetworkSettings/Networks/*/IPAddress", "only while it runs, the engine's choice"),
    listed("/NetworkSettings/Networks/*/IPPrefixLen", "only while it runs"),
    listed(
        "/NetworkSettings/Networks/*/MacAddress",
        "only while it runs, the engine's choice; an own one stands in Config or CreateCommand",
    ),
    cured("/Config/StopSignal", "the stop signal"),
    cured("/Config/Annotations/org.opencontainers.image.stopSignal", "the stop signal"),
    cured("/Config/Annotations/org.systemd.property.KillSignal", "the stop signal"),
    cured("/Config/SystemdMode", "Podman's systemd mode"),
    cured("/Config/Env/container", "container=docker"),
    cured("/HostConfig/Init", "(no --init)"),
    cured("/HostConfig/Init", "(--init=false)"),
    cured("/HostConfig/IpcMode", "(--ipc private)"),
    cured("/HostConfig/Tmpfs/|run", "a tmpfs on /run"),
    cured("/HostConfig/Tmpfs/|run|lock", "a tmpfs on /run"),
    cured("/HostConfig/Tmpfs/|tmp", "/tmp"),
    cured("/HostConfig/Tmpfs/|var|lib|systemd", "a tmpfs on /var/lib/systemd"),
    cured("/HostConfig/SecurityOpt/writable-cgroups=true", "writable-cgroups=true"),
    cured("/HostConfig/CgroupParent", "cgroup"),
    cured("/HostConfig/CgroupnsMode", "cgroup"),
    cured("/HostConfig/Binds/|sys|fs|cgroup*", "cgroup"),
    cured("/Mounts/|sys|fs|cgroup*", "cgroup"),
    cured("/HostConfig/CgroupParent", "its own writable slice"),
    cured("/HostConfig/CgroupnsMode", "its own writable slice"),
    cured("/HostConfig/Binds/|sys|fs|cgroup*", "its own writable slice"),
    cured("/Mounts/|sys|fs|cgroup*", "its own writable slice"),
];

/// Lists whose order says nothing.
const SETS: [&str; 6] = ["SecurityOpt", "CapAdd", "CapDrop", "EffectiveCaps", "BoundingCaps", "Options"];
/// Maps whose keys say all.
const KEYS: [&str; 2] = ["ExposedPorts", "Volumes"];

/// Differences that are not listed, as `path: old → new`.
pub fn differences(old: &Value, new: &Value, cure: &str) -> Vec<String> {
    let (old, new) = (leaves(&without_id(old)), leaves(&without_id(new)));
    let mut found = Vec::new();
    for path in old.keys().chain(new.keys().filter(|path| !old.contains_key(*path))) {
        let (before, after) = (old.get(path), new.get(path));
        let may = |listed: &Listed| {
            listed.cure.is_none_or(|words| cure.contains(words)) && is_below(path, listed.path)
        };
        if before != after && !LISTED.iter().any(may) {
            let text = |value: Option<&Value>| value.map_or("(nothing)".to_owned(), Value::to_string);
            found.push(format!("{path}: {} → {}", text(before), text(after)));
        }
    }
    found
}

/// The document without its container's own id, whole or shortened, wherever it stands.
fn without_id(document: &Value) -> Value {
    let id = document["Id"].as_str().unwrap_or_default();
    assert_eq!(id.len(), 64, "no id: {document}");
    // Podman's container_uuid is half of it.
    let text =
        [64, 32, 12].iter().fold(document.to_string(), |text, length| text.replace(&id[..*length], "<id>"));
    serde_json::from_str(&text).expect("a word for another leaves JSON whole")
}

/// Whether a path is that of a listed field or lies in it.
fn is_below(path: &str, listed: &str) -> bool {
    let mut names = path.split('/');
    let fits = |name: &str, wanted: &str| {
        wanted.strip_suffix('*').map_or(name == wanted, |start| name.starts_with(start))
    };
    listed.split('/').all(|wanted| names.next().is_some_and(|name| fits(name, wanted)))
}

/// Every value that holds no other, by its path; what is empty says nothing.
fn leaves(document: &Value) -> BTreeMap<String, Value> {
    let mut found = BTreeMap::new();
    gather("", document, &mut found);
    found
}

fn gather(path: &str, value: &Value, found: &mut BTreeMap<String, Value>) {
    let name = path.rsplit('/').next().unwrap_or_default();
    match value {
        Value::Object(map) if KEYS.contains(&name) => {
            map.keys().for_each(|key| drop(found.insert(format!("{path}/{key}"), Value::Bool(true))));
        }
        Value::Object(map) => map
            .iter()
            .for_each(|(key, value)| gather(&format!("{path}/{}", key.replace('/', "|")), value, found)),
        Value::Array(list) => match keyed(name, list) {
            Some(map) => gather(path, &map, found),
            None => list
                .iter()
                .enumerate()
                .for_each(|(place, value)| gather(&format!("{path}/{place}"), value, found)),
        },
        Value::Null => {}
        // Podman's word for a policy that nobody asked for.
        Value::String(policy) if policy == "no" && path.ends_with("/RestartPolicy/Name") => {
            gather(path, &Value::from(""), found);
        }
        Value::String(options) if path.contains("/Tmpfs/") => {
            drop(found.insert(path.to_owned(), in_order(options).into()));
        }
        value => drop(found.insert(path.to_owned(), value.clone())),
    }
}

/// A list as a map, by a name that each entry has, where the order says nothing.
fn keyed(name: &str, list: &[Value]) -> Option<Value> {
    let key: fn(&Value) -> Option<String> = match name {
        "Mounts" => |entry| entry["Destination"].as_str().or(entry["Target"].as_str()).map(str::to_owned),
        "Env" => |entry| entry.as_str()?.split('=').next().map(str::to_owned),
        "Binds" => bind,
        name if SETS.contains(&name) => |entry| entry.as_str().map(str::to_owned),
        _ => return None,
    };
    let value = |entry: &Value| if name == "Binds" { Value::Bool(true) } else { entry.clone() };
    Some(Value::Object(
        list.iter().filter_map(|entry| Some((key(entry)?, value(entry)))).collect::<Map<String, Value>>(),
    ))
}

/// A bind with its options in order. That of a volume which nobody named is left out: /Mounts has it, however
/// it was asked for; so is what Podman makes for the mount of an image.
fn bind(entry: &Value) -> Option<String> {
    let mut parts = entry.as_str()?.splitn(3, ':');
    let (source, target) = (parts.next()?, parts.next()?);
    let options = in_order(parts.next().unwrap_or_default());
    let nameless = source.len() == 64 && source.bytes().all(|byte| byte.is_ascii_hexdigit());
    (!nameless && !source.contains("/userdata/overlay/")).then(|| format!("{source}:{target}:{options}"))
}

/// Options of a mount, sorted; `rw` is what a mount is without a word.
fn in_order(options: &str) -> String {
    let mut words: Vec<&str> = options.split(',').filter(|word| *word != "rw").collect();
    words.sort_unstable();
    words.join(",")
}

#[test]
fn only_what_is_listed_may_differ() {
    let document = |more: &str| {
        let id = format!("{:02x}", more.len()).repeat(32);
        let text = format!(
            r#"{{"Id": "{id}", "Path": "/data/{id}", "Config": {{"Hostname": "{}"}}, {more}}}"#,
            &id[..12]
        );
        serde_json::from_str::<Value>(&text).expect("a document")
    };
    let old = document(r#""State": 1, "HostConfig": {"Binds": ["a:/b:rw,z"], "Init": true}"#);
    let new = document(r#""State": 22, "HostConfig": {"Binds": ["a:/b:z,rw"], "Init": null}"#);
    assert_eq!(differences(&old, &new, "systemd as PID 1 (no --init)"), [""; 0]);
    assert_eq!(differences(&old, &new, "something else"), ["/HostConfig/Init: true → (nothing)"]);
    assert!(LISTED.iter().all(|listed| !listed.why.is_empty() && listed.path.starts_with('/')));
}
