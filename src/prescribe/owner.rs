//! Containers that somebody else keeps: compose, Swarm, Quadlet, Kubernetes, molecule. Their file is where the cure lasts;
//! this turns a finished recipe into the lines for it. Pure.

use super::planner::Plan;
use super::types::Step;

/// Who keeps a container, as its labels tell.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Owner {
    Compose { service: String, files: String },
    Swarm { service: String },
    Quadlet { unit: String },
    Kubernetes { pod: String },
    Molecule,
}

/// The step that gives the lines for the owner's file; `None` where nobody owns the container.
pub fn step(plan: &Plan<'_>) -> Option<Step> {
    let owner = owner(plan)?;
    let ids: Vec<String> = plan.changes.iter().flat_map(|change| change.why.clone()).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let (title, lines) = match &owner {
        Owner::Compose { service, files } => {
            let title = format!(
                "This container belongs to compose: put these lines under services: {service}: in {files} and run docker compose up -d {service}. The steps after this one are for the time until then."
            );
            (title, compose(plan, service))
        }
        Owner::Swarm { service } => {
            let title = format!(
                "This container is a task of the Swarm service {service}: change it in the stack's file and deploy the stack anew. Swarm has no options for control group namespaces and tmpfs comes as a mount of type tmpfs."
            );
            (title, compose(plan, service))
        }
        Owner::Quadlet { unit } => {
            let title = format!(
                "This container is kept by the unit {unit}: put these lines into the [Container] section of its .container file, then systemctl daemon-reload && systemctl restart {unit}."
            );
            (title, quadlet(plan))
        }
        Owner::Kubernetes { pod } => {
            let title = format!(
                "This container belongs to the pod {pod} of Kubernetes: change the pod's manifest; a container that is replaced by hand is put back by the kubelet."
            );
            (title, kubernetes(plan))
        }
        Owner::Molecule => (
            "This container is made by molecule: put these lines under its platform in molecule.yml and run molecule create anew."
                .to_owned(),
            molecule(plan),
        ),
    };
    let text = if lines.is_empty() { title } else { format!("{title}\n\n{}", lines.join("\n")) };
    Some(Step::advice(text, &ids))
}

fn owner(plan: &Plan<'_>) -> Option<Owner> {
    let labels = plan.inspected.config.field("/Config/Labels");
    let label = |name: &str| labels.and_then(|labels| labels.get(name)).and_then(|value| value.as_str()).map(str::to_owned);
    let any =
        |prefix: &str| labels.and_then(|labels| labels.as_object()).is_some_and(|labels| labels.keys().any(|key| key.starts_with(prefix)));
    if let Some(service) = label("com.docker.swarm.service.name") {
        return Some(Owner::Swarm { service });
    }
    if label("com.docker.compose.project").is_some() {
        let service = label("com.docker.compose.service").unwrap_or_else(|| plan.recipe.name.clone());
        let files = label("com.docker.compose.project.config_files").unwrap_or_else(|| "compose.yaml".to_owned());
        return Some(Owner::Compose { service, files });
    }
    if let Some(unit) = label("PODMAN_SYSTEMD_UNIT") {
        return Some(Owner::Quadlet { unit });
    }
    if any("io.kubernetes.") {
        return Some(Owner::Kubernetes { pod: label("io.kubernetes.pod.name").unwrap_or_else(|| "of this name".to_owned()) });
    }
    (label("creator").as_deref() == Some("molecule") || any("molecule") || label("owner").as_deref() == Some("molecule"))
        .then_some(Owner::Molecule)
}

/// A YAML scalar, always quoted.
fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_default()
}

fn list(key: &str, values: &[String], indent: &str) -> Vec<String> {
    if values.is_empty() {
        return Vec::new();
    }
    let entries = values.iter().map(|value| format!("{indent}  - {}", quoted(value)));
    std::iter::once(format!("{indent}{key}:")).chain(entries).collect()
}

/// tmpfs mounts as `path:options`.
fn tmpfs(plan: &Plan<'_>) -> Vec<String> {
    plan.recipe.tmpfs.iter().map(|(path, options)| if options.is_empty() { path.clone() } else { format!("{path}:{options}") }).collect()
}

/// Binds of the control group tree; the owner's file has all others.
fn tree(plan: &Plan<'_>) -> Vec<String> {
    let binds = plan.recipe.volumes.iter().filter(|volume| volume.destination.starts_with("/sys/fs/cgroup"));
    binds.map(|volume| format!("{}:{}:{}", volume.source, volume.destination, volume.options)).collect()
}

fn texts(plan: &Plan<'_>, flag: &str) -> Vec<String> {
    plan.recipe.values(flag).into_iter().map(str::to_owned).collect()
}

fn compose(plan: &Plan<'_>, service: &str) -> Vec<String> {
    let mut lines = vec!["services:".to_owned(), format!("  {}:", quoted(service))];
    let indent = "    ";
    lines.extend(list("tmpfs", &tmpfs(plan), indent));
    lines.extend(list("volumes", &tree(plan), indent));
    lines.extend(list("security_opt", &texts(plan, "--security-opt"), indent));
    lines.extend(list("cap_add", &texts(plan, "--cap-add"), indent));
    let environment: Vec<String> = plan.recipe.environment.iter().map(|(name, value)| format!("{name}={value}")).collect();
    lines.extend(list("environment", &environment, indent));
    for (flag, key) in [
        ("--stop-signal", "stop_signal"),
        ("--cgroupns", "cgroup"),
        ("--cgroup-parent", "cgroup_parent"),
        ("--user", "user"),
        ("--ipc", "ipc"),
        ("--memory", "mem_limit"),
    ] {
        lines.extend(texts(plan, flag).first().map(|value| format!("{indent}{key}: {}", quoted(value))));
    }
    lines.extend(texts(plan, "--pids-limit").first().map(|value| format!("{indent}pids_limit: {value}")));
    lines.extend(plan.cured.contains("docker-init-in-front").then(|| format!("{indent}init: false")));
    lines.extend((!plan.image_lines.is_empty()).then(|| format!("{indent}image: {}", quoted(&plan.recipe.image))));
    lines
}

fn quadlet(plan: &Plan<'_>) -> Vec<String> {
    let mut lines = vec!["[Container]".to_owned()];
    lines.extend(tmpfs(plan).into_iter().map(|mount| format!("Tmpfs={mount}")));
    lines.extend(texts(plan, "--user").first().map(|user| format!("User={user}")));
    lines.extend(texts(plan, "--cap-add").iter().map(|cap| format!("AddCapability={cap}")));
    lines.extend(texts(plan, "--pids-limit").first().map(|limit| format!("PidsLimit={limit}")));
    lines.extend(plan.recipe.has("--systemd").then(|| format!("PodmanArgs=--systemd={}", texts(plan, "--systemd").join(""))));
    lines.extend(texts(plan, "--stop-signal").first().map(|signal| format!("StopSignal={signal}")));
    lines.extend(
        texts(plan, "--security-opt")
            .iter()
            .filter_map(|option| option.strip_prefix("seccomp="))
            .map(|path| format!("SeccompProfile={path}")),
    );
    lines
}

fn kubernetes(plan: &Plan<'_>) -> Vec<String> {
    let mut lines = vec!["spec:".to_owned(), "  containers:".to_owned(), format!("  - name: {}", quoted(&plan.recipe.name))];
    lines.push("    securityContext: { runAsUser: 0 }".to_owned());
    lines.push("    env: [{ name: container, value: docker }]".to_owned());
    if !plan.recipe.tmpfs.is_empty() {
        lines.push("    volumeMounts:".to_owned());
        lines.extend(plan.recipe.tmpfs.keys().map(|path| format!("    - {{ name: {}, mountPath: {path} }}", volume_name(path))));
        lines.push("  volumes:".to_owned());
        lines.extend(plan.recipe.tmpfs.keys().map(|path| format!("  - {{ name: {}, emptyDir: {{ medium: Memory }} }}", volume_name(path))));
    }
    lines
}

fn volume_name(path: &str) -> String {
    path.trim_matches('/').replace(['/', '.', '_'], "-")
}

fn molecule(plan: &Plan<'_>) -> Vec<String> {
    let mut lines = vec!["platforms:".to_owned(), format!("  - name: {}", quoted(&plan.recipe.name))];
    let indent = "    ";
    lines.extend(list("tmpfs", &tmpfs(plan), indent));
    lines.extend(list("volumes", &tree(plan), indent));
    lines.extend(list("security_opts", &texts(plan, "--security-opt"), indent));
    lines.extend(list("capabilities", &texts(plan, "--cap-add"), indent));
    lines.extend(texts(plan, "--cgroupns").first().map(|mode| format!("{indent}cgroupns_mode: {mode}")));
    lines.extend(plan.recipe.environment.iter().map(|(name, value)| format!("{indent}env: {{ {name}: {} }}", quoted(value))));
    lines.push(format!("{indent}command: {}", quoted(&plan.inspected.config.argv().join(" "))));
    lines
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::diagnose::Report;
    use crate::prescribe::inspected::Inspected;
    use crate::prescribe::planner::Plan;
    use crate::render::sample;
    use crate::snapshot::{EngineId, Facts, LogExcerpt, SCHEMA_VERSION, Snapshot, Target, TargetKind};

    /// The lines for the owner of a container with these labels.
    fn lines(labels: &serde_json::Value) -> String {
        let engine = EngineId { name: "docker".to_owned(), version: "28.5.2".to_owned(), api: "1.51".to_owned() };
        let mut facts = Facts::default();
        for (key, value) in
            [("engine.name", json!("docker")), ("engine.major", json!(28)), ("cgroup.mode", json!("v2")), ("cgroup.mount", json!("ro"))]
        {
            facts.set(key, value, "test");
        }
        let container = json!({"Id": "0123", "Config": {"Image": "i", "Labels": labels, "Cmd": ["/sbin/init"]}, "HostConfig": {}});
        let snapshot = Snapshot {
            schema_version: SCHEMA_VERSION,
            target: Target { kind: TargetKind::Container, name: "web".to_owned(), id: None, engine: Some(engine) },
            facts,
            gaps: Vec::new(),
            log: LogExcerpt::default(),
            documents: [("container".to_owned(), container)].into(),
            derived: None,
        };
        let report: Report = sample::failed();
        let inspected = Inspected::of(&snapshot).unwrap();
        let mut plan = Plan::new(&report, &snapshot, &inspected);
        plan.fill();
        super::step(&plan).map(|step| step.title).unwrap_or_default()
    }

    #[test]
    fn each_owner_is_known_by_its_labels() {
        let compose = lines(&json!({"com.docker.compose.project": "p", "com.docker.compose.service": "app"}));
        assert!(
            compose.contains("docker compose up -d app")
                && compose.contains("    tmpfs:\n      - \"/run\"")
                && compose.contains("stop_signal: \"SIGRTMIN+3\""),
            "{compose}"
        );
        assert!(lines(&json!({"com.docker.swarm.service.name": "s"})).contains("Swarm service s"));
        assert!(lines(&json!({"PODMAN_SYSTEMD_UNIT": "web.service"})).contains("Tmpfs=/run\n"));
        assert!(lines(&json!({"io.kubernetes.pod.name": "p"})).contains("emptyDir: { medium: Memory }"));
        assert!(lines(&json!({"creator": "molecule"})).contains("molecule.yml"));
        assert_eq!(lines(&json!({"app": "x"})), "");
    }
}
