//! The fast path: the middle of a long log in, the lines that may match out, in order and at the speed of
//! memory.
//!
//! A block of whole lines is searched for the needles of all signatures at once (`prefilter` on top of
//! `gram_map`, with vector instructions in `avx2`); escape sequences are removed (`unescape`) only on lines
//! that have some. A stream is cut into blocks that a queue distributes (`block_queue`); of a file each
//! thread reads its own parts (`parallel_reader`), so that no block moves from one processor's cache to
//! another's. Must not know what a needle stands for.

mod avx2;
mod block;
mod block_queue;
mod gram_map;
mod parallel_reader;
mod prefilter;
mod random_access;
mod seen;
mod sift;
mod stream;
pub mod threads;
mod unescape;

pub use prefilter::Prefilter;
pub use random_access::RandomAccess;
pub use seen::{Seen, Whole};
pub use stream::LogStream;
