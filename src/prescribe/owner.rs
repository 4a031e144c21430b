//! Containers that somebody else keeps: compose, Swarm, Quadlet, Kubernetes, molecule. Their file is where the cure lasts;
//! this picks the form of it, and the changed part of a finished recipe in that form. Pure.

use super::emit::{self, Form};
use super::planner::Plan;
use super::recipe::Recipe;
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
    let title = title(&owner);
    let lines = owner.lines(plan).unwrap_or_default();
    let text = if lines.is_empty() { title } else { format!("{title}\n\n{}", lines.trim_end()) };
    Some(Step::advice(text, &ids))
}

/// What to do with the lines.
fn title(owner: &Owner) -> String {
    match owner {
        Owner::Compose { service, files } => {
            format!(
                "This container belongs to compose: put these lines under services: {service}: in {files} and run docker compose up -d {service}. The steps after this one are for the time until then."
            )
        }
        Owner::Swarm { service } => {
            format!(
                "This container is a task of the Swarm service {service}: change it in the stack's file and deploy the stack anew. Swarm has no options for control group namespaces and tmpfs comes as a mount of type tmpfs."
            )
        }
        Owner::Quadlet { unit } => {
            format!(
                "This container is kept by the unit {unit}: put these lines into the [Container] section of its .container file, then systemctl daemon-reload && systemctl restart {unit}."
            )
        }
        Owner::Kubernetes { pod } => {
            format!(
                "This container belongs to the pod {pod} of Kubernetes: change the pod's manifest; a container that is replaced by hand is put back by the kubelet."
            )
        }
        Owner::Molecule => {
            "This container is made by molecule: put these lines under its platform in molecule.yml and run molecule create anew."
                .to_owned()
        }
    }
}

impl Owner {
    /// The changed part of its file; `None` where that cannot be written.
    fn lines(&self, plan: &Plan<'_>) -> Option<String> {
        let form = match self {
            Self::Compose { .. } | Self::Swarm { .. } => Form::Compose,
            Self::Quadlet { .. } => Form::Quadlet,
            Self::Kubernetes { .. } => Form::Kubernetes,
            Self::Molecule => Form::Molecule,
        };
        let known_as = |recipe: Recipe| match self {
            Self::Compose { service, .. } | Self::Swarm { service } => Recipe { name: service.clone(), ..recipe },
            _ => recipe,
        };
        let (before, after) = (plan.inspected.recipe(&plan.recipe.name), plan.recipe.clone());
        emit::patch(&known_as(before), &known_as(after), plan.inspected.config.kind, form).ok()
    }
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Recipe, emit, emit::Form};
    use crate::diagnose::Report;
    use crate::prescribe::inspected::Inspected;
    use crate::prescribe::planner::Plan;
    use crate::prescribe::recipe::Volume;
    use crate::render::sample;
    use crate::snapshot::{EngineId, EngineKind, Facts, LogExcerpt, SCHEMA_VERSION, Snapshot, Target, TargetKind};

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
        let mut plan = Plan::named(&snapshot.target.name, &report, &snapshot, &inspected);
        plan.fill();
        super::step(&plan).map(|step| step.title).unwrap_or_default()
    }

    #[test]
    fn each_owner_is_known_by_its_labels() {
        let compose = lines(&json!({"com.docker.compose.project": "p", "com.docker.compose.service": "app"}));
        assert!(compose.contains("docker compose up -d app"), "{compose}");
        assert!(lines(&json!({"com.docker.swarm.service.name": "s"})).contains("Swarm service s"));
        assert!(lines(&json!({"PODMAN_SYSTEMD_UNIT": "web.service"})).contains("\nTmpfs=/run\n"));
        assert!(lines(&json!({"io.kubernetes.pod.name": "p"})).contains("pod p"));
        assert!(lines(&json!({"creator": "molecule"})).contains("molecule.yml"));
        assert_eq!(lines(&json!({"app": "x"})), "");
    }

    #[test]
    fn what_has_to_go_is_said_above_the_lines() {
        let recipe = |init: bool| {
            let mut recipe = Recipe { name: "web".to_owned(), image: "i".to_owned(), ..Recipe::default() };
            recipe.push(if init { "--init" } else { "--tty" }, None);
            recipe.volumes.extend(init.then(|| Volume::same("/sys/fs/cgroup", "ro")));
            recipe
        };
        let told = |form| emit::patch(&recipe(true), &recipe(false), EngineKind::Podman, form).unwrap();
        assert_eq!(
            told(Form::Quadlet),
            "# take out Volume=/sys/fs/cgroup:/sys/fs/cgroup:ro\n# take out PodmanArgs=--init\n[Container]\nPodmanArgs=--tty\n"
        );
        let told = emit::patch(&recipe(true), &recipe(false), EngineKind::Docker, Form::Compose).unwrap();
        let volume = "# take out services.web.volumes: - /sys/fs/cgroup:/sys/fs/cgroup:ro\n";
        assert_eq!(told, format!("{volume}# take out services.web.init: true\nservices:\n  web:\n    tty: true\n"));
        assert_eq!(emit::patch(&recipe(true), &recipe(true), EngineKind::Docker, Form::Compose).unwrap(), "");
    }

    /// The lines behind the title, read as YAML.
    fn patch(labels: &serde_json::Value) -> yaml_serde::Value {
        yaml_serde::from_str(lines(labels).split_once("\n\n").unwrap().1).unwrap()
    }

    #[test]
    fn the_lines_are_the_changed_part_of_the_file() {
        let compose = patch(&json!({"com.docker.compose.project": "p", "com.docker.compose.service": "no"}));
        let service = &compose["services"]["no"];
        let keys: Vec<&str> = service.as_mapping().unwrap().keys().filter_map(|key| key.as_str()).collect();
        assert_eq!(keys, ["environment", "tmpfs", "security_opt", "stop_signal"]);
        assert_eq!((&service["tmpfs"][0], &service["stop_signal"]), (&"/run".into(), &"SIGRTMIN+3".into()));
        let pod = patch(&json!({"io.kubernetes.pod.name": "p"}));
        assert_eq!(pod["spec"]["volumes"][0]["emptyDir"]["medium"], "Memory");
        assert_eq!(
            (&pod["spec"]["containers"][0]["name"], &pod["spec"]["containers"][0]["image"]),
            (&"web".into(), &yaml_serde::Value::Null)
        );
        let platform = &patch(&json!({"creator": "molecule"}))["platforms"][0];
        assert_eq!((&platform["name"], &platform["env"]["container"]), (&"web".into(), &"docker".into()));
    }
}
