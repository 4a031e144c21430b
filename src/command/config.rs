//! `config`: lists the settings in force, each with its value and its origin.

use super::CommandError;
use crate::cli::{ConfigAction, ConfigArgs, Format};
use crate::config::{Config, Origin, Settings, Suppress, name_of};
use crate::docker::without_password;
use crate::exit_code::Exit;
use crate::options::Options;
use crate::render::output;
use crate::render::settings::{self, Setting};

/// Runs the command.
///
/// # Errors
/// Returns a [`CommandError`] if stdout cannot be written.
pub fn run(args: &ConfigArgs, options: &Options) -> Result<Exit, CommandError> {
    let ConfigAction::Show { format } = args.action;
    let rows = rows(&options.config);
    let absent: Vec<String> = options.config.absent.iter().map(|path| path.display().to_string()).collect();
    let text = match format {
        Format::Human => settings::table(&rows, &absent, &options.context),
        Format::Json => settings::json(&rows, &absent)?,
    };
    output::print(text.as_bytes())?;
    Ok(Exit::Success)
}

/// Returns one row per setting; lists have one per entry.
fn rows(config: &Config) -> Vec<Setting> {
    let one = |key: &'static str, default: &str, pick: &dyn Fn(&Settings) -> Option<String>| {
        let found = config.found(pick);
        let origin = found.as_ref().map_or_else(|| "default".to_owned(), |(_, origin)| worded(origin, key));
        Setting {
            key: key.to_owned(),
            value: found.map_or_else(|| default.to_owned(), |(value, _)| value),
            origin,
        }
    };
    let mut rows = vec![
        one("host", "as chosen by the docker CLI", &|s| s.host.as_deref().map(without_password)),
        one("context", "the current one", &|s| s.context.clone()),
        one("timeout", "10", &|s| s.timeout.map(|seconds| seconds.to_string())),
        one("color", "auto", &|s| s.color.as_ref().map(name_of)),
        one("quiet", "false", &|s| s.quiet.map(|quiet| quiet.to_string())),
        one("ascii", "false", &|s| s.ascii.map(|ascii| ascii.to_string())),
        one("verbose", "false", &|s| s.verbose.map(|verbose| verbose.to_string())),
        one("format", "human", &|s| s.format.as_ref().map(name_of)),
        one("fail-on", "error", &|s| s.fail_on.as_ref().map(name_of)),
        one("baseline", "none", &|s| s.baseline.as_ref().map(|path| path.display().to_string())),
    ];
    let folders = config.every(|s| s.rules.as_slice());
    rows.extend(folders.into_iter().map(|(folder, origin)| Setting {
        key: "rules".to_owned(),
        value: folder.display().to_string(),
        origin: worded(origin, "rules"),
    }));
    let safe = config.every(|s| s.safe_directories.as_slice());
    rows.extend(safe.into_iter().map(|(folder, origin)| Setting {
        key: "safe-directories".to_owned(),
        value: folder.display().to_string(),
        origin: worded(origin, "safe-directories"),
    }));
    let suppressions = config.every(|s| s.suppress.as_slice());
    rows.extend(suppressions.into_iter().map(|(entry, origin)| Setting {
        key: "suppress".to_owned(),
        value: suppressed(entry),
        origin: worded(origin, "suppress"),
    }));
    rows
}

fn suppressed(entry: &Suppress) -> String {
    let until = entry.expires.map(|day| format!(" until {day}")).unwrap_or_default();
    format!("{} for {}{until}: {}", entry.id, entry.target, entry.reason)
}

fn worded(origin: &Origin, key: &str) -> String {
    match origin {
        Origin::System(path) => format!("system: {}", path.display()),
        Origin::User(path) => format!("user: {}", path.display()),
        Origin::Project(path) => format!("project: {}", path.display()),
        Origin::Named(path) => format!("--config: {}", path.display()),
        Origin::Environment => format!("environment: SYSDOCK_{}", key.replace('-', "_").to_uppercase()),
        Origin::Flags => format!("flag: --{key}"),
    }
}
