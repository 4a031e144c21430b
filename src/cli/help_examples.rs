//! The examples and remarks at the end of each `--help`. Texts only.

pub(super) const EXAMPLES: &str = "Examples:
  sysdock doctor web                          diagnose the container `web`, running or dead
  sysdock doctor --all --fail-on warning      all containers; exit 1 on a warning or worse
  sysdock doctor --format json web | jq .     the same report for programs
  sysdock snapshot web -o web.json.zst        save the observations, with secrets removed
  sysdock doctor --from web.json.zst          diagnose a saved snapshot, without an engine
  sysdock prove web && sysdock fix web        test the cure next to `web`, then apply it
  sysdock build debian:12                     build debian-systemd:12, which boots systemd, and test it
  sysdock run debian-systemd:12               start a container with the flags this engine needs
  sysdock seccomp check web                   which system calls of systemd its filter denies
  sysdock explain cgroup-read-only            explain one diagnosis

Exit codes:
  0  no root cause or consequence at or above `--fail-on` (default `error`)
  1  findings, a failed check of rules or book, an unknown message, or a cure or trial that failed
  2  usage error
  3  could not examine: no engine, no such container, or unreadable input
  4  examined without a verdict: nothing to diagnose, or too little visible

The engine is chosen as by the docker CLI: --host, --context, DOCKER_HOST, DOCKER_CONTEXT, the current \
docker context, CONTAINER_HOST, then the default sockets of Docker and Podman.";

pub(super) const DOCTOR_EXAMPLES: &str = "Examples:
  sysdock doctor web db                       two containers, worst first
  sysdock doctor --follow web                 wait until the boot has finished or failed
  sysdock doctor --since 10m --tail 500 web   read only the recent part of a long log
  sysdock doctor --from before.json after.json
  sysdock --host ssh://me@box doctor --all    the engine on another machine
  sysdock doctor web --prescription sh        the cure as a shell script, to read and then run
  sysdock doctor web --prescription compose   the cured container as a compose file
  sysdock doctor --from web.json --prescription quadlet

With --prescription, stdout contains only the cure. Comments at its top list what it needs and what the \
format cannot express. Values of the old container's environment are never printed. If there is nothing to \
prescribe, stdout is empty and stderr says why. The exit code is that of the report.

doctor changes nothing. It reads files through the engine's archive API. In a running container it runs a \
few read-only commands, such as `systemctl is-system-running`; --no-exec skips them.";

pub(super) const WATCH_EXAMPLES: &str = "Examples:
  sysdock watch                               one line per container that dies, restarts or becomes unhealthy
  sysdock watch --since 1h --for 5s           what died in the last hour, then exit
  sysdock watch --format json | jq -r '[.target.name, .event.kind, .verdict] | @tsv'
  sysdock watch --metrics --journald          metrics at http://127.0.0.1:9273/metrics, reports in the journal
  sysdock watch --webhook http://127.0.0.1:8080/hook --state /var/lib/sysdock/watch.json

Each death gets one report. A container that keeps dying gets a report for its first death, then at most \
one every --debounce seconds, with the number of deaths it covers (.event.deaths). A new systemd container \
is examined once, when its boot has finished or failed. If the engine goes away, sysdock waits for it and \
finds missed deaths in the engine's container list. A container that was removed before it could be \
examined gets a report that says so.

With --format json, each line is a report as from `triage --jsonl`, plus `event`: kind (new, restarted, \
died, unhealthy, oom), time, image, exit_code, deaths. Ctrl-C or SIGTERM ends it with exit code 0, after \
pending reports are written or after five seconds. Exit code 3: no engine at the start.";

pub(super) const TRIAGE_EXAMPLES: &str = "Examples:
  docker logs web 2>&1 | sysdock triage -     diagnose a log
  sysdock triage ci.log.gz report.md          files (compressed or not) and pasted bug reports
  sysdock triage ./logs                       a folder of logs, with a table of causes at the end
  sysdock triage --run 'docker run -d img /sbin/init'
  sysdock triage --inspect inspect.json --info info.txt boot.log

triage reads command lines, compose files, Dockerfiles and inspect or info output in the text. What the \
text does not say stays unknown; the report names the commands that would show it.";

pub(super) const SNAPSHOT_EXAMPLES: &str = "Examples:
  sysdock snapshot web -o web.json            readable JSON
  sysdock snapshot web -o web.json.zst        compressed
  sysdock snapshot web | sysdock doctor --from -

A snapshot contains facts, gaps, part of the log and the engine's answers. Values that look like secrets \
are replaced before anything is written. Read the file before you share it.";

pub(super) const PROVE_EXAMPLES: &str = "Examples:
  sysdock prove web                           does the cure of `web` work? `web` itself is not touched
  sysdock prove web --format json | jq .reports[0].trial
  sysdock prove web --minimal                 which parts of the cure are needed
  sysdock prove web --listen                  what does `web`, unchanged, print on a terminal?
  sysdock prove debian-systemd:12             does this image boot here, and with which flags?
  sysdock prove --sweep                       remove what interrupted trials left behind

A trial creates one container named NAME-trial-… (and an image, if the cure needs one) with the label \
sysdock.trial, no network, no ports, read-only volumes, and a terminal so that systemd logs. The container \
is booted, examined, stopped and removed. For an image, a container is first created, read and removed \
without being started. Exit code 0: the trial passed; 1: it failed, or no cure is known. With --listen, \
the exit code is that of the report.";

pub(super) const BUILD_EXAMPLES: &str = "Examples:
  sysdock build debian:12                     debian-systemd:12; installs systemd if it is missing
  sysdock build my-nginx -t web --enable nginx
                                              your own base, with a service enabled
  sysdock build web                           from the image of the container `web`
  sysdock build debian:12 --print             print the Dockerfile and its files, to build yourself
  sysdock build debian:12 -o image && docker build image

The image boots to container.target. Its entrypoint is systemd in exec form, its stop signal is \
SIGRTMIN+3, and it sets container=docker. The journal is in memory and the machine-id is empty. Console \
and hardware units are masked; no packaged file is changed. Arguments after the image name go to systemd, \
instead of --log-level=info.

build creates a container of the base image (read and removed without being started), the image and, \
unless --no-proof is given, a trial as with `sysdock prove`. Exit code 0: the image boots, its units are \
active, and it stops cleanly; 1: it does not (the image is kept), or the build failed; 3: the base image \
cannot be examined.";

pub(super) const RUN_EXAMPLES: &str = "Examples:
  sysdock run debian-systemd:12               a container debian-systemd-12 with the flags that systemd needs
  sysdock run -n web -p 8080:80 -v data:/srv web-systemd
  sysdock run web-systemd --log-level=debug   arguments after the image go to systemd
  sysdock run --print web-systemd             print the command line only

run first creates, reads and removes a container of the image without starting it. Then it starts the new \
container with the engine's command line client and waits until it is up. Exit code 0: it is up; 1: it is \
not (it is kept for `sysdock doctor NAME`), or the engine refuses to start it; 3: the image cannot be \
examined.";

pub(super) const FIX_EXAMPLES: &str = "Examples:
  sysdock fix web                             show the steps, then ask
  sysdock fix web --dry-run                   only show them
  sysdock fix web --yes                       without asking, for scripts

The steps are those of `sysdock doctor web`. The old container is stopped and kept as NAME-before-TIME. If \
the new one does not boot, it is removed and the old one is restored. `sysdock prove web` tests the cure \
first.";

pub(super) const EXPLAIN_EXAMPLES: &str = "\
Examples:
  sysdock explain run-tmpfs-missing
  sysdock explain 'Failed to create /init.scope control group: Read-only file system'
  sysdock rules list                          all ids";

pub(super) const RULES_EXAMPLES: &str = "Examples:
  sysdock rules list
  sysdock rules check --rules ./my-rules      syntax, facts, ids, references
  sysdock rules test --rules ./my-rules       run the worked examples of every rule
  sysdock rules docs -o playbook              the playbook, a page for each diagnosis, as sources for mdBook

An editor with taplo checks a rule as you type if `sysdock schema rule > my-rules/rule.schema.json` \
is next to it and its first line is `#:schema ./rule.schema.json`. remedies.toml and harmless.toml \
have separate schemas.";

pub(super) const SCHEMA_EXAMPLES: &str = "\
Examples:
  sysdock schema                              the names, and how an editor comes to use one
  sysdock schema config > sysdock.schema.json
  sysdock schema rule > my-rules/rule.schema.json
  sysdock schema -o schemas                   all of them, NAME.json each
  sysdock schema --check docs/schema          are the committed ones those of this program?

A TOML file names its schema in its first line, as a path from its own folder or an address:
  #:schema ./sysdock.schema.json

sysdock reads this line as a comment; taplo and the editors that use it complete and check the file \
with it. The schemas are those of this version: they accept only keys that it writes or reads. \
`sysdock rules check` checks the conditions and patterns of rules; a schema does not.";

pub(super) const DOCS_EXAMPLES: &str = "Examples:
  sysdock rules docs -o playbook && mdbook build playbook
  sysdock rules docs --check docs/book        is the committed book up to date?
  sysdock rules docs --rules ./my-rules -o playbook

Pages of rules that no longer exist are removed; your own files are not touched.";

pub(super) const COMPLETIONS_EXAMPLES: &str = "Examples:
  sysdock completions bash > ~/.local/share/bash-completion/completions/sysdock
  sysdock completions zsh > ~/.zfunc/_sysdock
  sysdock completions fish > ~/.config/fish/completions/sysdock.fish
  source <(sysdock completions bash)          for this shell only

The script also completes names of containers, images, contexts, diagnoses and system calls. It asks the \
engine that the command line selects and waits at most one second. It does not query engines over ssh.";

pub(super) const MAN_EXAMPLES: &str = "Examples:
  sysdock man | man -l -                      read it now
  sysdock man -o ~/.local/share/man/man1      one page per command";

pub(super) const SELFTEST_EXAMPLES: &str = "Examples:
  sysdock selftest                            check the engine, one of its containers, and this machine
  sysdock selftest web                        the same for `web`; runs `systemctl is-system-running` in it
  sysdock selftest --format json | jq '.selftest[] | select(.seen == false)'

selftest changes nothing. Exit code 0: containers can be examined, perhaps with gaps; 3: no engine was \
found or answers, or a container, its log or its files cannot be read.";

pub(super) const SECCOMP_EXAMPLES: &str = "Examples:
  sysdock seccomp check web                   which calls does the filter of `web` deny to systemd?
  sysdock seccomp make web -o web.seccomp.json
  sysdock seccomp explain statx               what needs this call, and which engines deny it
  sysdock seccomp trace web                   find out by test boots, beyond the table of `check`

No container is changed; `trace` boots clones and removes them. Profile files and built-in profiles need \
no engine.";

pub(super) const SECCOMP_CHECK_EXAMPLES: &str = "Examples:
  sysdock seccomp check web                   the filter in force, for the systemd in the container
  sysdock seccomp check profile.json --systemd 257
  sysdock seccomp check --default docker-20.10
  sysdock seccomp check profile.json --format json | jq '.misses[].call'

A profile is evaluated as the engine does: with the container's capabilities, architecture and kernel. A \
file is evaluated with Docker's default capabilities, this machine's architecture and a current kernel. \
Exit code 0: all needed calls are allowed; 1: some are denied; 3: the profile or the container cannot be \
read.";

pub(super) const SECCOMP_MAKE_EXAMPLES: &str = "Examples:
  sysdock seccomp make web                    the diff against the profile in force
  sysdock seccomp make web -o web.seccomp.json && docker run --security-opt seccomp=web.seccomp.json …
  sysdock seccomp make --default docker-20.10 --systemd 229 -o - > xenial.json

Only the calls that this systemd needs are added; the `comment` of each added rule says why. If the \
engine's built-in profile is in force, the file contains all of it, because a file replaces it. If no \
filter is in force, the file is the built-in profile plus the calls that systemd needs.";

pub(super) const SECCOMP_TRACE_EXAMPLES: &str = "Examples:
  sysdock seccomp trace web                   which denied calls does the boot of `web` need?
  sysdock seccomp trace web -o web.seccomp.json && docker run --security-opt seccomp=web.seccomp.json …

trace covers what `seccomp check` does not know: other systemd versions and your own services. It boots a \
cured clone of `web` without a network and with read-only volumes, allowing and logging the calls that the \
filter denies. Then it denies the logged calls (or all of them, if the kernel log cannot be read) again in \
turn. `web` itself is not touched, and each clone is removed. Exit code 0: no denied call is needed; 1: \
some are, or the clone does not boot; 3: the container cannot be examined.";

pub(super) const SECCOMP_EXPLAIN_EXAMPLES: &str = "\
Examples:
  sysdock seccomp explain name_to_handle_at
  sysdock seccomp explain clone3 --format json";

pub(super) const CONFIG_EXAMPLES: &str = "Examples:
  sysdock config show                         every setting, its value and its source
  sysdock --timeout 30 config show            what a flag changes
  sysdock config show --format json

Later layers override earlier ones: /etc/sysdock/sysdock.toml, sysdock/sysdock.toml in the user's \
configuration folder, the nearest sysdock.toml from the working folder upwards, variables (SYSDOCK_ plus \
the flag's name), flags. A project's file cannot choose the engine. Paths in a file are relative to its \
folder.

A project's file and rules must belong to you or root, and links must not leave its folder; its rules can \
add to the built-in ones but not replace them. To lift these limits, use --trust or list the project's \
folder (or \"*\") under safe-directories in your own configuration.

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
  safe-directories = [\"/srv/checkout\"]       # not allowed in a project's file
  [[suppress]]
  id = \"wrong-stop-signal\"
  target = \"legacy-*\"
  reason = \"fixed in the next release\"
  expires = 2027-03-31";
