//! A prescription for people: its steps as lines that can be pasted into a shell, files included.

use textwrap::core::display_width;

use super::page::Page;
use super::style::Tone;
use crate::prescribe::{Prescription, Step};

/// The section `what to do`.
pub fn prescription(page: &mut Page<'_>, prescription: &Prescription) {
    page.flow(2, &[("what to do:", Tone::Strong), (&prescription.summary, Tone::Plain)]);
    if prescription.curable {
        let privilege = if prescription.privilege == "none" { "none more than before" } else { &prescription.privilege };
        page.flow(
            4,
            &[
                ("rights:", Tone::Dim),
                (&format!("{privilege}."), Tone::Dim),
                ("cost:", Tone::Dim),
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
        page.flow(4, &[("not offered:", Tone::Dim), (&other.what, Tone::Code), (&format!("({})", other.why), Tone::Dim)]);
    }
}

/// A step; what it needs is said where the step before did not say the same.
fn one(page: &mut Page<'_>, number: usize, step: &Step, tell: bool) {
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

/// A file as a here document; its lines are pasted as they are.
fn file(page: &mut Page<'_>, path: &str, text: &str) {
    if let Some((folder, _)) = path.rsplit_once('/') {
        page.code(&format!("mkdir -p {}", quoted(folder)));
    }
    page.code(&format!("cat > {} <<'END'", quoted(path)));
    text.lines().for_each(|line| page.code(line));
    page.code("END");
}

/// A command line, parted between words where it is longer than the page.
pub(super) fn command(page: &mut Page<'_>, argv: &[String]) {
    let room = page.context.width.saturating_sub(2).max(40);
    let mut line = String::new();
    let mut words = argv.iter().peekable();
    while let Some(word) = words.next() {
        let mut piece = quoted(word);
        // A flag and its value stay together.
        if word.starts_with('-')
            && !word.contains('=')
            && words.peek().is_some_and(|next| !next.starts_with('-'))
            && let Some(value) = words.next()
        {
            piece = format!("{piece} {}", quoted(value));
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

/// A word for a shell, with quotes only where they are needed.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_@%+=:,./-".contains(c);
    if !word.is_empty() && !word.starts_with('=') && word.chars().all(plain) {
        return word.to_owned();
    }
    if !word.contains('\'') {
        return format!("'{word}'");
    }
    shlex::try_quote(word).map_or_else(|_| word.to_owned(), std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::{Context, sample};

    #[test]
    fn steps_are_lines_for_a_shell() {
        let mut page = Page::new(&Context { width: 80, color: false, unicode: true, hyperlinks: false });
        prescription(&mut page, &sample::prescription());
        insta::assert_snapshot!(page.finish(), @r##"
      what to do: Start the container anew with a tmpfs on /run.
        rights: none more than before. cost: the container is made anew.

        1. make web-cured from the container's image
    mkdir -p image
    cat > image/Dockerfile <<'END'
    FROM web
    RUN systemctl set-default multi-user.target
    END
    docker build -t web-cured image

        2. start web anew with a tmpfs on /run
    docker run -d --name web --tmpfs /run -e "MSG=it's one" -v data:/var/lib/data \
      --security-opt writable-cgroups=true web-cured

        not offered: --privileged (the steps need none of it)
    "##);
    }

    #[test]
    fn what_is_pasted_is_what_was_meant() {
        let mut page = Page::new(&Context { width: 60, color: false, unicode: true, hyperlinks: false });
        let argv = &sample::prescription().steps[1].argv;
        command(&mut page, argv);
        let text = page.finish();
        assert!(text.lines().count() > 1 && text.lines().all(|line| line.len() <= 60), "{text}");
        assert_eq!(shlex::split(&text.replace("\\\n", "")).as_ref(), Some(argv));
    }
}
