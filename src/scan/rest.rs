//! What comes behind the beginning of a log: blocks of whole lines, sifted side by side and handed over in their order.

use std::cell::Cell;
use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read};
use std::ops::Range;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError, sync_channel};

use rayon::Yield;

use super::block::{Block, Open};
use super::file::{PART, Part, PlainFile, line_behind, lines_of};
use super::gate::Gate;
use super::sift::{Memory, Sifted, sift};
use super::stream::Seen;
use super::{Matcher, threads};

/// Jobs for one log that are under way at once.
const MOST: usize = 24;

/// See the module.
#[derive(Debug, Default)]
pub struct Rest {
    /// The block in the making.
    open: Open,
    /// Blocks that nobody looked at yet, the oldest first.
    blocks: VecDeque<Block>,
    /// What is being sifted, the oldest first.
    under_way: VecDeque<Receiver<io::Result<Done>>>,
    /// Blocks that are done with, for reuse.
    spare: Vec<Block>,
    /// What those who sifted remember, for the next.
    memories: Vec<Memory>,
    /// Lines that are done with.
    pub number: u64,
    /// Lines that lost their end, of those that did not go through the block in the making.
    cut: u64,
    /// Whether lines were passed over.
    pub is_sifted: bool,
    /// What went wrong with a file first.
    failed: Option<io::Error>,
}

/// What a job gives: lines with what was found in them, and what was remembered.
#[derive(Debug)]
struct Done {
    sifted: Vec<(Lines, Sifted)>,
    cut: u64,
    memory: Memory,
}

/// Lines that were sifted: all of a block, or those alone that have to be read.
#[derive(Debug)]
enum Lines {
    Block(Block),
    Apart(Vec<u8>),
}

/// What there is to be sifted.
#[derive(Debug)]
enum Work {
    Block(Block),
    /// Lines of a file that begin in this part.
    Part(Arc<File>, Range<u64>),
}

impl Work {
    fn sift(self, gate: &Gate, mut memory: Memory) -> io::Result<Done> {
        match self {
            Self::Block(block) => {
                let sifted = sift(gate, &block, &mut memory);
                Ok(Done { sifted: vec![(Lines::Block(block), sifted)], cut: 0, memory })
            }
            Self::Part(file, part) => {
                let (mut blocks, cut) = lines_of(&file, part, ROOM.take().unwrap_or_default())?;
                let apart = |block: &Block| {
                    let (lines, sifted) = sift(gate, block, &mut memory).apart(block);
                    (Lines::Apart(lines), sifted)
                };
                let sifted = blocks.iter().map(apart).collect();
                ROOM.set(blocks.pop());
                Ok(Done { sifted, cut, memory })
            }
        }
    }
}

thread_local! {
    /// Room for what this thread reads: the same each time, which is still in the processor's cache.
    static ROOM: Cell<Option<Block>> = const { Cell::new(None) };
}

impl Rest {
    /// Begins at a place of a log, behind so many lines.
    pub fn new(place: u64, number: u64) -> Self {
        Self { open: Open::at(place, Block::default()), number, ..Self::default() }
    }

    /// Takes the next bytes.
    pub fn push(&mut self, bytes: &[u8]) {
        let Self { open, spare, blocks, .. } = self;
        open.push(bytes, spare, |block| blocks.push_back(block));
    }

    /// Reads the next bytes; tells how many there were.
    ///
    /// # Errors
    /// [`io::Error`] of the reader.
    pub fn read_from(&mut self, from: impl Read) -> io::Result<usize> {
        let Self { open, spare, blocks, .. } = self;
        open.read(from, spare, |block| blocks.push_back(block))
    }

    /// Lines that lost their end.
    pub fn cut(&self) -> u64 {
        self.open.cut + self.cut
    }

    /// Sifts the blocks that end at or before a place of the log; without a gate they are read.
    pub fn sift(&mut self, matcher: &Matcher<'_>, end: u64, each: &mut impl FnMut(Seen<'_>)) {
        while let Some(block) = self.blocks.pop_front_if(|block| block.place.end <= end) {
            match matcher.gate(&block) {
                Some(gate) => self.work(gate, Work::Block(block), each),
                None => self.read(&block, each),
            }
        }
    }

    /// Sifts the lines of a file from the place where its reader stands to one that lies so far before its end. As many threads as there
    /// are read them, and the reader goes on behind them; tells where.
    ///
    /// # Errors
    /// [`io::Error`] of the file.
    pub fn leap(
        &mut self,
        file: &PlainFile<'_>,
        (from, tail): (u64, u64),
        matcher: &Matcher<'_>,
        each: &mut impl FnMut(Seen<'_>),
    ) -> io::Result<u64> {
        let shared = file.shared();
        let length = file.length()?;
        let Some(to) = line_behind(&shared, length.saturating_sub(tail), length)? else { return Ok(from) };
        let Some(begin) = line_behind(&shared, from, to)? else { return Ok(from) };
        let (sample, _) = lines_of(&shared, begin..begin + PART as u64, Block::default())?;
        let Some(gate) = sample.first().and_then(|block| matcher.gate(block)) else { return Ok(from) };
        self.push_from(&shared, from..begin)?;
        self.cut += self.open.cut;
        self.blocks.push_back(std::mem::replace(&mut self.open, Open::at(to, Block::default())).finish());
        self.sift(matcher, begin, each);
        for at in (begin..to).step_by(PART) {
            self.work(gate, Work::Part(Arc::clone(&shared), at..to.min(at + PART as u64)), each);
        }
        while self.hand_over(each) {}
        file.pass(from..to)?;
        self.failed.take().map_or(Ok(to), Err)
    }

    /// Ends the log; reads the lines that begin at a place or behind it, and sifts those before.
    pub fn finish(&mut self, matcher: &Matcher<'_>, whole: u64, each: &mut impl FnMut(Seen<'_>)) {
        self.sift(matcher, whole, each);
        while self.hand_over(each) {}
        let mut blocks = std::mem::take(&mut self.blocks);
        self.cut += self.open.cut;
        blocks.push_back(std::mem::take(&mut self.open).finish());
        for block in blocks {
            let (before, behind) = block.split_at(block.line_behind(whole));
            match matcher.gate(before).filter(|_| !before.is_empty()) {
                Some(gate) => self.sifted(before, sift(gate, before, &mut Memory::default()), each),
                None => self.read(before, each),
            }
            self.read(behind, each);
        }
    }

    /// Pushes a part of a file.
    fn push_from(&mut self, file: &File, part: Range<u64>) -> io::Result<()> {
        let mut left = Part::new(file, part);
        while self.read_from(&mut left)? > 0 {}
        Ok(())
    }

    /// Does some work here, or has it done elsewhere; meanwhile the caller can go on reading.
    fn work(&mut self, gate: &Arc<Gate>, work: Work, each: &mut impl FnMut(Seen<'_>)) {
        self.is_sifted = true;
        let memory = self.memories.pop().unwrap_or_default();
        let threads = threads::count();
        if threads == 1 {
            return self.done(work.sift(gate, memory), each);
        }
        // Several at once: each wait costs two changes of the thread.
        let most = MOST.min(3 * threads);
        if self.under_way.len() >= most {
            for _ in 0..most.div_ceil(2) {
                self.hand_over(each);
            }
        }
        let (done, under_way) = sync_channel(1);
        self.under_way.push_back(under_way);
        let gate = Arc::clone(gate);
        // Nobody waits for it when the reading was given up.
        rayon::spawn_fifo(move || drop(done.send(work.sift(&gate, memory))));
    }

    /// Waits for the oldest work that is under way and hands over the lines that are to be read; tells whether there was any.
    fn hand_over(&mut self, each: &mut impl FnMut(Seen<'_>)) -> bool {
        let Some(under_way) = self.under_way.pop_front() else { return false };
        if let Some(done) = awaited(&under_way) {
            self.done(done, each);
        }
        true
    }

    fn done(&mut self, done: io::Result<Done>, each: &mut impl FnMut(Seen<'_>)) {
        let Done { sifted, cut, memory } = match done {
            Ok(done) => done,
            Err(error) => {
                self.failed.get_or_insert(error);
                return;
            }
        };
        for (lines, found) in sifted {
            match lines {
                Lines::Apart(lines) => self.sifted(&lines, found, each),
                Lines::Block(block) => {
                    self.sifted(&block, found, each);
                    self.spare.push(block);
                }
            }
        }
        self.cut += cut;
        self.memories.push(memory);
    }

    /// Hands over the lines of sifted ones that are to be read.
    fn sifted(&mut self, lines: &[u8], sifted: Sifted, each: &mut impl FnMut(Seen<'_>)) {
        for (before, line) in sifted.wanted {
            each(Seen { number: self.number + before + 1, bytes: &lines[line], picked: true });
        }
        self.number += sifted.lines;
    }

    /// Reads every line.
    fn read(&mut self, lines: &[u8], each: &mut impl FnMut(Seen<'_>)) {
        let mut start = 0;
        let ends = memchr::memchr_iter(b'\n', lines).chain((lines.last().is_some_and(|last| *last != b'\n')).then_some(lines.len()));
        for end in ends {
            self.number += 1;
            each(Seen { number: self.number, bytes: &lines[start..end], picked: false });
            start = end + 1;
        }
    }
}

/// Waits for work. A thread of the pool does the pool's work meanwhile, as long as there is any, or nobody might.
fn awaited<T>(under_way: &Receiver<T>) -> Option<T> {
    loop {
        match under_way.try_recv() {
            Ok(done) => return Some(done),
            Err(TryRecvError::Disconnected) => return None,
            Err(TryRecvError::Empty) => {}
        }
        // Nothing is left to be begun: another thread does it.
        if rayon::yield_now() != Some(Yield::Executed) {
            return under_way.recv().ok();
        }
    }
}
