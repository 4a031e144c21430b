//! Writes a recipe as the command lines that start its container: `docker run` or `podman run`, quoted for a
//! shell.
//!
//! Must not print a secret: it names the files that hold them.

use super::emitted::{EmitError, Emitted, Source};
use super::remarks::{env_file_note, label_file_note};
use super::translate;
use crate::prescribe::engine_cli::Reach;
use crate::prescribe::recipe::Recipe;
use crate::quote::{self, Unquotable};
use crate::snapshot::EngineKind;

/// Writes the command lines for an engine.
///
/// # Errors
/// Returns [`EmitError::Word`] for a word that cannot be quoted for a shell.
pub fn write(source: &Source<'_>, kind: EngineKind) -> Result<Emitted, EmitError> {
    let (recipe, mut notes) = translate::to(source.recipe, source.kind, kind);
    notes.extend(recipe.variables.is_some().then(|| env_file_note(&recipe)));
    notes.extend(recipe.labels.is_some().then(|| label_file_note(&recipe)));
    Ok(Emitted { text: lines(&recipe, kind)?, left_out: recipe.refused, notes })
}

/// Writes the command lines that start the container and join it to its networks.
///
/// # Errors
/// Returns [`Unquotable`] for a word that cannot be quoted for a shell.
fn lines(recipe: &Recipe, kind: EngineKind) -> Result<String, Unquotable> {
    let reach = Reach::by_itself(kind);
    let mut text = quote::line(&recipe.run(&reach))? + "\n";
    for network in &recipe.networks {
        text.push_str(&quote::line(&network.connect(&recipe.name, &reach))?);
        text.push('\n');
    }
    Ok(text)
}
