//! A finished recipe → the formats that people keep containers in: command lines, compose, Quadlet, pod,
//! molecule, Dockerfile.
//!
//! This file names the formats and hands each to its own file. Each format is whole, not a patch. What a
//! format cannot say is named and never dropped in silence; values of the old container's environment are in
//! no recipe, so formats name the file they come from. Must not write a format itself.

mod compose;
mod dockerfile;
mod emitted;
mod flag_parts;
mod kubernetes;
mod molecule;
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

/// Writes a cure in a format; `None` where the prescription starts no container, or for a script where it
/// runs nothing.
///
/// # Errors
/// [`EmitError`] when a serialiser fails.
pub fn emit(prescription: &Prescription, format: CureFormat) -> Result<Option<Emitted>, EmitError> {
    if format == CureFormat::Sh {
        return shell_script::write(prescription);
    }
    let Some(launch) = &prescription.launch else { return Ok(None) };
    let derived = remarks::derived_dockerfile(prescription);
    let mut emitted = document(&Source { recipe: &launch.recipe, kind: launch.kind, derived }, format)?;
    let holds_image = format == CureFormat::Dockerfile;
    emitted.notes.extend(launch.remarks.clone());
    emitted.notes.extend(remarks::needed(prescription, &launch.recipe, holds_image));
    emitted.left_out.extend(remarks::secret_words(&launch.recipe));
    Ok(Some(emitted))
}

/// Writes the whole container; one line of a shell in place of a script, which needs steps.
fn document(source: &Source<'_>, format: CureFormat) -> Result<Emitted, EmitError> {
    match format {
        CureFormat::Sh | CureFormat::Docker => run_command::write(source, EngineKind::Docker),
        CureFormat::Podman => run_command::write(source, EngineKind::Podman),
        CureFormat::Compose => compose::write(source),
        CureFormat::Quadlet => quadlet::write(source),
        CureFormat::Kubernetes => kubernetes::write(source),
        CureFormat::Molecule => molecule::write(source),
        CureFormat::Dockerfile => Ok(dockerfile::write(source)),
    }
}

/// Writes what an owner's file must say more, otherwise, or no more: its lines, with comments at the top.
///
/// # Errors
/// [`EmitError`] when a serialiser fails.
pub fn patch(
    before: &Recipe,
    after: &Recipe,
    kind: EngineKind,
    format: CureFormat,
) -> Result<String, EmitError> {
    let whole = |recipe, kind| document(&Source { recipe, kind, derived: None }, format);
    // What the old container lacks must not be added to it on the way into a cluster's terms.
    let old_kind = if format == CureFormat::Kubernetes { EngineKind::Docker } else { kind };
    let (old, new) = (whole(before, old_kind)?, whole(after, kind)?);
    let changes = match format {
        CureFormat::Quadlet => quadlet::changes(before, after, kind)?,
        _ => patch::of_yaml(&old.text, &new.text)?,
    };
    Ok(patch::page(&old, new, changes))
}
