//! Files supplied beside the text: the engine's output of inspect and info. Must not parse them.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::unreadable::Unreadable;
use crate::intake::Supplied;

/// Largest such file, in bytes.
const LIMIT: u64 = 16 << 20;

/// Reads the files supplied beside a text, and adds the command line.
///
/// # Errors
/// [`Unreadable`] for the first file that cannot be read.
pub fn beside(
    run: Option<&str>,
    inspect: Option<&Path>,
    info: Option<&Path>,
) -> Result<Supplied, Unreadable> {
    let (inspect, info) = (inspect.map(small_text).transpose()?, info.map(small_text).transpose()?);
    Ok(Supplied { run: run.map(str::to_owned), inspect, info })
}

fn small_text(path: &Path) -> Result<String, Unreadable> {
    let failed = |source| Unreadable { name: path.display().to_string(), source };
    let mut bytes = Vec::new();
    File::open(path).map_err(failed)?.take(LIMIT).read_to_end(&mut bytes).map_err(failed)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
