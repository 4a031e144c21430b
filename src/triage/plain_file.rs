//! A regular file that is read from beginning to end, and elsewhere at the same time.

use std::fs::File;
use std::io::{self, Seek, SeekFrom};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::scan::RandomAccess;

/// See the module.
#[derive(Debug)]
pub struct PlainFile {
    /// Shares its position with the sequential reader.
    file: File,
    /// Counts the bytes read, for a progress display.
    read: Arc<AtomicU64>,
    /// Bytes that were read here; a few of them twice.
    here: AtomicU64,
}

impl PlainFile {
    /// Returns the file behind a reader that was just opened; `None` for a pipe and the like.
    pub fn parts(file: &File, read: &Arc<AtomicU64>) -> Option<Arc<dyn RandomAccess>> {
        let regular = file.metadata().is_ok_and(|metadata| metadata.is_file());
        let file = regular.then(|| file.try_clone().ok()).flatten()?;
        Some(Arc::new(Self { file, read: Arc::clone(read), here: AtomicU64::new(0) }))
    }
}

impl RandomAccess for PlainFile {
    fn length(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    fn read_at(&self, into: &mut [u8], at: u64) -> io::Result<usize> {
        let length = self.file.read_at(into, at)?;
        self.here.fetch_add(length as u64, Ordering::Relaxed);
        self.read.fetch_add(length as u64, Ordering::Relaxed);
        Ok(length)
    }

    fn pass(&self, bytes: Range<u64>) -> io::Result<()> {
        (&self.file).seek(SeekFrom::Start(bytes.end))?;
        // From here on each byte counts once; the difference may be negative.
        let here = self.here.swap(0, Ordering::Relaxed);
        self.read.fetch_add((bytes.end - bytes.start).wrapping_sub(here), Ordering::Relaxed);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};

    use super::*;

    #[test]
    fn the_reader_goes_on_behind_what_is_passed() {
        let (mut file, read) = (tempfile::tempfile().unwrap(), Arc::new(AtomicU64::new(2)));
        file.write_all(b"0123456789").unwrap();
        file.seek(SeekFrom::Start(2)).unwrap();
        let parts = PlainFile::parts(&file, &read).unwrap();
        let (mut two, mut left) = ([0; 2], String::new());
        for _ in 0..4 {
            assert_eq!((parts.length().unwrap(), parts.read_at(&mut two, 4).unwrap(), two), (10, 2, *b"45"));
        }
        assert_eq!(read.load(Ordering::Relaxed), 10);
        parts.pass(2..7).unwrap();
        file.read_to_string(&mut left).unwrap();
        assert_eq!((left.as_str(), read.load(Ordering::Relaxed)), ("789", 7));
        assert!(PlainFile::parts(&File::open("/dev/null").unwrap(), &read).is_none());
    }
}
