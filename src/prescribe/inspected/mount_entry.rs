//! Converts an entry of `HostConfig.Mounts` to the equivalent `--mount` value; `None` if it has parts without
//! a known option.
//!
//! Must not drop a part that it does not know.

use serde_json::Value;

use super::field_values::{pairs, says_nothing, scalar, text};
use crate::prescribe::recipe::csv_line;

/// Writes the `--mount` value for one entry of `HostConfig.Mounts`; returns `None` if it has unknown parts.
pub fn text_of(entry: &Value) -> Option<String> {
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
    if entry.as_object()?.iter().any(|(key, value)| !KNOWN.contains(&key.as_str()) && !says_nothing(value)) {
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

/// How a mount option is written.
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

/// Writes the options of one kind of mount; returns `None` if one is unknown.
fn mount_options(section: Option<&Value>, options: &[(&str, Written)]) -> Option<Vec<String>> {
    let mut words = Vec::new();
    for (key, value) in section.and_then(Value::as_object).into_iter().flatten() {
        if says_nothing(value) {
            continue;
        }
        match &options.iter().find(|(name, _)| name == key)?.1 {
            Written::Word(word) => words.push((*word).to_owned()),
            Written::Value(name) => words.push(format!("{name}={}", scalar(value)?)),
            Written::Octal(name) => words.push(format!("{name}={:o}", value.as_i64()?)),
            Written::Pairs(name) => {
                words.extend(pairs(value)?.into_iter().map(|pair| format!("{name}={pair}")));
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
    fn mounts_with_unknown_parts_are_refused() {
        let volume = json!({"Type": "volume", "Source": "z", "Target": "/vz", "VolumeOptions": {"NoCopy": true, "DriverConfig": {}}});
        assert_eq!(text_of(&volume).as_deref(), Some("type=volume,source=z,target=/vz,volume-nocopy"));
        assert_eq!(
            text_of(&json!({"Type": "tmpfs", "Target": "/t", "TmpfsOptions": {"SizeBytes": 5, "Mode": 448}}))
                .as_deref(),
            Some("type=tmpfs,target=/t,tmpfs-size=5,tmpfs-mode=700")
        );
        let driven = json!({"Type": "volume", "Target": "/v", "VolumeOptions": {"Labels": {"a": "b"}, "DriverConfig": {"Name": "local", "Options": {"o": "size=1m,mode=700"}}}});
        let text =
            "type=volume,target=/v,volume-label=a=b,volume-driver=local,\"volume-opt=o=size=1m,mode=700\"";
        assert_eq!(text_of(&driven).as_deref(), Some(text));
        assert_eq!(
            text_of(
                &json!({"Type": "npipe", "Source": "x", "Target": "/i", "PipeOptions": {"Subpath": "y"}})
            ),
            None
        );
        assert_eq!(
            text_of(&json!({"Type": "tmpfs", "Target": "/i", "TmpfsOptions": {"Options": [["exec"]]}})),
            None
        );
    }
}
