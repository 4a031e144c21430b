//! A text as it streams past: bare lines with their numbers, the lines that matter to rules, and failures that none knows.
//!
//! Reading is bounded: of a text without end only its first part is kept for documents, and an excerpt for the rules. Failures that no
//! rule knows are looked for in its first and its last part.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use super::cluster::{Clusters, looks_bad};
use super::peel::{bare, quoted_lines};
use super::shell::unprompted;
use super::text::Text;
use crate::scan::{Kept, LineCache, LogStream, Matcher, Part, Seen, Whole, clean};
use crate::snapshot::{Cluster, KeptLine, Source};

/// Bytes of bare lines that are kept for finding documents.
const PAGE: usize = 4 * 1024 * 1024;
/// What keeping a line costs beside its text, in bytes.
const LINE: usize = 64;
/// Of a longer text than a page every line is looked at in the first and last of so many bytes only.
const EDGE: usize = 512 * 1024;
/// What is read whole.
const WHOLE: Whole = Whole { head: EDGE, tail: EDGE, short: PAGE };

/// A line without its wrapping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Number in the text, from 1.
    pub number: u64,
    /// What is left of it.
    pub text: Arc<str>,
    /// Name of the service that a prefix gave.
    pub container: Option<Arc<str>>,
    /// Where a command begins, behind a shell's prompt; 0 where there is no prompt.
    command: usize,
}

impl Line {
    /// A line that no prefix gives to a service.
    #[must_use]
    pub fn new(number: u64, text: &str) -> Self {
        Self { number, command: unprompted(text).unwrap_or_default(), text: text.into(), container: None }
    }

    /// It without a shell's prompt.
    #[must_use]
    pub fn command(&self) -> &str {
        &self.text[self.command..]
    }

    /// Whether it begins with a shell's prompt.
    #[must_use]
    pub fn is_prompted(&self) -> bool {
        self.command > 0
    }

    /// The lines of a text that has no wrapping.
    #[must_use]
    pub fn all(text: &str) -> Vec<Self> {
        text.lines().zip(1..).map(|(text, number)| Self::new(number, text)).collect()
    }
}

/// Name of a service, where lines are given to one.
pub type Service = Option<Arc<str>>;

/// A text that was read.
#[derive(Debug, Default)]
pub struct Page {
    /// Lines of its first part.
    pub lines: Vec<Line>,
    /// Lines that rules want to see, by the service that said them.
    pub kept: BTreeMap<Service, Vec<KeptLine>>,
    /// Lines that look like failures and are not known.
    pub unrecognised: Vec<Cluster>,
    /// Bytes read.
    pub bytes: u64,
    /// Lines read.
    pub count: u64,
    /// Lines that lost their end.
    pub cut: u64,
    /// Whether lines of its middle were only looked at by the rules.
    pub is_sifted: bool,
}

/// Reads a text to its end.
///
/// # Errors
/// [`io::Error`] of the reader.
pub fn read(mut from: impl Text, matcher: &Matcher<'_>) -> io::Result<Page> {
    let mut reading = Reading::new(matcher);
    let mut stream = LogStream::new(matcher, WHOLE);
    loop {
        let length = stream.read(&mut from, |line| reading.line(line))?;
        if length == 0 {
            break;
        }
        reading.page.bytes += length as u64;
        if let Some(parts) = from.parts() {
            reading.page.bytes += stream.leap(parts, |line| reading.line(line))?;
        }
    }
    stream.finish(|line| reading.line(line));
    reading.page.count = stream.count();
    reading.page.cut = stream.cut();
    reading.page.is_sifted = stream.is_sifted();
    Ok(reading.finish())
}

struct Reading<'m> {
    matcher: &'m Matcher<'m>,
    page: Page,
    room: usize,
    kept: BTreeMap<Service, Kept>,
    clusters: Clusters,
    /// What raw lines say.
    said: LineCache<Said>,
    /// What they say in their wrapping, which may have another time stamp each time.
    parts: LineCache<Arc<[Part]>>,
}

/// What a line says.
#[derive(Debug, Clone)]
struct Said {
    /// The line without its wrapping; its number is still to be told.
    line: Line,
    /// The texts that it quotes; mostly one, itself.
    parts: Arc<[Part]>,
}

impl<'m> Reading<'m> {
    fn new(matcher: &'m Matcher<'m>) -> Self {
        Self {
            matcher,
            page: Page::default(),
            room: PAGE,
            kept: BTreeMap::new(),
            clusters: Clusters::default(),
            said: LineCache::default(),
            parts: LineCache::default(),
        }
    }

    fn line(&mut self, line: Seen<'_>) {
        let Seen { number, bytes, picked } = line;
        if bytes.is_empty() || bytes == b"\r" {
            return self.keep(Line::new(number, ""));
        }
        let Said { line, parts } = self.said.get_or(bytes, || said(bytes, self.matcher, &mut self.parts));
        let mut wanted = !picked;
        for (place, part) in (0..).zip(parts.iter()) {
            if picked && part.ids.is_empty() {
                continue;
            }
            let kept = self.kept.entry(line.container.clone()).or_default();
            wanted |= kept.take((number, place), picked, part);
            if part.ids.is_empty() && looks_bad(&part.text) && !self.matcher.is_harmless(&part.text) {
                self.clusters.add(number, &part.text);
            }
        }
        if wanted {
            self.keep(Line { number, ..line });
        }
    }

    /// Keeps a line for finding documents, while there is room.
    fn keep(&mut self, line: Line) {
        self.room = self.room.saturating_sub(line.text.len() + LINE);
        if self.room > 0 {
            self.page.lines.push(line);
        }
    }

    fn finish(mut self) -> Page {
        let lines = |kept: &Kept| {
            let lines = kept.lines().into_iter().filter(|(_, text)| !text.trim().is_empty());
            lines.map(|((line, _), text)| KeptLine { line, source: Source::Text, text: text.to_string() }).collect()
        };
        self.page.kept = self.kept.iter().map(|(container, kept)| (container.clone(), lines(kept))).collect();
        self.page.unrecognised = self.clusters.finish();
        self.page
    }
}

/// Reads a raw line.
fn said(bytes: &[u8], matcher: &Matcher<'_>, known: &mut LineCache<Arc<[Part]>>) -> Said {
    let clean = clean(bytes);
    let bare = bare(&clean);
    let line = Line { container: bare.container.map(Arc::from), ..Line::new(0, &bare.text) };
    let parts = || match quoted_lines(&line.text) {
        None => Arc::from([Part::new(matcher, Arc::clone(&line.text))]),
        Some(texts) => texts.into_iter().map(|text| Part::new(matcher, text.into())).collect(),
    };
    let parts = known.get_or(line.text.as_bytes(), parts);
    Said { line, parts }
}
