//! New messages of this machine's kernel, if this user may read them: records of `/dev/kmsg` (kernel,
//! Documentation/ABI/testing/dev-kmsg).

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::os::unix::fs::OpenOptionsExt;

use rustix::fs::OFlags;

/// Longest record, in bytes.
const RECORD: usize = 8192;
/// Most records that are read; one trial does not produce more.
const MOST: usize = 100_000;

/// The log of this machine's kernel.
#[derive(Debug)]
pub struct KernelLog(File);

impl KernelLog {
    /// Opens the log after its last record.
    ///
    /// # Errors
    /// [`io::Error`] if this user may not read it, or the machine has none.
    pub fn from_now() -> io::Result<Self> {
        let flags = i32::try_from(OFlags::NONBLOCK.bits()).map_err(io::Error::other)?;
        let mut file = OpenOptions::new().read(true).custom_flags(flags).open("/dev/kmsg")?;
        file.seek(SeekFrom::End(0))?;
        Ok(Self(file))
    }

    /// Returns the records since the log was opened or last read, as far as the kernel still has them.
    pub fn records(&mut self) -> Vec<String> {
        let mut records = Vec::new();
        let mut buffer = [0; RECORD];
        while records.len() < MOST {
            match self.0.read(&mut buffer) {
                Ok(0) => break,
                Ok(length) => records.push(String::from_utf8_lossy(&buffer[..length]).into_owned()),
                // Records were overwritten in the meantime: reading goes on with the oldest one left.
                Err(error)
                    if error.kind() == ErrorKind::BrokenPipe || error.kind() == ErrorKind::Interrupted => {}
                Err(_) => break,
            }
        }
        records
    }
}
