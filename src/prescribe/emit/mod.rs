//! Writes a finished recipe in the formats that people keep containers in: command lines, compose, Quadlet,
//! pod, Molecule, Dockerfile.
//!
//! This file lists the formats and passes each to its own file. Each format is complete, not a patch. What a
//! format cannot express is always named; values of the old container's environment are in no recipe, so the
//! formats name the file that holds them. Must not write a format itself.

mod compose;
mod dockerfile;
mod emitted;
mod flag_parts;
mod kubernetes;
mod molecule;
mod mount_options;
mod patch;
mod quadlet;
mod remarks;
mod run_command;
mod shell_script;
#[cfg(test)]
mod tests;
mod translate;
mod untranslated;
mod yaml;

use super::prescription::Prescription;
use super::recipe::Recipe;
use crate::snapshot::EngineKind;
use emitted::Source;
pub use emitted::{EmitError, Emitted};

/// Format that a cure is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::VariantArray)]
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

/// Writes a cure in a format; returns `None` if the prescription starts no container, or, for a script, if it
/// runs nothing.
///
/// # Errors
/// Returns [`EmitError`] if a serialiser fails.
pub fn emit(prescription: &Prescription, format: CureFormat) -> Result<Option<Emitted>, EmitError> {
    if format == CureFormat::Sh {
        return shell_script::write(prescription);
    }
    let Some(launch) = &prescription.launch else { return Ok(None) };
    let derived = remarks::derived_dockerfile(prescription);
    let mut emitted = document(&Source { recipe: &launch.recipe, kind: launch.kind, derived }, format)?;
    let holds_image = format == CureFormat::Dockerfile;
    let fate = fate_of_old_container(format);
    emitted.notes.extend(fate.and_then(|fate| remarks::taken_name(prescription, launch, fate)));
    emitted.notes.extend(launch.remarks.clone());
    emitted.notes.extend(remarks::needed(prescription, &launch.recipe, holds_image));
    emitted.left_out.extend(remarks::secret_words(&launch.recipe));
    Ok(Some(emitted))
}

/// Returns what becomes of the old container if a format starts one of the same name; `None` for a format
/// that does not.
fn fate_of_old_container(format: CureFormat) -> Option<&'static str> {
    match format {
        CureFormat::Quadlet => Some("the unit starts with podman run --replace, which removes it"),
        CureFormat::Molecule => Some("the driver would change or remove it"),
        CureFormat::Docker | CureFormat::Podman | CureFormat::Compose => Some("the new one cannot start"),
        CureFormat::Sh | CureFormat::Kubernetes | CureFormat::Dockerfile => None,
    }
}

/// Returns the recipe with the labels that hold no secret as flags, for a format without a label file.
fn with_open_labels(recipe: &Recipe) -> Recipe {
    let mut recipe = recipe.clone();
    for label in std::mem::take(&mut recipe.open_labels) {
        recipe.push("--label", Some(label));
    }
    recipe
}

/// Writes the complete container definition; a shell script, which needs steps, is replaced by one command
/// line.
fn document(source: &Source<'_>, format: CureFormat) -> Result<Emitted, EmitError> {
    let recipe = with_open_labels(source.recipe);
    let labelled = Source { recipe: &recipe, kind: source.kind, derived: source.derived };
    match format {
        CureFormat::Sh | CureFormat::Docker => run_command::write(source, EngineKind::Docker),
        CureFormat::Podman => run_command::write(source, EngineKind::Podman),
        CureFormat::Compose => compose::write(&labelled),
        CureFormat::Quadlet => quadlet::write(&labelled),
        CureFormat::Kubernetes => kubernetes::write(&labelled),
        CureFormat::Molecule => molecule::write(&labelled),
        CureFormat::Dockerfile => Ok(dockerfile::write(&labelled)),
    }
}

/// Writes what to add, change and remove in the owner's file, with comments at the top.
///
/// # Errors
/// Returns [`EmitError`] if a serialiser fails.
pub fn patch(
    before: &Recipe,
    after: &Recipe,
    kind: EngineKind,
    format: CureFormat,
) -> Result<String, EmitError> {
    let whole = |recipe, kind| document(&Source { recipe, kind, derived: None }, format);
    // Translation to a cluster must not add to the old container what it lacks.
    let old_kind = if format == CureFormat::Kubernetes { EngineKind::Docker } else { kind };
    let (old, new) = (whole(before, old_kind)?, whole(after, kind)?);
    let changes = match format {
        CureFormat::Quadlet => quadlet::changes(before, after, kind)?,
        _ => patch::of_yaml(&old.text, &new.text)?,
    };
    Ok(patch::page(&old, new, changes))
}
