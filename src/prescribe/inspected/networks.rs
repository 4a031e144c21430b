//! Converts a container's networks to flags of `run` for the first and of `network connect` for the others.
//!
//! Must not request what the engine adds by itself, such as the alias of the short ID.

use serde_json::Value;

use super::create_command::CreateCommand;
use crate::facts::Config;
use crate::prescribe::recipe::{Flag, Network, Recipe};
use crate::snapshot::EngineKind;

/// Network modes that are the engine's default.
const DEFAULT: [&str; 6] = ["", "default", "bridge", "slirp4netns", "pasta", "nat"];

/// The network that Podman joins a container to by default.
const PODMAN_DEFAULT: &str = "podman";

/// Adds the networks to a recipe.
pub fn carry(config: &Config<'_>, asked: CreateCommand<'_>, recipe: &mut Recipe) {
    let mode = config.text("/HostConfig/NetworkMode").unwrap_or_default();
    if config.kind == EngineKind::Podman && asked.knows() {
        return as_asked(config, asked, recipe);
    }
    let disabled = config.flag("/Config/NetworkDisabled");
    if !DEFAULT.contains(&mode) {
        recipe.push("--network", Some(mode.to_owned()));
        if disabled {
            recipe.refused.push("Config.NetworkDisabled: no flag is known for it".to_owned());
        }
    } else if disabled {
        // Docker sets it by itself where it has no bridge; a client of its API may have asked for it.
        recipe.push("--network", Some("none".to_owned()));
    }
    for (name, settings) in
        config.field("/NetworkSettings/Networks").and_then(Value::as_object).into_iter().flatten()
    {
        let first = name == mode
            || settings
                .get("NetworkID")
                .and_then(Value::as_str)
                .is_some_and(|network| !network.is_empty() && network == mode);
        if first || name == "bridge" && DEFAULT.contains(&mode) || mode == "host" || mode == "none" {
            own_network(settings, config, recipe);
        } else if config.kind == EngineKind::Podman && DEFAULT.contains(&mode) {
            if name != PODMAN_DEFAULT {
                recipe.push("--network", Some(name.clone()));
            }
        } else {
            let flags = flags(settings, config, "--alias");
            recipe.networks.push(Network { name: name.clone(), flags });
        }
    }
}

/// Adds the networks of Podman's command line, and those that were joined later.
fn as_asked(config: &Config<'_>, asked: CreateCommand<'_>, recipe: &mut Recipe) {
    let named = asked.values(&["--network", "--net"]);
    for value in &named {
        recipe.push("--network", Some((*value).to_owned()));
    }
    for flag in ["--ip", "--ip6", "--mac-address", "--network-alias"] {
        for value in asked.values(&[flag]) {
            recipe.push(flag, Some(value.to_owned()));
        }
    }
    let first = |name: &str| {
        named.iter().flat_map(|value| value.split(',')).any(|value| value.split(':').next() == Some(name))
    };
    for (name, settings) in
        config.field("/NetworkSettings/Networks").and_then(Value::as_object).into_iter().flatten()
    {
        if !(first(name) || named.is_empty() && name == PODMAN_DEFAULT) {
            recipe.networks.push(Network { name: name.clone(), flags: flags(settings, config, "--alias") });
        }
    }
}

/// Adds the settings of the container's first network; [`Recipe::run`] appends those without a dedicated flag
/// to the network's name.
fn own_network(settings: &Value, config: &Config<'_>, recipe: &mut Recipe) {
    recipe.flags.extend(flags(settings, config, "--network-alias"));
}

/// Writes the settings of a network as flags.
fn flags(settings: &Value, config: &Config<'_>, alias: &str) -> Vec<Flag> {
    let mut flags = Vec::new();
    let mut give = |name: &str, value: String| flags.push(Flag { name: name.to_owned(), value: Some(value) });
    let text =
        |pointer: &str| settings.pointer(pointer).and_then(Value::as_str).filter(|text| !text.is_empty());
    let list = |pointer: &str| {
        settings.pointer(pointer).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
    };
    for (pointer, name) in [("/IPAMConfig/IPv4Address", "--ip"), ("/IPAMConfig/IPv6Address", "--ip6")] {
        if let Some(address) = text(pointer) {
            give(name, address.to_owned());
        }
    }
    list("/IPAMConfig/LinkLocalIPs").for_each(|address| give("--link-local-ip", address.to_owned()));
    // The engine adds the short ID by itself.
    list("/Aliases").filter(|name| !config.is_short_id(name)).for_each(|name| give(alias, name.to_owned()));
    list("/Links").for_each(|link| give("--link", link.to_owned()));
    for (key, value) in settings.get("DriverOpts").and_then(Value::as_object).into_iter().flatten() {
        give("--driver-opt", format!("{key}={}", value.as_str().unwrap_or_default()));
    }
    if let Some(priority) =
        settings.get("GwPriority").and_then(Value::as_i64).filter(|priority| *priority != 0)
    {
        give("--gw-priority", priority.to_string());
    }
    flags
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_container_without_a_network_stays_without_one() {
        let carried = |mode: &str, disabled: bool| {
            let inspect =
                json!({"Config": {"NetworkDisabled": disabled}, "HostConfig": {"NetworkMode": mode}});
            let mut recipe = Recipe::default();
            carry(&Config::live(&inspect, None, EngineKind::Docker), CreateCommand::default(), &mut recipe);
            (recipe.values("--network").join(" "), recipe.refused.len())
        };
        assert_eq!(carried("bridge", true), ("none".to_owned(), 0));
        assert_eq!(carried("default", true), ("none".to_owned(), 0));
        assert_eq!(carried("bridge", false), (String::new(), 0));
        assert_eq!(carried("none", false), ("none".to_owned(), 0));
        assert_eq!(carried("front", true), ("front".to_owned(), 1), "it is refused by name");
    }

    #[test]
    fn the_first_network_is_given_at_the_start_and_others_are_joined() {
        let inspect = json!({"Id": "abcdef0123456789", "HostConfig": {"NetworkMode": "front"}, "NetworkSettings": {"Networks": {
            "front": {"IPAMConfig": {"IPv4Address": "10.0.0.5"}, "Aliases": ["ab", "abcdef012345"], "DriverOpts": {"o": "1,2"}, "GwPriority": 3},
            "back": {"IPAMConfig": null, "Aliases": ["db"], "DriverOpts": {"a": "b"}}}}});
        let mut recipe = Recipe::default();
        carry(&Config::live(&inspect, None, EngineKind::Docker), CreateCommand::default(), &mut recipe);
        let words = |flags: &[Flag]| flags.iter().flat_map(Flag::words).collect::<Vec<_>>().join(" ");
        assert_eq!(
            words(&recipe.flags),
            "--network front --ip 10.0.0.5 --network-alias ab --driver-opt o=1,2 --gw-priority 3"
        );
        let run = recipe.run(&crate::prescribe::engine_cli::Reach::by_itself(EngineKind::Docker)).join(" ");
        assert!(
            run.contains("--network name=front,\"driver-opt=o=1,2\",gw-priority=3 --ip 10.0.0.5"),
            "{run}"
        );
        assert!(!run.contains("--driver-opt"), "{run}");
        assert_eq!(recipe.networks[0].name, "back");
        assert_eq!(words(&recipe.networks[0].flags), "--alias db --driver-opt a=b");
    }
}
