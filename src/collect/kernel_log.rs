//! What the kernel of this machine says from now on, where this user may read it: records of `/dev/kmsg`
//! (kernel, Documentation/ABI/testing/dev-kmsg).

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::os::unix::fs::OpenOptionsExt;

use rustix::fs::OFlags;

/// Longest record, in bytes.
const RECORD: usize = 8192;
/// More records than this are not of one trial.
const MOST: usize = 100_000;

/// The log of this machine's kernel.
#[derive(Debug)]
pub struct KernelLog(File);

impl KernelLog {
    /// Opens it behind its last record.
    ///
    /// # Errors
    /// [`io::Error`] when this user may not read it, or the machine has none.
    pub fn from_now() -> io::Result<Self> {
        let flags = i32::try_from(OFlags::NONBLOCK.bits()).map_err(io::Error::other)?;
        let mut file = OpenOptions::new().read(true).custom_flags(flags).open("/dev/kmsg")?;
        file.seek(SeekFrom::End(0))?;
        Ok(Self(file))
    }

    /// Returns the records since it was opened or last read, as far as the kernel still has them.
    pub fn records(&mut self) -> Vec<String> {
        let mut records = Vec::new();
        let mut buffer = [0; RECORD];
        while records.len() < MOST {
            match self.0.read(&mut buffer) {
                Ok(0) => break,
                Ok(length) => records.push(String::from_utf8_lossy(&buffer[..length]).into_owned()),
                // Records that were overwritten meanwhile: it goes on with the oldest that is left.
                Err(error)
                    if error.kind() == ErrorKind::BrokenPipe || error.kind() == ErrorKind::Interrupted => {}
                Err(_) => break,
            }
        }
        records
    }
}
