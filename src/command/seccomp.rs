//! `seccomp`: a container, a profile or an engine's name in; what systemd misses, a better profile, or a page
//! on one call out.

use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use super::{CommandError, connect, progress};
use crate::cli::{FilterArgs, Format, SeccompAction, SeccompCheckArgs, SeccompExplainArgs, SeccompMakeArgs};
use crate::collect::{self, CollectOptions};
use crate::docker::LogQuery;
use crate::exit::Exit;
use crate::options::Options;
use crate::prescribe::{Origin, allowing, filter_of, versions_of};
use crate::render::seccomp::{self as pages, Checked};
use crate::render::{json, output};
use crate::rule;
use crate::scan::Matcher;
use crate::seccomp::{
    Engine, Hierarchy, InForce, MEASURED, Machine, Maker, Miss, Profile, USUAL_CAPABILITIES, Version,
    built_in, contradictions, lookup, nearest_call, text,
};
use crate::snapshot::Snapshot;

/// Docker whose built-in profile is taken where no engine is known: the newest of the table.
const NEWEST: Engine = Engine { maker: Maker::Docker, version: Version(29, 4, 3) };

/// A filter and for whom it is looked at.
struct Subject {
    /// Name as given.
    name: String,
    /// What kind of profile it is, in words.
    whose: String,
    origin: Origin,
    text: String,
    in_force: InForce,
    versions: Vec<i64>,
    hierarchy: Option<Hierarchy>,
}

/// Runs the command.
///
/// # Errors
/// [`CommandError`] when the filter cannot be looked at, or what writing gives.
pub fn run(action: &SeccompAction, options: &Options) -> Result<Exit, CommandError> {
    match action {
        SeccompAction::Check(args) => check(args, options),
        SeccompAction::Make(args) => make(args, options),
        SeccompAction::Explain(args) => explain(args, options),
        SeccompAction::Trace(args) => super::trace::run(args, options),
    }
}

fn check(args: &SeccompCheckArgs, options: &Options) -> Result<Exit, CommandError> {
    let subject = Subject::of(&args.filter, options)?;
    let misses = subject.misses();
    let contradictions = subject
        .in_force
        .profile
        .as_ref()
        .map(|profile| contradictions(profile, &subject.in_force.machine))
        .unwrap_or_default();
    let checked = Checked {
        name: &subject.name,
        whose: &subject.whose,
        source: &subject.in_force.source,
        versions: &subject.versions,
        misses: &misses,
        conditional: &subject.in_force.conditional(),
        contradictions: &contradictions,
    };
    let text = match args.format {
        Format::Human => pages::checked(&checked, &options.context),
        Format::Json => json::harmless(&pages::checked_json(&checked)?),
    };
    output::print(text.as_bytes())?;
    Ok(if misses.is_empty() { Exit::Success } else { Exit::Findings })
}

fn make(args: &SeccompMakeArgs, options: &Options) -> Result<Exit, CommandError> {
    let mut subject = Subject::of(&args.filter, options)?;
    let unconfined = subject.origin == Origin::Unconfined;
    if unconfined {
        subject.take_built_in()?;
    }
    let wanted = subject.in_force.wanted(&subject.misses());
    let refused =
        |reason: &str| CommandError::Profile { name: subject.name.clone(), reason: reason.to_owned() };
    let before: Value = serde_json::from_str(&subject.text).map_err(|error| refused(&error.to_string()))?;
    let after = allowing(&subject.text, &wanted)
        .as_ref()
        .and_then(text)
        .ok_or_else(|| refused("it is not a profile"))?;
    let file = args.output.as_deref();
    if file == Some(Path::new("-")) {
        output::print(json::harmless(&after).as_bytes())?;
    } else {
        output::print(pages::difference(&text(&before).unwrap_or_default(), &after).as_bytes())?;
    }
    if let Some(file) = file.filter(|file| *file != Path::new("-")) {
        std::fs::write(file, &after)
            .map_err(|source| CommandError::Plan { path: file.display().to_string(), source })?;
    }
    if options.remarks {
        output::tell(&pages::made(&subject.name, &subject.whose, &wanted, unconfined, file));
    }
    Ok(Exit::Success)
}

fn explain(args: &SeccompExplainArgs, options: &Options) -> Result<Exit, CommandError> {
    let Some(known) = lookup(&args.call) else {
        let near =
            nearest_call(&args.call).map(|call| format!(", did you mean `{call}`?")).unwrap_or_default();
        return Err(CommandError::NoCall { call: args.call.clone(), near });
    };
    let text = match args.format {
        Format::Human => pages::known(&known, &options.context),
        Format::Json => pages::known_json(&known)?,
    };
    output::print(text.as_bytes())?;
    Ok(Exit::Success)
}

impl Subject {
    /// What the words of the command line name.
    fn of(args: &FilterArgs, options: &Options) -> Result<Self, CommandError> {
        let engine = args.engine.as_deref().map(engine_of).transpose()?;
        let mut subject = match (&args.default, args.subject.as_deref()) {
            (Some(name), _) => Self::built_in(name)?,
            (None, Some("-")) => {
                Self::profile("-", collect::read_bounded(std::io::stdin().lock(), "on stdin"), engine)?
            }
            (None, Some(word)) if is_file(word) => Self::profile(word, collect::read_profile(word), engine)?,
            (None, word) => Self::container(word.unwrap_or_default(), options)?,
        };
        if let Some(version) = args.systemd {
            subject.versions = vec![version];
        }
        Ok(subject)
    }

    fn built_in(name: &str) -> Result<Self, CommandError> {
        let engine = engine_of(name)?;
        let whose = format!("the built-in profile of {engine}");
        Self::read(name, whose, Origin::BuiltIn(engine), built_in(engine).to_string(), Some(engine))
    }

    fn profile(
        name: &str,
        text: Result<String, String>,
        engine: Option<Engine>,
    ) -> Result<Self, CommandError> {
        let text = text.map_err(|reason| CommandError::Profile { name: name.to_owned(), reason })?;
        Self::read(name, "a profile in a file".to_owned(), Origin::Own, text, engine)
    }

    /// A profile that no container holds: the circumstances are the usual ones.
    fn read(
        name: &str,
        whose: String,
        origin: Origin,
        text: String,
        engine: Option<Engine>,
    ) -> Result<Self, CommandError> {
        let profile = Profile::parse(&text)
            .map_err(|error| CommandError::Profile { name: name.to_owned(), reason: error.to_string() })?;
        let capabilities = USUAL_CAPABILITIES.map(str::to_owned).to_vec();
        let machine = Machine::new(capabilities, std::env::consts::ARCH, "").of(engine);
        let in_force = InForce { profile: Some(profile), machine, source: whose.clone() };
        Ok(Self {
            name: name.to_owned(),
            whose,
            origin,
            text,
            in_force,
            versions: MEASURED.to_vec(),
            hierarchy: None,
        })
    }

    fn container(name: &str, options: &Options) -> Result<Self, CommandError> {
        let rules = rule::load(&options.rules)?;
        let matcher = Matcher::new(&rules);
        let snapshot = connect::block_on(look(name, options, &matcher))?;
        let found =
            filter_of(&snapshot).map_err(|reason| CommandError::Profile { name: name.to_owned(), reason })?;
        let whose = match found.origin {
            Origin::Unconfined => "no filter is in force".to_owned(),
            Origin::BuiltIn(engine) => format!("the built-in profile of {engine}"),
            Origin::Daemon => "the engine's default profile".to_owned(),
            Origin::Own => "the container's own profile".to_owned(),
        };
        Ok(Self {
            name: snapshot.target.name.clone(),
            whose,
            origin: found.origin,
            text: found.text,
            in_force: found.in_force,
            versions: versions_of(&snapshot),
            hierarchy: crate::prescribe::hierarchy_of(&snapshot),
        })
    }

    fn misses(&self) -> Vec<Miss> {
        self.in_force.misses(&self.versions, self.hierarchy)
    }

    /// In place of no filter, the engine's built-in one.
    fn take_built_in(&mut self) -> Result<(), CommandError> {
        let engine = self.in_force.machine.engine.unwrap_or(NEWEST);
        self.text = built_in(engine).to_string();
        let parsed = Profile::parse(&self.text);
        let profile = parsed
            .map_err(|error| CommandError::Profile { name: self.name.clone(), reason: error.to_string() })?;
        self.in_force.profile = Some(profile);
        self.whose = format!("the built-in profile of {engine}");
        Ok(())
    }
}

fn engine_of(name: &str) -> Result<Engine, CommandError> {
    Engine::parse(name).ok_or_else(|| CommandError::NoBuiltIn(name.to_owned()))
}

/// Whether a word names a file rather than a container, which has neither slashes nor, usually, such an
/// ending.
fn is_file(word: &str) -> bool {
    let json = Path::new(word).extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
    word.contains('/') || json || Path::new(word).is_file()
}

async fn look(name: &str, options: &Options, matcher: &Matcher<'_>) -> Result<Snapshot, CommandError> {
    let engine = connect::connect(options).await?;
    let how = CollectOptions { exec: false, log: LogQuery::default(), patience: Duration::ZERO };
    let work = Box::pin(collect::collect(&engine, name, &how, matcher));
    match progress::shown(&format!("examining {name}"), options.progress, work).await {
        Ok(snapshot) => Ok(snapshot),
        Err(error) => Err(connect::failure(&engine, name, error, &options.engine).await),
    }
}
