//! Command lines of `run` and `create` as container descriptions.

use super::engine_cli::EngineCli;
use super::run_options;
use super::shell::{Command, Place, after_create};
use super::spec::Spec;

/// Words that follow "docker run" in prose and are not an image.
const NO_IMAGES: [&str; 24] = [
    "a",
    "an",
    "and",
    "as",
    "command",
    "commands",
    "container",
    "does",
    "doesn't",
    "fails",
    "failed",
    "for",
    "from",
    "in",
    "into",
    "is",
    "it",
    "of",
    "on",
    "or",
    "the",
    "this",
    "to",
    "with",
];

/// Returns the container that a command line creates.
#[must_use]
pub fn spec(command: &Command) -> Option<Spec> {
    let cli = command.words.first().and_then(|word| EngineCli::of_word(word));
    let words = match after_create(&command.words) {
        Some(words) => words,
        None if cli.is_none() => &command.words,
        None => return None,
    };
    // Placeholders for what the writer left out.
    let left_out =
        |word: &&String| !matches!(word.as_str(), "..." | "…" | "[...]" | "[OPTIONS]" | "[options]");
    let words = run_options::sort(&words.iter().filter(left_out).cloned().collect::<Vec<_>>());
    let mut rest = words.rest.into_iter();
    let image = rest.next().filter(|image| is_image(image));
    let mut arguments: Vec<String> = rest.collect();
    cut_redirections(&mut arguments);
    let fragment = cli.is_none() || image.is_none();
    if fragment && words.options.is_empty() || NO_IMAGES.contains(&image.as_deref().unwrap_or_default()) {
        return None;
    }
    // In prose the sentence continues after the image; what follows is not a command.
    let told = command.place != Place::Prose && !arguments.is_empty();
    let origin = match cli {
        Some(cli) => format!("{cli} run"),
        None => "options of run".to_owned(),
    };
    let command_words = told.then_some(arguments);
    let name = words.options.iter().rev().find(|(name, _)| *name == "name").map(|(_, value)| value.clone());
    Some(Spec {
        line: command.line,
        last: command.last,
        origin,
        engine: cli,
        options: words.options,
        image,
        command: command_words,
        name,
        fragment,
    })
}

/// Returns whether a word can be an image reference.
fn is_image(word: &str) -> bool {
    let allowed = |c: char| {
        c.is_ascii_alphanumeric()
            || matches!(c, '.' | '_' | '-' | '/' | ':' | '@' | '$' | '{' | '}' | '(' | ')')
    };
    !word.is_empty()
        && word.chars().all(allowed)
        && word.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '$' || c == '{')
}

/// Cuts off redirections such as `> log 2>&1`, which belong to the shell.
fn cut_redirections(words: &mut Vec<String>) {
    let redirects = |word: &String| word.starts_with('>') || word.starts_with('<') || word.starts_with("2>");
    if let Some(at) = words.iter().position(redirects) {
        words.truncate(at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intake::budget::Budget;
    use crate::intake::reader::Line;
    use crate::intake::shell::commands;

    fn specs(text: &str) -> Vec<Spec> {
        let lines = Line::all(text);
        commands(&lines, &mut Budget::of(text.len() as u64)).iter().filter_map(spec).collect()
    }

    #[test]
    fn a_command_line_is_a_container() {
        let spec =
            &specs("$ sudo podman --log-level=debug run --name web -itd fedora:40 /sbin/init > log 2>&1")[0];
        assert_eq!(
            (spec.engine, spec.image.as_deref(), spec.name.as_deref()),
            (Some(EngineCli::Podman), Some("fedora:40"), Some("web"))
        );
        assert_eq!(spec.command.as_deref(), Some(&["/sbin/init".to_owned()][..]));
    }

    #[test]
    fn a_sentence_gives_options_but_no_command() {
        let spec = &specs("I start it with docker run --privileged img and then it hangs")[0];
        assert_eq!(
            (spec.image.as_deref(), spec.command.as_ref(), spec.option("privileged")),
            (Some("img"), None, Some("true"))
        );
        assert!(specs("docker run is broken").is_empty() && specs("See 'docker run --help'.").len() <= 1);
    }

    #[test]
    fn what_is_left_out_or_substituted_does_not_disturb() {
        let spec = &specs("$ podman run ... -t -d example/ubi8-init /sbin/init")[0];
        assert_eq!((spec.image.as_deref(), spec.option("tty")), (Some("example/ubi8-init"), Some("true")));
        let spec = &specs("$ docker run --privileged -v $(pwd):/x $(docker build -q .)")[0];
        assert_eq!((spec.image.as_deref(), spec.command.as_ref()), (Some("$SUBSTITUTED"), None));
    }

    #[test]
    fn options_behind_a_prompt_are_a_part() {
        let spec = &specs("$ --privileged -v /sys/fs/cgroup:/sys/fs/cgroup:ro")[0];
        assert!(spec.fragment && spec.options.len() == 2);
    }
}
