//! What surrounds a container in a text: the tool that starts it, and the init of the host. Lines in, facts
//! with the number of their line out.
//!
//! They change no diagnosis, but what helps: an IDE, a pod and a plain `docker run` are cured in different
//! places.

use super::observe::Observed;
use super::reader::Line;
use crate::pattern::{Group, Pattern};
use crate::snapshot::vocabulary::Launcher;
use crate::snapshot::{Facts, key};

static DEVCONTAINER: Pattern = Pattern::with_one_of(
    &["devcontainer", "overrideCommand", "Dev Container", "vscode ", "postCreateCommand"],
    r"\bdevcontainer\b|overrideCommand|\bDev Containers?\b|^vscode \S+ |postCreateCommand",
);
static DISTROBOX: Pattern = Pattern::with_one_of(
    &["distrobox", "apx "],
    r"\bdistrobox[ -](?:create|enter|assemble|upgrade|init|ephemeral)|\bapx (?:subsystems|enter|\S+ (?:run|enter|create))\b",
);
static TOOLBOX: Pattern = Pattern::with_one_of(
    &["toolbox"],
    r"\btoolbox (?:create|enter|run|init-container|list)\b|@toolbox\b|\bfedora-toolbox\b",
);
static MOLECULE: Pattern = Pattern::with_one_of(
    &["molecule", "INFO"],
    r"\bmolecule (?:test|converge|create|verify|--)|molecule\.yml|molecule_(?:docker|podman|inventory)|\bmolecule-(?:docker|podman|plugins)\b|INFO +\S+ (?:➜|>) (?:create|converge|prepare)",
);
static KITCHEN: Pattern = Pattern::with_one_of(
    &["kitchen", "dokken", "Kitchen"],
    r"\bkitchen (?:converge|create|test|verify|login)\b|\.?kitchen\.ya?ml|kitchen-(?:docker|dokken)|\bdokken/|Starting Test Kitchen",
);
static KIND: Pattern = Pattern::with_one_of(
    &["kind ", "kindest/"],
    r"\bkind (?:create|delete|get|load|export|build)\b|\bkindest/(?:node|base)\b",
);
static MINIKUBE: Pattern =
    Pattern::with_one_of(&["minikube"], r"\bminikube (?:start|delete|stop|ssh)\b|kicbase");
static POD: Pattern = Pattern::with_one_of(
    &["kubectl", "oc ", "kind:", "CrashLoopBackOff", "kubelet", "volumeMounts", "securityContext"],
    r"\bkubectl\b|^\W*oc (?:get|logs|rsh|describe|apply|exec|debug)\b|^\s*kind: *(?:Pod|Deployment|StatefulSet|DaemonSet|Job|CronJob|ReplicaSet)\b|CrashLoopBackOff|\bkubelet\b|^\s*(?:volumeMounts|securityContext):",
);

/// The tools in the order in which they count: one that starts containers through another comes first.
static LAUNCHERS: [(&Pattern, Launcher); 8] = [
    (&DEVCONTAINER, Launcher::Devcontainer),
    (&DISTROBOX, Launcher::Distrobox),
    (&TOOLBOX, Launcher::Toolbox),
    (&MOLECULE, Launcher::Molecule),
    (&KITCHEN, Launcher::Kitchen),
    (&KIND, Launcher::Kind),
    (&MINIKUBE, Launcher::Minikube),
    (&POD, Launcher::Pod),
];

/// Signs of a machine whose own init is not systemd.
static OTHER_INIT: Pattern = Pattern::with_one_of(
    &["rc-", "OpenRC", "openrc", "runit", "dinit", "s6-svscan", "no systemd", "without systemd", "Devuan"],
    r"\brc-(?:service|status|update)\b|\b(?:OpenRC|openrc(?:-init)?)\b|\brunit(?:-init)?\b|^dinit$|\bdinitctl\b|^s6-svscan$|\b(?:is|has|have|with) no systemd (?:on|at|as)\b|\bwithout systemd\b|\bDevuan\b",
);

static TELLING: Group<9> = Group::new([
    &DEVCONTAINER,
    &DISTROBOX,
    &TOOLBOX,
    &MOLECULE,
    &KITCHEN,
    &KIND,
    &MINIKUBE,
    &POD,
    &OTHER_INIT,
]);

/// Returns what a page says about the surroundings of its containers.
pub fn observations(lines: &[Line]) -> Vec<Observed> {
    let mut tool: Option<(usize, u64)> = None;
    let mut other_init = None;
    for line in lines.iter().filter(|line| TELLING.may_match(&line.text)) {
        let text = line.text.trim_end();
        let rank = LAUNCHERS.iter().position(|(pattern, _)| pattern.is_match(text));
        if let Some(rank) = rank.filter(|rank| tool.is_none_or(|(known, _)| *rank < known)) {
            tool = Some((rank, line.number));
        }
        if other_init.is_none() && OTHER_INIT.is_match(text) {
            other_init = Some(line.number);
        }
    }
    let told = |line: u64, set: &dyn Fn(&str, &mut Facts)| {
        let mut facts = Facts::default();
        set(&format!("text line {line}: surroundings"), &mut facts);
        Observed { line, about: None, facts }
    };
    let launcher = tool.map(|(rank, line)| {
        told(line, &|source, facts| facts.set(key::CONTAINER_LAUNCHER, LAUNCHERS[rank].1, source))
    });
    let init =
        other_init.map(|line| told(line, &|source, facts| facts.set(key::HOST_SYSTEMD, false, source)));
    launcher.into_iter().chain(init).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(text: &str) -> Facts {
        let mut all = Facts::default();
        observations(&Line::all(text)).into_iter().for_each(|observed| all.extend(observed.facts));
        all
    }

    #[test]
    fn a_tool_is_known_by_its_commands_and_files() {
        for (text, launcher) in [
            ("$ kind create cluster --name lab", Some(Launcher::Kind)),
            ("kind: StatefulSet\nmetadata: {name: x}", Some(Launcher::Pod)),
            ("$ oc rsh web-0\n$ podman run x", Some(Launcher::Pod)),
            ("$ distrobox create --init -n a\n$ podman ps", Some(Launcher::Distrobox)),
            ("⬢[me@toolbox ~]$ sudo systemctl start x", Some(Launcher::Toolbox)),
            ("# molecule/default/molecule.yml\ndriver: {name: docker}", Some(Launcher::Molecule)),
            ("-----> Starting Test Kitchen (v3.6.0)", Some(Launcher::Kitchen)),
            ("cat .devcontainer/devcontainer.json", Some(Launcher::Devcontainer)),
            ("$ docker run -d --name kind-of web", None),
            ("what kind of error is this?", None),
        ] {
            assert_eq!(facts(text).get(key::CONTAINER_LAUNCHER), launcher, "{text}");
        }
    }

    #[test]
    fn another_init_of_the_host_is_known_by_its_tools() {
        for (text, systemd) in [
            ("# rc-service docker status", Some(false)),
            ("void$ ps -p 1 -o comm=\nrunit", Some(false)),
            ("The host has no systemd at all", Some(false)),
            ("Artix without systemd", Some(false)),
            ("$ systemctl status docker", None),
            ("rc-1 of the kernel", None),
        ] {
            assert_eq!(facts(text).get(key::HOST_SYSTEMD), systemd, "{text}");
        }
    }
}
