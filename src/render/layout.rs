//! Lays out a page of text: wraps and colours it. Everything that is added to a page passes through
//! [`visible`].

use textwrap::core::display_width;

use super::link::linked;
use super::style::{Tone, paint};
use super::{Context, ascii, visible};
use crate::visible::disarmed;

/// Maximum length of quoted foreign text, in characters.
const QUOTE: usize = 400;

/// A piece of text with its tone.
pub type StyledSpan<'t> = (&'t str, Tone);

/// A page under construction.
pub struct TextPage<'c> {
    pub context: &'c Context,
    text: String,
}

impl<'c> TextPage<'c> {
    pub fn new(context: &'c Context) -> Self {
        Self { context, text: String::new() }
    }

    /// Returns the text; none of its lines is a command that a workflow runner would obey.
    pub fn finish(self) -> String {
        self.text.split('\n').map(disarmed).collect::<Vec<_>>().join("\n")
    }

    /// Returns a symbol, or its replacement if the locale has only ASCII.
    pub fn sign(&self, sign: &'static str, ascii: &'static str) -> &'static str {
        if self.context.unicode { sign } else { ascii }
    }

    /// Adds an empty line, unless there is one already.
    pub fn gap(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    /// Makes a text safe for the terminal.
    fn shown(&self, text: &str) -> String {
        let text = visible(text);
        if self.context.unicode { text } else { ascii(&text) }
    }

    /// Colours a text and marks its addresses as links if the terminal supports them. The marks have no
    /// width.
    fn ink(&self, text: &str, tone: Tone) -> String {
        let painted = |text: &str| paint(text, tone, self.context.color);
        if self.context.hyperlinks { painted(&linked(text)) } else { painted(text) }
    }

    fn put(&mut self, indent: usize, spans: &[(String, Tone)]) {
        self.text.extend(std::iter::repeat_n(' ', indent));
        for (index, (text, tone)) in spans.iter().enumerate() {
            if index > 0 {
                self.text.push(' ');
            }
            let inked = self.ink(text, *tone);
            self.text.push_str(&inked);
        }
        self.text.push('\n');
    }

    /// Adds words of several tones, separated by single spaces, wrapped with a deeper indent from the second
    /// line on.
    pub fn flow(&mut self, indent: usize, spans: &[StyledSpan<'_>]) {
        let mut line: Vec<(String, Tone)> = Vec::new();
        let (mut column, mut margin) = (indent, indent);
        for (text, tone) in spans {
            for word in self.shown(text).split_whitespace() {
                let width = display_width(word);
                if !line.is_empty() && column + 1 + width > self.context.width {
                    self.put(margin, &line);
                    line.clear();
                    margin = indent + 2;
                    column = margin;
                }
                column += width + usize::from(!line.is_empty());
                append(&mut line, word, *tone);
            }
        }
        if !line.is_empty() {
            self.put(margin, &line);
        }
    }

    /// Adds a text with its own line breaks, wrapped after a mark such as `- `.
    pub fn wrapped(&mut self, indent: usize, mark: &str, text: &str, tone: Tone) {
        let room = self.context.width.saturating_sub(indent + display_width(mark)).max(20);
        for (index, line) in textwrap::wrap(&self.shown(text), filling(room)).into_iter().enumerate() {
            let lead = if index == 0 { mark.to_owned() } else { " ".repeat(display_width(mark)) };
            let painted = self.ink(&line, tone);
            self.text.push_str(&format!("{}{lead}{painted}", " ".repeat(indent)));
            self.end_line();
        }
    }

    /// Adds paragraphs of a rule file: plain paragraphs are wrapped, lists and commands keep their lines.
    pub fn prose(&mut self, indent: usize, mark: &str, text: &str) {
        let mut lead = mark.to_owned();
        for (index, block) in blocks(text).into_iter().enumerate() {
            if index > 0 && block.after_blank {
                self.gap();
            }
            let extra = if block.filled {
                0
            } else {
                display_width(&block.text) - display_width(block.text.trim_start())
            };
            let tone = if extra > 0 { Tone::Code } else { Tone::Plain };
            self.wrapped(indent + extra, &lead, block.text.trim(), tone);
            lead = " ".repeat(display_width(mark));
        }
    }

    /// Adds a quote after a vertical bar, with its source at the right of the last line.
    pub fn quote(&mut self, indent: usize, text: &str, source: &str) {
        let bar = self.sign("│", "|");
        let source = self.shown(source);
        let room = self.context.width.saturating_sub(indent + 2).max(20);
        let text = self.shown(&clipped(text));
        let lines = textwrap::wrap(&text, filling(room));
        let fits = lines.last().is_some_and(|last| display_width(last) + 3 + display_width(&source) <= room);
        let count = lines.len();
        for (index, line) in lines.into_iter().enumerate() {
            let aside = if fits && index + 1 == count { format!("   {source}") } else { String::new() };
            self.bar(indent, bar, &line, &aside);
        }
        if !fits && !source.is_empty() {
            self.bar(indent, bar, "", &source);
        }
    }

    fn bar(&mut self, indent: usize, bar: &str, text: &str, aside: &str) {
        let color = self.context.color;
        let bar = paint(bar, Tone::Dim, color);
        self.text.push_str(&format!("{}{bar} {text}{}", " ".repeat(indent), paint(aside, Tone::Dim, color)));
        self.end_line();
    }

    /// Adds a command at the first column without wrapping, so that it can be pasted: its line breaks and
    /// tabs are kept.
    pub fn code(&mut self, command: &str) {
        for line in command.split('\n') {
            let shown = line.split('\t').map(visible).collect::<Vec<_>>().join("\t");
            self.text.push_str(&paint(&shown, Tone::Code, self.context.color));
            self.text.push('\n');
        }
    }

    fn end_line(&mut self) {
        let kept = self.text.trim_end_matches(' ').len();
        self.text.truncate(kept);
        self.text.push('\n');
    }
}

/// Returns options that break lines only at spaces: a command must not be broken at its hyphens.
fn filling(room: usize) -> textwrap::Options<'static> {
    textwrap::Options::new(room)
        .word_separator(textwrap::WordSeparator::AsciiSpace)
        .word_splitter(textwrap::WordSplitter::NoHyphenation)
}

fn append(line: &mut Vec<(String, Tone)>, word: &str, tone: Tone) {
    match line.last_mut() {
        Some((text, same)) if *same == tone => {
            text.push(' ');
            text.push_str(word);
        }
        _ => line.push((word.to_owned(), tone)),
    }
}

/// Cuts a long text and marks the cut.
pub fn clipped(text: &str) -> String {
    match text.char_indices().nth(QUOTE) {
        Some((end, _)) => format!("{} […]", &text[..end]),
        None => text.to_owned(),
    }
}

/// A part of a rule file's text.
pub enum ProsePart {
    /// Words to wrap; a list item includes its mark.
    Paragraph(String),
    /// Indented lines, without their common indentation.
    Code(Vec<String>),
}

/// Returns the parts of a rule file's text, as the terminal shows them.
pub fn parts(text: &str) -> Vec<ProsePart> {
    let mut parts: Vec<ProsePart> = Vec::new();
    for block in blocks(text) {
        match parts.last_mut() {
            _ if block.filled => parts.push(ProsePart::Paragraph(block.text)),
            Some(ProsePart::Code(lines)) => lines.push(block.text.trim_start().to_owned()),
            _ => parts.push(ProsePart::Code(vec![block.text.trim_start().to_owned()])),
        }
    }
    parts
}

/// Returns the first paragraph of a text, as one line.
pub fn first_paragraph(text: &str) -> String {
    let lines = text.trim().lines().take_while(|line| !line.trim().is_empty());
    lines.map(str::trim).collect::<Vec<_>>().join(" ")
}

struct TextBlock {
    text: String,
    filled: bool,
    after_blank: bool,
}

/// Splits a text into paragraphs to wrap and lines to keep: indented lines and list items stay separate.
fn blocks(text: &str) -> Vec<TextBlock> {
    let mut blocks: Vec<TextBlock> = Vec::new();
    let mut after_blank = false;
    for line in text.trim().lines() {
        if line.trim().is_empty() {
            after_blank = true;
            continue;
        }
        let kept = line.starts_with(' ') || line.starts_with('\t');
        let item = line.starts_with("- ") || line.starts_with("* ");
        match blocks.last_mut() {
            Some(last) if last.filled && !kept && !item && !after_blank => {
                last.text.push(' ');
                last.text.push_str(line.trim());
            }
            _ => blocks.push(TextBlock { text: line.replace('\t', "    "), filled: !kept, after_blank }),
        }
        after_blank = false;
    }
    blocks
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Context = Context { width: 40, color: false, unicode: true, hyperlinks: false };

    fn page(write: impl FnOnce(&mut TextPage<'_>)) -> String {
        let mut page = TextPage::new(&PLAIN);
        write(&mut page);
        page.finish()
    }

    #[test]
    fn words_of_several_tones_are_wrapped_together() {
        let text =
            page(|p| p.flow(2, &[("one two three", Tone::Strong), ("four five six seven eight", Tone::Dim)]));
        insta::assert_snapshot!(text, @r"
          one two three four five six seven
            eight
        ");
    }

    #[test]
    fn commands_and_lists_keep_their_lines() {
        let text = page(|p| {
            p.prose(
                2,
                "- ",
                "Give it a tmpfs, which is what\nsystemd wants:\n\n  docker run --tmpfs /run \
                x\n\nOr:\n- one\n- two",
            );
        });
        insta::assert_snapshot!(text, @r"
          - Give it a tmpfs, which is what
            systemd wants:

              docker run --tmpfs /run x

            Or:
            - one
            - two
        ");
    }

    #[test]
    fn a_quote_names_its_source_where_there_is_room() {
        let text = page(|p| {
            p.quote(2, "Freezing execution.", "console:9");
            p.quote(2, "Failed to mount tmpfs at /run: Operation not permitted", "console:10");
        });
        insta::assert_snapshot!(text, @r"
          │ Freezing execution.   console:9
          │ Failed to mount tmpfs at /run:
          │ Operation not permitted   console:10
        ");
    }

    #[test]
    fn no_line_begins_with_a_command_of_a_workflow() {
        let foreign = "one two three four five six seven eight ::error file=x::y ##[group]z";
        let colours = regex::Regex::new("\u{1b}\\[[0-9;]*m").unwrap();
        for width in 20..60 {
            for color in [false, true] {
                let context = Context { width, color, ..PLAIN };
                let mut page = TextPage::new(&context);
                page.flow(2, &[(foreign, Tone::Strong), ("::warning::w", Tone::Dim)]);
                page.wrapped(4, "", foreign, Tone::Plain);
                page.prose(0, "", &format!("::debug::\n\n  ::error::\n{foreign}"));
                page.code("::stop-commands::x");
                let text = page.finish();
                let plain = colours.replace_all(&text, "").into_owned();
                assert!(!plain.lines().any(crate::visible::is_command), "{plain}");
            }
        }
    }

    #[test]
    fn a_long_quote_is_cut() {
        assert_eq!(clipped(&"ü".repeat(500)).chars().count(), 404);
    }
}
