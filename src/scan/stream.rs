//! A log as it streams past: its beginning and its end are read whole, of what lies between only the lines that may match.
//!
//! What is read does not depend on how the bytes are cut into chunks, nor on the number of threads. Memory is bounded by the length of
//! the end that is kept back and by one block for each thread.

use std::collections::VecDeque;
use std::io::{self, Read};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError, sync_channel};

use rayon::Yield;

use super::block::{Block, Open};
use super::gate::Gate;
use super::lines::LineSplitter;
use super::sift::{Memory, Sifted, sift};
use super::{Matcher, threads};

/// Bytes that are read at once of the beginning of a log.
const CHUNK: usize = 64 * 1024;

/// Blocks of a log that are being sifted at once.
const MOST: usize = 24;

/// How much of a log is read whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Whole {
    /// Bytes at its beginning.
    pub head: usize,
    /// Bytes at its end.
    pub tail: usize,
    /// Bytes of a log that is short enough to be read from beginning to end.
    pub short: usize,
}

impl Whole {
    /// All of it, however long it is.
    pub const ALL: Self = Self { head: usize::MAX, tail: 0, short: usize::MAX };
}

/// A line that is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen<'l> {
    /// Its number, from 1.
    pub number: u64,
    /// Its bytes, without the newline.
    pub bytes: &'l [u8],
    /// Whether it was picked out of the middle, where its neighbours were passed over.
    pub picked: bool,
}

/// Reads a log.
#[derive(Debug)]
pub struct LogStream<'m> {
    matcher: &'m Matcher<'m>,
    whole: Whole,
    head: LineSplitter,
    taken: usize,
    rest: Option<Rest>,
}

/// What comes behind the beginning.
#[derive(Debug, Default)]
struct Rest {
    /// Blocks of whole lines, the oldest first.
    blocks: VecDeque<Block>,
    held: usize,
    /// Blocks that are being sifted, the oldest first.
    under_way: VecDeque<Receiver<Done>>,
    /// Blocks that are done with, for reuse.
    spare: Vec<Block>,
    /// What those who sifted remember, for the next.
    memories: Vec<Memory>,
    open: Open,
    /// Lines that are done with.
    number: u64,
    sifted: bool,
}

/// A block, what it holds, and what was remembered.
type Done = (Block, Sifted, Memory);

impl<'m> LogStream<'m> {
    /// Starts with nothing read.
    #[must_use]
    pub fn new(matcher: &'m Matcher<'m>, whole: Whole) -> Self {
        Self { matcher, whole, head: LineSplitter::default(), taken: 0, rest: None }
    }

    /// Takes the next bytes; hands lines that are to be read to `each`, in order.
    pub fn push(&mut self, bytes: &[u8], mut each: impl FnMut(Seen<'_>)) {
        let behind = match self.rest {
            Some(_) => bytes,
            None => self.begin(bytes, &mut each),
        };
        self.taken += bytes.len();
        let Some(rest) = &mut self.rest else { return };
        rest.push(behind);
        self.sift(&mut each);
    }

    /// Reads the next bytes; tells how many there were, 0 at the end.
    ///
    /// # Errors
    /// [`io::Error`] of the reader.
    pub fn read(&mut self, mut from: impl Read, mut each: impl FnMut(Seen<'_>)) -> io::Result<usize> {
        if let Some(rest) = &mut self.rest {
            let length = rest.read_from(from)?;
            self.taken += length;
            self.sift(&mut each);
            return Ok(length);
        }
        let mut chunk = Vec::with_capacity(CHUNK);
        let length = from.by_ref().take(CHUNK as u64).read_to_end(&mut chunk)?;
        self.push(&chunk, each);
        Ok(length)
    }

    /// Sifts what lies before the end that is kept back.
    fn sift(&mut self, mut each: impl FnMut(Seen<'_>)) {
        let Some(rest) = &mut self.rest else { return };
        let kept_back = if rest.sifted { self.whole.tail } else { self.whole.tail.max(self.whole.short.saturating_sub(self.whole.head)) };
        if rest.held > kept_back {
            rest.sift(self.matcher, self.whole.tail, &mut each);
        }
    }

    /// Ends the log; hands over what was kept back.
    pub fn finish(&mut self, mut each: impl FnMut(Seen<'_>)) {
        self.head.finish(|number, bytes| each(Seen { number, bytes, picked: false }));
        if let Some(rest) = &mut self.rest {
            if self.taken > self.whole.short {
                rest.sift(self.matcher, self.whole.tail, &mut each);
            }
            while rest.hand_over(&mut each) {}
            for block in std::mem::take(&mut rest.blocks) {
                rest.read(&block, &mut each);
            }
            let last = rest.open.finish();
            rest.read(&last, &mut each);
        }
    }

    /// Lines so far; those that are kept back do not count yet.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.rest.as_ref().map_or(self.head.count(), |rest| rest.number)
    }

    /// Whether lines were passed over.
    #[must_use]
    pub fn is_sifted(&self) -> bool {
        self.rest.as_ref().is_some_and(|rest| rest.sifted)
    }

    /// Lines that lost their end.
    #[must_use]
    pub fn cut(&self) -> u64 {
        self.head.cut + self.rest.as_ref().map_or(0, |rest| rest.open.cut)
    }

    /// Reads the beginning, up to the end of the line in which it is over; gives what is behind it.
    fn begin<'b>(&mut self, bytes: &'b [u8], each: &mut impl FnMut(Seen<'_>)) -> &'b [u8] {
        let left = self.whole.head.saturating_sub(self.taken);
        let newline = bytes.get(left..).and_then(|behind| memchr::memchr(b'\n', behind));
        let end = newline.map_or(bytes.len(), |newline| left + newline + 1);
        self.head.push(&bytes[..end], |number, bytes| each(Seen { number, bytes, picked: false }));
        if newline.is_some() {
            self.rest = Some(Rest { number: self.head.count(), ..Rest::default() });
        }
        &bytes[end..]
    }
}

impl Rest {
    fn push(&mut self, bytes: &[u8]) {
        let Self { open, spare, held, blocks, .. } = self;
        open.push(bytes, spare, |block| {
            *held += block.len();
            blocks.push_back(block);
        });
    }

    fn read_from(&mut self, from: impl Read) -> io::Result<usize> {
        let Self { open, spare, held, blocks, .. } = self;
        open.read(from, spare, |block| {
            *held += block.len();
            blocks.push_back(block);
        })
    }

    /// Sifts the oldest blocks, as long as the end that is kept back stays long enough.
    fn sift(&mut self, matcher: &Matcher<'_>, tail: usize, each: &mut impl FnMut(Seen<'_>)) {
        let threads = threads::count();
        while let Some(block) = self.blocks.pop_front_if(|block| self.held - block.len() >= tail) {
            self.held -= block.len();
            let Some(gate) = matcher.gate(&block) else {
                self.read(&block, each);
                continue;
            };
            self.sifted = true;
            // Several at once: each wait costs two changes of the thread.
            let most = MOST.min(3 * threads);
            if self.under_way.len() >= most {
                for _ in 0..most.div_ceil(2) {
                    self.hand_over(each);
                }
            }
            let mut memory = self.memories.pop().unwrap_or_default();
            if threads == 1 {
                let sifted = sift(gate, &block, &mut memory);
                self.done((block, sifted, memory), each);
            } else {
                self.sift_elsewhere(Arc::clone(gate), block, memory);
            }
        }
    }

    /// Lets another thread sift a block; meanwhile the caller can go on reading.
    fn sift_elsewhere(&mut self, gate: Arc<Gate>, block: Block, mut memory: Memory) {
        let (done, under_way) = sync_channel(1);
        self.under_way.push_back(under_way);
        rayon::spawn_fifo(move || {
            let sifted = sift(&gate, &block, &mut memory);
            // Nobody waits for it when the reading was given up.
            drop(done.send((block, sifted, memory)));
        });
    }

    /// Waits for the oldest block that is being sifted and hands over the lines that are to be read; tells whether there was one.
    fn hand_over(&mut self, each: &mut impl FnMut(Seen<'_>)) -> bool {
        let Some(under_way) = self.under_way.pop_front() else { return false };
        if let Some(done) = awaited(&under_way) {
            self.done(done, each);
        }
        true
    }

    /// Hands over the lines of a sifted block that are to be read.
    fn done(&mut self, (block, sifted, memory): Done, each: &mut impl FnMut(Seen<'_>)) {
        for (before, line) in sifted.wanted {
            each(Seen { number: self.number + before + 1, bytes: &block[line], picked: true });
        }
        self.number += sifted.lines;
        self.spare.push(block);
        self.memories.push(memory);
    }

    /// Reads every line of a block.
    fn read(&mut self, block: &[u8], each: &mut impl FnMut(Seen<'_>)) {
        let mut start = 0;
        let ends = memchr::memchr_iter(b'\n', block).chain((block.last().is_some_and(|last| *last != b'\n')).then_some(block.len()));
        for end in ends {
            self.number += 1;
            each(Seen { number: self.number, bytes: &block[start..end], picked: false });
            start = end + 1;
        }
    }
}

/// Waits for a block. A thread of the pool does the pool's work meanwhile, as long as there is any, or nobody might.
fn awaited(under_way: &Receiver<Done>) -> Option<Done> {
    loop {
        match under_way.try_recv() {
            Ok(done) => return Some(done),
            Err(TryRecvError::Disconnected) => return None,
            Err(TryRecvError::Empty) => {}
        }
        // Nothing is left to be begun: another thread sifts the block.
        if rayon::yield_now() != Some(Yield::Executed) {
            return under_way.recv().ok();
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::rule::{RuleSet, builtin};
    use crate::scan::lines::LINE_LIMIT;

    /// A head and a tail so short that most of a text lies between them.
    const SHORT: Whole = Whole { head: 300, tail: 300, short: 600 };

    /// Lines as they were seen, their count, and how many lost their end.
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

    /// A reader that gives so many bytes at once.
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
        while stream.read(&mut from, |line| lines.push((line.number, line.bytes.to_vec(), line.picked))).unwrap() > 0 {}
        stream.finish(|line| lines.push((line.number, line.bytes.to_vec(), line.picked)));
        (lines, stream.count(), stream.cut())
    }

    /// Three blocks and more of quiet lines, with a fault here and there and a line that is too long.
    fn long_log() -> Vec<u8> {
        let mut log = Vec::new();
        for number in 0..40_000 {
            log.extend(format!("node app[{number}]: request {} took {} ms\n", number * 7, number % 13).bytes());
            if number % 9_000 == 5 {
                log.extend(
                    format!("\x1b[0;1;31mFailed to create /init.scope\x1b[0m control group: Read-only file system {number}\r\n").bytes(),
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
        let faults: Vec<_> = lines.iter().filter(|(_, line, _)| line.windows(10).any(|part| part == b"init.scope")).collect();
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

    proptest! {
        #[test]
        fn a_short_text_is_read_as_lines_are_cut(text in "[a\\n]{0,60}", cut in 0usize..60) {
            let rules = builtin().unwrap();
            let cut = cut.min(text.len());
            let (lines, count, _) = read(&rules, Whole { head: 5, tail: 0, short: 5 }, &[&text.as_bytes()[..cut], &text.as_bytes()[cut..]]);
            prop_assert_eq!(count, text.lines().count() as u64);
            let told: Vec<String> = lines.into_iter().map(|(_, line, _)| String::from_utf8(line).unwrap()).collect();
            // With so little text nothing is sifted.
            let from = read_from(&rules, Whole { head: 5, tail: 0, short: 5 }, Slow(text.as_bytes(), cut.max(1)));
            prop_assert_eq!((from.0.len(), from.1), (told.len(), count));
            prop_assert_eq!(told, text.lines().map(str::to_owned).collect::<Vec<_>>());
        }
    }
}
