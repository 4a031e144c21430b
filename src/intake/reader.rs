//! Reads a text as it streams past: bare lines with their numbers, the lines that matter to rules, and
//! failures that match no rule.
//!
//! Reading is bounded: of an endless text only the first part is kept for documents, and an excerpt for the
//! rules. Failures that match no rule are searched for in its first and its last part.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::sync::Arc;

use super::failure_clusters::{Clusters, looks_bad};
use super::line_prefix::{bare, quoted_lines};
pub use super::log_line::{Line, Service};
use super::text::TextSource;
use crate::pattern::Pattern;
use crate::scan::{KeptLines, LineCache, LinePart, LogStream, Matcher, Seen, Whole, clean};
use crate::snapshot::{Cluster, KeptLine, Source};

/// Bytes of bare lines that are kept for finding documents.
const PAGE: usize = 4 * 1024 * 1024;
/// What a line costs in memory besides its text, in bytes.
const LINE: usize = 64;
/// In a text longer than a page, every line is examined only within this many bytes of its beginning and its
/// end.
const EDGE: usize = 512 * 1024;
/// What is read in full.
const WHOLE: Whole = Whole { head: EDGE, tail: EDGE, short: PAGE };

/// What stands between a time stamp and its line: the stream name of a container runtime, the program in a
/// journal.
static MARK: Pattern = Pattern::new(r"^(?:std(?:out|err)(?: [FP])?|[\w@./()+-]+(?:\[\d+\])?:)$");

/// A text that was read.
#[derive(Debug, Default)]
pub struct ReadText {
    /// Lines of its first part.
    pub lines: Vec<Line>,
    /// Lines for the rules, by the service that logged them.
    pub kept: BTreeMap<Service, Vec<KeptLine>>,
    /// Lines that look like failures and match no signature.
    pub unrecognised: Vec<Cluster>,
    /// Bytes read.
    pub bytes: u64,
    /// Lines read.
    pub count: u64,
    /// Number of truncated lines.
    pub cut: u64,
    /// Whether lines in its middle were only searched for signatures.
    pub is_sifted: bool,
    /// Whether any line has content: a text of blanks, escapes and time stamps has none.
    pub speaks: bool,
    /// Why it, or a part of it, was not read.
    pub unseen: Vec<String>,
}

/// Reads a text to its end, or as far as possible.
///
/// # Errors
/// [`io::Error`] of the reader when nothing could be read.
pub fn read(from: impl TextSource, matcher: &Matcher<'_>) -> io::Result<ReadText> {
    let mut reading = Reading::new(matcher);
    let mut stream = LogStream::new(matcher, WHOLE);
    if from.is_binary() {
        reading.page.unseen.push("binary file: only its text parts were read".to_owned());
    }
    let mut from = Unbroken { from, failed: None };
    while let Some(length) = step(&mut from, &mut stream, &mut reading) {
        reading.page.bytes += length;
    }
    if let Some(error) = from.failed {
        if reading.page.bytes == 0 {
            return Err(error);
        }
        reading
            .page
            .unseen
            .insert(0, format!("the text was cut off after {} bytes: {error}", reading.page.bytes));
    }
    stream.finish(|line| reading.line(line));
    reading.page.count = stream.count();
    reading.page.cut = stream.cut();
    reading.page.is_sifted = stream.is_sifted();
    Ok(reading.finish())
}

/// A text that ends where it cannot be read any further.
struct Unbroken<T> {
    from: T,
    /// Why it ends there.
    failed: Option<io::Error>,
}

impl<T: Read> Read for Unbroken<T> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.from.read(buffer) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => {
                self.failed = Some(error);
                Ok(0)
            }
            read => read,
        }
    }
}

/// Reads the next bytes; returns how many there were, `None` at the end.
fn step<T: TextSource>(
    from: &mut Unbroken<T>,
    stream: &mut LogStream<'_>,
    reading: &mut Reading<'_>,
) -> Option<u64> {
    let length = match stream.read(&mut *from, |line| reading.line(line)) {
        Ok(0) => return None,
        Ok(length) => length as u64,
        Err(error) => {
            from.failed = Some(error);
            return None;
        }
    };
    let Some(parts) = from.from.parts() else { return Some(length) };
    match stream.leap(parts, |line| reading.line(line)) {
        Ok(more) => Some(length + more),
        Err(error) => {
            from.failed = Some(error);
            Some(length)
        }
    }
}

struct Reading<'m> {
    matcher: &'m Matcher<'m>,
    page: ReadText,
    room: usize,
    kept: BTreeMap<Service, KeptLines>,
    clusters: Clusters,
    /// The results for raw lines.
    said: LineCache<Said>,
    /// The results for bare lines: each may be wrapped with another time stamp every time.
    parts: LineCache<Arc<[LinePart]>>,
}

/// The result of reading a raw line.
#[derive(Debug, Clone)]
struct Said {
    /// The line without its wrapping; its number is set later.
    line: Line,
    /// The texts that it quotes; usually one, the line itself.
    parts: Arc<[LinePart]>,
}

impl<'m> Reading<'m> {
    fn new(matcher: &'m Matcher<'m>) -> Self {
        Self {
            matcher,
            page: ReadText::default(),
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
        self.page.speaks = self.page.speaks || picked || says_something(&line.text);
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

    fn finish(mut self) -> ReadText {
        let lines = |kept: &KeptLines| {
            let lines = kept.lines().into_iter().filter(|(_, text)| !text.trim().is_empty());
            lines
                .map(|((line, _), text)| KeptLine { line, source: Source::Text, text: text.to_string() })
                .collect()
        };
        self.page.kept = self.kept.iter().map(|(container, kept)| (container.clone(), lines(kept))).collect();
        self.page.unrecognised = self.clusters.finish();
        self.page
    }
}

/// Returns whether a bare line contains a word, and not only a time stamp. A stamp is recognised by the blank
/// after it.
fn says_something(text: &str) -> bool {
    // The only letters of a time stamp are those between date and time and of its zone.
    let has_word = |text: &str| text.chars().any(|c| c.is_alphabetic() && !matches!(c, 'T' | 'Z'));
    if !has_word(text) {
        return false;
    }
    let stamped = format!("{} ", text.trim_end());
    let rest = bare(&stamped).text;
    has_word(&rest) && !MARK.is_match(rest.trim())
}

/// Reads a raw line.
fn said(bytes: &[u8], matcher: &Matcher<'_>, known: &mut LineCache<Arc<[LinePart]>>) -> Said {
    let clean = clean(bytes);
    let bare = bare(&clean);
    let line = Line { container: bare.container.map(Arc::from), ..Line::new(0, &bare.text) };
    let parts = || match quoted_lines(&line.text) {
        None => Arc::from([LinePart::new(matcher, Arc::clone(&line.text))]),
        Some(texts) => texts.into_iter().map(|text| LinePart::new(matcher, text.into())).collect(),
    };
    let parts = known.get_or(line.text.as_bytes(), parts);
    Said { line, parts }
}
