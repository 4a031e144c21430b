//! Values of the engine's API as the flags of its CLI write them. Pure; `None` where a value has a shape that
//! is not known.

use serde_json::{Map, Value};

use crate::prescribe::recipe::csv_line;
use crate::snapshot::EngineKind;

/// Annotations that Podman writes itself.
const OWN_ANNOTATIONS: [&str; 5] = [
    "io.podman.annotations.",
    "io.kubernetes.cri-o.",
    "io.container.manager",
    "org.opencontainers.image.",
    "org.systemd.property.",
];

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn number(value: &Value, key: &str) -> Option<i64> {
    value.get(key).and_then(Value::as_i64)
}

fn each(value: &Value, write: impl Fn(&Value) -> Option<String>) -> Option<Vec<String>> {
    value.as_array()?.iter().map(write).collect()
}

/// A value that stands alone: text, number or truth value.
pub fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}

/// `key=value` for each entry; a list of values gives one each.
pub fn pairs(value: &Value) -> Option<Vec<String>> {
    value.as_object()?.iter().map(|(key, value)| Some(format!("{key}={}", scalar(value)?))).collect()
}

/// The keys of a map.
pub fn keys(value: &Value) -> Option<Vec<String>> {
    Some(value.as_object()?.keys().cloned().collect())
}

/// Annotations of the user's own.
pub fn annotations(value: &Value) -> Option<Vec<String>> {
    let own = |key: &str| OWN_ANNOTATIONS.iter().any(|prefix| key.starts_with(prefix));
    let kept: Map<String, Value> =
        value.as_object()?.iter().filter(|(key, _)| !own(key)).map(|(k, v)| (k.clone(), v.clone())).collect();
    pairs(&Value::Object(kept))
}

/// `always`, `on-failure:3`; nothing for `no`.
pub fn restart(value: &Value) -> Option<Vec<String>> {
    let retries = number(value, "MaximumRetryCount").filter(|count| *count > 0);
    let name = value.get("Name")?.as_str()?;
    Some(match (name, retries) {
        ("" | "no", _) => Vec::new(),
        (name, Some(retries)) => vec![format!("{name}:{retries}")],
        (name, None) => vec![name.to_owned()],
    })
}

/// Nano CPUs as a decimal number of CPUs.
pub fn cpus(value: &Value) -> Option<Vec<String>> {
    let nano = value.as_i64()?;
    let decimals = format!("{}.{:09}", nano / 1_000_000_000, nano % 1_000_000_000);
    Some(vec![decimals.trim_end_matches('0').trim_end_matches('.').to_owned()])
}

/// `path:number` for weights and rates of devices.
pub fn device_numbers(value: &Value) -> Option<Vec<String>> {
    each(value, |entry| {
        Some(format!(
            "{}:{}",
            text(entry, "Path"),
            number(entry, "Rate").or_else(|| number(entry, "Weight"))?
        ))
    })
}

/// `name=soft:hard`.
pub fn ulimits(value: &Value) -> Option<Vec<String>> {
    let name = |entry: &Value| text(entry, "Name").trim_start_matches("RLIMIT_").to_ascii_lowercase();
    each(value, |entry| {
        Some(format!("{}={}:{}", name(entry), number(entry, "Soft")?, number(entry, "Hard")?))
    })
}

/// `host:container:permissions`.
pub fn devices(value: &Value) -> Option<Vec<String>> {
    each(value, |entry| {
        let (host, inside, may) =
            (text(entry, "PathOnHost"), text(entry, "PathInContainer"), text(entry, "CgroupPermissions"));
        let inside = if inside.is_empty() { host } else { inside };
        let may = if may.is_empty() { "rwm" } else { may };
        (!host.is_empty()).then(|| format!("{host}:{inside}:{may}"))
    })
}

/// A request for GPUs; other requests for devices are not known.
pub fn gpus(value: &Value) -> Option<Vec<String>> {
    let [request] = value.as_array()?.as_slice() else { return None };
    let plain = |key: &str| {
        request.get(key).is_none_or(|v| matches!(v.to_string().as_str(), "null" | "\"\"" | "{}" | "[]"))
    };
    if request.get("Capabilities")? != &serde_json::json!([["gpu"]]) || !plain("Options") || !plain("Driver")
    {
        return None;
    }
    let ids: Vec<&str> = request
        .get("DeviceIDs")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    match (number(request, "Count"), ids.as_slice()) {
        (Some(-1), []) => Some(vec!["all".to_owned()]),
        (Some(count), []) => Some(vec![count.to_string()]),
        (_, ids) => Some(vec![format!("\"device={}\"", ids.join(","))]),
    }
}

/// `ip:host:container/protocol`.
pub fn ports(value: &Value) -> Option<Vec<String>> {
    let mut published = Vec::new();
    for (inside, bindings) in value.as_object()? {
        for binding in bindings.as_array().map_or(&[][..], Vec::as_slice) {
            let (ip, port) = (text(binding, "HostIp"), text(binding, "HostPort"));
            let ip = if ip.contains(':') { format!("[{ip}]") } else { ip.to_owned() };
            published.push(match (ip.as_str(), port) {
                ("", "") => inside.clone(),
                ("", port) => format!("{port}:{inside}"),
                (ip, port) => format!("{ip}:{port}:{inside}"),
            });
        }
    }
    Some(published)
}

/// `/other:/me/alias` as `other:alias`.
pub fn links(value: &Value) -> Option<Vec<String>> {
    each(value, |link| {
        let (other, alias) = link.as_str()?.split_once(':')?;
        Some(format!("{}:{}", other.trim_start_matches('/'), alias.rsplit('/').next()?))
    })
}

/// Names of Podman's secrets.
pub fn secrets(value: &Value) -> Option<Vec<String>> {
    each(value, |secret| {
        let name = text(secret, "Name");
        let ids: Vec<String> = [("UID", "uid"), ("GID", "gid"), ("Mode", "mode")]
            .into_iter()
            .filter_map(|(key, option)| {
                number(secret, key)
                    .map(|n| if option == "mode" { format!(",mode={n:o}") } else { format!(",{option}={n}") })
            })
            .collect();
        (!name.is_empty()).then(|| format!("{name}{}", ids.concat()))
    })
}

/// Flags of a health check; `None` for a test that no flag can ask for. What the image's own check says too
/// is left out where the engine puts the two together.
pub fn healthcheck(
    check: &Value,
    image: Option<&Value>,
    kind: EngineKind,
) -> Option<Vec<(String, Option<String>)>> {
    let own = image.filter(|_| kind == EngineKind::Docker);
    let is_own = |key: &str| own.and_then(|own| own.get(key)).is_some_and(|own| check.get(key) == Some(own));
    let test: Vec<&str> =
        check.get("Test").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    let command = |text: String| vec![("--health-cmd".to_owned(), Some(text))];
    let mut flags = match test.as_slice() {
        _ if is_own("Test") => Vec::new(),
        ["NONE"] => return Some(vec![("--no-healthcheck".to_owned(), None)]),
        ["CMD-SHELL", line] => command((*line).to_owned()),
        // Podman takes the words as such: several as JSON, one after the name of the form
        // (`pkg/specgenutil/specgen.go`).
        ["CMD", word] if kind == EngineKind::Podman && !word.contains(char::is_whitespace) => {
            command(format!("CMD {word}"))
        }
        ["CMD", words @ ..] if kind == EngineKind::Podman && words.len() > 1 => {
            command(serde_json::to_string(words).ok()?)
        }
        // Docker's CLI has no such form; its shell runs the same.
        ["CMD", words @ ..] => command(shlex::try_join(words.iter().copied()).ok()?),
        [] => Vec::new(),
        _ => return None,
    };
    let times = [
        ("Interval", "interval"),
        ("Timeout", "timeout"),
        ("StartPeriod", "start-period"),
        ("StartInterval", "start-interval"),
    ];
    for (key, name) in times.into_iter().filter(|(key, _)| !is_own(key)) {
        if let Some(nanoseconds) = number(check, key).filter(|n| *n > 0) {
            flags.push((format!("--health-{name}"), Some(duration(nanoseconds))));
        }
    }
    if kind == EngineKind::Podman && number(check, "Interval").unwrap_or(0) == 0 && !flags.is_empty() {
        flags.push(("--health-interval".to_owned(), Some("disable".to_owned())));
    }
    if let Some(retries) = number(check, "Retries").filter(|n| *n > 0 && !is_own("Retries")) {
        flags.push(("--health-retries".to_owned(), Some(retries.to_string())));
    }
    Some(flags)
}

/// A duration as Go reads it, exact.
fn duration(nanoseconds: i64) -> String {
    match nanoseconds {
        n if n % 1_000_000_000 == 0 => format!("{}s", n / 1_000_000_000),
        n if n % 1_000_000 == 0 => format!("{}ms", n / 1_000_000),
        n => format!("{n}ns"),
    }
}

/// The text of `--mount` for one entry of `HostConfig.Mounts`; `None` where it has parts that are not known.
pub fn mount(entry: &Value) -> Option<String> {
    const KNOWN: [&str; 9] = [
        "Type",
        "Source",
        "Target",
        "ReadOnly",
        "Consistency",
        "BindOptions",
        "VolumeOptions",
        "TmpfsOptions",
        "ImageOptions",
    ];
    if entry.as_object()?.iter().any(|(key, value)| {
        !KNOWN.contains(&key.as_str()) && !crate::prescribe::inspected::fields::is_default(value, None)
    }) {
        return None;
    }
    let kind = text(entry, "Type");
    let mut words = vec![format!("type={kind}")];
    if !text(entry, "Source").is_empty() {
        words.push(format!("source={}", text(entry, "Source")));
    }
    words.push(format!("target={}", text(entry, "Target")));
    if entry.get("ReadOnly").and_then(Value::as_bool) == Some(true) {
        words.push("readonly".to_owned());
    }
    for (section, options) in [
        ("BindOptions", &BIND[..]),
        ("VolumeOptions", &VOLUME),
        ("TmpfsOptions", &TMPFS),
        ("ImageOptions", &IMAGE),
    ] {
        words.extend(mount_options(entry.get(section), options)?);
    }
    Some(csv_line::join(&words))
}

/// How an option of a mount is written.
enum Written {
    /// The word alone.
    Word(&'static str),
    /// `name=value`.
    Value(&'static str),
    /// `name=` with an octal number.
    Octal(&'static str),
    /// `name=key=value` for each entry.
    Pairs(&'static str),
    /// A driver with its options.
    Driver,
}

const BIND: [(&str, Written); 4] = [
    ("Propagation", Written::Value("bind-propagation")),
    ("NonRecursive", Written::Word("bind-recursive=disabled")),
    ("ReadOnlyNonRecursive", Written::Word("bind-recursive=writable")),
    ("ReadOnlyForceRecursive", Written::Word("bind-recursive=readonly")),
];
const VOLUME: [(&str, Written); 4] = [
    ("NoCopy", Written::Word("volume-nocopy")),
    ("Subpath", Written::Value("volume-subpath")),
    ("Labels", Written::Pairs("volume-label")),
    ("DriverConfig", Written::Driver),
];
const TMPFS: [(&str, Written); 2] =
    [("SizeBytes", Written::Value("tmpfs-size")), ("Mode", Written::Octal("tmpfs-mode"))];
const IMAGE: [(&str, Written); 1] = [("Subpath", Written::Value("image-subpath"))];

fn mount_options(section: Option<&Value>, options: &[(&str, Written)]) -> Option<Vec<String>> {
    let mut words = Vec::new();
    for (key, value) in section.and_then(Value::as_object).into_iter().flatten() {
        if crate::prescribe::inspected::fields::is_default(value, None) {
            continue;
        }
        match &options.iter().find(|(name, _)| name == key)?.1 {
            Written::Word(word) => words.push((*word).to_owned()),
            Written::Value(name) => words.push(format!("{name}={}", scalar(value)?)),
            Written::Octal(name) => words.push(format!("{name}={:o}", value.as_i64()?)),
            Written::Pairs(name) => {
                words.extend(pairs(value)?.into_iter().map(|pair| format!("{name}={pair}")))
            }
            Written::Driver => {
                words.extend(
                    Some(text(value, "Name"))
                        .filter(|name| !name.is_empty())
                        .map(|name| format!("volume-driver={name}")),
                );
                let options = value
                    .get("Options")
                    .filter(|options| options.is_object())
                    .and_then(pairs)
                    .unwrap_or_default();
                words.extend(options.into_iter().map(|pair| format!("volume-opt={pair}")));
            }
        }
    }
    Some(words)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_written_as_the_cli_reads_them() {
        let one = |made: Option<Vec<String>>| made.unwrap_or_default().join(" ");
        assert_eq!(one(cpus(&json!(1_500_000_000))), "1.5");
        assert_eq!(one(cpus(&json!(2_000_000_000_i64))), "2");
        assert_eq!(one(restart(&json!({"Name": "on-failure", "MaximumRetryCount": 3}))), "on-failure:3");
        assert_eq!(one(restart(&json!({"Name": "no"}))), "");
        assert_eq!(one(ulimits(&json!([{"Name": "RLIMIT_NOFILE", "Soft": 1, "Hard": 2}]))), "nofile=1:2");
        let bound = json!({"80/tcp": [{"HostIp": "", "HostPort": "8080"}, {"HostIp": "::1", "HostPort": "81"}], "9/udp": [{"HostIp": "", "HostPort": ""}]});
        assert_eq!(one(ports(&bound)), "8080:80/tcp [::1]:81:80/tcp 9/udp");
        assert_eq!(one(links(&json!(["/db:/web/sql"]))), "db:sql");
        assert_eq!(
            one(gpus(
                &json!([{"Driver": "", "Count": -1, "DeviceIDs": null, "Capabilities": [["gpu"]], "Options": {}}])
            )),
            "all"
        );
        assert_eq!(gpus(&json!([{"Driver": "cdi", "DeviceIDs": ["x"]}])), None);
    }

    #[test]
    fn a_health_check_is_written_whole_or_refused() {
        let check = json!({"Test": ["CMD-SHELL", "curl -f x"], "Interval": 10_000_000_000_i64, "Timeout": 1_500_000_000, "Retries": 2});
        let words = |check: &Value, image: Option<&Value>, kind| {
            let flags = healthcheck(check, image, kind).unwrap().into_iter();
            flags
                .map(|(flag, value)| format!("{flag} {}", value.unwrap_or_default()))
                .collect::<Vec<_>>()
                .join(" ")
        };
        let whole = "--health-cmd curl -f x --health-interval 10s --health-timeout 1500ms --health-retries 2";
        assert_eq!(words(&check, None, EngineKind::Docker), whole);
        let image = json!({"Test": ["CMD-SHELL", "curl -f x"], "Interval": 10_000_000_000_i64});
        assert_eq!(
            words(&check, Some(&image), EngineKind::Docker),
            "--health-timeout 1500ms --health-retries 2"
        );
        assert_eq!(words(&check, Some(&image), EngineKind::Podman), whole);
        assert_eq!(
            words(&json!({"Test": ["CMD", "a", "b c"]}), None, EngineKind::Podman),
            r#"--health-cmd ["a","b c"] --health-interval disable"#
        );
        assert_eq!(
            words(&json!({"Test": ["CMD", "a"]}), None, EngineKind::Podman),
            "--health-cmd CMD a --health-interval disable"
        );
        assert_eq!(healthcheck(&json!({"Test": ["OTHER"]}), None, EngineKind::Docker), None);
    }

    #[test]
    fn mounts_with_unknown_parts_are_refused() {
        let volume = json!({"Type": "volume", "Source": "z", "Target": "/vz", "VolumeOptions": {"NoCopy": true, "DriverConfig": {}}});
        assert_eq!(mount(&volume).as_deref(), Some("type=volume,source=z,target=/vz,volume-nocopy"));
        assert_eq!(
            mount(&json!({"Type": "tmpfs", "Target": "/t", "TmpfsOptions": {"SizeBytes": 5, "Mode": 448}}))
                .as_deref(),
            Some("type=tmpfs,target=/t,tmpfs-size=5,tmpfs-mode=700")
        );
        let driven = json!({"Type": "volume", "Target": "/v", "VolumeOptions": {"Labels": {"a": "b"}, "DriverConfig": {"Name": "local", "Options": {"o": "size=1m,mode=700"}}}});
        let text =
            "type=volume,target=/v,volume-label=a=b,volume-driver=local,\"volume-opt=o=size=1m,mode=700\"";
        assert_eq!(mount(&driven).as_deref(), Some(text));
        assert_eq!(
            mount(&json!({"Type": "npipe", "Source": "x", "Target": "/i", "PipeOptions": {"Subpath": "y"}})),
            None
        );
        assert_eq!(
            mount(&json!({"Type": "tmpfs", "Target": "/i", "TmpfsOptions": {"Options": [["exec"]]}})),
            None
        );
    }
}
