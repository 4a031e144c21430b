//! Finds the least privileged set of flags that makes the control group tree usable for an engine, host and
//! guest: the first matching row of `least_cgroup_set.toml` that the engine accepts.
//!
//! The table is a list and not a formula, because no rule predicts what works: it was found by booting
//! guests on engines. Its order is the decision: of two matching rows, the one that grants less comes
//! first, so the first match is the least privileged. An engine may refuse a row for a reason that no
//! fact shows; a trial finds that out, and the next matching row is its next best. A row that no boot has
//! confirmed is marked as such, and the cure then says so. Must not combine rows.

use std::str::FromStr;
use std::sync::LazyLock;

use serde::{Deserialize, Deserializer, de};

use super::cgroup_parent::CgroupParent;
use crate::prescribe::recipe::{Plan, Recipe, Volume};
use crate::snapshot::vocabulary::{CgroupDriver, CgroupMode, CgroupMount, EngineKind};
use crate::snapshot::{Facts, key};

const TREE: &str = "/sys/fs/cgroup";
/// Remedies that the flags of a row carry out.
pub const IDS: &[&str] = &["writable-cgroups", "matching-cgroupns", "undo-cgroup-volume", "no-userns-remap"];

/// One row of the table.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// The engine; any when absent.
    #[serde(default, deserialize_with = "word")]
    engine: Option<EngineKind>,
    /// First matching major version of the engine.
    #[serde(default)]
    since: i64,
    /// Last major version that needs it.
    until: Option<i64>,
    /// Control group version; any when absent.
    #[serde(default, deserialize_with = "word")]
    mode: Option<CgroupMode>,
    /// Control group driver; any when absent.
    #[serde(default, deserialize_with = "word")]
    driver: Option<CgroupDriver>,
    /// Whether the engine runs as an ordinary user; any when absent.
    rootless: Option<bool>,
    /// Whether it is known which user a rootless engine runs as; any when absent.
    user_known: Option<bool>,
    /// Whether the container's root is mapped to another host user; any when absent.
    userns: Option<bool>,
    /// First and last systemd version of the guest, inclusive; any when absent.
    guest: Option<(i64, i64)>,
    /// Whether the image declares a volume over the tree; any when absent.
    image_volume: Option<bool>,
    userns_mode: Option<String>,
    cgroupns: Option<String>,
    security_opt: Option<String>,
    /// An engine flag, `--name=value`.
    flag: Option<String>,
    /// Whether the container gets its own control group parent.
    #[serde(default)]
    parent: bool,
    /// Paths to bind to the same path, with their options; `PARENT` and `USER` stand for the container's own
    /// parent and for the slice that holds the containers of a rootless engine.
    #[serde(default)]
    binds: Vec<String>,
    /// Whether no flag helps here.
    #[serde(default)]
    pub impossible: bool,
    /// What the container may do that it could not do before; nothing when absent.
    pub privilege: Option<String>,
    /// What is changed.
    pub words: String,
    /// Whether a test boot has confirmed it.
    #[serde(default)]
    pub measured: bool,
}

/// Parses a word that is a valid value of a fact.
fn word<'de, D: Deserializer<'de>, W: FromStr>(deserializer: D) -> Result<Option<W>, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map(Some).map_err(|_| de::Error::custom(format!("{text} is no word of that fact")))
}

#[derive(Deserialize)]
struct Table {
    row: Vec<Row>,
}

static TABLE: LazyLock<Vec<Row>> = LazyLock::new(|| {
    toml::from_str::<Table>(include_str!("least_cgroup_set.toml")).map(|table| table.row).unwrap_or_default()
});

/// The engine, host and guest, in the columns of the table.
struct Host {
    engine: EngineKind,
    major: i64,
    mode: Option<CgroupMode>,
    driver: Option<CgroupDriver>,
    rootless: bool,
    user: Option<i64>,
    userns: bool,
    guest: Option<i64>,
    image_volume: bool,
}

/// Lists the rows for an engine, host and guest, the least privileged first; there are none if the engine is
/// not known.
pub fn rows(facts: &Facts) -> impl Iterator<Item = &'static Row> {
    let host = host(facts);
    TABLE.iter().filter(move |row| host.as_ref().is_some_and(|host| row.fits(host)))
}

/// Reads the columns of the table from the facts; returns `None` if the engine is not known.
fn host(facts: &Facts) -> Option<Host> {
    let is = |fact| facts.get(fact) == Some(true);
    Some(Host {
        engine: facts.get(key::ENGINE_NAME)?,
        major: facts.get(key::ENGINE_MAJOR).unwrap_or(0),
        mode: facts.get(key::CGROUP_MODE).map(version),
        driver: facts.get(key::ENGINE_CGROUP_DRIVER),
        rootless: is(key::ENGINE_ROOTLESS),
        user: facts.get(key::ENGINE_USER_ID),
        userns: is(key::CONTAINER_USERNS),
        guest: facts.get(key::GUEST_SYSTEMD_VERSION),
        image_volume: is(key::IMAGE_VOLUME_CGROUP),
    })
}

/// Returns the control group version in use: version 1 for a hybrid tree.
fn version(mode: CgroupMode) -> CgroupMode {
    if mode == CgroupMode::Hybrid { CgroupMode::V1 } else { mode }
}

impl Row {
    /// Returns whether all columns match.
    fn fits(&self, host: &Host) -> bool {
        self.engine.is_none_or(|wanted| wanted == host.engine)
            && host.major >= self.since
            && self.until.is_none_or(|last| host.major <= last)
            && self.mode.is_none_or(|wanted| Some(wanted) == host.mode)
            && self.driver.is_none_or(|wanted| Some(wanted) == host.driver)
            && self.rootless.is_none_or(|wanted| wanted == host.rootless)
            && self.user_known.is_none_or(|wanted| wanted == host.user.is_some())
            && self.userns.is_none_or(|wanted| wanted == host.userns)
            && self
                .guest
                .is_none_or(|(first, last)| host.guest.is_some_and(|guest| (first..=last).contains(&guest)))
            && self.image_volume.is_none_or(|wanted| wanted == host.image_volume)
    }

    /// Changes a recipe: removes what is mounted over the tree, adds what the row requires.
    pub fn apply(&self, recipe: &mut Recipe, facts: &Facts) {
        recipe.unmount(TREE);
        if let Some((name, value)) = self.flag.as_deref().and_then(|flag| flag.split_once('=')) {
            recipe.set(name, value);
        }
        if let Some(mode) = &self.userns_mode {
            recipe.set("--userns", mode);
        }
        match self.cgroupns.as_deref() {
            // The default needs no flag, but a different explicit value must be removed.
            Some(namespace)
                if recipe.values("--cgroupns").is_empty() && namespace == self.default_namespace() => {}
            Some(namespace) => recipe.set("--cgroupns", namespace),
            None => {}
        }
        if let Some(option) = &self.security_opt {
            recipe.drop_values("--security-opt", |value| value.starts_with("writable-cgroups"));
            recipe.push("--security-opt", Some(option.clone()));
        }
        let parent = self.parent.then(|| own_parent(recipe, facts));
        for bind in &self.binds {
            let (path, option) = bind.split_once(':').unwrap_or((bind, "rw"));
            let path = match (path, &parent, facts.get(key::ENGINE_USER_ID)) {
                ("PARENT", Some(parent), _) => format!("{TREE}{parent}"),
                ("USER", _, Some(user)) => format!("{TREE}{}", containers_of(user)),
                _ => path.to_owned(),
            };
            recipe.volumes.push(Volume::same(&path, option));
        }
    }

    /// Returns the namespace mode that engines choose by default.
    fn default_namespace(&self) -> &'static str {
        if self.mode == Some(CgroupMode::V1) { "host" } else { "private" }
    }
}

/// Gives the container a control group parent of its own; returns its path below the tree.
fn own_parent(recipe: &mut Recipe, facts: &Facts) -> String {
    let driver = facts.get(key::ENGINE_CGROUP_DRIVER).unwrap_or(CgroupDriver::Cgroupfs);
    let parent = CgroupParent::of(&recipe.name, recipe.values("--cgroup-parent").first().copied(), driver);
    recipe.set("--cgroup-parent", &parent.value);
    parent.path
}

/// Returns the path of the slice that holds a rootless engine's containers, below the tree.
///
/// Docker and Podman put them into `user.slice` of their user's manager. Docker does so whatever
/// `--cgroup-parent` says if no controllers are delegated (moby, `daemon/internal/rootless/specconv`).
fn containers_of(user: i64) -> String {
    format!("/user.slice/user-{user}.slice/user@{user}.service/user.slice")
}

/// Makes the control group tree writable, using the table row for this engine.
pub fn control_groups(plan: &mut Plan<'_>) {
    let usable = plan.facts.get(key::CGROUP_MOUNT) == Some(CgroupMount::Rw) && !plan.has_foreign_owner();
    let settled = usable || plan.is_podman() || plan.facts.get(key::CONTAINER_PRIVILEGED) == Some(true);
    if plan.applied(&["writable-cgroups"]) || settled && !plan.asks(IDS) {
        return;
    }
    let Some(row) = rows(plan.facts).nth(plan.sets_refused) else { return };
    if row.impossible {
        let roots = plan.roots().filter(|root| root.names(IDS));
        plan.advice
            .extend(roots.map(|root| (format!("No flag cures this: {}.", row.words), root.id.clone())));
    } else {
        row.apply(&mut plan.recipe, plan.facts);
        plan.untried |= !row.measured;
        plan.set = Some(row.words.clone());
        plan.record_with_privilege(IDS, row.words.clone(), row.privilege.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prescribe::engine_cli::Reach;
    use crate::snapshot::{EngineKind, Key};

    fn facts(engine: &str, major: i64, mode: &str, driver: &str, volume: bool) -> Facts {
        let mut facts = Facts::default();
        facts.set_foreign(key::ENGINE_NAME, engine, "test");
        facts.set(key::ENGINE_MAJOR, major, "test");
        facts.set_foreign(key::CGROUP_MODE, mode, "test");
        facts.set_foreign(key::ENGINE_CGROUP_DRIVER, driver, "test");
        facts.set(key::CGROUP_VOLUME, volume, "test");
        facts.set(key::IMAGE_VOLUME_CGROUP, volume, "test");
        facts
    }

    fn row(facts: &Facts) -> Option<&'static Row> {
        rows(facts).next()
    }

    fn flags(engine: &str, major: i64, mode: &str, driver: &str, volume: bool) -> String {
        applied(&facts(engine, major, mode, driver, volume))
    }

    fn applied(facts: &Facts) -> String {
        written(row(facts).unwrap(), facts)
    }

    fn written(row: &Row, facts: &Facts) -> String {
        let mut recipe = Recipe { name: "web".to_owned(), image: "i".to_owned(), ..Recipe::default() };
        recipe.volumes.push(Volume::same(TREE, "rw"));
        row.apply(&mut recipe, facts);
        recipe.run(&Reach::by_itself(EngineKind::Docker))[5..].join(" ").trim_end_matches(" i").to_owned()
    }

    #[test]
    fn the_table_can_be_read() {
        assert!(
            toml::from_str::<Table>(include_str!("least_cgroup_set.toml"))
                .is_ok_and(|table| table.row.len() >= 8)
        );
    }

    #[test]
    fn mapped_users_and_rootless_engines_have_rows_of_their_own() {
        let with = |fact: Key<bool>, major: i64, mode: &str| {
            let mut facts = facts("docker", major, mode, "cgroupfs", false);
            facts.set(fact, true, "test");
            facts
        };
        assert_eq!(applied(&with(key::CONTAINER_USERNS, 20, "v2")), "--userns host");
        assert_eq!(applied(&with(key::CONTAINER_USERNS, 28, "v1")), "--userns host");
        for major in [20, 28] {
            let mut rootless = with(key::ENGINE_ROOTLESS, major, "v2");
            let tree = "-v /sys/fs/cgroup:/sys/fs/cgroup:rw --cgroupns host";
            assert_eq!(applied(&rootless), tree, "the engine's user is not known");
            rootless.set_foreign(key::ENGINE_CGROUP_DRIVER, "systemd", "test");
            rootless.set(key::ENGINE_USER_ID, 1001, "test");
            let all: Vec<String> = rows(&rootless).map(|row| written(row, &rootless)).collect();
            let own = "/sys/fs/cgroup/user.slice/user-1001.slice/user@1001.service/user.slice";
            assert_eq!(all, [format!("-v {own}:{own}:rw --cgroupns host"), tree.to_owned()]);
        }
        assert!(
            row(&with(key::ENGINE_ROOTLESS, 28, "v1"))
                .is_some_and(|row| row.impossible && row.words.contains("rootless"))
        );
    }

    #[test]
    fn some_guests_boot_nowhere() {
        for (mode, guest, impossible) in
            [("v1", 262, true), ("v1", 257, false), ("v2", 229, true), ("v2", 230, false), ("v2", 262, false)]
        {
            let mut facts = facts("docker", 20, mode, "cgroupfs", false);
            facts.set(key::GUEST_SYSTEMD_VERSION, guest, "test");
            assert_eq!(row(&facts).map(|row| row.impossible), Some(impossible), "{mode} {guest}");
        }
    }

    #[test]
    fn what_an_engine_refuses_is_followed_by_the_next_best() {
        let facts = facts("docker", 28, "v2", "systemd", false);
        let all: Vec<String> = rows(&facts).map(|row| written(row, &facts)).collect();
        let slice = "/sys/fs/cgroup/sysdock.slice/sysdock-web.slice";
        assert_eq!(
            all,
            [
                "--security-opt writable-cgroups=true".to_owned(),
                format!("-v {slice}:{slice}:rw --cgroupns host --cgroup-parent sysdock-web.slice"),
                "-v /sys/fs/cgroup:/sys/fs/cgroup:rw --cgroupns host".to_owned(),
            ]
        );
        let mut unknown = Facts::default();
        unknown.set_foreign(key::ENGINE_NAME, "docker", "test");
        unknown.set_foreign(key::CGROUP_MODE, "v2", "test");
        assert_eq!(applied(&unknown), all[2], "no driver is assumed");
    }

    #[test]
    fn each_engine_gets_the_least_that_boots() {
        let web = "-v /sys/fs/cgroup/sysdock-web:/sys/fs/cgroup/sysdock-web:rw";
        assert_eq!(flags("docker", 28, "v2", "cgroupfs", false), "--security-opt writable-cgroups=true");
        assert_eq!(flags("docker", 29, "v2", "systemd", false), "--security-opt writable-cgroups=true");
        assert_eq!(
            flags("docker", 20, "v2", "cgroupfs", false),
            format!("{web} --cgroupns host --cgroup-parent /sysdock-web")
        );
        let slice = "/sys/fs/cgroup/sysdock.slice/sysdock-web.slice";
        for major in [20, 26] {
            assert_eq!(
                flags("docker", major, "v2", "systemd", false),
                format!("-v {slice}:{slice}:rw --cgroupns host --cgroup-parent sysdock-web.slice")
            );
        }
        assert_eq!(
            flags("docker", 20, "v1", "cgroupfs", false),
            "-v /sys/fs/cgroup/systemd:/sys/fs/cgroup/systemd:rw"
        );
        assert_eq!(
            flags("docker", 28, "hybrid", "systemd", false),
            "-v /sys/fs/cgroup/systemd:/sys/fs/cgroup/systemd:rw"
        );
        assert_eq!(flags("podman", 4, "v2", "cgroupfs", false), "--systemd=always");
        let volume =
            format!("-v /sys/fs/cgroup:/sys/fs/cgroup:ro {web} --cgroupns host --cgroup-parent /sysdock-web");
        assert_eq!(flags("docker", 28, "v2", "cgroupfs", true), volume);
    }

    #[test]
    fn the_image_alone_says_that_its_volume_comes_back() {
        let words = "-v /sys/fs/cgroup:/sys/fs/cgroup:ro";
        for (major, mode, driver) in
            [(20, "v2", "cgroupfs"), (28, "v2", "cgroupfs"), (28, "v2", "systemd"), (20, "v1", "cgroupfs")]
        {
            let mut facts = facts("docker", major, mode, driver, true);
            // A bind of the user's hides it.
            facts.set(key::CGROUP_VOLUME, false, "test");
            let flags = applied(&facts);
            assert!(
                flags.starts_with(words) && !flags.contains("writable-cgroups"),
                "{major} {mode}: {flags}"
            );
        }
    }
}
