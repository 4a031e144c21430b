//! Remarks that several formats share: files that they need, secrets that they do not contain.
//!
//! Must never write a secret.

use super::untranslated::Ledger;
use crate::prescribe::engine_cli::Reach;
use crate::prescribe::prescription::Prescription;
use crate::prescribe::recipe::{Launch, Recipe, SecretWord};
use crate::prescribe::step::{DERIVED_DOCKERFILE, StepKind};
use crate::visible::{disarmed, visible};

/// Why a label is left out.
const SECRET_LABEL: &str = "a value that may be secret is not printed: take it from the old container";

/// Names the labels that hold a secret as left out.
pub fn leave_hidden_labels(recipe: &Recipe, ledger: &mut Ledger<'_>) {
    recipe.hidden_labels.iter().for_each(|name| ledger.leave(&format!("label {name}"), SECRET_LABEL));
}

/// Names the file with the environment, and what it must contain.
pub fn env_file_note(recipe: &Recipe) -> String {
    format!(
        "needs the file {} with the old container's environment, which is not printed: NAME=value, one a \
            line; --prescription sh shows the command that makes it",
        recipe.env_file()
    )
}

/// Names the file with the labels, and what it must contain.
pub fn label_file_note(recipe: &Recipe) -> String {
    format!("needs the file {} with the old container's labels, one name=value a line", recipe.label_file())
}

/// Lists the words with secrets that a format other than a script leaves out.
pub fn secret_words(recipe: &Recipe) -> Vec<String> {
    let one = |secret: &SecretWord| {
        format!(
            "{}: it contains a secret, which is not printed; copy it from the old container",
            secret.place.name()
        )
    };
    recipe.secret_words.iter().map(one).collect()
}

/// Returns the Dockerfile of a prescription's derived image.
pub fn derived_dockerfile(prescription: &Prescription) -> Option<&str> {
    let step = prescription.steps.iter().find(|step| step.kind == StepKind::BuildImage)?;
    step.files.get(DERIVED_DOCKERFILE).map(String::as_str)
}

/// Lists what a format refers to and the steps create; leaves out the image if the format contains it.
pub fn needed(prescription: &Prescription, recipe: &Recipe, holds_image: bool) -> Vec<String> {
    let mut needed = Vec::new();
    for step in &prescription.steps {
        match step.kind {
            StepKind::BuildImage if !holds_image => needed.push(("the image", recipe.image.as_str())),
            StepKind::SeccompProfile => {
                needed.extend(step.files.keys().map(|path| ("the seccomp profile", path.as_str())));
            }
            _ => {}
        }
    }
    let note = |(what, name)| {
        format!("needs {what} {name}: --prescription sh prints it with the command that makes it")
    };
    needed.into_iter().map(note).collect()
}

/// Says that the old container must give its name up first, and its fate if it does not; returns `None` if no
/// old container has the name.
pub fn taken_name(prescription: &Prescription, launch: &Launch, fate: &str) -> Option<String> {
    let name = &launch.recipe.name;
    if launch.recipe.source != *name {
        return None;
    }
    let kept_as = prescription.retired.as_ref().map(|retired| retired.kept_as.clone());
    let kept_as = kept_as.unwrap_or_else(|| format!("{name}-before"));
    let rename = Reach::by_itself(launch.kind).argv(["rename", name, &kept_as]).join(" ");
    Some(format!("stop and rename the old container first ({rename}): while it has this name, {fate}"))
}

/// Splits a text into comment lines, without characters that would end a comment, move the cursor or change
/// the reading direction.
pub fn comment_lines(words: &str) -> Vec<String> {
    words.lines().map(|line| disarmed(&visible(line))).collect()
}
