//! Writes a recipe as a Kubernetes pod with one container.
//!
//! Must not carry over control group flags: cluster runtimes have none of them.

mod schema;

use std::collections::BTreeMap;

use super::emitted::{EmitError, Emitted, Source as Written};
use super::flag_parts::{Port, pair};
use super::remarks::{env_file_note, leave_hidden_labels};
use super::translate;
use super::untranslated::Ledger;
use super::yaml::{self, Entry, Text};
use crate::facts::size::bytes;
use crate::prescribe::recipe::{Mount, Recipe};
use schema::{
    Container, FromSecret, Metadata, Opening, Pair, Pod, PodSecurity, Profile, Resources, Source, Spec,
    Volume, VolumeMount,
};

/// Escapes a text in which the kubelet expands variables.
fn expanded(text: &str) -> Text {
    text.replace("$(", "$$(").into()
}

/// Writes the manifest for a recipe.
///
/// # Errors
/// Returns [`EmitError::Yaml`] if it cannot be serialised.
pub fn write(source: &Written<'_>) -> Result<Emitted, EmitError> {
    let recipe = translate::cluster(source.recipe, source.kind);
    let (pod, ledger) = pod(&recipe);
    Ok(Emitted::of(yaml::written(&pod)?, ledger))
}

/// Returns the manifest for a recipe without control group flags, and what it cannot express.
fn pod(recipe: &Recipe) -> (Pod, Ledger<'_>) {
    let mut ledger = Ledger::new(recipe);
    let name = dns_name(&recipe.name);
    let mut container = Container {
        name: Some(name.clone().into()),
        image: Some(recipe.image.as_str().into()),
        ..Container::default()
    };
    let mut spec = Spec::default();
    container.program(recipe);
    container.tell(recipe, &name, &mut ledger);
    container.ports =
        ledger.texts("--publish").into_iter().filter_map(|words| port(words, &mut ledger)).collect();
    container.limits(&mut ledger);
    container.secure(&mut ledger);
    store(recipe, &mut container, &mut spec, &mut ledger);
    if let Some(signal) = ledger.text("--stop-signal") {
        container.lifecycle = Some([("stopSignal", signal.into())].into());
        spec.os = Some([("name", "linux".into())].into());
        ledger.note(
            "lifecycle.stopSignal needs Kubernetes 1.33 with the feature ContainerStopSignals; before \
                that, STOPSIGNAL in the image",
        );
    }
    spec.settings(&mut ledger);
    spec.containers.push(container);
    let (own, labels): (Vec<&str>, Vec<&str>) =
        ledger.texts("--label").into_iter().partition(|label| label.starts_with("io.kubernetes."));
    if !own.is_empty() {
        ledger.leave("labels io.kubernetes.*", "the kubelet writes them itself");
    }
    let annotations = labels.into_iter().map(pair).map(|(key, value)| (key.into(), value.into())).collect();
    recipe
        .networks
        .iter()
        .for_each(|network| ledger.leave(&format!("network {}", network.name), "a pod has one network"));
    ledger.note(
        "the node's runtime decides whether a container's cgroups are writable: containerd 2.1 with \
        cgroup_writable = true for its runtime, CRI-O with the annotation \
        cgroup2-mount-hierarchy-rw.crio.io: \"true\" (older: \
        io.kubernetes.cri-o.cgroup2-mount-hierarchy-rw), which must be listed in the runtime's \
        allowed_annotations",
    );
    ledger.leave_rest(|flag| without_key(flag).to_owned());
    let metadata = Metadata { name: name.into(), annotations };
    (Pod { api_version: "v1".into(), kind: "Pod".into(), metadata, spec }, ledger)
}

impl Container {
    /// Sets entrypoint and command.
    fn program(&mut self, recipe: &Recipe) {
        let words = |list: &[String]| {
            Some(list.iter().map(|word| expanded(word)).collect()).filter(|list: &Vec<Text>| !list.is_empty())
        };
        match recipe.entrypoint.as_deref() {
            // A cleared entrypoint makes the command the program.
            Some([]) => self.command = words(&recipe.command),
            entrypoint => {
                self.command = entrypoint.and_then(words);
                self.args = words(&recipe.command);
            }
        }
    }

    /// Sets environment, terminal and working directory.
    fn tell(&mut self, recipe: &Recipe, name: &str, ledger: &mut Ledger<'_>) {
        self.env = recipe
            .environment
            .iter()
            .map(|(name, value)| Pair { name: name.as_str().into(), value: expanded(value) })
            .collect();
        if recipe.variables.is_some() {
            let secret = format!("{name}-env");
            ledger.note(env_file_note(recipe));
            ledger.note(format!(
                "create the secret from that file: kubectl create secret generic {secret} \
                    --from-env-file={}; for podman kube play, put its YAML (--dry-run=client -o yaml) in \
                    front of the pod, separated by ---",
                recipe.env_file()
            ));
            self.env_from.push(FromSecret { secret_ref: [("name", secret.into())].into() });
        }
        leave_hidden_labels(recipe, ledger);
        for (flag, key) in [("--tty", "tty"), ("--interactive", "stdin")] {
            self.plain.extend(ledger.switch(flag).map(|truth| (key, Entry::Truth(truth))));
        }
        self.plain.extend(ledger.text("--workdir").map(|path| ("workingDir", Entry::Text(path.into()))));
    }

    /// Sets memory and CPU limits.
    fn limits(&mut self, ledger: &mut Ledger<'_>) {
        let mut limits = BTreeMap::new();
        if let Some(memory) = ledger.text("--memory") {
            // In Kubernetes, `m` means a thousandth, so the value is written in bytes.
            limits.insert(
                "memory",
                bytes(memory).map_or_else(|| memory.into(), |bytes| bytes.to_string().into()),
            );
        }
        limits.extend(ledger.text("--cpus").map(|cpus| ("cpu", cpus.into())));
        self.resources = (!limits.is_empty()).then_some(Resources { limits });
    }

    /// Sets the security context.
    fn secure(&mut self, ledger: &mut Ledger<'_>) {
        let context = &mut self.security_context;
        if let Some(user) = ledger.text("--user") {
            let (user, group) =
                user.split_once(':').map_or((user, None), |(user, group)| (user, Some(group)));
            for (name, key) in [(Some(user), "runAsUser"), (group, "runAsGroup")] {
                match name.map(|name| if name == "root" { "0" } else { name }).map(str::parse::<i64>) {
                    Some(Ok(id)) => drop(context.plain.insert(key, Entry::Number(id))),
                    Some(Err(_)) => ledger.leave(
                        &format!("--user {}", name.unwrap_or_default()),
                        "a pod accepts only numeric \
                            IDs",
                    ),
                    None => {}
                }
            }
        }
        for (flag, key) in [("--read-only", "readOnlyRootFilesystem"), ("--privileged", "privileged")] {
            context.plain.extend(ledger.switch(flag).map(|truth| (key, Entry::Truth(truth))));
        }
        for (flag, key) in [("--cap-add", "add"), ("--cap-drop", "drop")] {
            let caps: Vec<Text> =
                ledger.texts(flag).into_iter().map(|cap| cap.trim_start_matches("CAP_").into()).collect();
            context.capabilities.extend((!caps.is_empty()).then_some((key, caps)));
        }
        if !ledger.after("--security-opt", "no-new-privileges").is_empty() {
            context.plain.insert("allowPrivilegeEscalation", Entry::Truth(false));
        }
        if let Some(path) = ledger.after("--security-opt", "seccomp=").pop() {
            let file = path.rsplit('/').next().unwrap_or(path);
            ledger.note(format!(
                "put the profile at seccomp/{file} below the kubelet's folder (/var/lib/kubelet) on the nodes"
            ));
            context.seccomp_profile = Some(Profile {
                r#type: "Localhost".into(),
                localhost_profile: format!("seccomp/{file}").into(),
            });
        }
    }
}

impl Spec {
    /// Sets the fields of the whole pod.
    fn settings(&mut self, ledger: &mut Ledger<'_>) {
        let hostname = ledger.text("--hostname").map(|name| ("hostname", Entry::Text(name.into())));
        self.plain.extend(hostname);
        for (flag, key) in [("--network", "hostNetwork"), ("--pid", "hostPID"), ("--ipc", "hostIPC")] {
            for value in ledger.texts(flag) {
                match value {
                    "host" => drop(self.plain.insert(key, Entry::Truth(true))),
                    "private" | "shareable" if flag == "--ipc" => {}
                    value => ledger.leave(&format!("{flag} {value}"), "a pod has its own, or the host's"),
                }
            }
        }
        let policy = ledger.text("--restart");
        if let Some(counted) = policy.filter(|policy| policy.contains(':')) {
            ledger.leave(&format!("--restart {counted}"), "a pod does not limit its restarts");
        }
        let policy =
            policy.map(|policy| if policy.starts_with("on-failure") { "OnFailure" } else { "Always" });
        self.plain.insert("restartPolicy", Entry::Text(policy.unwrap_or("Never").into()));
        let patience = ledger.text("--stop-timeout").map(|seconds| Entry::scalar(seconds, str::to_owned));
        self.plain.extend(patience.map(|seconds| ("terminationGracePeriodSeconds", seconds)));
        let sysctls = ledger.texts("--sysctl").into_iter().map(pair);
        let sysctls: Vec<Pair> =
            sysctls.map(|(name, value)| Pair { name: name.into(), value: value.into() }).collect();
        self.security_context = (!sysctls.is_empty()).then_some(PodSecurity { sysctls });
    }
}

/// Sets the container's mounts and the pod's volumes.
fn store(recipe: &Recipe, container: &mut Container, spec: &mut Spec, ledger: &mut Ledger<'_>) {
    for (path, options) in &recipe.tmpfs {
        let size = options.split(',').find_map(|option| option.strip_prefix("size="));
        let size_limit =
            size.map(|size| bytes(size).map_or_else(|| size.into(), |bytes| bytes.to_string().into()));
        let known = |option: &&str| {
            option.is_empty() || option.starts_with("size=") || matches!(*option, "exec" | "rw")
        };
        for option in options.split(',').filter(|option| !known(option)) {
            ledger.leave(&format!("{option} of the tmpfs on {path}"), "an emptyDir has no mount options");
        }
        mount(path, false, Source::EmptyDir { medium: "Memory".into(), size_limit }, container, spec);
    }
    for volume in &recipe.volumes {
        let read_only = volume.options.split(',').any(|option| option == "ro");
        for option in volume.options.split(',').filter(|option| !matches!(*option, "" | "ro" | "rw")) {
            ledger.leave(
                &format!("{option} of the volume at {}", volume.destination),
                "a pod mounts volumes without it",
            );
        }
        mount(&volume.destination, read_only, source(&volume.source, ledger), container, spec);
    }
    for (target, words) in &recipe.mounts {
        let asked = Mount::of(words);
        match (asked.source.as_deref(), asked.options.as_slice()) {
            (Some(from), []) if matches!(asked.kind.as_str(), "bind" | "volume") => {
                mount(target, asked.read_only, source(from, ledger), container, spec);
            }
            _ => ledger.leave(
                &format!("--mount at {target}"),
                "a pod has no volume of that kind or with these options",
            ),
        }
    }
}

/// Adds a volume and its mount, both named after the path.
fn mount(path: &str, read_only: bool, source: Source, container: &mut Container, spec: &mut Spec) {
    let mut name = dns_name(path);
    if spec.volumes.iter().any(|volume| volume.name.0 == name) {
        name = format!("{name}-{}", spec.volumes.len());
    }
    container.volume_mounts.push(VolumeMount {
        name: name.as_str().into(),
        mount_path: path.into(),
        read_only,
    });
    spec.volumes.push(Volume { name: name.into(), source });
}

/// Returns a path of the node, or a persistent volume claim for a named volume.
fn source(from: &str, ledger: &mut Ledger<'_>) -> Source {
    if from.starts_with('/') {
        return Source::HostPath { path: from.into() };
    }
    let claim = dns_name(from);
    ledger.note(format!("create the claim {claim} first, with the contents of the volume {from}"));
    Source::Claim { claim_name: claim.into() }
}

/// Suggests where to express a flag without a manifest field, or says that there is no such place.
fn without_key(flag: &str) -> &'static str {
    match flag {
        "--dns" | "--dns-option" | "--dns-search" => "not carried over: write it under dnsConfig of the pod",
        "--add-host" => "not carried over: write it under hostAliases of the pod",
        "--no-healthcheck" => "a pod has no implicit health check",
        flag if flag.starts_with("--health-") => {
            "not carried over: write it as livenessProbe of the container"
        }
        _ => "a pod has no key for it",
    }
}

/// Parses a published port; returns `None` for a range.
fn port(words: &str, ledger: &mut Ledger<'_>) -> Option<Opening> {
    let port = Port::of(words);
    if port.inside.parse::<u16>().is_err() || port.host.is_some_and(|host| host.parse::<u16>().is_err()) {
        ledger.leave(&format!("--publish {words}"), "a pod accepts only single ports");
        return None;
    }
    let number = |text: &str| Entry::scalar(text, str::to_owned);
    Some(Opening {
        container_port: number(port.inside),
        host_port: port.host.map(number),
        host_ip: port.address.map(Text::from),
        protocol: port.protocol.to_uppercase().into(),
    })
}

/// Returns a valid object name: lower-case letters, digits and dashes, at most 50 characters.
fn dns_name(text: &str) -> String {
    let tame: String =
        text.to_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let words: Vec<&str> = tame.split('-').filter(|word| !word.is_empty()).collect();
    let name: String = words.join("-").chars().take(50).collect();
    if name.is_empty() { "container".to_owned() } else { name.trim_end_matches('-').to_owned() }
}
