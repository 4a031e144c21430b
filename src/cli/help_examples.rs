//! The examples and remarks that stand at the end of each `--help`. Words only.

pub(super) const EXAMPLES: &str = "\
Examples:
  sysdock doctor web                          what is wrong with the container `web`, running or dead
  sysdock doctor --all --fail-on warning      every container of the engine; exit 1 on a warning or worse
  sysdock doctor --format json web | jq .     the same for programs
  sysdock snapshot web -o web.json.zst        save what was observed, without secrets
  sysdock doctor --from web.json.zst          judge a saved snapshot, no engine needed
  sysdock prove web && sysdock fix web        try the cure beside `web`, then carry it out
  sysdock build debian:12                     an image that boots systemd, debian-systemd:12, proven by a boot
  sysdock run debian-systemd:12               a container of it with what this engine needs
  sysdock seccomp check web                   the system calls that its filter denies to systemd
  sysdock explain cgroup-read-only            one diagnosis at length

Exit codes:
  0  no root cause or consequence at or above `--fail-on` (default `error`)
  1  findings, rules or a book that fail their check, a message that no diagnosis knows, a cure or trial \
    that did not work
  2  wrong usage
  3  could not look: no engine, no such container, unreadable input
  4  looked, but could not judge: nothing to judge, or too much hidden

The engine is found as the docker CLI finds it: --host, --context, DOCKER_HOST, DOCKER_CONTEXT, the current \
    docker
context, CONTAINER_HOST, then the default sockets of Docker and Podman.";

pub(super) const DOCTOR_EXAMPLES: &str = "\
Examples:
  sysdock doctor web db                       two containers, the worst first
  sysdock doctor --follow web                 watch a boot until it has come up or failed
  sysdock doctor --since 10m --tail 500 web   read only the recent part of a long log
  sysdock doctor --from before.json after.json
  sysdock --host ssh://me@box doctor --all    the engine of another machine
  sysdock doctor web --prescription sh        all steps of the cure as one script, to be read and run
  sysdock doctor web --prescription compose   the cured container as a compose file
  sysdock doctor --from web.json --prescription quadlet

With --prescription stdout carries the cure alone. What a form cannot say, and what it needs, stands in \
    comments at its
top; values of the old container's environment are never printed. Where there is nothing to prescribe, \
    stdout stays
empty and stderr says why. The exit code is that of the report.

Nothing is changed: files are read through the engine's archive call. In a running container a few read-only
commands are run, such as `systemctl is-system-running`; --no-exec leaves them out.";

pub(super) const WATCH_EXAMPLES: &str = "\
Examples:
  sysdock watch                               one line for each container that dies, restarts or turns \
    unhealthy
  sysdock watch --since 1h --for 5s           what has died in the last hour, then end
  sysdock watch --format json | jq -r '[.target.name, .event.kind, .verdict] | @tsv'
  sysdock watch --metrics --journald          numbers at http://127.0.0.1:9273/metrics, reports in the journal
  sysdock watch --webhook http://127.0.0.1:8080/hook --state /var/lib/sysdock/watch.json

Each death has one report. A container that dies again and again has one for its first death, then one in \
    --debounce
seconds that says how many deaths it stands for (.event.deaths). A new systemd container is examined once, \
    when its boot
has come up or failed. When the engine goes away, sysdock waits for it; deaths that it missed are found in \
    the engine's
list of containers. A container that was removed before it could be examined has a report that says so.

With --format json each line is a report as `triage --jsonl` writes it, with `event`: kind (new, restarted, \
    died,
unhealthy, oom), time, image, exit_code, deaths. Ctrl-C or SIGTERM ends it with exit code 0, once what waits \
    has been
told or five seconds are over. 3: no engine at the start.";

pub(super) const TRIAGE_EXAMPLES: &str = "\
Examples:
  docker logs web 2>&1 | sysdock triage -     what a log says
  sysdock triage ci.log.gz report.md          files, compressed or not, pasted reports with command lines \
    and output
  sysdock triage ./logs                       a folder of logs, with a table of causes at the end
  sysdock triage --run 'docker run -d img /sbin/init'
  sysdock triage --inspect inspect.json --info info.txt boot.log

Command lines, compose files, Dockerfiles, inspect and info output in the text become facts. What the text \
    does not say
stays unknown; the report names the commands that would tell.";

pub(super) const SNAPSHOT_EXAMPLES: &str = "\
Examples:
  sysdock snapshot web -o web.json            readable JSON
  sysdock snapshot web -o web.json.zst        compressed
  sysdock snapshot web | sysdock doctor --from -

A snapshot holds facts, gaps, part of the log and the engine's answers. Values that look like secrets are \
    replaced
before anything is written; read the file before you hand it on.";

pub(super) const PROVE_EXAMPLES: &str = "\
Examples:
  sysdock prove web                           does the cure of `web` work? `web` itself is left alone
  sysdock prove web --format json | jq .reports[0].trial
  sysdock prove web --minimal                 which parts of the cure are needed here
  sysdock prove web --listen                  what does `web`, unchanged, say on a terminal?
  sysdock prove debian-systemd:12             does this image boot here, and with what?
  sysdock prove --sweep                       remove what trials that were cut off left behind

A trial makes one container (and an image, where the cure needs one) named NAME-trial-…, labelled \
    sysdock.trial, with no
network and no ports, its volumes read-only, with a terminal so that systemd speaks. It boots, is examined, \
    is stopped,
and is removed. For an image, a container of it is created first, read, and removed without ever being \
    started. Exit
code 0: it works; 1: it does not, or no cure is known. With --listen the exit code is that of the report.";

pub(super) const BUILD_EXAMPLES: &str = "\
Examples:
  sysdock build debian:12                     debian-systemd:12; systemd is installed where it is missing
  sysdock build my-nginx -t web --enable nginx
                                              a base with a service that is to run
  sysdock build web                           from the image of the container `web`
  sysdock build debian:12 --print             the Dockerfile and its files, to be kept and built by yourself
  sysdock build debian:12 -o image && docker build image

The image boots to a target of its own, container.target, has systemd as its entrypoint in exec form, \
    SIGRTMIN+3 as its
stop signal, container=docker in its environment, a journal in memory and an empty machine-id. Consoles and \
    hardware are
masked; no file of a package is changed. Words after the image's name go to systemd, in place of \
    --log-level=info.

What is made: a container of the base, which is read and removed at once, unstarted; the image; and, unless \
    --no-proof
is given, a trial of it as `sysdock prove` makes it. Exit code 0: it boots, its units are active, and it \
    stops; 1: it
does not, the image is kept, or a step of its build fails; 3: the base cannot be looked at.";

pub(super) const RUN_EXAMPLES: &str = "\
Examples:
  sysdock run debian-systemd:12               a container debian-systemd-12 with what systemd needs on this \
    engine
  sysdock run -n web -p 8080:80 -v data:/srv web-systemd
  sysdock run web-systemd --log-level=debug   words after the image go to systemd
  sysdock run --print web-systemd             only the command line

A container of the image is created first, read, and removed without being started; then the new one is \
    started with the
engine's own command line client, and watched until it is up. Exit code 0: it is up; 1: it is not, and is \
    left for
`sysdock doctor NAME`, or the engine refuses to start it; 3: the image cannot be looked at.";

pub(super) const FIX_EXAMPLES: &str = "\
Examples:
  sysdock fix web                             shows the steps and asks
  sysdock fix web --dry-run                   only shows them
  sysdock fix web --yes                       for scripts

The steps are those of `sysdock doctor web`. The old container is stopped and kept as NAME-before-TIME; when \
    the new one
does not come up it is removed and the old one is put back. `sysdock prove web` tries the cure first.";

pub(super) const EXPLAIN_EXAMPLES: &str = "\
Examples:
  sysdock explain run-tmpfs-missing
  sysdock explain 'Failed to create /init.scope control group: Read-only file system'
  sysdock rules list                          all ids";

pub(super) const RULES_EXAMPLES: &str = "\
Examples:
  sysdock rules list
  sysdock rules check --rules ./my-rules      syntax, facts, ids, references
  sysdock rules test --rules ./my-rules       run the worked examples of every rule
  sysdock rules docs -o playbook              the playbook, a page for each diagnosis, as sources for mdBook

An editor checks a rule while it is written when `sysdock schema rule > my-rules/rule.schema.json` lies \
    beside it and its
first line is `#:schema ./rule.schema.json`; remedies.toml and harmless.toml have schemas of their own.";

pub(super) const SCHEMA_EXAMPLES: &str = "\
Examples:
  sysdock schema                              the names, and how an editor comes to use one
  sysdock schema config > sysdock.schema.json
  sysdock schema rule > my-rules/rule.schema.json
  sysdock schema -o schemas                   all of them, NAME.json each
  sysdock schema --check docs/schema          are the committed ones those of this program?

A TOML file names its schema in its first line, as a path from its own folder or an address:
  #:schema ./sysdock.schema.json

sysdock takes the line for a comment; taplo and the editors that use it complete and check the file by it. \
    The schemas are
those of this version: they take no key that it does not write or read. Conditions and patterns of rules are \
    checked by
`sysdock rules check`, not by a schema.";

pub(super) const DOCS_EXAMPLES: &str = "\
Examples:
  sysdock rules docs -o playbook && mdbook build playbook
  sysdock rules docs --check docs/book        is the committed book what the rules say?
  sysdock rules docs --rules ./my-rules -o playbook

Pages that an earlier run wrote for rules that are gone are removed; files of your own are left alone.";

pub(super) const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  sysdock completions bash > ~/.local/share/bash-completion/completions/sysdock
  sysdock completions zsh > ~/.zfunc/_sysdock
  sysdock completions fish > ~/.config/fish/completions/sysdock.fish
  source <(sysdock completions bash)          only for this shell

The script asks sysdock itself, so names of containers, images, contexts, diagnoses and system calls are \
    completed, too. The
engine is the one that the line names; it has a second to answer. One behind ssh is not asked.";

pub(super) const MAN_EXAMPLES: &str = "\
Examples:
  sysdock man | man -l -                      read it at once
  sysdock man -o ~/.local/share/man/man1      one page per command";

pub(super) const SELFTEST_EXAMPLES: &str = "\
Examples:
  sysdock selftest                            the engine, a container of it, this machine
  sysdock selftest web                        the same with `web`; runs `systemctl is-system-running` in it
  sysdock selftest --format json | jq '.selftest[] | select(.seen == false)'

Nothing is changed. Exit code 0: containers can be examined, though perhaps not in all parts; 3: no engine \
    is found or answers, or
a container, its log or its files cannot be read.";

pub(super) const SECCOMP_EXAMPLES: &str = "\
Examples:
  sysdock seccomp check web                   what will the systemd of `web` miss under its filter?
  sysdock seccomp make web -o web.seccomp.json
  sysdock seccomp explain statx               what breaks without this call, and who denies it
  sysdock seccomp trace web                   find out by trials what the table of `check` does not know

But for `trace`, which boots clones and removes them, nothing of a container is changed, and no engine is \
    needed for a profile in a file or an engine's built-in one.";

pub(super) const SECCOMP_CHECK_EXAMPLES: &str = "\
Examples:
  sysdock seccomp check web                   the filter in force, for the systemd in the container
  sysdock seccomp check profile.json --systemd 257
  sysdock seccomp check --default docker-20.10
  sysdock seccomp check profile.json --format json | jq '.misses[].call'

A profile is read as the engine reads it: with the container's capabilities, architecture and kernel. For a \
    file they are
the usual capabilities of Docker, this machine's architecture and a current kernel. Exit code 0: systemd \
    misses nothing;
1: it misses something; 3: the profile or the container cannot be read.";

pub(super) const SECCOMP_MAKE_EXAMPLES: &str = "\
Examples:
  sysdock seccomp make web                    the difference to the profile in force
  sysdock seccomp make web -o web.seccomp.json && docker run --security-opt seccomp=web.seccomp.json …
  sysdock seccomp make --default docker-20.10 --systemd 229 -o - > xenial.json

The profile stays as it is but for the calls that this systemd misses; each added rule says why in its \
    `comment`. Where the
engine's built-in profile is in force, all of it is written out, because a file replaces it. Where no filter \
    is in force,
nothing is missed; the built-in profile with what systemd needs is written, as a filter to have instead of \
    none.";

pub(super) const SECCOMP_TRACE_EXAMPLES: &str = "\
Examples:
  sysdock seccomp trace web                   which of the calls that its filter denies does the boot of \
    `web` need?
  sysdock seccomp trace web -o web.seccomp.json && docker run --security-opt seccomp=web.seccomp.json …

For what `seccomp check` does not know: other versions of systemd, services of your own. `web` itself is \
    left alone. A clone of it
with its cure is booted, without a network and with its volumes read-only, under its filter with the denied \
    calls let through and
logged; then those that the kernel logged (where its log can be read, else all of them) are denied again in \
    turns. Each clone is
removed. Exit code 0: it boots and needs none of them; 1: it needs some, or does not boot; 3: it cannot be \
    looked at.";

pub(super) const SECCOMP_EXPLAIN_EXAMPLES: &str = "\
Examples:
  sysdock seccomp explain name_to_handle_at
  sysdock seccomp explain clone3 --format json";

pub(super) const CONFIG_EXAMPLES: &str = "\
Examples:
  sysdock config show                         every setting, its value, and the file, variable or flag that \
    it comes from
  sysdock --timeout 30 config show            what a flag changes
  sysdock config show --format json

Layers, the weakest first: /etc/sysdock/sysdock.toml, sysdock/sysdock.toml in the folder of the user's \
    configuration,
the nearest sysdock.toml from the working folder upwards, variables (SYSDOCK_ and the name of the flag), \
    flags. The
file of a project may not choose the engine. Paths in a file are taken from its folder.

A project's file and rules must be yours or root's, and may not lead out of its folder by links; its rules \
    may add to
the built-in ones, not replace them. --trust, or the project's folder (or \"*\") among the safe-directories \
    of your own
configuration, lifts that.

A sysdock.toml with everything in it; `sysdock schema config` prints the schema that its first line names:
  #:schema ./sysdock.schema.json
  timeout = 30
  rules = [\"rules\"]
  color = \"never\"
  quiet = true
  ascii = true
  verbose = false
  format = \"json\"
  fail-on = \"warning\"
  baseline = \"sysdock-baseline.json\"
  safe-directories = [\"/srv/checkout\"]       # not in that of a project
  [[suppress]]
  id = \"wrong-stop-signal\"
  target = \"legacy-*\"
  reason = \"goes away with the next release\"
  expires = 2027-03-31";
