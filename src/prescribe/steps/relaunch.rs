//! Turns a finished plan into its steps in order: image, profile, environment, retirement, start.
//!
//! Must not change what the plan decided; it only adds to the recipe what a step creates.

use super::secret_script::with_secrets;
use super::{fetch_secrets, retire};
use crate::prescribe::engine_cli::Reach;
use crate::prescribe::recipe::{Change, ChangePlace, Network, PROFILES, Plan};
use crate::prescribe::step::{DERIVED_DOCKERFILE, Step, StepKind};
use crate::snapshot::{TargetKind, key};

/// Builds the steps that recreate the container; edits the recipe if a step creates what it refers to.
pub fn relaunch(plan: &mut Plan<'_>, reach: &Reach) -> Vec<Step> {
    let mut steps = Vec::new();
    steps.extend(build(plan, reach));
    steps.extend(seccomp(plan));
    if !plan.recipe.refused.is_empty() {
        steps.push(refusal(plan));
        return steps;
    }
    let needs = (plan.snapshot.target.kind == TargetKind::Snapshot)
        .then(|| format!("the container {} on its engine, unchanged since the snapshot", plan.recipe.name));
    steps.extend(fetch_secrets::steps(&plan.recipe, reach));
    steps.extend(retire::steps(plan, reach));
    steps.push(run(plan, reach));
    steps.extend(plan.recipe.networks.iter().map(|network| join(network, &plan.recipe.name, reach)));
    steps.extend(retire::release(plan, reach));
    for step in steps.iter_mut().filter(|step| step.needs.is_none()) {
        step.needs.clone_from(&needs);
    }
    steps
}

/// Builds the steps of a trial: the same container under another name, beside the old one.
pub fn beside(plan: &mut Plan<'_>, reach: &Reach) -> Vec<Step> {
    let mut steps = Vec::new();
    steps.extend(build(plan, reach));
    steps.extend(seccomp(plan));
    steps.extend(fetch_secrets::steps(&plan.recipe, reach));
    steps.push(run(plan, reach));
    steps
}

/// Returns the ids of the findings that the selected changes cure.
fn why(plan: &Plan<'_>, about: impl Fn(&Change) -> bool) -> Vec<String> {
    let mut ids: Vec<String> = Vec::new();
    for id in plan.changes.iter().filter(|change| about(change)).flat_map(|change| &change.why) {
        if !ids.contains(id) {
            ids.push(id.clone());
        }
    }
    ids
}

/// Returns the step that derives an image from the container's.
fn build(plan: &mut Plan<'_>, reach: &Reach) -> Option<Step> {
    if plan.image_lines.is_empty() {
        return None;
    }
    let user = plan.inspected.image_user();
    let mut lines = vec![format!("FROM {}", plan.recipe.image)];
    let other = !matches!(user, "" | "0" | "root");
    lines.extend(other.then(|| "USER root".to_owned()));
    lines.append(&mut plan.image_lines.clone());
    lines.extend(other.then(|| format!("USER {user}")));
    let name = image_name(plan);
    let argv = reach.argv(["build", "--network", "none", "-t", &name, "image"]);
    let mut step =
        Step::command(StepKind::BuildImage, format!("build {name} from the container's image"), argv);
    step.files.insert(DERIVED_DOCKERFILE.to_owned(), lines.join("\n") + "\n");
    step.why = why(plan, |change| change.place == ChangePlace::DerivedImage);
    plan.recipe.image = name;
    Some(step)
}

/// Returns a valid image name, whose grammar is stricter than that of container names.
fn image_name(plan: &Plan<'_>) -> String {
    let tame: String = plan
        .recipe
        .name
        .to_lowercase()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .collect();
    let words: Vec<&str> = tame.split('-').filter(|word| !word.is_empty()).collect();
    format!("{}{}-cured", if plan.is_podman() { "localhost/" } else { "" }, words.join("-"))
}

/// Returns the step that writes the profile to a file; for Podman, to a permanent folder.
fn seccomp(plan: &mut Plan<'_>) -> Option<Step> {
    let text = plan.profile.clone()?;
    let name = format!("{}.seccomp.json", plan.recipe.name);
    let ids = why(plan, |change| change.place == ChangePlace::SeccompProfile);
    let title = if ids.is_empty() {
        "save the seccomp profile in force to a file".to_owned()
    } else {
        format!("write the seccomp profile in force, plus the calls that systemd needs{}", plan.profile_note)
    };
    let mut step = Step::command(StepKind::SeccompProfile, title, Vec::new());
    step.files.insert(name.clone(), text);
    step.why = ids;
    plan.recipe.drop_values("--security-opt", |value| value.starts_with("seccomp="));
    if plan.is_podman() {
        let place = format!("{}/{}.json", lasting_folder(plan), plan.recipe.name);
        step.argv = ["install", "-D", "-m", "0644", &name, &place].map(str::to_owned).to_vec();
        plan.recipe.push("--security-opt", Some(format!("seccomp={place}")));
        step.needs = Some("run this on the engine's machine".to_owned());
    } else {
        plan.recipe.push("--security-opt", Some(format!("seccomp={name}")));
    }
    Some(step)
}

/// Returns the folder for profiles: for a rootless user, beside the container's own profile; otherwise one
/// shared folder of root.
fn lasting_folder(plan: &Plan<'_>) -> String {
    let old = plan.inspected.config.security_option("seccomp").unwrap_or_default();
    let beside = old
        .rsplit_once('/')
        .map(|(folder, _)| folder)
        .filter(|folder| plan.facts.get(key::ENGINE_ROOTLESS) == Some(true) && folder.starts_with('/'));
    beside.map_or_else(|| PROFILES.to_owned(), |folder| format!("{folder}/sysdock"))
}

/// Returns advice that replaces a run step that cannot be written, with the reason.
fn refusal(plan: &Plan<'_>) -> Step {
    let fields = plan.recipe.refused.join("; ");
    let words: Vec<&str> = plan.changes.iter().map(|change| change.words.as_str()).collect();
    Step::advice(
        format!(
            "Recreate {} by hand, the way it was started before, with: {}. No command is printed because \
                some settings cannot be carried over: {fields}.",
            plan.recipe.name,
            words.join("; ")
        ),
        &why(plan, |_| true).iter().map(String::as_str).collect::<Vec<_>>(),
    )
}

/// Returns the step that starts the new container.
fn run(plan: &Plan<'_>, reach: &Reach) -> Step {
    let recipe = &plan.recipe;
    let mut title = format!("recreate {}", recipe.name);
    let anonymous = recipe.anonymous();
    if !anonymous.is_empty() {
        title.push_str(&format!(", reusing its anonymous volumes at {}", anonymous.join(", ")));
    }
    let mut step = match with_secrets(recipe.run(reach), recipe) {
        Ok(argv) => Step::command(StepKind::RunContainer, title, argv),
        Err(refused) => Step::advice(format!("{title} (no command can be printed: {refused})"), &[]),
    };
    step.why = why(plan, |_| true);
    step
}

/// Returns the step that joins an additional network.
fn join(network: &Network, container: &str, reach: &Reach) -> Step {
    // An assigned MAC address cannot be told from a requested one, and Docker's CLI has no flag for it.
    let title = format!(
        "connect it to the network {}, with a MAC address that the engine \
        chooses",
        network.name
    );
    Step::command(StepKind::RunContainer, title, network.connect(container, reach))
}
