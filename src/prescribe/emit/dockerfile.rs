//! Writes a recipe as a Dockerfile with the parts of the cure that an image can hold.
//!
//! Must not copy values of the old environment into an image, which many people can read.

use super::emitted::{Emitted, Source};
use super::remarks::leave_hidden_labels;
use super::untranslated::Ledger;
use crate::prescribe::recipe::Recipe;
use crate::visible::{in_json, is_hidden, visible};

const CANNOT_HOLD: &str =
    "it contains a line break or another invisible character, which a Dockerfile line cannot hold";

/// Writes the Dockerfile, and names what is left for the command line. Starts from the derived image's
/// Dockerfile if there is one.
pub fn write(source: &Source<'_>) -> Emitted {
    let Source { recipe, derived, .. } = *source;
    let mut ledger = Ledger::new(recipe);
    let mut lines =
        vec![derived.map_or_else(|| format!("FROM {}", recipe.image), |text| text.trim_end().to_owned())];
    for (name, value) in &recipe.environment {
        match quoted(value) {
            Some(value) => lines.push(format!("ENV {name}={value}")),
            None => ledger.leave(&format!("the variable {name}"), CANNOT_HOLD),
        }
    }
    for label in ledger.texts("--label") {
        let (key, value) = label.split_once('=').unwrap_or((label, ""));
        match quoted(key).zip(quoted(value)) {
            Some((key, value)) => lines.push(format!("LABEL {key}={value}")),
            None => ledger.leave(&format!("the label {}", visible(key)), CANNOT_HOLD),
        }
    }
    let plain = |value: &&str| !value.contains(['$', '\\', '"']) && !value.chars().any(is_hidden);
    for (flag, instruction) in [("--user", "USER"), ("--workdir", "WORKDIR"), ("--stop-signal", "STOPSIGNAL")]
    {
        lines.extend(ledger.text(flag).filter(plain).map(|value| format!("{instruction} {value}")));
    }
    lines.extend(ledger.texts("--expose").into_iter().filter(plain).map(|port| format!("EXPOSE {port}")));
    let exec = |words: &[String]| in_json(&serde_json::to_string(words).unwrap_or_default());
    lines.extend(recipe.entrypoint.as_deref().map(|words| format!("ENTRYPOINT {}", exec(words))));
    lines.extend((!recipe.command.is_empty()).then(|| format!("CMD {}", exec(&recipe.command))));
    rest(recipe, &mut ledger);
    Emitted::of(lines.join("\n") + "\n", ledger)
}

/// Reports the settings that only the start of a container can make.
fn rest(recipe: &Recipe, ledger: &mut Ledger<'_>) {
    const WHY: &str = "an image cannot set it; pass it when starting the container";
    recipe.tmpfs_texts().iter().for_each(|mount| ledger.leave(&format!("--tmpfs {mount}"), WHY));
    recipe.volumes.iter().for_each(|volume| ledger.leave(&format!("-v {}", volume.text()), WHY));
    recipe.mounts.iter().for_each(|(_, text)| ledger.leave(&format!("--mount {text}"), WHY));
    recipe.networks.iter().for_each(|network| ledger.leave(&format!("network {}", network.name), WHY));
    if recipe.variables.is_some() {
        ledger.leave(
            "environment of the old container",
            "its values may be secret, and images are often shared",
        );
    }
    leave_hidden_labels(recipe, ledger);
    for flag in ledger.rest() {
        ledger.leave(&flag.words().join(" "), WHY);
    }
}

/// Quotes a value in double quotes; returns `None` if it has a line break or another invisible character, for
/// which there is no escape.
fn quoted(value: &str) -> Option<String> {
    if value.chars().any(|c| c != '\t' && is_hidden(c)) {
        return None;
    }
    let escaped = value.replace('\\', "\\\\").replace('"', "\\\"").replace('$', "\\$");
    Some(format!("\"{escaped}\""))
}
