//! Texts that are made to be dear: reading one that is four times as long takes four times the work. Work is
//! counted, not timed.

use sysdock::intake::{Supplied, Work, measured};
use sysdock::snapshot::{Snapshot, key};

use super::properties::matcher;

/// Bytes of the shorter text.
const SHORT: usize = 16_000;

/// A text of about so many bytes.
type Made = fn(usize) -> String;

fn read(text: &str) -> (Vec<Snapshot>, Work) {
    measured("text", text.as_bytes(), &Supplied::default(), matcher()).unwrap()
}

/// Reads each kind of text in two lengths.
fn work_is_linear(kinds: &[(&str, Made)]) {
    for (kind, made) in kinds {
        let [short, long] = [made(SHORT), made(4 * SHORT)];
        assert!(
            (3 * short.len()..=5 * short.len()).contains(&long.len()),
            "{kind}: {} and {} bytes",
            short.len(),
            long.len()
        );
        let [short, long] = [short, long].map(|text| read(&text).1);
        assert!(
            long.spent <= long.allowed && long.spent * 2 <= short.spent.max(1) * 9,
            "{kind}: {short:?}, then {long:?}"
        );
    }
}

/// The same part again and again.
fn repeated(part: &str, bytes: usize) -> String {
    part.repeat(bytes / part.len())
}

/// Parts that have a number.
fn numbered(part: fn(usize) -> String, bytes: usize) -> String {
    let mut text = String::new();
    let mut number = 0;
    while text.len() < bytes {
        text.push_str(&part(number));
        number += 1;
    }
    text
}

#[test]
fn json_is_read_with_linear_work() {
    work_is_linear(&[
        ("documents that are never closed", |n| repeated("{\"Config\": [\n", n)),
        ("the same on one line", |n| repeated("{\"Config\": [", n)),
        ("lists in lists", |n| repeated("[{\n", n)),
        ("lists of texts in lists", |n| repeated("[\"x\",\n", n)),
        ("a list that is never closed", |n| format!("{{\"Config\": [\n{}", repeated("{\"a\":1},\n", n))),
        ("lists that are never closed", |n| {
            repeated(&format!("{{\"Config\": [\n{}", "{\"a\":1},\n".repeat(30)), n)
        }),
        ("a text that is never closed", |n| format!("{{\"Config\": \"{}", repeated("x{\n", n))),
        ("lines of a log that hold documents", |n| repeated("{\"log\":\"{\\\"host\\\":1}\\n\"}\n", n)),
        ("documents behind each other", |n| repeated("{\"ServerVersion\":\"1\"}{\n", n)),
        ("brackets that only close", |n| repeated("[]]]]]\n{}}}}\n", n)),
        ("many containers in one answer", |n| {
            let one = |n| {
                format!(
                    "{{\"Name\":\"/c{n}\",\"State\":{{\"Status\":\"exited\"}},\"Config\":{{}},\"HostConfig\":{{}},\"Mounts\":[]}},\n"
                )
            };
            format!("[\n{}{{}}]\n", numbered(one, n))
        }),
        ("many answers", |n| {
            numbered(
                |n| {
                    format!(
                        "[{{\"Name\":\"/c{n}\",\"State\":{{\"Status\":\"exited\"}},\"Config\":{{}},\"HostConfig\":{{}}}}]\n"
                    )
                },
                n,
            )
        }),
        ("a great image and many containers of it", |n| {
            let image = numbered(|n| format!("\"A{n}=1\","), n / 2);
            let document =
                format!("{{\"RepoTags\":[],\"RootFS\":{{}},\"Config\":{{\"Env\":[{image}\"B=1\"]}}}}\n");
            document + &numbered(|n| format!("$ docker run --name c{n} img{n} /sbin/init\n"), n / 2)
        }),
    ]);
}

#[test]
fn yaml_is_read_with_linear_work() {
    work_is_linear(&[
        ("mappings that are never closed", |n| repeated("name: {a: 1, \n", n)),
        ("the same on one line", |n| repeated("name: {a: 1, ", n)),
        ("lists in lists on one line", |n| format!("services: {}", "[".repeat(n))),
        ("lists in lists on many lines", |n| format!("services:\n{}", repeated("  [\n", n))),
        ("the same key again", |n| repeated("services:\n", n)),
        ("the same name again", |n| repeated("name: x\r\n", n)),
        ("behind tabs", |n| repeated("\tname: x\n", n)),
        ("mistakes at the beginning", |n| repeated("name: *unknown\n", n)),
        ("words that begin with a mistake", |n| repeated("image: @x\ncommand: %y\n", n)),
        ("texts that are never closed", |n| repeated("name: \"abc\n", n)),
        ("texts in single quotes that are never closed", |n| repeated("command: 'it's\n", n)),
        ("a text over many lines", |n| format!("command: |\n{}", repeated("  [{\n", n))),
        ("mistakes at the end", |n| repeated(&format!("services:\n{}  ]\n", "  a: [1]\n".repeat(40)), n)),
        ("documents behind each other", |n| repeated("---\nname: x\nimage: y\n", n)),
        ("documents that are no mappings", |n| repeated("---\n- name: x\n---\n? [a]\n", n)),
        ("blocks in blocks", |n| {
            let deep: Vec<String> = (1..40).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect();
            repeated(&format!("services:\n{}", deep.concat()), n)
        }),
        ("lists in lists by dashes", |n| format!("name:\n{}\n", repeated("- ", n))),
        ("keys that are mappings", |n| repeated("name: {{{{{{a}}}}}}\n? {{b}}\n", n)),
        ("aliases of aliases", |n| {
            let level = |level: usize| {
                format!("  a{level}: &a{level} [{}]\n", vec![format!("*a{}", level - 1); 10].join(","))
            };
            let levels: Vec<String> = (1..9).map(level).collect();
            repeated(
                &format!("services:\n  a0: &a0 [x,x,x,x]\n{}no yaml at all, just words\n", levels.concat()),
                n,
            )
        }),
        ("one long list that is repeated", |n| {
            format!("services:\n  a: &a [{}x]\n  b: [{}*a]\n", repeated("x,", n / 2), repeated("*a,", n / 2))
        }),
        ("mappings that are merged", |n| {
            format!(
                "services:\n  a: &a {{{}z: 1}}\n{}",
                numbered(|n| format!("k{n}: 1,"), n / 2),
                repeated("  b:\n    <<: *a\n", n / 2)
            )
        }),
        ("many services", |n| {
            format!(
                "services:\n{}",
                numbered(|n| format!("  s{n}:\n    image: i{n}\n    command: /sbin/init\n"), n)
            )
        }),
        ("many files", |n| {
            numbered(|n| format!("services:\n  s{n}:\n    image: i{n}\n    tty: true\nand so on\n"), n)
        }),
        ("many volumes of a pod", |n| {
            let mounts = numbered(|n| format!("{{name: v{n}, mountPath: /m{n}}},"), n / 2);
            let volumes = numbered(|n| format!("{{name: v{n}, emptyDir: {{}}}},"), n / 2);
            format!(
                "spec:\n  containers: [{{name: c, image: x, volumeMounts: [{mounts}]}}]\n  volumes: \
                    [{volumes}]\n"
            )
        }),
    ]);
}

#[test]
fn command_lines_are_read_with_linear_work() {
    work_is_linear(&[
        ("many commands", |n| numbered(|n| format!("docker run --name c{n} img{n} /sbin/init\n"), n)),
        ("many prompts", |n| numbered(|n| format!("$ docker run -v /a{n}:/b img{n}\n"), n)),
        ("the same command again", |n| repeated("docker run \n", n)),
        ("commands on one line", |n| repeated("docker run x; ", n)),
        ("lines that go on", |n| repeated("foo \\\n", n)),
        ("prompts that go on", |n| repeated("$ x \\\n", n)),
        ("commands that go on", |n| repeated("docker run \\\n", n)),
        ("options that go on", |n| format!("docker run \\\n{}", repeated("  -v /a:/b \\\n", n))),
        ("options on lines of their own", |n| repeated("docker run -d\n -v\n -v\n -v\n", n)),
        ("parts behind prompts", |n| repeated("$ --privileged\n", n)),
        ("quotes that are never closed", |n| repeated("`docker run -d", n)),
        ("quotes of both kinds", |n| repeated("$ docker run \"x 'y \\\n", n)),
        ("substitutions that are never closed", |n| repeated("$ $(docker run \n", n)),
        ("letters in one word", |n| format!("$ docker run -{} img\n", "t".repeat(n))),
        ("options in one command", |n| format!("$ docker run {}img\n", repeated("-v /a:/b ", n))),
        ("words before the program", |n| format!("$ {}docker run x\n", repeated("sudo ", n))),
        ("small inits in a command", |n| format!("$ docker run x {}\n", repeated("tini ", n))),
        ("words before a service's program", |n| {
            format!("services:\n  a:\n    image: x\n    command: {}\n", repeated("env ", n))
        }),
        ("lists of options", |n| numbered(|n| format!("run{n}: [\"-v\", \"/a:/b\"]\n"), n)),
    ]);
}

#[test]
fn logs_listings_and_dockerfiles_are_read_with_linear_work() {
    work_is_linear(&[
        ("a log of many services", |n| numbered(|n| format!("svc{n}-1  | x\nsvc{n}-1  | y failed\n"), n)),
        ("many stages", |n| repeated("FROM x\n", n)),
        ("many Dockerfiles", |n| repeated("FROM x\nRUN y\n\nz\n", n)),
        ("an instruction that goes on", |n| format!("FROM x\n{}", repeated("RUN x \\\n", n))),
        ("steps of a build", |n| repeated("Step 1/2 : RUN x\n", n)),
        ("many variables, many containers", |n| {
            let file = format!("FROM x\n{}", numbered(|n| format!("ENV A{n}={n}\n"), n / 2));
            file + &numbered(|n| format!("$ docker run --name c{n} img{n} /sbin/init\n"), n / 2)
        }),
        ("many volumes, many mounts", |n| {
            let volumes = numbered(|n| format!(" /a{n}"), n / 2);
            format!(
                "FROM x\nVOLUME{volumes}\n\n$ docker run {}img /sbin/init\n",
                numbered(|n| format!("-v /x:/b{n} "), n / 2)
            )
        }),
        ("many lists of containers", |n| {
            numbered(
                |n| format!("$ docker ps -a\nc  i  \"x\"  1 hour ago   Exited (255) 1 hour ago   n{n}\n"),
                n,
            )
        }),
        ("many units that failed", |n| {
            numbered(|n| format!("unit{n}.service loaded failed failed A unit\n"), n)
        }),
        ("many mounts", |n| numbered(|n| format!("tmpfs on /m{n} type tmpfs (rw)\n"), n)),
        ("many control groups", |n| numbered(|n| format!("{}:x{n}:/docker/a\n", n % 900 + 1), n)),
        ("questions without answers", |n| repeated("$ docker logs web\n\n", n)),
        ("one long line", |n| "x".repeat(n)),
        ("one line of failures", |n| repeated("container exited with an error ", n)),
        ("carriage returns", |n| "\r".repeat(n)),
        ("tabs", |n| "\t".repeat(n)),
        ("zeros", |n| "\0".repeat(n)),
        ("documents of the shell", |n| repeated("cat <<EOF\nname: x\nEOF\n", n)),
        ("security options", |n| format!("Security Options:\n{}", numbered(|n| format!("  option{n}\n"), n))),
        ("quoted line ends", |n| repeated("failed\\n", n)),
    ]);
}

#[test]
fn what_is_not_read_is_reported() {
    let reasons = |text: &str| {
        let (snapshots, _) = read(text);
        let reasons: Vec<String> =
            snapshots[0].gaps.iter().map(|gap| format!("{}: {}", gap.fact, gap.reason)).collect();
        (snapshots.len(), reasons.join("\n"))
    };
    for (text, containers, words) in [
        (
            numbered(|n| format!("docker run --name c{n} img /sbin/init\n"), 4000),
            64,
            "container.*: not read: containers described from line 65 on",
        ),
        (
            numbered(|n| format!("svc{n}-1  | x\nsvc{n}-1  | y\n"), 4000),
            64,
            "container.*: not read: containers described from line 129 on",
        ),
        (
            numbered(|n| format!("[{{\"Name\":\"/c{n}\",\"Config\":{{}},\"HostConfig\":{{}}}}]\n"), 4000),
            64,
            "JSON documents from line 65 on",
        ),
        (repeated("name: {a: 1, \n", 4000), 1, "not read: broken YAML from line "),
        (repeated("{\"Config\": [\n", 8000), 1, "not read: broken JSON from line "),
        (
            repeated("$ x \\\n", 4000),
            1,
            "not read: command lines that start inside another one, from line 6 on",
        ),
        (
            numbered(|n| format!("u{n}.service loaded failed failed A\n"), 20_000),
            1,
            "manager.failed_units: not read: ",
        ),
    ] {
        let (count, reasons) = reasons(&text);
        assert_eq!(count, containers, "{words}");
        assert!(reasons.contains(words), "{words}: {reasons}");
    }
    // A text that took all of its work: what stands behind is named.
    let laughs: Vec<String> = (1..12)
        .map(|n| format!("  a{n}: &a{n} [{}]\n", vec![format!("*a{}", n - 1); 10].join(",")))
        .collect();
    let bombs = format!("services:\n  a0: &a0 [x]\n{}words\n", laughs.concat()).repeat(40);
    let (_, told) = reasons(&format!("{bombs}{}", "services:\n  web:\n    image: x\n".repeat(3000)));
    assert!(told.contains("not read: "), "{told}");
}

#[test]
fn what_stands_behind_something_dear_is_read() {
    let broken = [
        repeated("name: {a: 1, \n", 3000),
        repeated("{\"Config\": [\n", 3000),
        repeated("[\n", 500),
        // More than a part of the whole.
        repeated("{\"Config\": [\n", 300_000),
        repeated("services:\n", 3000),
        repeated("foo \\\n", 3000),
        format!("name: {}\n", "[".repeat(3000)),
        format!("{}\n", "{\"a\":".repeat(3000)),
    ];
    for broken in broken {
        let rest = "and then\n\nservices:\n  web:\n    image: x\n    privileged: true\n    command: \
            /sbin/init\n\nor\n\n$ docker run --name db img\n";
        let (snapshots, _) = read(&format!("{broken}{rest}"));
        let names: Vec<&str> = snapshots.iter().map(|snapshot| snapshot.target.name.as_str()).collect();
        assert_eq!(names, ["text: web", "text: db"], "{}", &broken[..20]);
        assert_eq!(snapshots[0].facts.get(key::CONTAINER_PRIVILEGED), Some(true));
    }
}
