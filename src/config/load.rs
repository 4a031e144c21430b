//! Finding and reading the layers. Must not decide between them.

use std::io;
use std::path::{Path, PathBuf};

use super::{Config, Layer, Origin, Settings, chosen, flags};
use crate::cli::GlobalArgs;

/// Name of the file of a project.
const PROJECT: &str = "sysdock.toml";
/// File of the system.
const SYSTEM: &str = "/etc/sysdock/sysdock.toml";
/// Below the folder of the user's configuration.
const USER: &str = "sysdock/sysdock.toml";
/// Most that is read of a file, bytes.
const LIMIT: u64 = 1 << 20;

/// A configuration that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A file cannot be read.
    #[error("cannot read the configuration {path}: {source}\n  next: mend it, or name another one with --config")]
    Read {
        /// The file.
        path: String,
        /// Cause given by the operating system.
        source: io::Error,
    },
    /// A file is not understood.
    #[error(
        "the configuration {path} is not understood\n{reason}\n  next: `sysdock config show --help` lists the settings; --config FILE uses another file"
    )]
    Syntax {
        /// The file.
        path: String,
        /// What is wrong, with its line.
        reason: String,
    },
    /// A file of a project says which engine to ask.
    #[error(
        "{path} sets `{key}`, which a project may not choose: a checkout would decide which engine is asked\n  next: move it to your own configuration, or use --host or DOCKER_HOST"
    )]
    Engine {
        /// The file.
        path: String,
        /// The setting.
        key: &'static str,
    },
    /// A variable is not understood.
    #[error("the variable {name} is not understood: {reason}\n  next: mend or unset it")]
    Variable {
        /// The variable.
        name: String,
        /// What is wrong.
        reason: String,
    },
}

/// Reads all layers: files, then the environment, then the global flags.
///
/// # Errors
/// [`ConfigError`] naming the file or the variable. A file that is not there is no error unless it was named.
pub fn load<'e>(args: &GlobalArgs, folder: &Path, variable: impl Fn(&str) -> Option<&'e str>) -> Result<Config, ConfigError> {
    let mut config = Config::default();
    let named = args.config.clone().or_else(|| variable("SYSDOCK_CONFIG").map(PathBuf::from));
    if let Some(path) = named {
        let settings = read(&path).and_then(|read| read.ok_or_else(|| absent(&path)))?;
        config.layers.push(Layer { origin: Origin::Named(path), settings });
    } else {
        for origin in places(folder, &variable) {
            add(&mut config, origin)?;
        }
    }
    config.layers.push(Layer { origin: Origin::Environment, settings: environment(&variable)? });
    config.layers.push(flags(args));
    Ok(config)
}

fn absent(path: &Path) -> ConfigError {
    ConfigError::Read { path: path.display().to_string(), source: rustix::io::Errno::NOENT.into() }
}

/// Where files are looked for, the weakest first.
fn places<'e>(folder: &Path, variable: &impl Fn(&str) -> Option<&'e str>) -> Vec<Origin> {
    let own = variable("XDG_CONFIG_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let own = own.or_else(|| variable("HOME").map(|home| Path::new(home).join(".config")));
    let project = folder.ancestors().map(|folder| folder.join(PROJECT)).find(|path| path.is_file());
    let mut places = vec![Origin::System(PathBuf::from(SYSTEM))];
    places.extend(own.map(|folder| Origin::User(folder.join(USER))));
    places.push(Origin::Project(project.unwrap_or_else(|| folder.join(PROJECT))));
    places
}

fn add(config: &mut Config, origin: Origin) -> Result<(), ConfigError> {
    let (Origin::System(path) | Origin::User(path) | Origin::Project(path) | Origin::Named(path)) = &origin else { return Ok(()) };
    let settings = match read(path) {
        // Another user's folder, as under sudo with a kept HOME.
        Err(ConfigError::Read { source, .. }) if matches!(origin, Origin::User(_)) && source.kind() == io::ErrorKind::PermissionDenied => {
            None
        }
        read => read?,
    };
    let Some(settings) = settings else {
        config.absent.push(path.clone());
        return Ok(());
    };
    if let Origin::Project(path) = &origin {
        for (key, value) in [("host", &settings.host), ("context", &settings.context)] {
            if value.is_some() {
                return Err(ConfigError::Engine { path: path.display().to_string(), key });
            }
        }
    }
    config.layers.push(Layer { origin, settings });
    Ok(())
}

/// Reads a file; paths in it are taken from its folder.
fn read(path: &Path) -> Result<Option<Settings>, ConfigError> {
    let name = || path.display().to_string();
    let file = match std::fs::File::open(path) {
        Ok(file) => file,
        Err(source) if matches!(source.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => return Ok(None),
        Err(source) => return Err(ConfigError::Read { path: name(), source }),
    };
    let text = io::read_to_string(io::Read::take(file, LIMIT)).map_err(|source| ConfigError::Read { path: name(), source })?;
    let mut settings: Settings =
        toml::from_str(&text).map_err(|error| ConfigError::Syntax { path: name(), reason: error.to_string().trim_end().to_owned() })?;
    let folder = path.parent().unwrap_or(Path::new("."));
    for inner in settings.rules.iter_mut().chain(&mut settings.baseline) {
        *inner = folder.join(&*inner);
    }
    Ok(Some(settings))
}

/// The variables of the environment.
fn environment<'e>(variable: &impl Fn(&str) -> Option<&'e str>) -> Result<Settings, ConfigError> {
    let text = |name: &str| variable(name).map(str::to_owned);
    let wrong = |name: &str| {
        let name = name.to_owned();
        move |reason: String| ConfigError::Variable { name, reason }
    };
    let seconds = |text: &str| text.parse().ok().filter(|seconds| (1..=86_400).contains(seconds));
    Ok(Settings {
        host: text("SYSDOCK_HOST"),
        context: text("SYSDOCK_CONTEXT"),
        timeout: variable("SYSDOCK_TIMEOUT")
            .map(|text| seconds(text).ok_or_else(|| format!("`{text}` is no number of seconds from 1 to 86400")))
            .transpose()
            .map_err(wrong("SYSDOCK_TIMEOUT"))?,
        rules: variable("SYSDOCK_RULES").map(|paths| std::env::split_paths(paths).collect()).unwrap_or_default(),
        color: variable("SYSDOCK_COLOR").map(chosen).transpose().map_err(wrong("SYSDOCK_COLOR"))?,
        quiet: variable("SYSDOCK_QUIET").map(flag).transpose().map_err(wrong("SYSDOCK_QUIET"))?,
        ascii: variable("SYSDOCK_ASCII").map(flag).transpose().map_err(wrong("SYSDOCK_ASCII"))?,
        verbose: variable("SYSDOCK_VERBOSE").map(flag).transpose().map_err(wrong("SYSDOCK_VERBOSE"))?,
        format: variable("SYSDOCK_FORMAT").map(chosen).transpose().map_err(wrong("SYSDOCK_FORMAT"))?,
        fail_on: variable("SYSDOCK_FAIL_ON").map(chosen).transpose().map_err(wrong("SYSDOCK_FAIL_ON"))?,
        baseline: variable("SYSDOCK_BASELINE").map(PathBuf::from),
        suppress: Vec::new(),
    })
}

fn flag(text: &str) -> Result<bool, String> {
    match text {
        "1" | "true" | "yes" => Ok(true),
        "0" | "false" | "no" => Ok(false),
        _ => Err(format!("`{text}` is neither true nor false")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::FailOn;

    fn global() -> GlobalArgs {
        use clap::Parser;
        crate::cli::Cli::try_parse_from(["sysdock", "rules", "check"]).unwrap().global
    }

    #[test]
    fn the_project_is_found_from_a_folder_below_and_paths_are_its_own() {
        let project = tempfile::tempdir().unwrap();
        let below = project.path().join("a/b");
        std::fs::create_dir_all(&below).unwrap();
        std::fs::write(project.path().join(PROJECT), "fail-on = \"info\"\nbaseline = \"known.json\"\n").unwrap();
        let config = load(&global(), &below, |_| None).unwrap();
        assert_eq!(config.value(|s| s.fail_on), Some(FailOn::Info));
        assert_eq!(config.value(|s| s.baseline.clone()), Some(project.path().join("known.json")));
    }

    #[test]
    fn a_project_may_not_choose_the_engine() {
        let project = tempfile::tempdir().unwrap();
        std::fs::write(project.path().join(PROJECT), "host = \"tcp://x:1\"\n").unwrap();
        assert!(matches!(load(&global(), project.path(), |_| None), Err(ConfigError::Engine { key: "host", .. })));
    }

    #[test]
    fn the_environment_is_stronger_than_files_and_checked() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(PROJECT), "timeout = 3\n").unwrap();
        let with = |value: &'static str| load(&global(), folder.path(), move |name| (name == "SYSDOCK_TIMEOUT").then_some(value));
        assert_eq!(with("9").unwrap().found(|s| s.timeout), Some((9, &Origin::Environment)));
        assert!(matches!(with("0"), Err(ConfigError::Variable { .. })));
    }

    #[test]
    fn a_named_file_stands_alone_and_must_be_there() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(PROJECT), "timeout = 3\n").unwrap();
        let named = folder.path().join("other.toml");
        let args = GlobalArgs { config: Some(named.clone()), ..global() };
        assert!(matches!(load(&args, folder.path(), |_| None), Err(ConfigError::Read { .. })));
        std::fs::write(&named, "quiet = true\n").unwrap();
        let config = load(&args, folder.path(), |_| None).unwrap();
        assert_eq!((config.value(|s| s.timeout), config.value(|s| s.quiet)), (None, Some(true)));
        std::fs::write(&named, "quite = true\n").unwrap();
        let said = load(&args, folder.path(), |_| None).unwrap_err().to_string();
        assert!(said.contains("other.toml") && said.contains("quite") && said.contains("line 1"), "{said}");
    }
}
