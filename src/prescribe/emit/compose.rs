//! Writes a recipe as a compose file with one service.
//!
//! Must not write a value that compose would interpolate: each `$` is doubled.

mod schema;

use std::collections::BTreeMap;

use super::emitted::{EmitError, Emitted, Source};
use super::flag_parts::{Port, limit, pair};
use super::remarks::{env_file_note, leave_hidden_labels};
use super::translate;
use super::untranslated::Ledger;
use super::yaml::{self, Entry, Text};
use crate::prescribe::recipe::{Flag, Mount, Recipe};
use crate::snapshot::EngineKind;
use schema::{EnvFile, External, File, Limit, Logging, Long, PortOf, Service, Storage};

/// Network modes, as opposed to names of networks.
const MODES: [&str; 3] = ["host", "none", "bridge"];

/// Flags with one value, and their compose keys.
const SCALARS: [(&str, &str); 34] = [
    ("--hostname", "hostname"),
    ("--domainname", "domainname"),
    ("--user", "user"),
    ("--workdir", "working_dir"),
    ("--stop-signal", "stop_signal"),
    ("--cgroupns", "cgroup"),
    ("--cgroup-parent", "cgroup_parent"),
    ("--ipc", "ipc"),
    ("--pid", "pid"),
    ("--uts", "uts"),
    ("--userns", "userns_mode"),
    ("--runtime", "runtime"),
    ("--restart", "restart"),
    ("--shm-size", "shm_size"),
    ("--memory", "mem_limit"),
    ("--memory-reservation", "mem_reservation"),
    ("--memory-swap", "memswap_limit"),
    ("--memory-swappiness", "mem_swappiness"),
    ("--oom-score-adj", "oom_score_adj"),
    ("--pids-limit", "pids_limit"),
    ("--cpus", "cpus"),
    ("--cpu-shares", "cpu_shares"),
    ("--cpu-period", "cpu_period"),
    ("--cpu-quota", "cpu_quota"),
    ("--cpu-rt-period", "cpu_rt_period"),
    ("--cpu-rt-runtime", "cpu_rt_runtime"),
    ("--cpuset-cpus", "cpuset"),
    ("--mac-address", "mac_address"),
    ("--tty", "tty"),
    ("--interactive", "stdin_open"),
    ("--init", "init"),
    ("--privileged", "privileged"),
    ("--read-only", "read_only"),
    ("--oom-kill-disable", "oom_kill_disable"),
];
/// The number of switches at the end of [`SCALARS`].
const SWITCHES: usize = 6;
/// Repeatable flags, and their compose keys.
const LISTS: [(&str, &str); 14] = [
    ("--group-add", "group_add"),
    ("--cap-add", "cap_add"),
    ("--cap-drop", "cap_drop"),
    ("--security-opt", "security_opt"),
    ("--device", "devices"),
    ("--device-cgroup-rule", "device_cgroup_rules"),
    ("--dns", "dns"),
    ("--dns-option", "dns_opt"),
    ("--dns-search", "dns_search"),
    ("--add-host", "extra_hosts"),
    ("--expose", "expose"),
    ("--sysctl", "sysctls"),
    ("--annotation", "annotations"),
    ("--link", "external_links"),
];

/// Escapes a text for compose, which interpolates variables in every value.
fn escaped(text: &str) -> String {
    text.replace('$', "$$")
}

fn text(text: &str) -> Text {
    escaped(text).into()
}

fn texts<'t>(list: impl IntoIterator<Item = &'t str>) -> Vec<Text> {
    list.into_iter().map(text).collect()
}

/// Writes the compose file for a recipe.
///
/// # Errors
/// Returns [`EmitError::Yaml`] if it cannot be serialised.
pub fn write(source: &Source<'_>) -> Result<Emitted, EmitError> {
    let (recipe, notes) = translate::to(source.recipe, source.kind, EngineKind::Docker);
    let (file, ledger) = file(&recipe);
    Ok(Emitted::of(yaml::written(&file)?, ledger).after(notes))
}

/// Returns the compose file for a recipe, and what it cannot express.
fn file(recipe: &Recipe) -> (File, Ledger<'_>) {
    let mut ledger = Ledger::new(recipe);
    let mut service = Service {
        image: Some(text(&recipe.image)),
        container_name: Some(text(&recipe.name)),
        ..Service::default()
    };
    // An entrypoint that clears the image's puts its words into the command; compose uses an empty list for
    // that.
    service.entrypoint = recipe.entrypoint.as_ref().map(|words| texts(words.iter().map(String::as_str)));
    service.command = (!recipe.command.is_empty()).then(|| texts(recipe.command.iter().map(String::as_str)));
    service.tell(recipe, &mut ledger);
    service.store(recipe, &mut ledger);
    let networks = service.connect(recipe, &mut ledger);
    service.watch(&mut ledger);
    service.flags(&mut ledger);
    ledger.leave_rest(|flag| without_key(flag).to_owned());
    let external = |name: String| (Text::from(name.clone()), External { name: name.into(), external: true });
    let named = recipe
        .volumes
        .iter()
        .filter(|volume| !volume.source.starts_with('/'))
        .map(|volume| volume.source.clone());
    let mounted =
        recipe.mounts.iter().map(|(_, text)| Mount::of(text)).filter(|mount| mount.kind == "volume");
    let volumes = named.chain(mounted.filter_map(|mount| mount.source)).map(external).collect();
    let file = File {
        services: [(Text::from(recipe.name.clone()), service)].into(),
        networks: networks.into_iter().map(external).collect(),
        volumes,
    };
    (file, ledger)
}

impl Service {
    /// Sets environment and labels.
    fn tell(&mut self, recipe: &Recipe, ledger: &mut Ledger<'_>) {
        if recipe.variables.is_some() {
            self.env_file = vec![EnvFile { path: text(&recipe.env_file()), format: "raw".into() }];
            ledger.note(env_file_note(recipe));
            ledger.note(
                "format: raw needs Compose 2.30; before that, leave it out and look at the values: Compose \
                expands $, takes quotes away and ends a value at \" #\"",
            );
        }
        self.environment =
            recipe.environment.iter().map(|(name, value)| text(&format!("{name}={value}"))).collect();
        let (own, labels): (Vec<&str>, Vec<&str>) =
            ledger.texts("--label").into_iter().partition(|label| label.starts_with("com.docker.compose."));
        self.labels = texts(labels);
        if !own.is_empty() {
            ledger.leave("labels com.docker.compose.*", "Compose writes them itself");
        }
        leave_hidden_labels(recipe, ledger);
    }

    /// Sets mounts.
    fn store(&mut self, recipe: &Recipe, ledger: &mut Ledger<'_>) {
        self.tmpfs = recipe.tmpfs_texts().iter().map(|mount| text(mount)).collect();
        self.volumes = recipe.volumes.iter().map(|volume| Storage::Short(text(&volume.text()))).collect();
        for (target, words) in &recipe.mounts {
            match long(words) {
                Some(long) => self.volumes.push(Storage::Long(long)),
                None => {
                    ledger
                        .leave(&format!("--mount at {target}"), "Compose has no key for one of its options");
                }
            }
        }
        self.volumes_from = ledger
            .texts("--volumes-from")
            .into_iter()
            .map(|from| text(&format!("container:{from}")))
            .collect();
    }

    /// Sets networks and ports; returns the names of the networks.
    fn connect<'r>(&mut self, recipe: &'r Recipe, ledger: &mut Ledger<'r>) -> Vec<String> {
        self.ports = ledger.texts("--publish").into_iter().map(published).collect();
        let chosen = ledger.texts("--network");
        let mode = |name: &&str| MODES.contains(name) || name.contains(':');
        if let Some(name) = chosen.iter().copied().find(|name| mode(name)) {
            self.network_mode = Some(text(name));
        }
        let mut names: Vec<String> =
            chosen.into_iter().filter(|name| !mode(name)).map(str::to_owned).collect();
        for name in &names {
            self.networks.insert(Text::from(name.clone()), BTreeMap::new());
        }
        let first = names.first().cloned().unwrap_or_else(|| "default".to_owned());
        if self.network_mode.is_none() {
            self.first_network(&first, ledger);
        }
        for network in &recipe.networks {
            if self.network_mode.is_some() {
                ledger.leave(
                    &format!("network {}", network.name),
                    "Compose takes either network_mode or networks",
                );
                continue;
            }
            names.push(network.name.clone());
            let mut settings = BTreeMap::new();
            network.flags.iter().for_each(|flag| joined(flag, &mut settings, &network.name, ledger));
            self.networks.insert(Text::from(network.name.clone()), settings);
        }
        names
    }

    /// Sets addresses and aliases in the first network.
    fn first_network(&mut self, name: &str, ledger: &mut Ledger<'_>) {
        let mut settings = BTreeMap::new();
        for (flag, key) in [("--ip", "ipv4_address"), ("--ip6", "ipv6_address")] {
            settings.extend(ledger.text(flag).map(|address| (key, Entry::Text(text(address)))));
        }
        for (flag, key) in [("--network-alias", "aliases"), ("--link-local-ip", "link_local_ips")] {
            let values = ledger.texts(flag);
            settings.extend((!values.is_empty()).then(|| (key, Entry::Texts(texts(values)))));
        }
        if !settings.is_empty() {
            self.networks.insert(Text::from(name), settings);
        }
    }

    /// Sets logging, health check and stop timeout.
    fn watch(&mut self, ledger: &mut Ledger<'_>) {
        let driver = ledger.text("--log-driver").map(text);
        let options: BTreeMap<Text, Text> = ledger
            .texts("--log-opt")
            .into_iter()
            .map(pair)
            .map(|(key, value)| (Text::from(key), text(value)))
            .collect();
        self.logging = (driver.is_some() || !options.is_empty()).then_some(Logging { driver, options });
        if let Some(command) = ledger.text("--health-cmd") {
            self.healthcheck.insert("test", Entry::Texts(vec!["CMD-SHELL".into(), text(command)]));
        }
        let spans = [
            ("--health-interval", "interval"),
            ("--health-timeout", "timeout"),
            ("--health-retries", "retries"),
            ("--health-start-period", "start_period"),
            ("--health-start-interval", "start_interval"),
        ];
        for (flag, key) in spans {
            self.healthcheck.extend(ledger.text(flag).map(|value| (key, Entry::scalar(value, escaped))));
        }
        self.healthcheck
            .extend(ledger.switch("--no-healthcheck").map(|truth| ("disable", Entry::Truth(truth))));
        self.stop_grace_period =
            ledger.text("--stop-timeout").map(|seconds| Text::from(format!("{seconds}s")));
    }

    /// Sets the flags that map to one key each.
    fn flags(&mut self, ledger: &mut Ledger<'_>) {
        let (values, switches) = SCALARS.split_at(SCALARS.len() - SWITCHES);
        self.plain.extend(
            values.iter().filter_map(|(flag, key)| Some((*key, Entry::scalar(ledger.text(flag)?, escaped)))),
        );
        self.plain.extend(
            switches.iter().filter_map(|(flag, key)| Some((*key, Entry::Truth(ledger.switch(flag)?)))),
        );
        for (flag, key) in LISTS {
            let values = ledger.texts(flag);
            self.plain.extend((!values.is_empty()).then(|| (key, Entry::Texts(texts(values)))));
        }
        for limits in ledger.texts("--ulimit") {
            match limit(limits) {
                Some((name, soft, hard)) => drop(self.ulimits.insert(name.into(), Limit { soft, hard })),
                None => ledger.leave(&format!("--ulimit {limits}"), "Compose cannot express this limit"),
            }
        }
        self.storage_opt = ledger
            .texts("--storage-opt")
            .into_iter()
            .map(pair)
            .map(|(key, value)| (key.into(), text(value)))
            .collect();
    }
}

/// Suggests where to express a flag without a compose key, or says that there is no such place.
fn without_key(flag: &str) -> &'static str {
    match flag {
        "--gpus" => "not carried over: write it under deploy.resources.reservations.devices",
        "--rm" => "docker compose down removes the container",
        "--publish-all" => "Compose publishes only the ports it lists",
        flag if flag.starts_with("--blkio-") || flag.starts_with("--device-") => {
            "not carried over: write it under blkio_config"
        }
        _ => "Compose has no key for it",
    }
}

/// Parses a published port.
fn published(words: &str) -> PortOf {
    let port = Port::of(words);
    let protocol = Text::from(port.protocol);
    PortOf {
        target: Entry::scalar(port.inside, escaped),
        published: port.host.map(text),
        host_ip: port.address.map(text),
        protocol,
    }
}

/// Adds a `network connect` flag as a setting of the network.
fn joined(flag: &Flag, settings: &mut BTreeMap<&'static str, Entry>, network: &str, ledger: &mut Ledger<'_>) {
    let value = flag.value.as_deref().unwrap_or_default();
    let (key, many) = match flag.name.as_str() {
        "--alias" => ("aliases", true),
        "--link-local-ip" => ("link_local_ips", true),
        "--ip" => ("ipv4_address", false),
        "--ip6" => ("ipv6_address", false),
        "--gw-priority" => ("gw_priority", false),
        _ => {
            return ledger.leave(
                &format!("{} of the network {network}", flag.words().join(" ")),
                "Compose has no key for it",
            );
        }
    };
    match settings.get_mut(key) {
        Some(Entry::Texts(list)) => list.push(text(value)),
        _ if many => drop(settings.insert(key, Entry::Texts(vec![text(value)]))),
        _ => drop(settings.insert(key, Entry::scalar(value, escaped))),
    }
}

/// Returns the long form of a mount; `None` if it has an option that compose does not support.
fn long(words: &str) -> Option<Long> {
    let mut mount = Mount::of(words);
    let mut long = Long {
        r#type: Some(text(&mount.kind)),
        source: mount.source.as_deref().map(text),
        target: Some(text(&mount.target)),
        read_only: mount.read_only,
        ..Long::default()
    };
    long.bind.extend(mount.take("bind-propagation").map(|way| ("propagation", Entry::Text(text(&way)))));
    long.volume.extend(mount.take("volume-nocopy").map(|_| ("nocopy", Entry::Truth(true))));
    long.volume.extend(mount.take("volume-subpath").map(|path| ("subpath", Entry::Text(text(&path)))));
    long.tmpfs.extend(mount.take("tmpfs-size").map(|size| ("size", Entry::scalar(&size, escaped))));
    if let Some(mode) = mount.take("tmpfs-mode") {
        long.tmpfs.insert("mode", Entry::Number(i64::from_str_radix(&mode, 8).ok()?));
    }
    mount.options.is_empty().then_some(long)
}
