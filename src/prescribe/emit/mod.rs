//! A finished recipe → the forms that people keep containers in: command lines, compose, Quadlet, pod,
//! molecule, Dockerfile.
//!
//! Pure. Each form is whole, not a patch. What a form cannot say is named and never dropped in silence;
//! values of the old container's environment are in no recipe, so forms name the file they come from.

mod compose;
mod dockerfile;
mod flag_parts;
mod kubernetes;
mod ledger;
mod molecule;
mod patch;
mod quadlet;
mod shell_script;
#[cfg(test)]
mod tests;
mod translate;
mod yaml;

use crate::snapshot::EngineKind;

use super::prescription::{Prescription, StepKind};
use super::recipe::launch_recipe::Recipe;
use super::recipe::secret_words as unseen;
use crate::visible::{disarmed, visible};
pub(super) use flag_parts::Mount;
use ledger::Ledger;

const SECRET_LABELS: &str = "one of them is a secret, so none is printed: take them from the old container";

/// Format that a cure is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
pub enum CureFormat {
    /// All steps as one shell script, the old container kept under another name
    Sh,
    /// A compose file
    Compose,
    /// A Quadlet .container file for Podman and systemd
    Quadlet,
    /// A Kubernetes pod
    Kubernetes,
    /// A platform of molecule.yml
    Molecule,
    /// A `docker run` command line
    Docker,
    /// A `podman run` command line
    Podman,
    /// A Dockerfile with what an image can hold of it
    Dockerfile,
}

/// A form that could not be written.
#[derive(Debug, thiserror::Error)]
pub enum EmitError {
    /// The serialiser refused.
    #[error("cannot write the container as YAML: {0}\n  next: use another form, and report this as a bug")]
    Yaml(#[from] yaml_serde::Error),
    /// The writer failed.
    #[error(
        "cannot write the container as a unit file: {0}\n  next: use another form, and report this as a bug"
    )]
    Ini(#[from] std::io::Error),
    /// A word that no shell can be given.
    #[error(
        "cannot write the steps as a script: {0}\n  next: look at the container that it comes from, which no \
            engine would have made"
    )]
    Word(#[from] crate::quote::Unquotable),
}

/// The container that a prescription starts, as it was and as it is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Launch {
    /// Whose flags the recipe has.
    pub(super) kind: EngineKind,
    /// The finished recipe.
    pub(super) recipe: Recipe,
    /// What is to be known of it in every form: rights that it keeps, and whose words it is made of.
    pub(super) remarks: Vec<String>,
}

/// A cure in some form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Emitted {
    /// The text without its comments.
    pub text: String,
    /// What the form cannot say, by name and reason.
    pub left_out: Vec<String>,
    /// What the user must know or provide.
    pub notes: Vec<String>,
}

impl Emitted {
    fn of(text: String, ledger: Ledger<'_>) -> Self {
        Self { text, left_out: ledger.left_out, notes: ledger.notes }
    }

    /// The text with what it cannot say and what it needs as comments at its top.
    #[must_use]
    pub fn page(&self) -> String {
        let notes = self.notes.iter().flat_map(|note| lines(note)).map(|line| format!("# {line}\n"));
        let left_out = self.left_out.iter().map(|words| format!("# left out: {}\n", lines(words).join(" ")));
        notes.chain(left_out).collect::<String>() + &self.text
    }
}

/// Writes a cure in a form; `None` where the prescription starts no container, or for a script where it runs
/// nothing.
///
/// # Errors
/// [`EmitError`] when a serialiser fails.
pub fn emit(prescription: &Prescription, form: CureFormat) -> Result<Option<Emitted>, EmitError> {
    if form == CureFormat::Sh {
        // Where the container cannot be carried over whole, half of the steps is no cure.
        if prescription.launch.as_ref().is_some_and(|launch| !launch.recipe.refused.is_empty()) {
            return Ok(None);
        }
        let script = shell_script::script(prescription)?;
        return Ok(script.map(|text| Emitted { text, left_out: Vec::new(), notes: Vec::new() }));
    }
    let Some(launch) = &prescription.launch else { return Ok(None) };
    let derived = derived(prescription);
    let mut emitted = match form {
        CureFormat::Dockerfile => {
            let (text, ledger) = dockerfile::text(&launch.recipe, derived);
            Emitted::of(text, ledger)
        }
        form => document(&launch.recipe, launch.kind, form)?,
    };
    emitted.notes.extend(launch.remarks.clone());
    emitted.left_out.extend(unseen::remarks(&launch.recipe));
    for (path, what) in prescription
        .steps
        .iter()
        .filter(|step| form != CureFormat::Dockerfile || step.kind != StepKind::BuildImage)
        .flat_map(needed)
    {
        emitted
            .notes
            .push(format!("needs {what} {path}: --prescription sh prints it with the command that makes it"));
    }
    Ok(Some(emitted))
}

/// Files that a form refers to.
fn needed(step: &super::prescription::Step) -> Vec<(&str, &'static str)> {
    match step.kind {
        StepKind::BuildImage => vec![(step.argv.iter().rev().nth(1).map_or("", String::as_str), "the image")],
        StepKind::SeccompProfile => {
            step.files.keys().map(|path| (path.as_str(), "the seccomp profile")).collect()
        }
        _ => Vec::new(),
    }
}

fn derived(prescription: &Prescription) -> Option<&str> {
    let step = prescription.steps.iter().find(|step| step.kind == StepKind::BuildImage)?;
    step.files.get("image/Dockerfile").map(String::as_str)
}

/// The whole container in a form that is no script.
fn document(recipe: &Recipe, kind: EngineKind, form: CureFormat) -> Result<Emitted, EmitError> {
    let (recipe, mut notes) = match form {
        CureFormat::Podman | CureFormat::Quadlet => translate::to(recipe, kind, EngineKind::Podman),
        CureFormat::Docker | CureFormat::Compose => translate::to(recipe, kind, EngineKind::Docker),
        CureFormat::Kubernetes => (translate::cluster(recipe, kind), Vec::new()),
        CureFormat::Sh | CureFormat::Molecule | CureFormat::Dockerfile => (recipe.clone(), Vec::new()),
    };
    let mut emitted = match form {
        CureFormat::Podman => line(&recipe, EngineKind::Podman)?,
        CureFormat::Docker | CureFormat::Sh | CureFormat::Dockerfile => line(&recipe, EngineKind::Docker)?,
        CureFormat::Quadlet => {
            let (entries, ledger) = quadlet::entries(&recipe);
            Emitted::of(quadlet::written(&entries)?, ledger)
        }
        CureFormat::Compose => {
            let (file, ledger) = compose::file(&recipe);
            Emitted::of(yaml::written(&file)?, ledger)
        }
        CureFormat::Kubernetes => {
            let (pod, ledger) = kubernetes::pod(&recipe);
            Emitted::of(yaml::written(&pod)?, ledger)
        }
        CureFormat::Molecule => {
            let (file, ledger) = molecule::file(&recipe, kind);
            Emitted::of(yaml::written(&file)?, ledger)
        }
    };
    notes.append(&mut emitted.notes);
    Ok(Emitted { notes, ..emitted })
}

fn line(recipe: &Recipe, kind: EngineKind) -> Result<Emitted, EmitError> {
    let mut notes = Vec::new();
    notes.extend(recipe.variables.is_some().then(|| env_file_note(recipe)));
    notes.extend(recipe.labels.is_some().then(|| {
        format!(
            "needs the file {} with the old container's labels, one name=value a line",
            recipe.label_file()
        )
    }));
    Ok(Emitted { text: shell_script::start(recipe, kind)?, left_out: recipe.refused.clone(), notes })
}

/// What an owner's file must say more, otherwise, or no more: its lines, with comments at the top.
///
/// # Errors
/// [`EmitError`] when a serialiser fails.
pub fn patch(
    before: &Recipe,
    after: &Recipe,
    kind: EngineKind,
    form: CureFormat,
) -> Result<String, EmitError> {
    // What the old container lacks must not be added to it on the way into a cluster's terms.
    let old_kind = if form == CureFormat::Kubernetes { EngineKind::Docker } else { kind };
    let (old, new) = (document(before, old_kind, form)?, document(after, kind, form)?);
    let mut gone = Vec::new();
    let text = if form == CureFormat::Quadlet {
        unit_patch(before, after, kind, &mut gone)?
    } else {
        let read = |text: &str| yaml_serde::from_str::<yaml_serde::Value>(text);
        let changed = patch::changed(&read(&old.text)?, &read(&new.text)?, "", &mut gone);
        changed.map_or_else(|| Ok(String::new()), |value| yaml::written(&yaml::Marked::from(&value)))?
    };
    let fresh = |new: Vec<String>, old: &[String]| {
        new.into_iter().filter(|words| !old.contains(words)).collect::<Vec<_>>()
    };
    let mut notes = fresh(new.notes, &old.notes);
    notes.extend(gone.into_iter().map(|what| format!("take out {what}")));
    Ok(Emitted { text, left_out: fresh(new.left_out, &old.left_out), notes }.page())
}

fn unit_patch(
    before: &Recipe,
    after: &Recipe,
    kind: EngineKind,
    gone: &mut Vec<String>,
) -> Result<String, EmitError> {
    let (before, after) =
        (translate::to(before, kind, EngineKind::Podman).0, translate::to(after, kind, EngineKind::Podman).0);
    let (old, new) = (quadlet::entries(&before).0, quadlet::entries(&after).0);
    gone.extend(
        old.iter().filter(|entry| !new.contains(entry)).map(|(_, key, value)| format!("{key}={value}")),
    );
    quadlet::written(&new.into_iter().filter(|entry| !old.contains(entry)).collect())
}

/// tmpfs mounts as `path:options`.
fn tmpfs(recipe: &Recipe) -> Vec<String> {
    let one = |(path, options): (&String, &String)| {
        if options.is_empty() { path.clone() } else { format!("{path}:{options}") }
    };
    recipe.tmpfs.iter().map(one).collect()
}

fn env_file_note(recipe: &Recipe) -> String {
    format!(
        "needs the file {} with the old container's environment, which is not printed: NAME=value, one a \
            line; --prescription sh shows the command that makes it",
        recipe.env_file()
    )
}

/// A text as lines for comments, without signs that would end one, move a cursor or turn the order of
/// reading.
fn lines(words: &str) -> Vec<String> {
    words.lines().map(|line| disarmed(&visible(line))).collect()
}
