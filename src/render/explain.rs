//! One diagnosis as a page in the terminal.

use super::Context;
use super::page::Page;
use super::style::Tone;
use super::words;
use crate::rule::{Rule, RuleSet, Signature};

/// The page of a rule.
#[must_use]
pub fn render(rule: &Rule, rules: &RuleSet, context: &Context) -> String {
    let mut page = Page::new(context);
    page.flow(0, &[(&rule.title, Tone::Strong)]);
    let severity = words::severity(rule.severity);
    let at = format!("at the stage `{}`", words::stage(rule.stage));
    page.flow(0, &[(&format!("[{}]", rule.id), Tone::Dim), (severity, words::severity_tone(rule.severity)), (&at, Tone::Plain)]);
    section(&mut page, "What happens", &rule.explanation);
    section(&mut page, "How to confirm it by hand", &rule.confirm);
    remedies(&mut page, rule, rules);
    names(&mut page, rule, rules);
    signatures(&mut page, &rule.signatures);
    references(&mut page, rule);
    page.finish()
}

fn section(page: &mut Page<'_>, title: &str, text: &str) {
    if !text.is_empty() {
        heading(page, title);
        page.prose(2, "", text);
    }
}

fn heading(page: &mut Page<'_>, title: &str) {
    page.gap();
    page.flow(0, &[(title, Tone::Strong)]);
}

fn remedies(page: &mut Page<'_>, rule: &Rule, rules: &RuleSet) {
    if rule.remedies.is_empty() {
        return;
    }
    heading(page, "What to do");
    for id in &rule.remedies {
        match rules.remedies.get(id) {
            Some(remedy) => {
                page.flow(2, &[(&remedy.title, Tone::Plain), (&format!("[{id}]"), Tone::Dim)]);
                page.prose(4, "", &remedy.words);
            }
            None => page.flow(2, &[(id, Tone::Plain)]),
        }
    }
}

/// What it explains, and what explains it.
fn names(page: &mut Page<'_>, rule: &Rule, rules: &RuleSet) {
    let causes: Vec<&str> = rules.rules.iter().filter(|other| other.explains.contains(&rule.id)).map(|other| other.id.as_str()).collect();
    if !rule.explains.is_empty() {
        heading(page, "Explains");
        page.flow(2, &[(&rule.explains.join(", "), Tone::Plain)]);
    }
    if !causes.is_empty() {
        heading(page, "May follow from");
        page.flow(2, &[(&causes.join(", "), Tone::Plain)]);
    }
}

fn signatures(page: &mut Page<'_>, signatures: &[Signature]) {
    if signatures.is_empty() {
        return;
    }
    heading(page, "Lines that show it");
    for signature in signatures {
        let range = signature.systemd.map_or_else(|| "any version".to_owned(), |range| range.to_string());
        page.flow(2, &[(&signature.name, Tone::Plain), (&format!("(systemd {range})"), Tone::Dim)]);
        page.wrapped(4, "", signature.pattern.source(), Tone::Code);
    }
}

fn references(page: &mut Page<'_>, rule: &Rule) {
    if !rule.references.is_empty() {
        heading(page, "References");
        rule.references.iter().for_each(|reference| page.flow(2, &[(reference, Tone::Plain)]));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::rules::sample_rules;

    #[test]
    fn a_page_has_all_that_the_rule_says() {
        let rules = sample_rules();
        let page = render(rules.get("b-cause").unwrap(), &rules, &Context { width: 80, color: false, unicode: true, hyperlinks: false });
        insta::assert_snapshot!(page, @"
        the title of b-cause
        [b-cause] critical at the stage `mount`

        What happens
          First paragraph, which is filled.

              docker run x

        How to confirm it by hand
          Look at `docker inspect`.

        What to do
          Give it a tmpfs [b-cure]
            Start it so:

                docker run --tmpfs /run x

        Explains
          a-consequence

        Lines that show it
          at (systemd 226 to 253)
            Failed to mount (?P<path>/run)

        References
          https://systemd.io/
        ");
    }
}
