//! The command line that Podman keeps with a container. It tells what Podman's other documents do not. Pure.

use super::Config;

/// Returns whether a container was created with an option of this value, as one word or two. Words that
/// follow the image are the container's own and do not count.
#[must_use]
pub fn asks_for(config: &Config<'_>, option: &str, value: &str) -> bool {
    let words = config.native.and_then(|native| native.pointer("/Config/CreateCommand")?.as_array());
    let argv = config.argv();
    let options: Vec<&str> = words
        .into_iter()
        .flatten()
        .filter_map(|word| word.as_str())
        .take_while(|word| argv.first().is_none_or(|program| program != word))
        .collect();
    let one_word = format!("{option}={value}");
    options.windows(2).any(|pair| pair == [option, value]) || options.contains(&one_word.as_str())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::facts::mounts::configured;
    use crate::snapshot::{EngineKind, Facts, key};

    #[test]
    fn podman_4_shows_only_in_its_command_line_that_there_is_no_shared_memory() {
        let inspect = json!({"HostConfig": {"IpcMode": "shareable"}, "Config": {"Cmd": ["/sbin/init", "--ipc", "none"]}});
        let there = |flags: &[&str]| {
            let line = [&["podman", "run"][..], flags, &["image", "/sbin/init", "--ipc", "none"]].concat();
            let native = json!({"Config": {"CreateCommand": line}});
            let mut facts = Facts::default();
            configured(&Config::live(&inspect, Some(&native), EngineKind::Podman), &mut facts);
            facts.get(key::MOUNT_DEV_SHM)
        };
        assert_eq!(there(&[]), Some(true));
        assert_eq!((there(&["--ipc", "none"]), there(&["--ipc=none"])), (Some(false), Some(false)));
    }
}
