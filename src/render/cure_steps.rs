//! Renders a prescription for people: its steps as lines that can be pasted into a shell, including files.

use textwrap::core::display_width;

use super::layout::TextPage;
use super::style::Tone;
use crate::prescribe::{Prescription, Step};
use crate::quote::{self, Unquotable};

/// Writes the section `what to do`.
pub fn prescription(page: &mut TextPage<'_>, prescription: &Prescription) {
    page.flow(2, &[("what to do:", Tone::Strong), (&prescription.summary, Tone::Plain)]);
    if prescription.curable {
        page.flow(
            4,
            &[
                ("privileges:", Tone::Dim),
                (&format!("{}.", prescription.privilege.change()), Tone::Dim),
                ("note:", Tone::Dim),
                (&format!("{}.", prescription.cost), Tone::Dim),
            ],
        );
    }
    let mut needs = None;
    for (number, step) in prescription.steps.iter().enumerate() {
        page.gap();
        one(page, number + 1, step, needs != step.needs.as_deref());
        needs = step.needs.as_deref();
    }
    if prescription.curable {
        page.gap();
    }
    for other in prescription.not_offered.iter().filter(|_| prescription.curable) {
        page.flow(
            4,
            &[
                ("not offered:", Tone::Dim),
                (&other.what, Tone::Code),
                (&format!("({})", other.why), Tone::Dim),
            ],
        );
    }
}

/// Writes a step; prints its requirements unless the previous step had the same.
fn one(page: &mut TextPage<'_>, number: usize, step: &Step, tell: bool) {
    page.prose(4, &format!("{number}. "), &step.title);
    if let Some(needs) = step.needs.as_ref().filter(|_| tell) {
        page.flow(7, &[("needs:", Tone::Dim), (needs, Tone::Dim)]);
    }
    for (path, text) in &step.files {
        file(page, path, text);
    }
    if !step.argv.is_empty() {
        command(page, &step.argv);
    }
}

/// Writes the commands that create a file; no line of its content can end them.
fn file(page: &mut TextPage<'_>, path: &str, text: &str) {
    let folder = path.rsplit_once('/').map(|(folder, _)| quote::quoted(folder)).transpose();
    match folder.and_then(|folder| Ok((folder, quote::file(path, text)?))) {
        Ok((folder, lines)) => {
            folder.iter().for_each(|folder| page.code(&format!("mkdir -p -- {folder}")));
            lines.iter().for_each(|line| page.code(line));
        }
        Err(refused) => not_printed(page, &refused),
    }
}

/// Writes a note in place of a command that cannot be quoted for a shell.
fn not_printed(page: &mut TextPage<'_>, refused: &Unquotable) {
    page.wrapped(7, "", &format!("No command is printed: {refused}."), Tone::Bad);
}

/// Writes a command line, broken between words if it is longer than the page.
pub(super) fn command(page: &mut TextPage<'_>, argv: &[String]) {
    match argv.iter().map(|word| quote::quoted(word)).collect::<Result<Vec<_>, _>>() {
        Ok(words) => parted(page, argv, words),
        Err(refused) => not_printed(page, &refused),
    }
}

fn parted(page: &mut TextPage<'_>, argv: &[String], quoted: Vec<String>) {
    let room = page.context.width.saturating_sub(2).max(40);
    let mut line = String::new();
    let mut words = argv.iter().zip(quoted).peekable();
    while let Some((word, mut piece)) = words.next() {
        // A flag and its value stay on one line.
        if word.starts_with('-')
            && !word.contains('=')
            && words.peek().is_some_and(|(next, _)| !next.starts_with('-'))
            && let Some((_, value)) = words.next()
        {
            piece = format!("{piece} {value}");
        }
        if line.contains(' ') && display_width(&line) + 1 + display_width(&piece) > room {
            page.code(&format!("{line} \\"));
            line = format!("  {piece}");
        } else {
            line = if line.is_empty() { piece } else { format!("{line} {piece}") };
        }
    }
    page.code(&line);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::{Context, sample};

    #[test]
    fn steps_are_lines_for_a_shell() {
        let mut page = TextPage::new(&Context { width: 80, color: false, unicode: true, hyperlinks: false });
        prescription(&mut page, &sample::prescription());
        insta::assert_snapshot!(page.finish(), @r#"
          what to do: Recreate the container with a tmpfs on /run.
            privileges: unchanged. note: files written outside volumes stay in the old
              container.

            1. build web-cured from the container's image
        mkdir -p -- image
        printf '%s\n' \
          'FROM web' \
          'RUN systemctl set-default multi-user.target' \
          > image/Dockerfile
        docker build -t web-cured image

            2. recreate web with a tmpfs on /run
        docker run -d --name web --tmpfs /run -e "MSG=it's one" -v data:/var/lib/data \
          --security-opt writable-cgroups=true web-cured

            not offered: --privileged (the steps need none of it)
        "#);
    }

    #[test]
    fn what_is_pasted_is_what_was_meant() {
        let mut page = TextPage::new(&Context { width: 60, color: false, unicode: true, hyperlinks: false });
        let argv = &sample::prescription().steps[1].argv;
        command(&mut page, argv);
        let text = page.finish();
        assert!(text.lines().count() > 1 && text.lines().all(|line| line.len() <= 60), "{text}");
        assert_eq!(shlex::split(&text.replace("\\\n", "")).as_ref(), Some(argv));
    }
}
