//! Parses each format with an independent parser and checks that it says what the recipe says.

use ini::{Ini, ParseOption};
use strum::VariantArray;
use yaml_serde::Value;

use super::*;
use crate::prescribe::inspected::{FIELDS, FlagValue};
use crate::prescribe::recipe::{Flag, Network, Volume};

#[cfg(test)]
mod other_engine;

/// Words that have a meaning in some syntax.
pub const HOSTILE: [&str; 22] = [
    "it's",
    "say \"hi\"",
    "two\nlines",
    "$HOME",
    "${X}",
    "$(id)",
    "`id`",
    "a: b",
    "# no comment",
    "a # b",
    "-x",
    "--",
    "ünï日本",
    "no",
    "1_000",
    "22:22",
    "2026-01-01",
    "back\\slash\\",
    " spaced ",
    "%n",
    "tab\there",
    "{{ jinja }}",
];

fn recipe() -> Recipe {
    let mut recipe = Recipe {
        name: "web".to_owned(),
        image: "registry:5000/img:1".to_owned(),
        variables: Some(3),
        ..Recipe::default()
    };
    recipe.entrypoint = Some(vec!["/bin/sh".to_owned(), "-c".to_owned()]);
    recipe.command = HOSTILE.map(str::to_owned).to_vec();
    recipe.tmpfs =
        [("/run".to_owned(), "size=64m".to_owned()), ("/tmp".to_owned(), "exec".to_owned())].into();
    recipe.volumes.push(Volume {
        source: "data".to_owned(),
        destination: "/data".to_owned(),
        options: "ro".to_owned(),
    });
    recipe.volumes.push(Volume::same("/sys/fs/cgroup", "rw"));
    recipe
        .mounts
        .push(("/m".to_owned(), "type=bind,source=/m,target=/m,readonly,bind-propagation=rslave".to_owned()));
    recipe.environment = [("container".to_owned(), "docker".to_owned())].into();
    for (name, value) in [
        ("--stop-signal", "SIGRTMIN+3"),
        ("--security-opt", "writable-cgroups=true"),
        ("--cgroupns", "host"),
        ("--publish", "[::1]:22:22/tcp"),
        ("--memory", "256m"),
        ("--pids-limit", "512"),
        ("--user", "0:0"),
        ("--ulimit", "nofile=1:2"),
        ("--network", "front"),
        ("--ip", "10.0.0.5"),
        ("--network-alias", "no"),
        ("--label", "a=$b: no # x"),
        ("--restart", "on-failure:3"),
        ("--gpus", "all"),
    ] {
        recipe.push(name, Some(value.to_owned()));
    }
    recipe.push("--security-opt", Some("no-new-privileges".to_owned()));
    recipe.push("--security-opt", Some("seccomp=web.seccomp.json".to_owned()));
    recipe.push("--tty", None);
    let alias = Flag { name: "--alias".to_owned(), value: Some("db".to_owned()) };
    recipe.networks.push(Network { name: "back".to_owned(), flags: vec![alias] });
    recipe
}

/// Writes a recipe in a format.
fn document(recipe: &Recipe, kind: EngineKind, format: CureFormat) -> Result<Emitted, EmitError> {
    super::document(&Source { recipe, kind, derived: None }, format)
}

fn read(recipe: &Recipe, format: CureFormat) -> (Value, Emitted) {
    let emitted = document(recipe, EngineKind::Docker, format).unwrap();
    (yaml_serde::from_str(&emitted.page()).unwrap(), emitted)
}

fn at<'v>(value: &'v Value, path: &str) -> &'v Value {
    path.split('/').fold(value, |value, key| match key.parse::<usize>() {
        Ok(index) => &value[index],
        Err(_) => &value[key],
    })
}

fn texts(value: &Value) -> Vec<String> {
    value.as_sequence().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn undollared(list: &[String]) -> Vec<String> {
    list.iter().map(|text| text.replace("$$", "$")).collect()
}

#[test]
fn compose_says_what_the_recipe_says() {
    let recipe = recipe();
    let (file, emitted) = read(&recipe, CureFormat::Compose);
    let service = at(&file, "services/web");
    assert_eq!(undollared(&texts(&service["command"])), recipe.command);
    assert_eq!(texts(&service["entrypoint"]), ["/bin/sh", "-c"]);
    assert_eq!(texts(&service["tmpfs"]), ["/run:size=64m", "/tmp:exec"]);
    assert_eq!(texts(&service["environment"]), ["container=docker"]);
    let file_of_variables = at(service, "env_file/0");
    assert_eq!(
        (&file_of_variables["path"], &file_of_variables["format"]),
        (&"web.env".into(), &"raw".into())
    );
    assert_eq!(texts(&service["labels"]), ["a=$$b: no # x"]);
    assert_eq!(service["volumes"][0], "data:/data:ro");
    assert_eq!(at(service, "volumes/2/bind/propagation"), "rslave");
    assert_eq!(
        (&at(service, "ports/0")["published"], &at(service, "ports/0")["host_ip"]),
        (&"22".into(), &"::1".into())
    );
    assert_eq!(
        (&service["tty"], &service["pids_limit"], &service["user"]),
        (&true.into(), &512.into(), &"0:0".into())
    );
    assert_eq!((&service["stop_signal"], &service["cgroup"]), (&"SIGRTMIN+3".into(), &"host".into()));
    assert_eq!(at(service, "ulimits/nofile/hard"), &Value::from(2));
    assert_eq!(at(service, "networks/front/ipv4_address"), "10.0.0.5");
    assert_eq!(
        (at(service, "networks/front/aliases/0"), at(service, "networks/back/aliases/0")),
        (&"no".into(), &"db".into())
    );
    assert_eq!(
        (at(&file, "volumes/data/external"), at(&file, "networks/back/external")),
        (&true.into(), &true.into())
    );
    assert_eq!(
        emitted.left_out,
        ["--gpus all: not carried over: write it under deploy.resources.reservations.devices"]
    );
    assert!(
        emitted.page().starts_with("# needs the file web.env")
            && emitted.page().contains("# left out: --gpus all")
    );
}

#[test]
fn a_pod_says_what_the_recipe_says() {
    let recipe = recipe();
    let (pod, emitted) = read(&recipe, CureFormat::Kubernetes);
    let container = at(&pod, "spec/containers/0");
    let unexpanded: Vec<String> =
        texts(&container["args"]).iter().map(|text| text.replace("$$(", "$(")).collect();
    assert_eq!(unexpanded, recipe.command);
    assert_eq!(texts(&container["command"]), ["/bin/sh", "-c"]);
    assert_eq!(at(container, "securityContext/runAsUser"), &Value::from(0));
    assert_eq!(at(container, "securityContext/allowPrivilegeEscalation"), &Value::from(false));
    assert_eq!(at(container, "securityContext/seccompProfile/localhostProfile"), "seccomp/web.seccomp.json");
    assert_eq!(at(container, "env/0/value"), "docker");
    assert_eq!(at(container, "envFrom/0/secretRef/name"), "web-env");
    assert_eq!(at(container, "resources/limits/memory"), "268435456");
    assert_eq!(
        (at(container, "ports/0/hostPort"), at(container, "ports/0/hostIP")),
        (&22.into(), &"::1".into())
    );
    let mounts = container["volumeMounts"].as_sequence().unwrap();
    let volumes = at(&pod, "spec/volumes").as_sequence().unwrap();
    assert!(mounts.iter().zip(volumes).all(|(mount, volume)| mount["name"] == volume["name"]));
    assert_eq!(
        (at(&volumes[0], "emptyDir/medium"), at(&volumes[0], "emptyDir/sizeLimit")),
        (&"Memory".into(), &"67108864".into())
    );
    assert_eq!(at(&volumes[2], "persistentVolumeClaim/claimName"), "data");
    assert!(!mounts.iter().any(|mount| mount["mountPath"] == "/sys/fs/cgroup"));
    for name in ["--gpus", "--pids-limit", "--ulimit", "network back", "--mount at /m"] {
        assert!(
            emitted.left_out.iter().any(|words| words.starts_with(name)),
            "{name}: {:?}",
            emitted.left_out
        );
    }
    assert!(emitted.notes.iter().any(|note| note.contains("cgroup_writable")));
}

#[test]
fn a_platform_of_molecule_says_what_the_recipe_says() {
    let mut recipe = recipe();
    recipe.push("--add-host", Some("six:2001:db8::1".to_owned()));
    let (file, emitted) = read(&recipe, CureFormat::Molecule);
    let platform = at(&file, "platforms/0");
    let line = platform["command"].as_str().map(|line| line.replace("$$", "$"));
    assert_eq!(shlex::split(&line.unwrap()).unwrap(), recipe.command, "the driver's schema wants a string");
    assert_eq!(
        (texts(&platform["tmpfs"]), &platform["cgroupns_mode"]),
        (vec!["/run:size=64m".to_owned(), "/tmp:exec".to_owned()], &"host".into())
    );
    assert_eq!(
        (&platform["pre_build_image"], at(platform, "env/container")),
        (&true.into(), &"docker".into())
    );
    assert_eq!(at(platform, "labels/a"), "$$b: no # x");
    assert_eq!(
        (texts(&platform["ulimits"]), at(platform, "etc_hosts/six")),
        (vec!["nofile:1:2".to_owned()], &"2001:db8::1".into())
    );
    assert_eq!(
        (&platform["restart_policy"], &platform["restart_retries"]),
        (&"on-failure".into(), &3.into())
    );
    assert!(
        emitted.left_out.iter().any(|words| words.starts_with("--entrypoint"))
            && emitted.left_out.iter().any(|words| words.starts_with("environment"))
    );

    recipe.set("--restart", "unless-stopped");
    let emitted = document(&recipe, EngineKind::Podman, CureFormat::Molecule).unwrap();
    let file: Value = yaml_serde::from_str(&emitted.page()).unwrap();
    let platform = at(&file, "platforms/0");
    assert_eq!(undollared(&texts(&platform["command"])), recipe.command);
    assert_eq!(platform["tmpfs"]["/run"], "size=64m");
    assert_eq!(platform["restart_policy"], Value::Null, "the driver's schema has no such policy");
    assert!(texts(&platform["extra_opts"]).contains(&"--restart=unless-stopped".to_owned()));
    assert!(texts(&platform["extra_opts"]).contains(&"--entrypoint=[\"/bin/sh\",\"-c\"]".to_owned()));
    assert_eq!(emitted.left_out.len(), 1, "{:?}", emitted.left_out);
}

/// Splits a value into words as systemd does, and expands variables and specifiers.
fn systemd_words(value: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let (mut quoted, mut chars) = (false, value.chars());
    while let Some(c) = chars.next() {
        match c {
            ' ' if !quoted => words.extend(word.take()),
            '"' => {
                quoted = !quoted;
                word.get_or_insert_default();
            }
            '\\' => {
                let unescaped = match chars.next() {
                    Some('n') => '\n',
                    Some('t') => '\t',
                    other => other.unwrap(),
                };
                word.get_or_insert_default().push(unescaped);
            }
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words.iter().map(|word| word.replace("$$", "$").replace("%%", "%")).collect()
}

#[test]
fn quadlet_says_what_the_recipe_says() {
    let mut recipe = recipe();
    recipe.environment.insert("MSG".to_owned(), HOSTILE.join("|"));
    let emitted = document(&recipe, EngineKind::Docker, CureFormat::Quadlet).unwrap();
    let page = emitted.page();
    let options = ParseOption { enabled_quote: false, enabled_escape: false, ..ParseOption::default() };
    let ini = Ini::load_from_str_opt(&page, options).unwrap();
    let container = ini.section(Some("Container")).unwrap();
    let all = |key: &str| container.get_all(key).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(systemd_words(&all("Exec")[0]), recipe.command);
    assert_eq!(systemd_words(&all("Environment")[0]), [format!("MSG={}", HOSTILE.join("|"))]);
    assert_eq!(
        (all("Tmpfs"), all("ContainerName")),
        (vec!["/run:size=64m".to_owned(), "/tmp:exec".to_owned()], vec!["web".to_owned()])
    );
    assert_eq!(all("SeccompProfile"), ["/var/lib/sysdock/seccomp/web.seccomp.json"]);
    assert_eq!(
        (all("Network"), all("EnvironmentFile")),
        (vec!["front".to_owned(), "back".to_owned()], vec!["web.env".to_owned()])
    );
    assert_eq!(systemd_words(&all("Label")[0]), ["a=$b: no # x"]);
    let args: Vec<String> = all("PodmanArgs").iter().flat_map(|value| systemd_words(value)).collect();
    for word in [
        "--systemd=always",
        "--stop-signal=SIGRTMIN+3",
        "--entrypoint=[\"/bin/sh\",\"-c\"]",
        "--tty",
        "--pids-limit=512",
        "--gpus=all",
    ] {
        assert!(args.iter().any(|arg| arg == word), "{word}: {args:?}");
    }
    assert!(
        !page.contains("writable-cgroups")
            && !page.contains("/sys/fs/cgroup")
            && page.contains("Restart=on-failure")
    );
    let left_out: Vec<&str> = emitted.left_out.iter().filter_map(|words| words.split(": ").next()).collect();
    assert_eq!(left_out, ["--restart on-failure:3", "--alias db of the network back"]);
}

#[test]
fn command_lines_come_back_from_a_shell() {
    let recipe = recipe();
    let words = |format, kind| {
        shlex::split(document(&recipe, kind, format).unwrap().text.split("\ndocker network").next().unwrap())
            .unwrap()
    };
    assert_eq!(
        words(CureFormat::Docker, EngineKind::Docker),
        recipe.run(&crate::prescribe::Reach::by_itself(EngineKind::Docker))
    );
    let podman = words(CureFormat::Podman, EngineKind::Docker).join(" ");
    assert!(
        podman.starts_with("podman run")
            && podman.contains("--systemd=always")
            && !podman.contains("writable-cgroups"),
        "{podman}"
    );
    let docker = words(CureFormat::Docker, EngineKind::Podman).join(" ");
    assert!(
        docker.contains("--tmpfs /run/lock")
            && docker.contains("writable-cgroups=true")
            && !docker.contains("--systemd"),
        "{docker}"
    );
}

#[test]
fn a_dockerfile_holds_what_an_image_can() {
    let recipe = recipe();
    let write = |derived| dockerfile::write(&Source { recipe: &recipe, kind: EngineKind::Docker, derived });
    let derived = write(Some("FROM x\nRUN y\n")).text;
    let (text, command) = derived.split_once("\nCMD ").unwrap();
    assert_eq!(serde_json::from_str::<Vec<String>>(command).unwrap(), HOSTILE);
    assert!(
        text.starts_with(
            "FROM x\nRUN y\nENV container=\"docker\"\nLABEL \"a\"=\"\\$b: no # x\"\nUSER \
            0:0\nSTOPSIGNAL SIGRTMIN+3"
        ),
        "{text}"
    );
    let left_out = write(None).left_out;
    assert!(
        left_out.iter().any(|words| words.starts_with("--tmpfs /run:size=64m"))
            && left_out.iter().any(|words| words.starts_with("--tty"))
    );
}

#[test]
fn every_flag_is_said_or_named() {
    for field in FIELDS.iter().filter(|field| !field.flag.is_empty()) {
        let mut recipe = Recipe { name: "n".to_owned(), image: "i".to_owned(), ..Recipe::default() };
        let bare = recipe.clone();
        let switch = matches!(field.value, FlagValue::Switch | FlagValue::Either);
        recipe.push(field.flag, (!switch).then(|| "7=7:7".to_owned()));
        let written = |format: &&CureFormat| !matches!(format, CureFormat::Sh | CureFormat::Dockerfile);
        for format in CureFormat::VARIANTS.iter().copied().filter(|format| written(&format)) {
            for kind in [EngineKind::Docker, EngineKind::Podman] {
                let (with, without) =
                    (document(&recipe, kind, format).unwrap(), document(&bare, kind, format).unwrap());
                assert_ne!(with, without, "{} in {format:?} from {kind:?}", field.flag);
            }
        }
    }
}
