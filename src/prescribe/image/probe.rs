//! Names and documents for images: the container through which an image is read, and names derived from an
//! image's name.
//!
//! Must not start anything.

use serde_json::{Value, json};

use crate::facts::program;
use crate::prescribe::trial_names::{TOKEN_LABEL, TRIAL_LABEL};

/// Returns the Engine API document that creates a container from an image, only to read it: with the image's
/// own program if that leads to an init, otherwise with init as the program. `until` is the end of its life,
/// in seconds since 1970; `token` proves who created it.
#[must_use]
pub fn probe(reference: &str, image: &Value, until: i64, token: &str) -> Value {
    let words = |key: &str| -> Vec<String> {
        let list = image.pointer(&format!("/Config/{key}")).and_then(Value::as_array);
        list.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let argv = [words("Entrypoint"), words("Cmd")].concat();
    let mut document =
        json!({"Image": reference, "Labels": {TRIAL_LABEL: until.to_string(), TOKEN_LABEL: token}});
    if program::of_argv(&argv, None).init.is_none() {
        document["Cmd"] = json!(["/sbin/init"]);
        if !words("Entrypoint").is_empty() {
            document["Entrypoint"] = json!(["/sbin/init"]);
            document["Cmd"] = json!([]);
        }
    }
    document
}

/// Converts a reference to part of a container's name: `registry/group/name:tag` gives `name-tag`, without
/// the tag if it is `latest`.
#[must_use]
pub fn name_after(reference: &str) -> String {
    let (name, tag) = split(reference);
    let last = name.rsplit('/').next().unwrap_or(name);
    let tag = tag.filter(|tag| *tag != "latest").map(|tag| format!("-{tag}")).unwrap_or_default();
    let tame: String = format!("{last}{tag}")
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || "_.-".contains(c) { c } else { '-' })
        .collect();
    let tame = tame.trim_start_matches(|c: char| !c.is_ascii_alphanumeric());
    if tame.is_empty() { "image".to_owned() } else { tame.to_owned() }
}

/// Returns the name of the image built from a base: `name-systemd:tag`, without the registry host.
#[must_use]
pub fn tag_after(reference: &str) -> String {
    let (name, tag) = split(reference);
    let path = match name.split_once('/') {
        Some((host, path)) if host.contains(['.', ':']) || host == "localhost" => path,
        _ => name,
    };
    let path = if path.is_empty() { "image" } else { path };
    let stem = path.strip_suffix("-systemd").unwrap_or(path);
    format!("{stem}-systemd:{}", tag.unwrap_or("latest"))
}

/// Splits a reference into name and tag; drops a digest, and returns no name for a bare ID.
fn split(reference: &str) -> (&str, Option<&str>) {
    let reference = reference.split('@').next().unwrap_or_default();
    let hex = |text: &str| text.len() >= 12 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if let Some(id) = reference.strip_prefix("sha256:").or(Some(reference)).filter(|id| hex(id)) {
        return ("image", id.get(..12));
    }
    match reference.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => (name, Some(tag)),
        _ => (reference, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_is_read_as_it_starts() {
        let image = |entrypoint: &[&str], command: &[&str]| json!({"Config": {"Entrypoint": entrypoint, "Cmd": command}});
        let probe = |reference: &str, image: &Value, until| probe(reference, image, until, "f00");
        let labels = json!({"sysdock.trial": "7", "sysdock.trial.token": "f00"});
        assert_eq!(
            probe("i", &image(&["/sbin/init"], &["--log-level=info"]), 7),
            json!({"Image": "i", "Labels": labels})
        );
        assert_eq!(probe("i", &image(&[], &["bash"]), 7)["Cmd"], json!(["/sbin/init"]));
        let wrapped = probe("i", &image(&["/entry.sh"], &["serve"]), 7);
        assert_eq!((&wrapped["Entrypoint"], &wrapped["Cmd"]), (&json!(["/sbin/init"]), &json!([])));
        assert_eq!(probe("i", &json!({}), 7)["Cmd"], json!(["/sbin/init"]));
    }

    #[test]
    fn names_come_from_references() {
        let id = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
        for (reference, name, tag) in [
            ("debian", "debian", "debian-systemd:latest"),
            ("debian:12", "debian-12", "debian-systemd:12"),
            ("host.example:5000/team/web:1.2", "web-1.2", "team/web-systemd:1.2"),
            ("localhost/deb-systemd:sid", "deb-systemd-sid", "deb-systemd:sid"),
            ("web@sha256:00", "web", "web-systemd:latest"),
            (id, "image-0123456789ab", "image-systemd:0123456789ab"),
        ] {
            assert_eq!((name_after(reference).as_str(), tag_after(reference).as_str()), (name, tag));
        }
    }
}
