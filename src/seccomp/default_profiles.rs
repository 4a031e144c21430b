//! The engines' built-in profiles, generated for any version from the table `default_profiles.toml`.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::version::{Engine, Maker, Version};

/// Capabilities that Docker gives a container by default (moby, `oci/caps/defaults.go`).
pub const USUAL_CAPABILITIES: [&str; 14] = [
    "CAP_AUDIT_WRITE",
    "CAP_CHOWN",
    "CAP_DAC_OVERRIDE",
    "CAP_FOWNER",
    "CAP_FSETID",
    "CAP_KILL",
    "CAP_MKNOD",
    "CAP_NET_BIND_SERVICE",
    "CAP_NET_RAW",
    "CAP_SETFCAP",
    "CAP_SETGID",
    "CAP_SETPCAP",
    "CAP_SETUID",
    "CAP_SYS_CHROOT",
];

/// Architectures, each with those whose programs it can also run, in seccomp's spelling without its prefix.
const FAMILIES: [(&str, &[&str]); 9] = [
    ("X86_64", &["X86", "X32"]),
    ("AARCH64", &["ARM"]),
    ("MIPS64", &["MIPS", "MIPS64N32"]),
    ("MIPS64N32", &["MIPS", "MIPS64"]),
    ("MIPSEL64", &["MIPSEL", "MIPSEL64N32"]),
    ("MIPSEL64N32", &["MIPSEL", "MIPSEL64"]),
    ("S390X", &["S390"]),
    ("RISCV64", &[]),
    ("LOONGARCH64", &[]),
];

/// One rule of the table: some calls for some versions.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    engine: Maker,
    since: Version,
    until: Option<Version>,
    errno: Option<i32>,
    #[serde(default)]
    caps: Vec<String>,
    #[serde(default)]
    arches: Vec<String>,
    min_kernel: Option<String>,
    #[serde(default)]
    without_caps: Vec<String>,
    #[serde(default)]
    without_arches: Vec<String>,
    #[serde(default)]
    args: Vec<(u32, String, u64)>,
    /// Separated by white space.
    calls: String,
}

/// The default answer in the profiles of one maker.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Default {
    names_default_errno: Version,
    default_errno: i32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    docker: Default,
    podman: Default,
    rule: Vec<Row>,
}

static TABLE: LazyLock<Option<Table>> =
    LazyLock::new(|| toml::from_str(include_str!("default_profiles.toml")).ok());

fn rows() -> &'static [Row] {
    TABLE.as_ref().map_or(&[], |table| &table.rule)
}

impl Row {
    /// Returns whether the rule applies to an engine; a version before the table counts as its first.
    fn holds(&self, engine: Engine) -> bool {
        let first = versions(engine.maker).first().copied().unwrap_or(engine.version);
        let version = engine.version.max(first);
        self.engine == engine.maker && self.since <= version && self.until.is_none_or(|until| version < until)
    }

    fn calls(&self) -> impl Iterator<Item = &str> {
        self.calls.split_whitespace()
    }

    /// Returns everything in the rule except its calls, in the form of a profile.
    fn conditions(&self) -> Map<String, Value> {
        let mut rule = Map::new();
        let (action, errno) =
            self.errno.map_or(("SCMP_ACT_ALLOW", None), |errno| ("SCMP_ACT_ERRNO", Some(errno)));
        rule.insert("action".to_owned(), json!(action));
        rule.extend(errno.map(|errno| ("errnoRet".to_owned(), json!(errno))));
        let arg = |(index, op, value): &(u32, String, u64)| json!({"index": index, "value": value, "op": format!("SCMP_CMP_{op}")});
        let args: Vec<Value> = self.args.iter().map(arg).collect();
        rule.extend((!args.is_empty()).then(|| ("args".to_owned(), Value::Array(args))));
        let includes = filter(&self.caps, &self.arches, self.min_kernel.as_deref());
        rule.extend(includes.map(|filter| ("includes".to_owned(), filter)));
        rule.extend(
            filter(&self.without_caps, &self.without_arches, None)
                .map(|filter| ("excludes".to_owned(), filter)),
        );
        rule
    }
}

fn filter(caps: &[String], arches: &[String], kernel: Option<&str>) -> Option<Value> {
    let mut filter = Map::new();
    filter.extend((!caps.is_empty()).then(|| ("caps".to_owned(), json!(caps))));
    filter.extend((!arches.is_empty()).then(|| ("arches".to_owned(), json!(arches))));
    filter.extend(kernel.map(|kernel| ("minKernel".to_owned(), json!(kernel))));
    (!filter.is_empty()).then_some(Value::Object(filter))
}

/// Returns the versions at which the built-in profile changes, in order.
#[must_use]
pub fn versions(maker: Maker) -> Vec<Version> {
    let rows = rows().iter().filter(|row| row.engine == maker);
    let all: BTreeSet<Version> = rows.flat_map(|row| std::iter::once(row.since).chain(row.until)).collect();
    all.into_iter().collect()
}

/// Returns every call that a built-in profile names.
#[must_use]
pub fn named_calls() -> BTreeSet<&'static str> {
    rows().iter().flat_map(Row::calls).collect()
}

/// Returns the capabilities with which some built-in profile allows the call.
pub(super) fn capabilities_for(call: &str) -> BTreeSet<&'static str> {
    let rows = rows().iter().filter(|row| row.errno.is_none() && row.calls().any(|name| name == call));
    rows.flat_map(|row| row.caps.iter().map(String::as_str)).collect()
}

/// Returns the complete built-in profile of an engine, in the form of `--security-opt seccomp=FILE`.
#[must_use]
pub fn built_in(engine: Engine) -> Value {
    let mut rules: Vec<(Map<String, Value>, BTreeSet<&str>)> = Vec::new();
    for row in rows().iter().filter(|row| row.holds(engine)) {
        let conditions = row.conditions();
        match rules.iter_mut().find(|(known, _)| *known == conditions) {
            Some((_, calls)) => calls.extend(row.calls()),
            None => rules.push((conditions, row.calls().collect())),
        }
    }
    let rule = |(conditions, calls): (Map<String, Value>, BTreeSet<&str>)| {
        let mut rule = Map::new();
        rule.insert("names".to_owned(), json!(calls));
        rule.extend(conditions);
        Value::Object(rule)
    };
    let mut profile = Map::new();
    profile.insert("defaultAction".to_owned(), json!("SCMP_ACT_ERRNO"));
    profile.extend(default_errno(engine).map(|errno| ("defaultErrnoRet".to_owned(), json!(errno))));
    profile.insert("archMap".to_owned(), families());
    profile.insert("syscalls".to_owned(), rules.into_iter().map(rule).collect());
    Value::Object(profile)
}

fn default_errno(engine: Engine) -> Option<i32> {
    let table = TABLE.as_ref()?;
    let default = match engine.maker {
        Maker::Docker => &table.docker,
        Maker::Podman => &table.podman,
    };
    (engine.version >= default.names_default_errno || engine.maker == Maker::Podman)
        .then_some(default.default_errno)
}

/// Returns the list of architectures, from which engines pick their own.
fn families() -> Value {
    let full = |name: &str| format!("SCMP_ARCH_{name}");
    let one = |(name, others): &(&str, &[&str])| {
        let others: Vec<String> = others.iter().map(|name| full(name)).collect();
        json!({"architecture": full(name), "subArchitectures": others})
    };
    FAMILIES.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seccomp::{Answer, Machine, Profile, evaluate};

    fn answer(engine: &str, call: &str, caps: &[&str]) -> Answer {
        let engine = Engine::parse(engine).unwrap();
        let profile = Profile::parse(&built_in(engine).to_string()).unwrap();
        let caps = USUAL_CAPABILITIES.iter().chain(caps).map(|cap| (*cap).to_owned()).collect();
        evaluate(&profile, call, &Machine::new(caps, "x86_64", "6.1").of(Some(engine)))
    }

    const DENIED: Answer = Answer::Errno(1);
    const ADMIN: &[&str] = &["CAP_SYS_ADMIN"];

    #[test]
    fn the_table_can_be_read() {
        assert!(
            toml::from_str::<Table>(include_str!("default_profiles.toml"))
                .is_ok_and(|table| table.rule.len() > 90)
        );
        assert_eq!(versions(Maker::Docker).first(), Some(&Version(17, 3, 0)));
    }

    #[test]
    fn name_to_handle_at_is_free_from_24_on() {
        for engine in [
            "docker-17.03",
            "docker-18.09",
            "docker-19.03",
            "docker-20.10.24",
            "docker-23.0",
            "docker-23.0.6",
        ] {
            assert_eq!(answer(engine, "name_to_handle_at", &[]), DENIED, "{engine}");
            assert_eq!(answer(engine, "name_to_handle_at", ADMIN), Answer::Allowed, "{engine}");
        }
        for engine in
            ["docker-24.0", "docker-25.0.3", "docker-28.5.2", "docker-29.1", "docker-29.8", "podman"]
        {
            assert_eq!(answer(engine, "name_to_handle_at", &[]), Answer::Allowed, "{engine}");
        }
    }

    #[test]
    fn newer_calls_are_denied_by_older_engines() {
        assert_eq!(
            (answer("docker-17.03", "statx", ADMIN), answer("docker-18.09", "statx", &[])),
            (DENIED, Answer::Allowed)
        );
        for call in ["faccessat2", "openat2", "close_range"] {
            assert_eq!(
                (answer("docker-19.03", call, ADMIN), answer("docker-20.10", call, &[])),
                (DENIED, Answer::Allowed),
                "{call}"
            );
        }
    }

    #[test]
    fn clone3_is_unknown_rather_than_denied_from_20_10_10_on() {
        assert_eq!(answer("docker-20.10.9", "clone3", &[]), DENIED);
        for engine in ["docker-20.10.10", "docker-20.10", "docker-23.0", "docker-28.5", "docker-29.8"] {
            assert_eq!(answer(engine, "clone3", &[]), Answer::Errno(38), "{engine}");
            assert_eq!(answer(engine, "clone3", ADMIN), Answer::Allowed, "{engine}");
        }
        assert_eq!(answer("podman", "clone3", &[]), Answer::Allowed);
    }

    #[test]
    fn mounting_takes_a_capability_on_every_docker() {
        for version in versions(Maker::Docker) {
            let engine = format!("docker-{version}");
            assert_eq!(
                (answer(&engine, "mount", &[]), answer(&engine, "mount", ADMIN)),
                (DENIED, Answer::Allowed),
                "{engine}"
            );
        }
    }

    #[test]
    fn podman_5_decides_anew() {
        let told = |call: &str, caps: &[&str]| {
            ["podman-4.3", "podman-5.4", "podman-5.8.6"].map(|engine| answer(engine, call, caps))
        };
        let (unknown, allowed) = (Answer::Errno(38), Answer::Allowed);
        assert_eq!(told("fchmodat2", &[]), [unknown, allowed, allowed]);
        assert_eq!(told("fanotify_init", &[]), [DENIED, DENIED, allowed]);
        assert_eq!(told("bpf", &["CAP_BPF"]), [DENIED, allowed, allowed]);
        assert_eq!(told("cachestat", &[]), [unknown, DENIED, DENIED]);
    }

    #[test]
    fn a_call_that_nobody_knows_gets_the_default_answer() {
        assert_eq!(answer("docker-28.5", "no_such_call", &[]), DENIED);
        assert_eq!(answer("podman", "no_such_call", &[]), Answer::Errno(38));
        assert_eq!(answer("docker-1.12", "statx", &[]), DENIED, "before the table its first version counts");
        assert_eq!(answer("docker-1.12", "read", &[]), Answer::Allowed);
    }
}
