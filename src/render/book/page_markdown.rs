//! Writes a playbook page as Markdown, and escapes the plain text of rule files for Markdown and HTML.
//!
//! The author of a rule can use paragraphs, list items that start with `- `, indented commands, and code
//! between backquotes; everything else is plain text. Links are only those of `references` and those to other
//! pages. Must not let a rule file include other files into the book.

use crate::playbook::{Block, DiagnosisPage};
use crate::render::layout::{ProsePart, parts};
use crate::render::{visible, words};
use crate::rule::RuleSet;

/// Writes the page of a diagnosis.
pub fn page(page: &DiagnosisPage, rules: &RuleSet) -> String {
    let mut out = format!("# {}\n\n", text(&page.title));
    let (severity, stage, class) =
        (words::severity(page.severity), words::stage(page.stage), words::class(page.class));
    out.push_str(&format!("`{}`: {severity} · stage: `{stage}` · {class}.\n", page.id));
    for section in &page.sections {
        out.push_str(&format!("\n## {}\n", section.heading));
        for part in &section.blocks {
            out.push('\n');
            out.push_str(&block(part, rules));
        }
    }
    out
}

fn block(block: &Block, rules: &RuleSet) -> String {
    match block {
        Block::Prose(words) => prose(words),
        Block::Lines { about, lines } => format!("{}:\n\n{}", text(about), fence("text", &lines.join("\n"))),
        Block::Item { title, id, words } => {
            format!("**{}** ([{id}](../remedies.md#{id}))\n\n{}", text(title), prose(words))
        }
        Block::Script { about, language, text: script } => {
            let head = if about.is_empty() { String::new() } else { format!("{}:\n\n", text(about)) };
            format!("{head}{}", fence(language, script.trim_end()))
        }
        Block::Ids(ids) => ids.iter().map(|id| named(id, rules)).collect(),
        Block::Links(links) => {
            links.iter().map(|link| format!("- <{}>\n", visible(link))).collect::<Vec<_>>().concat()
        }
    }
}

fn named(id: &str, rules: &RuleSet) -> String {
    match rules.get(id) {
        Some(rule) => format!("- [{id}]({id}.md): {}\n", text(&rule.title)),
        None => format!("- {id}\n"),
    }
}

/// Writes the paragraphs of a rule file; indented lines are commands.
pub fn prose(words: &str) -> String {
    let mut out = String::new();
    for part in parts(words) {
        let piece = match part {
            ProsePart::Paragraph(line) => format!("{}\n", paragraph(&line)),
            ProsePart::Code(lines) => fence("sh", &lines.join("\n")),
        };
        if !out.is_empty() {
            out.push('\n');
        }
        out.push_str(&piece);
    }
    out
}

/// Escapes a line so that it can only start a paragraph or a list item.
fn paragraph(line: &str) -> String {
    let line = text(line);
    let digits = line.len() - line.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let ordinal = digits > 0 && line[digits..].starts_with(['.', ')']);
    let rule = line.starts_with('+') || line.chars().all(|c| matches!(c, '-' | '=' | ' '));
    match (ordinal, rule) {
        (true, _) => format!("{}\\{}", &line[..digits], &line[digits..]),
        (_, true) => format!("\\{line}"),
        _ => line,
    }
}

/// Escapes code so that mdBook does not replace parts of it with a file (`{{#include …}}`), which it does
/// even within code.
fn unlinked(code: &str) -> String {
    let mut out = String::with_capacity(code.len());
    for (index, piece) in code.split('#').enumerate() {
        if index > 0 {
            out.push_str(if out.trim_end().ends_with("{{") { "\\#" } else { "#" });
        }
        out.push_str(piece);
    }
    out
}

/// Writes lines in a code fence that none of them closes.
pub fn fence(language: &str, lines: &str) -> String {
    let lines = unlinked(&lines.lines().map(visible).collect::<Vec<_>>().join("\n"));
    let mark = "`".repeat(longest_run(&lines).max(2) + 1);
    format!("{mark}{language}\n{lines}\n{mark}\n")
}

/// Writes inline code.
pub fn code(words: &str) -> String {
    let words = unlinked(&visible(words));
    let mark = "`".repeat(longest_run(&words) + 1);
    let pad = if words.starts_with('`') || words.ends_with('`') { " " } else { "" };
    format!("{mark}{pad}{words}{pad}{mark}")
}

fn longest_run(words: &str) -> usize {
    words.split(|c| c != '`').map(str::len).max().unwrap_or_default()
}

/// Escapes everything in a text that Markdown or HTML would take for markup; text in backquotes stays code.
pub fn text(words: &str) -> String {
    let mut out = String::new();
    for (index, piece) in visible(words).split('`').enumerate() {
        let closed = words.matches('`').count().is_multiple_of(2);
        if index % 2 == 1 && closed {
            out.push_str(&code(piece));
        } else {
            if index > 0 && !closed {
                out.push_str("\\`");
            }
            out.push_str(&escaped(piece));
        }
    }
    out
}

fn escaped(piece: &str) -> String {
    let mut out = String::new();
    for c in piece.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\\' | '*' | '_' | '[' | ']' | '{' | '}' | '|' | '#' | '~' | '$' => out.extend(['\\', c]),
            _ => out.push(c),
        }
    }
    out
}

/// Turns a line into a sentence.
pub fn sentence(line: &str) -> String {
    let mut letters = line.chars();
    let first = letters.next().map(|c| c.to_uppercase().collect::<String>()).unwrap_or_default();
    text(&format!("{first}{}.", letters.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::rule_list::sample_rules;

    #[test]
    fn a_page_says_in_markdown_what_the_terminal_says() {
        let rules = sample_rules();
        let page = page(&crate::playbook::page(rules.get("b-cause").unwrap(), &rules), &rules);
        insta::assert_snapshot!(page);
    }

    #[test]
    fn nothing_in_a_rule_is_markup() {
        assert_eq!(
            text("<script>alert(1)</script> [a](b) `x < y` *z*"),
            "&lt;script&gt;alert(1)&lt;/script&gt; \\[a\\](b) `x < y` \\*z\\*"
        );
        assert_eq!(text("a ` b"), "a \\` b");
        assert_eq!(code("a `b`"), "`` a `b` ``");
        assert!(fence("text", "```\nx").starts_with("````text\n"));
        assert!(!text("a\u{1b}[31m").contains('\u{1b}'));
        assert_eq!(
            prose("1. a\n\n+ b\n\n---\n\n===\n\n- c\n\n# d"),
            "1\\. a\n\n\\+ b\n\n\\---\n\n\\===\n\n- c\n\n\\# d\n"
        );
    }

    #[test]
    fn a_rule_includes_no_file_into_the_book() {
        for words in [
            "{{#include /etc/passwd}}",
            "{{ #include x}}",
            "{{#playground x}}",
            "a `{{#include x}}` b",
            "x\n\n    {{  #rustdoc_include x}}",
        ] {
            for page in [prose(words), fence("sh", words), code(words), text(words)] {
                let close: String = page.split_whitespace().collect();
                assert!(!close.contains("{{#"), "{page}");
            }
        }
        assert_eq!(code("docker inspect -f '{{.State}}' x # y"), "`docker inspect -f '{{.State}}' x # y`");
    }
}
