//! Builds the steps that copy the old container's environment, secret labels and secret words into files
//! without showing them.
//!
//! Each step is a command for people, and a query to the engine for `fix` and `prove`, which then need
//! neither shell nor CLI for it. Must never write a secret.

use crate::prescribe::engine_cli::Reach;
use crate::prescribe::recipe::{Fetch, Part, Recipe};
use crate::prescribe::step::{Step, StepKind};
use crate::quote::{Unquotable, quoted_within};

/// Returns the steps that fetch what the recipe does not contain.
pub fn steps(recipe: &Recipe, reach: &Reach) -> Vec<Step> {
    let one = |part, file, without, count| {
        Fetch { part, source: recipe.source.clone(), file, without, count }.step(reach)
    };
    let variables = recipe
        .variables
        .map(|count| one(Part::Environment, recipe.env_file(), recipe.not_fetched.clone(), count));
    let labels =
        recipe.labels.map(|count| one(Part::Labels, recipe.label_file(), recipe.labels_apart.clone(), count));
    let words = recipe.secret_words.iter().enumerate();
    let words = words.map(|(number, secret)| {
        one(Part::Word(secret.place.clone()), recipe.word_file(number), Vec::new(), 1)
    });
    variables.into_iter().chain(labels).chain(words).collect()
}

impl Fetch {
    fn step(self, reach: &Reach) -> Step {
        let title =
            format!("save {} of {} to {} (values not shown)", self.part.name(), self.source, self.file);
        match self.script(reach) {
            Ok(script) => {
                let argv = vec!["sh".to_owned(), "-c".to_owned(), script];
                Step { fetch: Some(self), ..Step::command(StepKind::RetireContainer, title, argv) }
            }
            Err(refused) => Step::advice(format!("{title} (no command can be printed: {refused})"), &[]),
        }
    }

    fn script(&self, reach: &Reach) -> Result<String, Unquotable> {
        let inspect =
            reach.argv(["container", "inspect", "-f", &self.part.template(&self.without), &self.source]);
        let inspect =
            inspect.iter().map(|word| quoted_within(word)).collect::<Result<Vec<_>, _>>()?.join(" ");
        let (file, count) = (quoted_within(&self.file)?, self.count);
        if matches!(self.part, Part::Word(_)) {
            return Ok(format!("umask 077 && {inspect} > {file}"));
        }
        let names = if self.part == Part::Labels { String::new() } else { self.without.join("|") };
        let filter = if names.is_empty() { String::new() } else { format!(" | grep -v -E \"^({names})=\"") };
        // A value with a line break produces more lines than there are entries; without the file nothing can
        // be started.
        let told = "an entry contains a line break and cannot be carried over; stopping here";
        let check = format!("test \"$(grep -c . {file})\" = {count}");
        Ok(format!(
            "umask 077 && {inspect}{filter} > {file} && {check} || {{ rm -f {file}; echo \"{told}\" >&2; \
                false; }}"
        ))
    }
}
