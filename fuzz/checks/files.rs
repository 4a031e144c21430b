//! Files of the project, from which inputs are made.

use std::path::{Path, PathBuf};

/// A path below the project, whichever of its packages is compiled.
fn project(path: &str) -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = if package.join("fixtures").is_dir() { package } else { package.parent().unwrap_or(package) };
    root.join(path)
}

/// The files with an ending below a folder, in order of name.
pub fn with_ending(folder: &str, ending: &str) -> Vec<Vec<u8>> {
    let mut paths = Vec::new();
    walk(&project(folder), &mut paths);
    paths.sort();
    let fitting = paths.iter().filter(|path| path.extension().is_some_and(|extension| extension == ending));
    fitting.map(|path| std::fs::read(path).expect("a file of the project can be read")).collect()
}

fn walk(folder: &Path, paths: &mut Vec<PathBuf>) {
    for entry in
        std::fs::read_dir(folder).expect("a folder of the project can be read").filter_map(Result::ok)
    {
        let path = entry.path();
        if path.is_dir() { walk(&path, paths) } else { paths.push(path) }
    }
}
