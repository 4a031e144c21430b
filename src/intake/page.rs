//! A text as it streams past: bare lines with their numbers, the lines that matter to rules, and failures that none knows.
//!
//! Reading is bounded: of a text without end only its first part is kept for documents, and an excerpt for the rules.

use std::collections::BTreeMap;
use std::io::{self, Read};

use super::cluster::{Clusters, looks_bad};
use super::peel::{bare, quoted_lines};
use crate::scan::{Kept, LineSplitter, Matcher, clean};
use crate::snapshot::{Cluster, KeptLine, Source};

/// Bytes of bare lines that are kept for finding documents.
const PAGE: usize = 4 * 1024 * 1024;
/// What keeping a line costs beside its text, in bytes.
const LINE: usize = 64;
/// Bytes that are read at once.
const CHUNK: usize = 256 * 1024;

/// A line without its wrapping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Number in the text, from 1.
    pub number: u64,
    /// What is left of it.
    pub text: String,
    /// Name of the service that a prefix gave.
    pub container: Option<String>,
}

/// A text that was read.
#[derive(Debug, Default)]
pub struct Page {
    /// Lines of its first part.
    pub lines: Vec<Line>,
    /// Lines that rules want to see, by the service that said them.
    pub kept: BTreeMap<Option<String>, Vec<KeptLine>>,
    /// Lines that look like failures and are not known.
    pub unrecognised: Vec<Cluster>,
    /// Bytes read.
    pub bytes: u64,
    /// Lines read.
    pub count: u64,
    /// Lines that lost their end.
    pub cut: u64,
}

/// Reads a text to its end.
///
/// # Errors
/// [`io::Error`] of the reader.
pub fn read(mut from: impl Read, matcher: &Matcher<'_>) -> io::Result<Page> {
    let mut reading = Reading { matcher, page: Page::default(), room: PAGE, kept: BTreeMap::new(), clusters: Clusters::default() };
    let mut splitter = LineSplitter::default();
    let mut chunk = vec![0; CHUNK];
    loop {
        let length = match from.read(&mut chunk) {
            Ok(0) => break,
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        reading.page.bytes += length as u64;
        splitter.push(&chunk[..length], |number, line| reading.line(number, line));
    }
    splitter.finish(|number, line| reading.line(number, line));
    reading.page.count = splitter.count();
    reading.page.cut = splitter.cut;
    Ok(reading.finish())
}

struct Reading<'m> {
    matcher: &'m Matcher<'m>,
    page: Page,
    room: usize,
    kept: BTreeMap<Option<String>, Kept>,
    clusters: Clusters,
}

impl Reading<'_> {
    fn line(&mut self, number: u64, line: &[u8]) {
        if line.is_empty() || line == b"\r" {
            return self.keep(Line { number, text: String::new(), container: None });
        }
        let bare = bare(&clean(line));
        for (part, text) in (0..).zip(quoted_lines(&bare.text)) {
            let kept = self.kept.entry(bare.container.clone()).or_default();
            let known = kept.take(self.matcher, (number, part), &text);
            if !known && looks_bad(&text) && !self.matcher.is_harmless(&text) {
                self.clusters.add(number, &text);
            }
        }
        self.keep(Line { number, text: bare.text, container: bare.container });
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
            lines.map(|((line, _), text)| KeptLine { line, source: Source::Text, text }).collect()
        };
        self.page.kept = self.kept.iter().map(|(container, kept)| (container.clone(), lines(kept))).collect();
        self.page.unrecognised = self.clusters.finish();
        self.page
    }
}
