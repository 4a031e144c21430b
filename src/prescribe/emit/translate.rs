//! Translates a recipe of one engine to the other engine, or to a cluster.
//!
//! The engines differ in what makes the control group tree usable; for everything else they have the same
//! flags, or one has none. Must not drop a flag silently: one that the other engine lacks is refused by name.

use super::mount_options;
use crate::prescribe::inspected::podman_only;
use crate::prescribe::recipe::{PROFILES, Recipe};
use crate::prescribe::remedy::is_own_parent;
use crate::snapshot::EngineKind;

const TREE: &str = "/sys/fs/cgroup";
/// Prefix of the images that Podman has built or imported itself.
const LOCAL: &str = "localhost/";
/// Flags of Podman that mean something else in Docker, or do not exist there.
const PODMAN_ALSO: [&str; 5] = ["--secret", "--timeout", "--cgroups", "--cgroup-conf", "--rootfs"];
/// Flags that only Docker's CLI has.
const DOCKER_ONLY: [&str; 8] = [
    "--driver-opt",
    "--gw-priority",
    "--domainname",
    "--link",
    "--link-local-ip",
    "--volume-driver",
    "--kernel-memory",
    "--runtime",
];

/// Returns the recipe for an engine, with notes on what the other engine's flags expressed and this one
/// cannot.
pub fn to(recipe: &Recipe, from: EngineKind, kind: EngineKind) -> (Recipe, Vec<String>) {
    let mut recipe = recipe.clone();
    if from == kind {
        return (recipe, Vec::new());
    }
    let notes = match kind {
        EngineKind::Podman => podman(&mut recipe),
        EngineKind::Docker => docker(&mut recipe),
    };
    let name = if kind == EngineKind::Podman { "Podman" } else { "Docker" };
    let foreign: Vec<&str> = match kind {
        EngineKind::Podman => DOCKER_ONLY.to_vec(),
        EngineKind::Docker => podman_only().chain(PODMAN_ALSO).collect(),
    };
    let (kept, gone): (Vec<_>, Vec<_>) =
        recipe.flags.drain(..).partition(|flag| !foreign.contains(&flag.name.as_str()));
    recipe.flags = kept;
    let options = mount_options::keep_known(&mut recipe, kind);
    recipe.refused.extend(options.iter().map(|option| format!("{option}: {name} has no such option")));
    recipe
        .refused
        .extend(gone.iter().map(|flag| format!("{}: {name} has no such flag", flag.words().join(" "))));
    (recipe, notes)
}

/// Converts a Docker recipe to Podman; returns notes for the user.
fn podman(recipe: &mut Recipe) -> Vec<String> {
    without_tree(recipe);
    recipe.set("--systemd", "always");
    recipe.environment.remove("container");
    let mut notes = vec![
        "translated from Docker to Podman: Podman's systemd mode replaces Docker's cgroup flags".to_owned(),
    ];
    // Docker stores the text of a profile, Podman only its path.
    for flag in recipe.flags.iter_mut().filter(|flag| flag.name == "--security-opt") {
        let file = flag
            .value
            .as_deref()
            .and_then(|value| value.strip_prefix("seccomp="))
            .filter(|file| !matches!(*file, "unconfined" | "builtin") && !file.starts_with('/'));
        if let Some(file) = file {
            let place = format!("{PROFILES}/{file}");
            notes.push(format!("put the seccomp profile at {place} and keep it there"));
            flag.value = Some(format!("seccomp={place}"));
        }
    }
    notes
}

/// Converts a Podman recipe to Docker; returns notes for the user.
fn docker(recipe: &mut Recipe) -> Vec<String> {
    without_tree(recipe);
    recipe.drop_flag("--systemd");
    for (path, options) in [("/run", ""), ("/run/lock", ""), ("/tmp", "exec")] {
        if !recipe.mounts_at(path) {
            recipe.tmpfs.insert(path.to_owned(), options.to_owned());
        }
    }
    recipe.environment.insert("container".to_owned(), "docker".to_owned());
    recipe.push("--security-opt", Some("writable-cgroups=true".to_owned()));
    if !recipe.has("--stop-signal") {
        recipe.set("--stop-signal", "SIGRTMIN+3");
    }
    let mut notes = vec![
        "translated from Podman to Docker, which has no systemd mode: needs Docker 28 on cgroup v2"
            .to_owned(),
    ];
    if recipe.image.starts_with(LOCAL) {
        notes.push(format!(
            "the image is only in Podman's storage: podman save {0} | docker load",
            recipe.image
        ));
    }
    notes
}

/// Removes the flags that make the control group tree usable on one engine only.
fn without_tree(recipe: &mut Recipe) {
    recipe.unmount(TREE);
    recipe.drop_flag("--cgroupns");
    recipe.drop_values("--security-opt", |value| value.starts_with("writable-cgroups"));
    recipe.drop_values("--cgroup-parent", is_own_parent);
}

/// Returns the recipe for a cluster, whose runtimes have neither Docker's nor Podman's flags for systemd.
pub fn cluster(recipe: &Recipe, from: EngineKind) -> Recipe {
    let mut recipe = to(recipe, from, EngineKind::Docker).0;
    without_tree(&mut recipe);
    recipe
}
