//! The part of a log after its head: blocks of whole lines, sifted in parallel and passed on in order.

use std::collections::VecDeque;
use std::io::{self, Read};
use std::sync::Arc;

use rayon::Yield;

use super::super::matcher::Matcher;
use super::block::{Block, Open};
use super::parallel_reader::{Found, ParallelReader};
use super::prefilter::Prefilter;
use super::seen::Seen;
use super::sift::{Memory, Sifted, sift};
use super::threads;
use crate::reorder_buffer::ReorderBuffer;

/// Most blocks of a log that are sifted at once.
const MOST: u64 = 24;

/// See the module.
#[derive(Debug, Default)]
pub struct BlockQueue {
    /// The block under construction.
    open: Open,
    /// Blocks that have not been sifted yet, the oldest first.
    blocks: VecDeque<Block>,
    /// Blocks that are being sifted or wait to be passed on, by number.
    under_way: Arc<ReorderBuffer<Done>>,
    /// Number of the next block to be started.
    next: u64,
    /// Number of the next block to be passed on.
    due: u64,
    /// Finished blocks, for reuse.
    spare: Vec<Block>,
    /// Memories of finished sifts, for the next ones.
    memories: Vec<Memory>,
    /// Number of lines that are finished.
    pub number: u64,
    /// Truncated lines in blocks that did not go through `open`.
    cut: u64,
    /// Whether lines were skipped.
    pub is_sifted: bool,
}

/// A block, the result of sifting it, and the memory that was used.
type Done = (Block, Sifted, Memory);

impl BlockQueue {
    /// Starts at a place of a log, after `number` lines.
    pub fn new(place: u64, number: u64) -> Self {
        Self { open: Open::at(place, Block::default()), number, ..Self::default() }
    }

    /// Takes the next bytes.
    pub fn push(&mut self, bytes: &[u8]) {
        let Self { open, spare, blocks, .. } = self;
        open.push(bytes, spare, |block| blocks.push_back(block));
    }

    /// Reads the next bytes; returns how many there were.
    ///
    /// # Errors
    /// [`io::Error`] of the reader.
    pub fn read_from(&mut self, from: impl Read) -> io::Result<usize> {
        let Self { open, spare, blocks, .. } = self;
        open.read(from, spare, |block| blocks.push_back(block))
    }

    /// Returns the number of truncated lines.
    pub fn cut(&self) -> u64 {
        self.open.cut + self.cut
    }

    /// Sifts the blocks that end at or before a place of the log; without a prefilter every line is read.
    pub fn sift(&mut self, matcher: &Matcher<'_>, end: u64, each: &mut impl FnMut(Seen<'_>)) {
        while let Some(block) = self.blocks.pop_front_if(|block| block.place.end <= end) {
            match matcher.prefilter(&block) {
                Some(prefilter) => self.work(prefilter, block, each),
                None => self.read(&block, each),
            }
        }
    }

    /// Takes what the parallel readers found, and continues after it.
    ///
    /// # Errors
    /// [`io::Error`] of the log.
    pub fn take(&mut self, mut readers: ParallelReader, each: &mut impl FnMut(Seen<'_>)) -> io::Result<()> {
        self.is_sifted = true;
        while let Some(found) = readers.next() {
            let Found { sifted, cut } = found?;
            self.cut += cut;
            for (lines, sifted) in sifted {
                self.sifted(&lines, sifted, each);
            }
        }
        Ok(())
    }

    /// Ends the log: reads the lines that begin at or after a place, and sifts those before it.
    pub fn finish(&mut self, matcher: &Matcher<'_>, whole: u64, each: &mut impl FnMut(Seen<'_>)) {
        self.sift(matcher, whole, each);
        while self.hand_over(each) {}
        let mut blocks = std::mem::take(&mut self.blocks);
        self.cut += self.open.cut;
        blocks.push_back(std::mem::take(&mut self.open).finish());
        for block in blocks {
            let (before, behind) = block.split_at(block.line_behind(whole));
            match matcher.prefilter(before).filter(|_| !before.is_empty()) {
                Some(prefilter) => self.sifted(before, sift(prefilter, before, &mut Memory::default()), each),
                None => self.read(before, each),
            }
            self.read(behind, each);
        }
    }

    /// Sifts a block, or has another thread sift it while the caller goes on reading.
    fn work(&mut self, prefilter: &Arc<Prefilter>, block: Block, each: &mut impl FnMut(Seen<'_>)) {
        self.is_sifted = true;
        let mut memory = self.memories.pop().unwrap_or_default();
        let threads = threads::count();
        if threads == 1 {
            let sifted = sift(prefilter, &block, &mut memory);
            return self.done((block, sifted, memory), each);
        }
        // Several at once: each wait costs two context switches.
        let most = MOST.min(3 * threads as u64);
        if self.next - self.due >= most {
            for _ in 0..most.div_ceil(2) {
                self.hand_over(each);
            }
        }
        let (prefilter, under_way, number) = (Arc::clone(prefilter), Arc::clone(&self.under_way), self.next);
        self.next += 1;
        rayon::spawn_fifo(move || {
            under_way.work(number, || {
                let sifted = sift(&prefilter, &block, &mut memory);
                (block, sifted, memory)
            });
        });
    }

    /// Waits for the oldest block that is being sifted and passes on the lines to be read; returns whether
    /// there was such a block.
    fn hand_over(&mut self, each: &mut impl FnMut(Seen<'_>)) -> bool {
        if self.due == self.next {
            return false;
        }
        let done = awaited(&self.under_way, self.due);
        self.due += 1;
        if let Some(done) = done {
            self.done(done, each);
        }
        true
    }

    fn done(&mut self, (block, sifted, memory): Done, each: &mut impl FnMut(Seen<'_>)) {
        self.sifted(&block, sifted, each);
        self.spare.push(block);
        self.memories.push(memory);
    }

    /// Passes on those of the sifted lines that are to be read.
    fn sifted(&mut self, lines: &[u8], sifted: Sifted, each: &mut impl FnMut(Seen<'_>)) {
        for (before, line) in sifted.wanted {
            each(Seen { number: self.number + before + 1, bytes: &lines[line], picked: true });
        }
        self.number += sifted.lines;
    }

    /// Reads every line.
    fn read(&mut self, lines: &[u8], each: &mut impl FnMut(Seen<'_>)) {
        let mut start = 0;
        let ends = memchr::memchr_iter(b'\n', lines)
            .chain((lines.last().is_some_and(|last| *last != b'\n')).then_some(lines.len()));
        for end in ends {
            self.number += 1;
            each(Seen { number: self.number, bytes: &lines[start..end], picked: false });
            start = end + 1;
        }
    }
}

/// Waits for a block. A thread of the pool does the pool's work in the meantime, as long as there is any;
/// otherwise no thread might do it.
fn awaited(under_way: &ReorderBuffer<Done>, number: u64) -> Option<Done> {
    loop {
        if let Some(done) = under_way.take(number) {
            return done;
        }
        // No work is left to start: another thread sifts the block.
        if rayon::yield_now() != Some(Yield::Executed) {
            return under_way.wait(number);
        }
    }
}
