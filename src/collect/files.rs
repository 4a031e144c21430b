//! Files of the image and of the container's own layer, read through the archive endpoint, which works for
//! running, dead and never started containers alike.
//!
//! The endpoint cannot list a folder. Single files are fetched, and the small folders of enabled units; never
//! a whole tree.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::guest::{self, UnitTree};
use super::image_layers::Layers;
use crate::docker::{Engine, EngineError, PathStat, Tree};
use crate::facts::program::{self, Program, ScriptPlace, Wrapper};
use crate::facts::{distribution, guest_systemd_version};
use crate::snapshot::{Facts, Gap, key};

/// Longest chain of links that is followed; the kernel gives up after 40.
const LINKS: usize = 12;
/// Largest script or small text that is read.
const TEXT: usize = 64 * 1024;
/// Largest part of an init binary that is read: that of 247, which has everything in one file, is 1.8 MB.
const BINARY: usize = 4 * 1024 * 1024;
/// Largest folder of unit links that is read.
const UNITS: usize = 2 * 1024 * 1024;
/// Folders whose links decide what is enabled, masked and default.
const ETC_UNITS: &str = "/etc/systemd/system";
/// Folders in which distributions keep their units.
const VENDOR_UNITS: [&str; 2] = ["/usr/lib/systemd/system", "/lib/systemd/system"];

/// Reads files of one container and caches the answers, so that nothing is fetched twice.
pub struct Files<'a> {
    engine: &'a Engine,
    container: &'a str,
    layers: Option<Arc<Layers>>,
    known: RefCell<BTreeMap<(String, usize), Option<PathStat>>>,
}

/// A file after all links were followed.
struct Resolved {
    path: String,
    stat: PathStat,
}

impl<'a> Files<'a> {
    /// Starts reading from a container.
    pub fn new(engine: &'a Engine, container: &'a str, layers: Option<Layers>) -> Self {
        Self { engine, container, layers: layers.map(Arc::new), known: RefCell::default() }
    }

    /// Returns the entry at a path, with at most `limit` bytes of its content; a link at the end is not
    /// followed.
    async fn look(&self, path: &str, limit: usize) -> Result<Option<PathStat>, EngineError> {
        if let Some(layers) = &self.layers {
            let (layers, path) = (layers.clone(), path.to_owned());
            return Ok(aside(move || layers.read_path(&path, limit)).await);
        }
        let key = (path.strip_prefix("/usr").unwrap_or(path).to_owned(), limit);
        if let Some(known) = self.known.borrow().get(&key) {
            return Ok(known.clone());
        }
        let found = match self.engine.stat_path(self.container, path).await? {
            Some(PathStat::File(_)) if limit > 0 => {
                self.engine.read_path(self.container, path, limit).await?
            }
            other => other,
        };
        self.known.borrow_mut().insert(key, found.clone());
        Ok(found)
    }

    async fn tree(&self, path: &str) -> Result<Option<Tree>, EngineError> {
        let tree = match &self.layers {
            Some(layers) => {
                let (layers, path) = (layers.clone(), path.to_owned());
                aside(move || layers.read_tree(&path, UNITS)).await
            }
            None => self.engine.read_tree(self.container, path, UNITS).await?,
        };
        // What is missing in an incomplete folder may be in the part that was cut off.
        let limit = || format!("it is larger than {} MiB or has thousands of entries", UNITS >> 20);
        match tree {
            Some(Tree { cut: true, .. }) => {
                Err(EngineError::TooLarge { action: format!("read {path}"), reason: limit() })
            }
            tree => Ok(tree),
        }
    }

    /// Follows links to the entry at their end; `None` if there is none.
    async fn resolve(&self, path: &str, limit: usize) -> Result<Option<Resolved>, EngineError> {
        let mut path = path.to_owned();
        for _ in 0..LINKS {
            match self.look(&path, limit).await? {
                Some(PathStat::Link(target)) => path = join(&path, &target),
                Some(stat) => return Ok(Some(Resolved { path, stat })),
                None => return Ok(None),
            }
        }
        Ok(None)
    }

    async fn text(&self, path: &str) -> Result<Option<String>, EngineError> {
        Ok(match self.resolve(path, TEXT).await? {
            Some(Resolved { stat: PathStat::File(bytes), .. }) => {
                Some(String::from_utf8_lossy(&bytes).into_owned())
            }
            _ => None,
        })
    }

    /// Reads the scripts between the engine and systemd, one level deep.
    pub async fn program(&self, argv: &[String]) -> Result<Program, EngineError> {
        let mut program = program::of_argv(argv, None);
        if program.wrapper == Wrapper::Shell && program.init.is_some() && program.execs.is_none() {
            let shell = self.resolve("/bin/sh", 0).await?.map(|found| found.path);
            program = program::of_argv(argv, shell.as_deref());
        }
        if program.wrapper == Wrapper::Script && argv.first().map(String::as_str) == Some("/init") {
            // Some images link /init to systemd; others (s6-overlay) have their own init there.
            if self.resolve("/init", 0).await?.is_some_and(|found| found.path.ends_with("/systemd")) {
                return Ok(Program { wrapper: Wrapper::None, init: Some("/init".to_owned()), ..program });
            }
        }
        for _ in 0..2 {
            let Some(script) = program.script.take().filter(|_| program.init.is_none()) else { break };
            let Some(text) = self.text(&script).await? else { break };
            if !text.starts_with("#!") && text.contains('\0') {
                break;
            }
            let arguments: Vec<String> =
                argv.iter().skip_while(|word| **word != script).skip(1).cloned().collect();
            let inner = program::of_script_text(&text, &arguments, ScriptPlace::File);
            program = Program { wrapper: program.wrapper, ..inner };
        }
        Ok(program)
    }
}

/// Reads from this machine's disk on another thread, while this one talks to the engine.
async fn aside<T: Send + 'static>(read: impl FnOnce() -> Option<T> + Send + 'static) -> Option<T> {
    tokio::task::spawn_blocking(read).await.ok().flatten()
}

/// Returns the path of a link's target, relative to the folder of the link.
fn join(link: &str, target: &str) -> String {
    if target.starts_with('/') {
        return target.to_owned();
    }
    let mut parts: Vec<&str> = link.split('/').filter(|part| !part.is_empty()).collect();
    parts.pop();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

/// Collects all facts about files; what cannot be read becomes a gap.
pub async fn collect(files: &Files<'_>, argv: &[String], facts: &mut Facts, gaps: &mut Vec<Gap>) {
    let (program, init, release, units, bus, marker) = tokio::join!(
        files.program(argv),
        init_binary(files, argv),
        os_release(files),
        unit_tree(files),
        bus(files),
        container_marker(files)
    );
    let mut gap =
        |fact: &str, error: EngineError| gaps.push(Gap { fact: fact.to_owned(), reason: error.brief() });
    match program {
        Ok(program) => program.facts(facts),
        Err(error) => gap(key::CONTAINER_WRAPPER.name(), error),
    }
    match init {
        Ok(found) => init_facts(found, facts),
        Err(error) => gap(key::GUEST_INIT_PRESENT.name(), error),
    }
    other_init(facts);
    match release {
        Ok(text) => distribution::os_facts(text.as_deref(), facts),
        Err(error) => gap(key::GUEST_OS_ID.name(), error),
    }
    match bus {
        Ok(installed) => facts.set(
            key::GUEST_DBUS_INSTALLED,
            installed,
            "container files: /usr/bin/dbus-daemon, /usr/bin/dbus-broker-launch",
        ),
        Err(error) => gap(key::GUEST_DBUS_INSTALLED.name(), error),
    }
    match marker {
        Ok(there) => {
            facts.set(key::GUEST_DOCKERENV, there, "container files: /.dockerenv, /run/.containerenv");
        }
        Err(error) => gap(key::GUEST_DOCKERENV.name(), error),
    }
    match units {
        Ok(tree) => guest::unit_facts(&tree, facts),
        Err(error) => gap(key::GUEST_DEFAULT_TARGET.name(), error),
    }
    // The package database is large; it is read only if the binary does not give the version.
    if facts.get(key::GUEST_SYSTEMD_INSTALLED) == Some(true)
        && facts.get(key::GUEST_SYSTEMD_VERSION).is_none()
        && let Err(error) = packaged_version(files, facts).await
    {
        gap(key::GUEST_SYSTEMD_VERSION.name(), error);
    }
}

/// Reads systemd's version from the package database.
async fn packaged_version(files: &Files<'_>, facts: &mut Facts) -> Result<(), EngineError> {
    let source = "container files: /var/lib/dpkg/status";
    if let Some(PathStat::File(bytes)) = files.look("/var/lib/dpkg/status", BINARY).await?
        && let Some(version) = guest_systemd_version::of_package_database(&bytes)
    {
        facts.set(key::GUEST_SYSTEMD_VERSION, version, source);
    }
    Ok(())
}

/// Records that /sbin/init of an image without systemd is another init (busybox, sysvinit, runit), which is
/// not judged.
fn other_init(facts: &mut Facts) {
    let systemd = facts.get(key::GUEST_INIT_TARGET).is_some_and(|path| path.ends_with("/systemd"));
    if facts.get(key::GUEST_SYSTEMD_INSTALLED) == Some(false)
        && facts.get(key::GUEST_INIT_PRESENT) == Some(true)
        && !systemd
    {
        facts.set(
            key::CONTAINER_RUNS_SYSTEMD,
            false,
            "container files: init leads to another program, and systemd is not in the image",
        );
    }
}

/// What is at the program's path, and where systemd itself is.
struct InitFiles {
    /// The program used as init, as written, and the file that it leads to.
    program: Option<(String, Option<Resolved>)>,
    /// The manager's binary, wherever it is.
    manager: Option<Resolved>,
}

async fn init_binary(files: &Files<'_>, argv: &[String]) -> Result<InitFiles, EngineError> {
    let program = program::of_argv(argv, None);
    let path = program
        .init
        .filter(|path| path.starts_with('/'))
        .or_else(|| argv.first().filter(|first| first.starts_with('/')).cloned());
    let program = match path {
        Some(path) => Some((path.clone(), files.resolve(&path, BINARY).await?)),
        None => None,
    };
    let mut manager = None;
    for path in ["/usr/lib/systemd/systemd", "/lib/systemd/systemd"] {
        manager = files.resolve(path, BINARY).await?;
        if manager.is_some() {
            break;
        }
    }
    Ok(InitFiles { program, manager })
}

fn init_facts(found: InitFiles, facts: &mut Facts) {
    if let Some((path, end)) = found.program {
        let source = format!("container files: {path}");
        facts.set(
            key::GUEST_INIT_PRESENT,
            end.as_ref().is_some_and(|end| matches!(end.stat, PathStat::File(_))),
            &source,
        );
        facts.set(key::GUEST_INIT_TARGET, end.as_ref().map(|end| end.path.clone()), &source);
        if let Some(Resolved { stat: PathStat::File(bytes), .. }) = &end {
            guest::binary_facts(bytes, &source, facts);
        }
    }
    facts.set(
        key::GUEST_SYSTEMD_INSTALLED,
        found.manager.is_some(),
        "container files: /usr/lib/systemd/systemd",
    );
    if let Some(Resolved { path, stat: PathStat::File(bytes) }) = &found.manager
        && let Some(version) = guest_systemd_version::of_binary(bytes)
    {
        let source = format!("container files: {path}");
        facts.set(key::GUEST_SYSTEMD_VERSION, version, &source);
        if let Some(fallback) =
            guest_systemd_version::has_mount_id_fallback(bytes).filter(|_| bytes.len() < BINARY)
        {
            facts.set(key::GUEST_MOUNT_ID_FALLBACK, fallback, &source);
        }
    }
}

async fn os_release(files: &Files<'_>) -> Result<Option<String>, EngineError> {
    // /etc/os-release is a link to this one on all but hand-made images (os-release(5)).
    match files.text("/usr/lib/os-release").await? {
        Some(text) => Ok(Some(text)),
        None => files.text("/etc/os-release").await,
    }
}

async fn bus(files: &Files<'_>) -> Result<bool, EngineError> {
    let (daemon, broker) = tokio::try_join!(
        files.resolve("/usr/bin/dbus-daemon", 0),
        files.resolve("/usr/bin/dbus-broker-launch", 0)
    )?;
    Ok(daemon.is_some() || broker.is_some())
}

/// Returns whether the file exists by which systemd 248 and later recognise a container.
async fn container_marker(files: &Files<'_>) -> Result<bool, EngineError> {
    Ok(files.resolve("/.dockerenv", 0).await?.is_some()
        || files.resolve("/run/.containerenv", 0).await?.is_some())
}

/// Reads /etc/systemd/system whole and the single vendor units that the default target leads to.
async fn unit_tree(files: &Files<'_>) -> Result<UnitTree, EngineError> {
    let etc = files.tree(ETC_UNITS).await?.unwrap_or_default();
    let mut tree = UnitTree::of_etc(&etc);
    for _ in 0..LINKS {
        let Some(wanted) = tree.next_wanted() else { break };
        let limit = if guest::standard_target(&wanted).is_some() { 0 } else { TEXT };
        let mut found = None;
        for folder in VENDOR_UNITS {
            found = files.look(&format!("{folder}/{wanted}"), limit).await?;
            if found.is_some() {
                break;
            }
        }
        if let (Some(PathStat::File(content)), Some(text)) = (&mut found, guest::standard_target(&wanted)) {
            *content = text.as_bytes().to_vec();
        }
        tree.add_vendor(wanted, found);
    }
    Ok(tree)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn link_targets_are_seen_from_the_link() {
        assert_eq!(join("/sbin/init", "../lib/systemd/systemd"), "/lib/systemd/systemd");
        assert_eq!(join("/sbin/init", "/lib/systemd/systemd"), "/lib/systemd/systemd");
        assert_eq!(join("/etc/systemd/system/default.target", "./x.target"), "/etc/systemd/system/x.target");
        assert_eq!(join("/a", "../../b"), "/b");
    }
}
