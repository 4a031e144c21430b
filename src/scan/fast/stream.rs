//! A log as it streams past: its beginning and its end are read in full, the lines in between only if they
//! may match.
//!
//! What is read does not depend on how the bytes are cut into chunks, nor on the number of threads. Memory is
//! bounded by the length of the end that is held back and by one block for each thread.

use std::io::{self, Read};
use std::sync::Arc;

use super::super::lines::LineSplitter;
use super::super::matcher::Matcher;
use super::block::Block;
use super::block_queue::BlockQueue;
use super::parallel_reader::ParallelReader;
use super::random_access::{PART, PartReader, RandomAccess, line_behind, lines_of};
use super::seen::{Seen, Whole};

/// Bytes read at once at the beginning of a log.
const CHUNK: usize = 64 * 1024;

/// Bytes from which it pays to read a part of a file in parallel.
const LEAP: u64 = 1024 * 1024;

/// Reads a log.
#[derive(Debug)]
pub struct LogStream<'m> {
    matcher: &'m Matcher<'m>,
    whole: Whole,
    head: LineSplitter,
    /// Bytes so far.
    taken: u64,
    rest: Option<BlockQueue>,
}

impl<'m> LogStream<'m> {
    /// Starts with nothing read.
    #[must_use]
    pub fn new(matcher: &'m Matcher<'m>, whole: Whole) -> Self {
        Self { matcher, whole, head: LineSplitter::default(), taken: 0, rest: None }
    }

    /// Takes the next bytes; passes the lines to be read to `each`, in order.
    pub fn push(&mut self, bytes: &[u8], mut each: impl FnMut(Seen<'_>)) {
        let behind = match self.rest {
            Some(_) => bytes,
            None => self.begin(bytes, &mut each),
        };
        self.taken += bytes.len() as u64;
        let Some(rest) = &mut self.rest else { return };
        rest.push(behind);
        self.sift(&mut each);
    }

    /// Reads the next bytes; returns how many there were, 0 at the end.
    ///
    /// # Errors
    /// [`io::Error`] of the reader.
    pub fn read(&mut self, mut from: impl Read, mut each: impl FnMut(Seen<'_>)) -> io::Result<usize> {
        if let Some(rest) = &mut self.rest {
            let length = rest.read_from(from)?;
            self.taken += length as u64;
            self.sift(&mut each);
            return Ok(length);
        }
        let mut chunk = Vec::with_capacity(CHUNK);
        let length = from.by_ref().take(CHUNK as u64).read_to_end(&mut chunk)?;
        self.push(&chunk, each);
        Ok(length)
    }

    /// Goes through the beginning and the middle of a long log with all threads; returns the number of bytes
    /// read. Everything taken so far must come from this log, whose sequential reader continues after these
    /// bytes.
    ///
    /// # Errors
    /// [`io::Error`] of the log.
    pub fn leap(&mut self, log: &Arc<dyn RandomAccess>, mut each: impl FnMut(Seen<'_>)) -> io::Result<u64> {
        let Whole { head, tail, short } = self.whole;
        if self.rest.is_some() || self.taken > head as u64 {
            return Ok(0);
        }
        let length = log.length()?;
        if length < LEAP.max(short as u64).saturating_add(head as u64).saturating_add(tail as u64) {
            return Ok(0);
        }
        // The line that crosses the end of the head belongs to the head.
        let Some(begin) = line_behind(&**log, head as u64 + 1, length)? else { return Ok(0) };
        let Some(end) = line_behind(&**log, length - tail as u64, length)?.filter(|end| *end > begin) else {
            return Ok(0);
        };
        let (sample, _) = lines_of(&**log, begin..begin + PART as u64, Block::default())?;
        let Some(prefilter) = sample.first().and_then(|block| self.matcher.prefilter(block)) else {
            return Ok(0);
        };
        let readers = ParallelReader::start(Arc::clone(log), Arc::clone(prefilter), begin..end);
        self.read_head(&mut PartReader::new(&**log, self.taken..begin), &mut each)?;
        let mut rest = BlockQueue::new(end, self.head.count());
        rest.take(readers, &mut each)?;
        self.rest = Some(rest);
        let from = std::mem::replace(&mut self.taken, end);
        log.pass(from..end)?;
        Ok(end - from)
    }

    /// Reads the rest of the head.
    fn read_head(&mut self, from: &mut impl Read, each: &mut impl FnMut(Seen<'_>)) -> io::Result<()> {
        let mut chunk = vec![0; CHUNK];
        loop {
            let length = from.read(&mut chunk)?;
            if length == 0 {
                return Ok(());
            }
            self.head.push(&chunk[..length], |number, bytes| each(Seen { number, bytes, picked: false }));
        }
    }

    /// Sifts everything before the end that is held back.
    fn sift(&mut self, mut each: impl FnMut(Seen<'_>)) {
        let end = self.tail();
        let Some(rest) = &mut self.rest else { return };
        rest.sift(self.matcher, end, &mut each);
    }

    /// Returns where the end that is read in full would begin if the log ended here.
    fn tail(&self) -> u64 {
        if self.taken > self.whole.short as u64 {
            self.taken.saturating_sub(self.whole.tail as u64)
        } else {
            0
        }
    }

    /// Ends the log; passes on what was held back.
    pub fn finish(&mut self, mut each: impl FnMut(Seen<'_>)) {
        self.head.finish(|number, bytes| each(Seen { number, bytes, picked: false }));
        let tail = self.tail();
        if let Some(rest) = &mut self.rest {
            rest.finish(self.matcher, tail, &mut each);
        }
    }

    /// Returns the number of lines so far; those held back do not count yet.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.rest.as_ref().map_or(self.head.count(), |rest| rest.number)
    }

    /// Returns whether lines were skipped.
    #[must_use]
    pub fn is_sifted(&self) -> bool {
        self.rest.as_ref().is_some_and(|rest| rest.is_sifted)
    }

    /// Returns the number of truncated lines.
    #[must_use]
    pub fn cut(&self) -> u64 {
        self.head.cut + self.rest.as_ref().map_or(0, BlockQueue::cut)
    }

    /// Reads the head, up to the end of the line that crosses its end; returns the bytes after it.
    fn begin<'b>(&mut self, bytes: &'b [u8], each: &mut impl FnMut(Seen<'_>)) -> &'b [u8] {
        let left = usize::try_from((self.whole.head as u64).saturating_sub(self.taken)).unwrap_or(usize::MAX);
        let newline = bytes.get(left..).and_then(|behind| memchr::memchr(b'\n', behind));
        let end = newline.map_or(bytes.len(), |newline| left + newline + 1);
        self.head.push(&bytes[..end], |number, bytes| each(Seen { number, bytes, picked: false }));
        if newline.is_some() {
            self.rest = Some(BlockQueue::new(self.taken + end as u64, self.head.count()));
        }
        &bytes[end..]
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use proptest::prelude::*;

    use super::*;
    use crate::rule::{RuleSet, builtin};
    use crate::scan::lines::LINE_LIMIT;

    /// A head and a tail so short that most of a text lies between them.
    const SHORT: Whole = Whole { head: 300, tail: 300, short: 600 };

    /// A head longer than what is read at once.
    const LONG: Whole = Whole { head: 100_000, tail: 300, short: 100_300 };

    /// The lines that were passed on, their count, and how many were truncated.
    type Told = (Vec<(u64, Vec<u8>, bool)>, u64, u64);

    fn read(rules: &RuleSet, whole: Whole, chunks: &[&[u8]]) -> Told {
        let matcher = Matcher::new(rules);
        let mut stream = LogStream::new(&matcher, whole);
        let mut lines = Vec::new();
        for chunk in chunks {
            stream.push(chunk, |line| lines.push((line.number, line.bytes.to_vec(), line.picked)));
        }
        stream.finish(|line| lines.push((line.number, line.bytes.to_vec(), line.picked)));
        (lines, stream.count(), stream.cut())
    }

    /// A reader that returns this many bytes at once.
    struct Slow<'b>(&'b [u8], usize);

    impl Read for Slow<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let most = into.len().min(self.1);
            self.0.read(&mut into[..most])
        }
    }

    fn read_from(rules: &RuleSet, whole: Whole, mut from: impl Read) -> Told {
        let matcher = Matcher::new(rules);
        let mut stream = LogStream::new(&matcher, whole);
        let mut lines = Vec::new();
        while stream
            .read(&mut from, |line| lines.push((line.number, line.bytes.to_vec(), line.picked)))
            .unwrap()
            > 0
        {}
        stream.finish(|line| lines.push((line.number, line.bytes.to_vec(), line.picked)));
        (lines, stream.count(), stream.cut())
    }

    /// Returns more than three blocks of quiet lines, with a fault here and there and a line that is too
    /// long.
    fn long_log() -> Vec<u8> {
        let mut log = Vec::new();
        for number in 0..40_000 {
            log.extend(
                format!("node app[{number}]: request {} took {} ms\n", number * 7, number % 13).bytes(),
            );
            if number % 9_000 == 5 {
                log.extend(
                    format!(
                        "\x1b[0;1;31mFailed to create /init.scope\x1b[0m control group: Read-only file \
                        system {number}\r\n"
                    )
                    .bytes(),
                );
            }
            if number == 20_000 {
                log.extend(vec![b'x'; 3 * LINE_LIMIT]);
                log.push(b'\n');
            }
        }
        log
    }

    #[test]
    fn faults_in_the_middle_are_picked_with_their_numbers() {
        let (rules, log) = (builtin().unwrap(), long_log());
        let (lines, count, cut) = read(&rules, SHORT, &[&log]);
        let (every, all, all_cut) = read(&rules, Whole::ALL, &[&log]);
        assert_eq!((count, cut), (all, all_cut));
        assert!(lines.len() < every.len() / 2, "{} of {} lines were read", lines.len(), every.len());
        let faults: Vec<_> =
            lines.iter().filter(|(_, line, _)| line.windows(10).any(|part| part == b"init.scope")).collect();
        assert_eq!(faults.len(), 5);
        for (number, line, _) in &lines {
            assert_eq!(&every[usize::try_from(*number).unwrap() - 1].1, line, "line {number}");
        }
    }

    #[test]
    fn a_pool_of_one_thread_can_read_a_log_itself() {
        let (rules, log) = (builtin().unwrap(), long_log());
        let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        assert_eq!(pool.install(|| read(&rules, SHORT, &[&log])), read(&rules, SHORT, &[&log]));
    }

    #[test]
    fn the_size_of_chunks_changes_nothing() {
        let (rules, log) = (builtin().unwrap(), long_log());
        let whole = read(&rules, SHORT, &[&log]);
        for size in [1_000, 4_097, 300_000, 1_000_003] {
            let chunks: Vec<&[u8]> = log.chunks(size).collect();
            assert_eq!(read(&rules, SHORT, &chunks), whole, "chunks of {size}");
            assert_eq!(read_from(&rules, SHORT, Slow(&log, size)), whole, "reads of {size}");
        }
    }

    /// Reads a file as `triage` does.
    fn read_file(rules: &RuleSet, log: &[u8]) -> (Told, u64) {
        let matcher = Matcher::new(rules);
        let file = Arc::new(Recorded { log: log.to_vec(), at: Mutex::default() });
        let parts: Arc<dyn RandomAccess> = Arc::clone(&file) as _;
        let mut stream = LogStream::new(&matcher, LONG);
        let (mut lines, mut leapt) = (Vec::new(), 0);
        while stream.read(&*file, |line| lines.push((line.number, line.bytes.to_vec(), line.picked))).unwrap()
            > 0
        {
            leapt += stream
                .leap(&parts, |line| lines.push((line.number, line.bytes.to_vec(), line.picked)))
                .unwrap();
        }
        stream.finish(|line| lines.push((line.number, line.bytes.to_vec(), line.picked)));
        ((lines, stream.count(), stream.cut()), leapt)
    }

    /// A file, and where its reader is.
    #[derive(Debug)]
    struct Recorded {
        log: Vec<u8>,
        at: Mutex<u64>,
    }

    impl Read for &Recorded {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let mut at = self.at.lock().unwrap();
            let length = self.log.read_at(into, *at)?;
            *at += length as u64;
            Ok(length)
        }
    }

    impl RandomAccess for Recorded {
        fn length(&self) -> io::Result<u64> {
            self.log.length()
        }

        fn read_at(&self, into: &mut [u8], at: u64) -> io::Result<usize> {
            self.log.read_at(into, at)
        }

        fn pass(&self, bytes: std::ops::Range<u64>) -> io::Result<()> {
            let mut at = self.at.lock().unwrap();
            assert_eq!(*at, bytes.start);
            *at = bytes.end;
            Ok(())
        }
    }

    #[test]
    fn a_file_reads_as_a_stream_does() {
        let rules = builtin().unwrap();
        let quiet = long_log();
        // Lines of every critical length where it matters: after the head, around the boundaries of parts,
        // before the tail and in it.
        let lengths = [0, 1, 70, LINE_LIMIT - 1, LINE_LIMIT, LINE_LIMIT + 1, 5 * LINE_LIMIT];
        for (number, length) in lengths.into_iter().enumerate() {
            let line = [vec![b'n'; length], b"\n".to_vec()].concat();
            let fault = b"Failed to create /init.scope control group: Read-only file system\n";
            let log = [
                &quiet[..99_800],
                &line,
                &fault[..],
                &quiet[..700_000],
                &line,
                &line,
                &quiet,
                &fault[..],
                &line,
                &quiet[..250 + number],
            ]
            .concat();
            let (told, leapt) = read_file(&rules, &log);
            assert!(leapt > 1_000_000, "{leapt} bytes of {}", log.len());
            let streamed = read(&rules, LONG, &[&log]);
            assert_eq!(
                streamed.1,
                memchr::memchr_iter(b'\n', &log).count() as u64 + u64::from(log.last() != Some(&b'\n')),
                "lines of {length} bytes"
            );
            assert_eq!(
                (told.0.len(), told.1, told.2),
                (streamed.0.len(), streamed.1, streamed.2),
                "lines of {length} bytes"
            );
            assert!(told == streamed, "lines of {length} bytes");
        }
    }

    proptest! {
        #[test]
        fn a_short_text_is_read_as_lines_are_cut(text in "[a\\n]{0,60}", cut in 0usize..60) {
            let rules = builtin().unwrap();
            let cut = cut.min(text.len());
            let (lines, count, _) = read(&rules, Whole { head: 5, tail: 60, short: 5 }, &[&text.as_bytes()[..cut], &text.as_bytes()[cut..]]);
            prop_assert_eq!(count, text.lines().count() as u64);
            let told: Vec<String> = lines.into_iter().map(|(_, line, _)| String::from_utf8(line).unwrap()).collect();
            // With so little text nothing is sifted.
            let from = read_from(&rules, Whole { head: 5, tail: 60, short: 5 }, Slow(text.as_bytes(), cut.max(1)));
            prop_assert_eq!((from.0.len(), from.1), (told.len(), count));
            prop_assert_eq!(told, text.lines().map(str::to_owned).collect::<Vec<_>>());
        }
    }
}
