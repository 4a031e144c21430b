//! `man`: writes manual pages to stdout or to a folder, one per command.

use std::path::Path;

use super::CommandError;
use crate::cli::{ManArgs, ManPages};
use crate::exit_code::Exit;
use crate::options::Options;
use crate::render::output;

/// Runs the command.
///
/// # Errors
/// Returns [`CommandError::Plan`] if the folder cannot be written, or [`CommandError::Output`] if stdout
/// cannot be written.
pub fn run(args: &ManArgs, options: &Options) -> Result<Exit, CommandError> {
    let pages = ManPages::default();
    let Some(folder) = &args.output else {
        output::print(&pages.first()?)?;
        return Ok(Exit::Success);
    };
    let failed = |path: &Path, source| CommandError::Plan { path: path.display().to_string(), source };
    std::fs::create_dir_all(folder).map_err(|source| failed(folder, source))?;
    let pages = pages.all()?;
    for (name, page) in &pages {
        let path = folder.join(name);
        std::fs::write(&path, page).map_err(|source| failed(&path, source))?;
    }
    if options.remarks {
        output::tell(&format!(
            "wrote {} pages to {}\n  next: man {}/sysdock.1",
            pages.len(),
            folder.display(),
            folder.display()
        ));
    }
    Ok(Exit::Success)
}
