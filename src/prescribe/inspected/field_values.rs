//! Converts values of the engine's API to values of its CLI flags; `None` if a value has an unknown shape.
//!
//! Must not guess: the caller refuses what is not known.

use serde_json::{Map, Value};

/// Annotations that Podman writes itself.
const OWN_ANNOTATIONS: [&str; 5] = [
    "io.podman.annotations.",
    "io.kubernetes.cri-o.",
    "io.container.manager",
    "org.opencontainers.image.",
    "org.systemd.property.",
];

/// Returns whether a value is empty: null, "", 0, false, [] and {}.
pub fn says_nothing(value: &Value) -> bool {
    matches!(value.to_string().as_str(), "null" | "\"\"" | "0" | "false" | "[]" | "{}" | "[0,0]")
}

/// Returns a string of a map; empty if there is none.
pub fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// Returns an integer of a map.
pub fn number(value: &Value, key: &str) -> Option<i64> {
    value.get(key).and_then(Value::as_i64)
}

fn each(value: &Value, write: impl Fn(&Value) -> Option<String>) -> Option<Vec<String>> {
    value.as_array()?.iter().map(write).collect()
}

/// Writes a scalar: string, number or boolean.
pub fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}

/// Writes `key=value` for each entry; a list of values gives one pair for each value.
pub fn pairs(value: &Value) -> Option<Vec<String>> {
    value.as_object()?.iter().map(|(key, value)| Some(format!("{key}={}", scalar(value)?))).collect()
}

/// Lists the keys of a map.
pub fn keys(value: &Value) -> Option<Vec<String>> {
    Some(value.as_object()?.keys().cloned().collect())
}

/// Writes the annotations that the user set.
pub fn annotations(value: &Value) -> Option<Vec<String>> {
    let own = |key: &str| OWN_ANNOTATIONS.iter().any(|prefix| key.starts_with(prefix));
    let kept: Map<String, Value> =
        value.as_object()?.iter().filter(|(key, _)| !own(key)).map(|(k, v)| (k.clone(), v.clone())).collect();
    pairs(&Value::Object(kept))
}

/// Writes `always` or `on-failure:3`; nothing for `no`.
pub fn restart(value: &Value) -> Option<Vec<String>> {
    let retries = number(value, "MaximumRetryCount").filter(|count| *count > 0);
    let name = value.get("Name")?.as_str()?;
    Some(match (name, retries) {
        ("" | "no", _) => Vec::new(),
        (name, Some(retries)) => vec![format!("{name}:{retries}")],
        (name, None) => vec![name.to_owned()],
    })
}

/// Writes nano CPUs as a decimal number of CPUs.
pub fn cpus(value: &Value) -> Option<Vec<String>> {
    let nano = value.as_i64()?;
    let decimals = format!("{}.{:09}", nano / 1_000_000_000, nano % 1_000_000_000);
    Some(vec![decimals.trim_end_matches('0').trim_end_matches('.').to_owned()])
}

/// Writes `path:number` for device weights and rates.
pub fn device_numbers(value: &Value) -> Option<Vec<String>> {
    each(value, |entry| {
        Some(format!(
            "{}:{}",
            text(entry, "Path"),
            number(entry, "Rate").or_else(|| number(entry, "Weight"))?
        ))
    })
}

/// Writes `name=soft:hard`.
pub fn ulimits(value: &Value) -> Option<Vec<String>> {
    let name = |entry: &Value| text(entry, "Name").trim_start_matches("RLIMIT_").to_ascii_lowercase();
    each(value, |entry| {
        Some(format!("{}={}:{}", name(entry), number(entry, "Soft")?, number(entry, "Hard")?))
    })
}

/// Writes `host:container:permissions`.
pub fn devices(value: &Value) -> Option<Vec<String>> {
    each(value, |entry| {
        let (host, inside, may) =
            (text(entry, "PathOnHost"), text(entry, "PathInContainer"), text(entry, "CgroupPermissions"));
        let inside = if inside.is_empty() { host } else { inside };
        let may = if may.is_empty() { "rwm" } else { may };
        (!host.is_empty()).then(|| format!("{host}:{inside}:{may}"))
    })
}

/// Writes a request for GPUs; other device requests are unknown.
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

/// Writes `ip:host:container/protocol`.
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

/// Writes `/other:/me/alias` as `other:alias`.
pub fn links(value: &Value) -> Option<Vec<String>> {
    each(value, |link| {
        let (other, alias) = link.as_str()?.split_once(':')?;
        Some(format!("{}:{}", other.trim_start_matches('/'), alias.rsplit('/').next()?))
    })
}

/// Writes the names of Podman secrets with their options.
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
    fn nothing_is_said_by_empty_values() {
        for value in [json!(null), json!(""), json!(0), json!(false), json!([]), json!({}), json!([0, 0])] {
            assert!(says_nothing(&value), "{value}");
        }
        for value in [json!("0"), json!(-1), json!([""]), json!([0, 1])] {
            assert!(!says_nothing(&value), "{value}");
        }
    }
}
