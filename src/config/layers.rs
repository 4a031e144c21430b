//! Finds and reads the layers of the configuration. Must not decide between them.

use std::io;
use std::path::{Path, PathBuf};

use super::environment::{environment, flag, variable_error};
use super::{Config, ConfigError, Layer, Origin, Settings, flags};
use crate::cli::GlobalArgs;
use crate::trust::{self, Refusal, Trust};

/// Name of a project's file.
const PROJECT: &str = "sysdock.toml";
/// The system-wide file.
const SYSTEM: &str = "/etc/sysdock/sysdock.toml";
/// The user's file, relative to the folder of the user's configuration.
const USER: &str = "sysdock/sysdock.toml";
/// Largest file that is read, in bytes.
const LIMIT: u64 = 1 << 20;

/// Reads all layers: files, then the environment, then the global flags.
///
/// # Errors
/// [`ConfigError`] with the file or the variable. A missing file is an error only if the user named it.
pub fn load<'e>(
    args: &GlobalArgs,
    folder: &Path,
    variable: impl Fn(&str) -> Option<&'e str>,
) -> Result<Config, ConfigError> {
    let mut config = Config::default();
    let everything = args.trust
        || variable("SYSDOCK_TRUST")
            .map(flag)
            .transpose()
            .map_err(variable_error("SYSDOCK_TRUST"))?
            .unwrap_or_default();
    let named = args.config.clone().or_else(|| variable("SYSDOCK_CONFIG").map(PathBuf::from));
    if let Some(path) = named {
        let settings = read(&path, &Trust::Named).and_then(|read| read.ok_or_else(|| absent(&path)))?;
        config.layers.push(Layer { origin: Origin::Named(path), settings });
    } else {
        for origin in places(folder, &variable) {
            add(&mut config, origin, everything)?;
        }
    }
    config.trusts_project |= everything;
    config.layers.push(Layer { origin: Origin::Environment, settings: environment(&variable)? });
    config.layers.push(flags(args));
    Ok(config)
}

fn absent(path: &Path) -> ConfigError {
    ConfigError::Read { path: path.display().to_string(), source: rustix::io::Errno::NOENT.into() }
}

/// Returns where to look for files, the weakest layer first.
fn places<'e>(folder: &Path, variable: &impl Fn(&str) -> Option<&'e str>) -> Vec<Origin> {
    let own = variable("XDG_CONFIG_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let own = own.or_else(|| variable("HOME").map(|home| Path::new(home).join(".config")));
    // Existence is checked before reading, so that a pipe or a link of that name is reported.
    let is_there = |path: &PathBuf| path.symlink_metadata().is_ok_and(|metadata| !metadata.is_dir());
    let project = folder.ancestors().map(|folder| folder.join(PROJECT)).find(is_there);
    let mut places = vec![Origin::System(PathBuf::from(SYSTEM))];
    places.extend(own.map(|folder| Origin::User(folder.join(USER))));
    places.push(Origin::Project(project.unwrap_or_else(|| folder.join(PROJECT))));
    places
}

fn add(config: &mut Config, origin: Origin, everything: bool) -> Result<(), ConfigError> {
    let (Origin::System(path) | Origin::User(path) | Origin::Project(path) | Origin::Named(path)) = &origin
    else {
        return Ok(());
    };
    let folder = path.parent().unwrap_or(Path::new("."));
    let is_project = matches!(origin, Origin::Project(_));
    if is_project {
        config.trusts_project = config.is_safe(folder);
    }
    let trust = match &origin {
        _ if everything || (is_project && config.trusts_project) => Trust::Named,
        Origin::Project(_) => Trust::Found(folder.to_owned()),
        // People keep their own files elsewhere and link to them.
        _ => Trust::Found(PathBuf::from("/")),
    };
    let settings = match read(path, &trust) {
        // A folder of another user, as under sudo with HOME preserved.
        Err(ConfigError::Read { source, .. })
            if matches!(origin, Origin::User(_)) && source.kind() == io::ErrorKind::PermissionDenied =>
        {
            None
        }
        read => read?,
    };
    let Some(settings) = settings else {
        config.absent.push(path.clone());
        return Ok(());
    };
    if is_project {
        refuse_for_a_project(path, &settings)?;
    }
    config.layers.push(Layer { origin, settings });
    Ok(())
}

/// Refuses settings that a project must not make: which engine is asked, and how far the project itself is
/// trusted.
fn refuse_for_a_project(path: &Path, settings: &Settings) -> Result<(), ConfigError> {
    let path = || path.display().to_string();
    if !settings.safe_directories.is_empty() {
        return Err(ConfigError::Trust { path: path(), key: "safe-directories" });
    }
    for (key, value) in [("host", &settings.host), ("context", &settings.context)] {
        if value.is_some() {
            return Err(ConfigError::Engine { path: path(), key });
        }
    }
    Ok(())
}

/// Reads a file; relative paths in it start from its folder.
fn read(path: &Path, trust: &Trust) -> Result<Option<Settings>, ConfigError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let name = || path.display().to_string();
    // The owner is checked first: of two problems it is the one that matters to people.
    let text =
        match trust::text(path, LIMIT, trust).and_then(|text| trust::folder(folder, trust).map(|()| text)) {
            Ok(text) => text,
            Err(refusal) if refusal.is_absent() => return Ok(None),
            Err(Refusal::Io(source)) => return Err(ConfigError::Read { path: name(), source }),
            Err(reason) => {
                return Err(ConfigError::Refused { path: name(), next: next(&reason, folder), reason });
            }
        };
    let wrong = |error: toml::de::Error| ConfigError::Syntax { path: name(), reason: placed(&text, &error) };
    let mut settings: Settings = toml::from_str(&text).map_err(wrong)?;
    let inner = settings.rules.iter_mut().chain(&mut settings.baseline).chain(&mut settings.safe_directories);
    for inner in inner.filter(|inner| inner.as_os_str() != "*") {
        *inner = folder.join(&*inner);
    }
    Ok(Some(settings))
}

fn next(reason: &Refusal, folder: &Path) -> String {
    if reason.is_distrust() {
        format!(
            "review it; then use --trust, or safe-directories = [\"{}\"] in your own configuration",
            folder.display()
        )
    } else {
        "replace it with a regular file, or choose another one with --config".to_owned()
    }
}

/// Returns what is wrong and where. The line itself is never quoted: the file may not be a configuration at
/// all.
fn placed(text: &str, error: &toml::de::Error) -> String {
    let Some(span) = error.span() else { return error.message().to_owned() };
    let before = text.get(..span.start).unwrap_or(text);
    let (line, column) =
        (before.matches('\n').count() + 1, before.chars().rev().take_while(|c| *c != '\n').count() + 1);
    format!("line {line}, column {column}: {}", error.message())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::Severity;

    fn global() -> GlobalArgs {
        use clap::Parser;
        crate::cli::Cli::try_parse_from(["sysdock", "rules", "check"]).unwrap().global
    }

    #[test]
    fn the_project_is_found_from_a_folder_below_and_paths_are_its_own() {
        let project = tempfile::tempdir().unwrap();
        let below = project.path().join("a/b");
        std::fs::create_dir_all(&below).unwrap();
        std::fs::write(project.path().join(PROJECT), "fail-on = \"info\"\nbaseline = \"known.json\"\n")
            .unwrap();
        let config = load(&global(), &below, |_| None).unwrap();
        assert_eq!(config.value(|s| s.fail_on), Some(Severity::Info));
        assert_eq!(config.value(|s| s.baseline.clone()), Some(project.path().join("known.json")));
    }

    #[test]
    fn a_project_may_not_choose_the_engine() {
        let project = tempfile::tempdir().unwrap();
        std::fs::write(project.path().join(PROJECT), "host = \"tcp://x:1\"\n").unwrap();
        assert!(matches!(
            load(&global(), project.path(), |_| None),
            Err(ConfigError::Engine { key: "host", .. })
        ));
    }

    #[test]
    fn the_environment_is_stronger_than_files_and_checked() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(PROJECT), "timeout = 3\n").unwrap();
        let with = |value: &'static str| {
            load(&global(), folder.path(), move |name| (name == "SYSDOCK_TIMEOUT").then_some(value))
        };
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

    fn shared(text: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(PROJECT), text).unwrap();
        folder
    }

    #[test]
    fn a_project_of_another_user_is_obeyed_only_when_the_user_says_so() {
        let project = shared("timeout = 3\n");
        // Only root can give files away.
        if std::os::unix::fs::chown(project.path().join(PROJECT), Some(4321), None).is_err() {
            return;
        }
        let said = load(&global(), project.path(), |_| None).unwrap_err().to_string();
        assert!(
            said.contains("belongs to user 4321")
                && said.contains("--trust")
                && said.contains("safe-directories"),
            "{said}"
        );
        let timeout = |config: Result<Config, ConfigError>| config.unwrap().value(|s| s.timeout);
        assert_eq!(timeout(load(&GlobalArgs { trust: true, ..global() }, project.path(), |_| None)), Some(3));
        assert_eq!(
            timeout(load(&global(), project.path(), |name| (name == "SYSDOCK_TRUST").then_some("1"))),
            Some(3)
        );
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir(home.path().join("sysdock")).unwrap();
        let at_home = home.path().display().to_string();
        let with = |line: &str| {
            std::fs::write(home.path().join(USER), line).unwrap();
            load(&global(), project.path(), |name| (name == "XDG_CONFIG_HOME").then_some(at_home.as_str()))
        };
        assert!(with("safe-directories = [\"/elsewhere\"]").is_err());
        assert_eq!(timeout(with(&format!("safe-directories = [\"{}\"]", project.path().display()))), Some(3));
        assert_eq!(
            timeout(with(&format!(
                "safe-directories = [\"{}/*\"]",
                project.path().parent().unwrap().display()
            ))),
            Some(3)
        );
        assert_eq!(timeout(with("safe-directories = [\"*\"]")), Some(3));
    }

    #[test]
    fn a_project_cannot_trust_itself() {
        let project = shared("safe-directories = [\"*\"]\n");
        assert!(matches!(
            load(&global(), project.path(), |_| None),
            Err(ConfigError::Trust { key: "safe-directories", .. })
        ));
    }

    #[test]
    fn pipes_and_links_that_lead_away_are_refused_and_never_waited_for() {
        let (project, other) = (tempfile::tempdir().unwrap(), shared("timeout = 3\n"));
        let at = project.path().join(PROJECT);
        rustix::fs::mkfifoat(rustix::fs::CWD, &at, rustix::fs::Mode::RWXU).unwrap();
        assert!(load(&global(), project.path(), |_| None).unwrap_err().to_string().contains("a named pipe"));
        std::fs::remove_file(&at).unwrap();
        std::os::unix::fs::symlink(other.path().join(PROJECT), &at).unwrap();
        assert!(load(&global(), project.path(), |_| None).unwrap_err().to_string().contains("leads out of"));
        assert!(load(&GlobalArgs { trust: true, ..global() }, project.path(), |_| None).is_ok());
        std::fs::write(other.path().join(PROJECT), "# long\n".repeat(200_000)).unwrap();
        assert!(load(&global(), other.path(), |_| None).unwrap_err().to_string().contains("larger than"));
    }

    #[test]
    fn an_error_quotes_no_line_of_the_file() {
        for text in [
            "root:$6$canary:19000:0:99999:7:::\n",
            "a = 1\nTOKEN=canary",
            "[canary\n",
            "TOKEN=\"canary\"\n",
            "\"canary",
        ] {
            let project = shared(text);
            let said = load(&global(), project.path(), |_| None).unwrap_err().to_string();
            assert!(!said.contains("canary") && said.contains("line "), "{said}");
        }
    }
}
