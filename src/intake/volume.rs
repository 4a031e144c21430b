//! Mounts as the CLIs write them: `-v source:target:options`, `--mount type=…`, `--tmpfs path:options`.

use serde_json::{Value, json};

/// Returns a short volume as an entry of inspect's `Mounts`.
#[must_use]
pub fn short(text: &str) -> Option<Value> {
    let text = text.trim();
    // The colon of a Windows drive letter is not a separator.
    let skip = if text.get(1..3).is_some_and(|part| part == ":\\" || part == ":/") && !text.starts_with('/') {
        2
    } else {
        0
    };
    let (source, rest) = match text.get(skip..)?.split_once(':') {
        Some((_, rest)) => (&text[..text.len() - rest.len() - 1], rest),
        None => ("", text),
    };
    let (target, options) = rest.split_once(':').unwrap_or((rest, ""));
    let path = source.starts_with(['/', '.', '~', '$', '%']) || skip > 0;
    let kind = if path { "bind" } else { "volume" };
    target.starts_with(['/', '$']).then(|| entry(kind, source, target, options))
}

/// Returns the entry of a long mount: `type=bind,source=/a,target=/b,readonly`.
#[must_use]
pub fn long(text: &str) -> Option<Value> {
    let value = |names: &[&str]| {
        text.split(',').find_map(|part| {
            let (name, value) = part.split_once('=').unwrap_or((part, "true"));
            names.contains(&name.trim()).then(|| value.trim().to_owned())
        })
    };
    let kind = value(&["type"]).unwrap_or_else(|| "volume".to_owned());
    let target = value(&["target", "destination", "dst"])?;
    let read_only = value(&["readonly", "ro"]).is_some_and(|value| value != "false");
    let mut options: Vec<String> =
        value(&["tmpfs-size"]).map(|size| format!("size={size}")).into_iter().collect();
    if read_only {
        options.push("ro".to_owned());
    }
    Some(entry(&kind, &value(&["source", "src"]).unwrap_or_default(), &target, &options.join(",")))
}

fn entry(kind: &str, source: &str, target: &str, options: &str) -> Value {
    let writable = !options.split(',').any(|option| matches!(option, "ro" | "readonly"));
    json!({"Type": kind, "Source": source, "Destination": target, "RW": writable, "Mode": options})
}

/// Returns the path and options of `--tmpfs`.
#[must_use]
pub fn tmpfs(text: &str) -> (String, Value) {
    let (path, options) = text.split_once(':').unwrap_or((text, ""));
    (path.trim().to_owned(), json!(options))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_volumes_are_told_apart() {
        let kind = |text: &str| {
            short(text).map(|mount| {
                format!("{} {} {} {}", mount["Type"], mount["Source"], mount["Destination"], mount["RW"])
            })
        };
        assert_eq!(kind("/a:/b:ro").as_deref(), Some(r#""bind" "/a" "/b" false"#));
        assert_eq!(kind("/a:/b:Z").as_deref(), Some(r#""bind" "/a" "/b" true"#));
        assert_eq!(kind("data:/b").as_deref(), Some(r#""volume" "data" "/b" true"#));
        assert_eq!(kind("/run").as_deref(), Some(r#""volume" "" "/run" true"#));
        assert_eq!(kind(r"C:\src:/b").as_deref(), Some(r#""bind" "C:\\src" "/b" true"#));
        assert_eq!(kind("nonsense"), None);
    }
}
