//! Builds the step that shows the changed lines of an owner's file, for a container that is managed by
//! another program (compose, Swarm, Quadlet, Kubernetes, Molecule).
//!
//! Must not trust a label: its value is checked against the owner's grammar.

use serde_json::Value;

use crate::pattern::Pattern;
use crate::prescribe::emit::{self, CureFormat};
use crate::prescribe::recipe::{Plan, Recipe};
use crate::prescribe::step::Step;
use crate::quote::shown;
use crate::visible::is_hidden;

/// Names of compose projects and services (compose-spec, `schema/compose-spec.json`), and of Swarm services.
static SERVICE: Pattern = Pattern::new(r"\A[A-Za-z0-9_][A-Za-z0-9._-]*\z");
/// Paths of compose files, separated by commas, on any system; none may contain characters that make a shell
/// run a command.
static FILES: Pattern = Pattern::new(r#"\A[^-$`"';&|<>*?][^$`"';&|<>*?]*\z"#);
/// Names of units (systemd.unit(5)); `%n` is the one in Podman's own template.
static UNIT: Pattern = Pattern::new(r"\A[A-Za-z0-9:_.%][A-Za-z0-9:_.@%\\-]*\z");
/// Names of pods (RFC 1123 subdomains).
static POD: Pattern = Pattern::new(r"\A[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?\z");

/// The program that manages a container, according to its labels.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Owner {
    Compose { service: String, files: String },
    Swarm { service: String },
    Quadlet { unit: String },
    Kubernetes { pod: String },
    Molecule,
}

/// Returns the step with the lines for the owner's file, if the container has an owner; a remark if its
/// labels contain no valid name.
pub fn step(plan: &Plan<'_>) -> (Option<Step>, Option<String>) {
    let owner = match owner(plan) {
        Ok(Some(owner)) => owner,
        Ok(None) => return (None, None),
        Err(label) => {
            let words = format!(
                "The label {label} is not a valid owner name and was ignored. If this container is defined \
                    in a file, change that file."
            );
            return (None, Some(words));
        }
    };
    let ids: Vec<String> = plan.changes.iter().flat_map(|change| change.why.clone()).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let title = title(&owner);
    let lines = owner.lines(plan).unwrap_or_default();
    let text = if lines.is_empty() { title } else { format!("{title}\n\n{}", lines.trim_end()) };
    (Some(Step::advice(text, &ids)), None)
}

/// Returns the title of the step, which says what to do with the lines.
fn title(owner: &Owner) -> String {
    match owner {
        Owner::Compose { service, files } => {
            let (service, files) = (
                shown(&[service]),
                files.split(',').map(|file| shown(&[file])).collect::<Vec<_>>().join(", "),
            );
            format!(
                "This container belongs to Compose: put these lines under services: {service}: in {files} \
                    and run docker compose up -d {service}. The steps below fix it until then."
            )
        }
        Owner::Swarm { service } => {
            format!(
                "This container is a task of the Swarm service {service}: change it in the stack file and \
                    redeploy the stack. Swarm has no option for control group namespaces, and a tmpfs is a \
                    mount of type tmpfs."
            )
        }
        Owner::Quadlet { unit } => {
            let unit = shown(&[unit]);
            format!(
                "This container is managed by the unit {unit}: put these lines into the [Container] section \
                    of its .container file, then systemctl daemon-reload && systemctl restart {unit}."
            )
        }
        Owner::Kubernetes { pod } => {
            format!(
                "This container belongs to the Kubernetes pod {pod}: change the pod's manifest. The kubelet \
                    restores a container that is replaced by hand."
            )
        }
        Owner::Molecule => {
            "This container was created by Molecule: put these lines under its platform in molecule.yml and \
                run molecule create again."
                .to_owned()
        }
    }
}

impl Owner {
    /// Writes the changed part of its file; returns `None` if that is not possible.
    fn lines(&self, plan: &Plan<'_>) -> Option<String> {
        let format = match self {
            Self::Compose { .. } | Self::Swarm { .. } => CureFormat::Compose,
            Self::Quadlet { .. } => CureFormat::Quadlet,
            Self::Kubernetes { .. } => CureFormat::Kubernetes,
            Self::Molecule => CureFormat::Molecule,
        };
        let known_as = |recipe: Recipe| match self {
            Self::Compose { service, .. } | Self::Swarm { service } => {
                Recipe { name: service.clone(), ..recipe }
            }
            _ => recipe,
        };
        let (before, after) = (plan.inspected.recipe(&plan.recipe.name), plan.recipe.clone());
        emit::patch(&known_as(before), &known_as(after), plan.inspected.config.kind, format).ok()
    }
}

/// Returns the owner according to the container's labels, or the label whose value is not valid.
fn owner(plan: &Plan<'_>) -> Result<Option<Owner>, &'static str> {
    let labels = Labels::of(plan);
    if let Some(service) = labels.named("com.docker.swarm.service.name", &SERVICE)? {
        return Ok(Some(Owner::Swarm { service }));
    }
    if labels.named("com.docker.compose.project", &SERVICE)?.is_some() {
        let service =
            labels.named("com.docker.compose.service", &SERVICE)?.unwrap_or_else(|| plan.recipe.name.clone());
        let files = labels
            .named("com.docker.compose.project.config_files", &FILES)?
            .unwrap_or_else(|| "compose.yaml".to_owned());
        return Ok(Some(Owner::Compose { service, files }));
    }
    if let Some(unit) = labels.named("PODMAN_SYSTEMD_UNIT", &UNIT)? {
        return Ok(Some(Owner::Quadlet { unit }));
    }
    if labels.any("io.kubernetes.") {
        let pod = labels.named("io.kubernetes.pod.name", &POD)?.unwrap_or_else(|| "of this name".to_owned());
        return Ok(Some(Owner::Kubernetes { pod }));
    }
    let is_molecules =
        labels.is("creator", "molecule") || labels.any("molecule") || labels.is("owner", "molecule");
    Ok(is_molecules.then_some(Owner::Molecule))
}

/// The labels that do not come from the image, since those say nothing about the owner.
struct Labels<'p> {
    own: Vec<(&'p str, &'p str)>,
}

impl<'p> Labels<'p> {
    fn of(plan: &'p Plan<'_>) -> Self {
        let image = plan.inspected.image_labels();
        let all =
            plan.inspected.config.field("/Config/Labels").and_then(Value::as_object).into_iter().flatten();
        let own = all.filter(|(key, value)| image.and_then(|image| image.get(key.as_str())) != Some(*value));
        Self { own: own.filter_map(|(key, value)| Some((key.as_str(), value.as_str()?))).collect() }
    }

    fn get(&self, name: &str) -> Option<&'p str> {
        self.own.iter().find(|(key, _)| *key == name).map(|(_, value)| *value)
    }

    fn is(&self, name: &str, value: &str) -> bool {
        self.get(name) == Some(value)
    }

    fn any(&self, prefix: &str) -> bool {
        self.own.iter().any(|(key, _)| key.starts_with(prefix))
    }

    /// Returns the value of a label if it matches a grammar, otherwise the name of the label as the error.
    fn named(&self, name: &'static str, grammar: &Pattern) -> Result<Option<String>, &'static str> {
        match self.get(name) {
            Some(value) if grammar.is_match(value) && !value.chars().any(is_hidden) => {
                Ok(Some(value.to_owned()))
            }
            Some(_) => Err(name),
            None => Ok(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{CureFormat, Recipe, emit};
    use crate::diagnose::Report;
    use crate::prescribe::inspected::Inspected;
    use crate::prescribe::recipe::{Plan, Volume};
    use crate::prescribe::remedy::planner;
    use crate::render::sample;
    use crate::snapshot::{
        EngineId, EngineKind, Facts, LogExcerpt, SCHEMA_VERSION, Snapshot, Target, TargetKind,
    };

    /// Returns the lines for the owner of a container with these labels.
    fn lines(labels: &serde_json::Value) -> String {
        let engine =
            EngineId { name: "docker".to_owned(), version: "28.5.2".to_owned(), api: "1.51".to_owned() };
        let mut facts = Facts::default();
        for (key, value) in [
            ("engine.name", json!("docker")),
            ("engine.major", json!(28)),
            ("cgroup.mode", json!("v2")),
            ("cgroup.mount", json!("ro")),
        ] {
            facts.set_named(key, value, "test");
        }
        let container = json!({"Id": "0123", "Config": {"Image": "i", "Labels": labels, "Cmd": ["/sbin/init"]}, "HostConfig": {}});
        let snapshot = Snapshot {
            schema_version: SCHEMA_VERSION,
            target: Target {
                kind: TargetKind::Container,
                name: "web".to_owned(),
                id: None,
                engine: Some(engine),
            },
            facts,
            gaps: Vec::new(),
            log: LogExcerpt::default(),
            documents: [("container".to_owned(), container)].into(),
            derived: None,
        };
        let report: Report = sample::failed();
        let inspected = Inspected::of(&snapshot).unwrap();
        let mut plan = Plan::named(&snapshot.target.name, &report, &snapshot, &inspected);
        planner::fill(&mut plan);
        let (step, remark) = super::step(&plan);
        step.map(|step| step.title).or(remark).unwrap_or_default()
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
        let told = |format| emit::patch(&recipe(true), &recipe(false), EngineKind::Podman, format).unwrap();
        assert_eq!(
            told(CureFormat::Quadlet),
            "# take out Volume=/sys/fs/cgroup:/sys/fs/cgroup:ro\n# take out \
                PodmanArgs=--init\n[Container]\nPodmanArgs=--tty\n"
        );
        let told =
            emit::patch(&recipe(true), &recipe(false), EngineKind::Docker, CureFormat::Compose).unwrap();
        let volume = "# take out services.web.volumes: - /sys/fs/cgroup:/sys/fs/cgroup:ro\n";
        assert_eq!(
            told,
            format!("{volume}# take out services.web.init: true\nservices:\n  web:\n    tty: true\n")
        );
        assert_eq!(
            emit::patch(&recipe(true), &recipe(true), EngineKind::Docker, CureFormat::Compose).unwrap(),
            ""
        );
    }

    /// Returns the lines below the title, parsed as YAML.
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
