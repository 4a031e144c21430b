//! Renders a playbook page for the terminal.

use super::Context;
use super::layout::TextPage;
use super::style::Tone;
use super::words;
use crate::playbook::{self, Block, Claim};

/// Returns the page of a diagnosis.
#[must_use]
pub fn render(told: &playbook::DiagnosisPage, context: &Context) -> String {
    let mut page = TextPage::new(context);
    page.flow(0, &[(&told.title, Tone::Strong)]);
    let severity = words::severity(told.severity);
    let dot = page.sign("·", "-");
    let at = format!("{dot} stage: {} {dot} {}", words::stage(told.stage), words::class(told.class));
    page.flow(
        0,
        &[
            (&format!("[{}]", told.id), Tone::Dim),
            (severity, words::severity_tone(told.severity)),
            (&at, Tone::Plain),
        ],
    );
    for section in &told.sections {
        page.gap();
        page.flow(0, &[(section.heading, Tone::Strong)]);
        section.blocks.iter().for_each(|part| block(&mut page, part));
    }
    page.finish()
}

/// Lists the signatures that match a pasted message; the page of the first follows.
#[must_use]
pub fn claimed(found: &[Claim<'_>], context: &Context) -> String {
    let mut page = TextPage::new(context);
    for said in found {
        page.flow(
            0,
            &[(said.id, Tone::Strong), (&format!("matches signature {}:", said.signature), Tone::Plain)],
        );
        page.quote(2, &said.line, "");
    }
    if found.len() > 1 {
        page.flow(
            0,
            &[("The first one's page follows; `sysdock explain ID` shows the others.", Tone::Plain)],
        );
    }
    page.gap();
    page.finish()
}

fn block(page: &mut TextPage<'_>, block: &Block) {
    match block {
        Block::Prose(text) => page.prose(2, "", text),
        Block::Lines { about, lines } => {
            page.wrapped(2, "", about, Tone::Plain);
            lines.iter().for_each(|line| page.quote(4, line, ""));
        }
        Block::Item { title, id, words } => {
            page.flow(2, &[(title, Tone::Plain), (&format!("[{id}]"), Tone::Dim)]);
            page.prose(4, "", words);
        }
        Block::Script { about, text, .. } => {
            page.wrapped(2, "", about, Tone::Plain);
            text.lines().for_each(|line| page.code(line));
            page.gap();
        }
        Block::Ids(ids) => page.flow(2, &[(&ids.join(", "), Tone::Plain)]),
        Block::Links(links) => links.iter().for_each(|link| page.flow(2, &[(link, Tone::Plain)])),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::rule_list::sample_rules;

    #[test]
    fn a_page_has_all_that_the_rule_says() {
        let rules = sample_rules();
        let told = crate::playbook::page(rules.get("b-cause").unwrap(), &rules);
        let page = render(&told, &Context { width: 80, color: false, unicode: true, hyperlinks: false });
        insta::assert_snapshot!(page, @"
        the title of b-cause
        [b-cause] critical · stage: mount · configuration

        Symptoms
          at (systemd 226 to 253)
            │ Failed to mount /run

        What happens
          First paragraph, which is filled.

              docker run x

        Confirm by hand
          Look at `docker inspect`.

        What to do
          Give it a tmpfs [b-cure]
            Start it so:

                docker run --tmpfs /run x

        Explains
          a-consequence

        References
          https://systemd.io/
        ");
    }
}
