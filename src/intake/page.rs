//! A text as it streams past: bare lines with their numbers, the lines that matter to rules, and failures that none knows.
//!
//! Reading is bounded: of a text without end only its first part is kept for documents, and an excerpt for the rules. Failures that no
//! rule knows are looked for in its first and its last part.

use std::collections::BTreeMap;
use std::io::{self, Read};

use super::cluster::{Clusters, looks_bad};
use super::peel::{bare, quoted_lines};
use crate::scan::{Kept, LogStream, Matcher, Seen, Whole, clean};
use crate::snapshot::{Cluster, KeptLine, Source};

/// Bytes of bare lines that are kept for finding documents.
const PAGE: usize = 4 * 1024 * 1024;
/// What keeping a line costs beside its text, in bytes.
const LINE: usize = 64;
/// Of a longer text than a page every line is looked at in the first and last of so many bytes only.
const EDGE: usize = 1024 * 1024;
/// What is read whole.
const WHOLE: Whole = Whole { head: EDGE, tail: EDGE, short: PAGE };
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
    /// Whether lines of its middle were only looked at by the rules.
    pub is_sifted: bool,
}

/// Reads a text to its end.
///
/// # Errors
/// [`io::Error`] of the reader.
pub fn read(mut from: impl Read, matcher: &Matcher<'_>) -> io::Result<Page> {
    let mut reading = Reading { matcher, page: Page::default(), room: PAGE, kept: BTreeMap::new(), clusters: Clusters::default() };
    let mut stream = LogStream::new(matcher, WHOLE);
    let mut chunk = vec![0; CHUNK];
    loop {
        let length = match from.read(&mut chunk) {
            Ok(0) => break,
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        reading.page.bytes += length as u64;
        stream.push(&chunk[..length], |line| reading.line(line));
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
    kept: BTreeMap<Option<String>, Kept>,
    clusters: Clusters,
}

impl Reading<'_> {
    fn line(&mut self, line: Seen<'_>) {
        let Seen { number, bytes, picked } = line;
        if bytes.is_empty() || bytes == b"\r" {
            return self.keep(Line { number, text: String::new(), container: None });
        }
        let bare = bare(&clean(bytes));
        for (part, text) in (0..).zip(quoted_lines(&bare.text)) {
            let kept = self.kept.entry(bare.container.clone()).or_default();
            let known = kept.take(self.matcher, (number, part), &text);
            if !known && !picked && looks_bad(&text) && !self.matcher.is_harmless(&text) {
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
