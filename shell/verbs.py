"""The registry of verbs: what a person can ask for, once, for every place where they can ask for it.

The command line, `opsh help`, the window's `:` prompt and its palette, the completions and the manual (`shell.manual`
writes a page for each) all read this table. To add a verb is to add it here, and to `make docs`.
"""

from shell.verb import Argument, Danger, Kind, Verb

MACHINE = Argument("machine", Kind.MACHINE, "a machine's name, or its directory (anything with a slash in it)")
JSON = Argument("--json", Kind.FLAG, "print JSON, one object a line, instead of text")
FOLLOW = Argument("--follow", Kind.FLAG, "go on printing as entries come, until Ctrl-C", "-f", in_window=False)
MADE = Argument("machine", Kind.MACHINE, "the name, or the directory, of the new machine", new=True)
LAST = Argument("--last", Kind.NUMBER, "only the last N entries", short="-n")
COG = Argument("--cog", Kind.NUMBER, "only what this cog did")
PATH = Argument("--path", Kind.DIRECTORY, "look for modules in this directory, too", many=True)

VERBS: tuple[Verb, ...] = (
    Verb(
        "boot",
        "make a machine from a Sire file or a seed",
        "shell.boot:run",
        (
            MADE,
            Argument("file", Kind.FILE, "a Sire file whose `main` is the first cog, or a seed of such a value"),
            Argument("--start", Kind.FLAG, "start it at once, detached"),
            PATH,
        ),
        Danger.REVERSIBLE,
        help=(
            "FILE is a Sire file, whose `main` becomes the first cog of a new machine, or a seed of such a value. "
            "Modules are looked for beside the file, in each `--path`, and in the library. Nothing runs until the "
            "machine is started, unless `--start` says so.\n\n"
            "It is an error if the machine exists."
        ),
        examples=(
            ("opsh boot counter counter.sire", "Make the machine counter."),
            ("opsh boot counter counter.sire --start", "Make it and have it run on its own."),
        ),
        see="opsh-start(1) opsh-import(1) sire(7)",
    ),
    Verb(
        "start",
        "run a machine",
        "shell.start:run",
        (
            MACHINE,
            Argument("--detach", Kind.FLAG, "leave it running on its own and return", short="-d"),
            Argument("--bare", Kind.FLAG, "print the values only, without their times"),
        ),
        Danger.REVERSIBLE,
        help=(
            "It goes on from its last durable event, however it ended. In the foreground its trk is printed to "
            "standard output until Ctrl-C, which stops it, or until no cog waits for anything any more. With "
            "`--detach` it is left running on its own, and the command returns as soon as the machine can be "
            "reached.\n\n"
            "Two processes cannot run one machine."
        ),
        examples=(
            ("opsh start counter", "Run it here, until Ctrl-C."),
            ("opsh start counter --detach", "Leave it running."),
            ("opsh start counter --bare | head -n 5", "The first five values that it shows, and then stop it."),
        ),
        see="opsh-stop(1) opsh-logs(1)",
    ),
    Verb(
        "stop",
        "stop a running machine",
        "shell.stop:run",
        (MACHINE,),
        Danger.DISRUPTIVE,
        help=(
            "Evaluations that are under way have some seconds to end (`config.toml`); what holds the stop up is "
            "told. Then the machine writes what happened and ends. Nothing is lost, and `opsh start` goes on from "
            "there."
        ),
        examples=(("opsh stop counter", "Stop it, and wait until it has."),),
        see="opsh-start(1)",
    ),
    Verb(
        "ps",
        "list the machines",
        "shell.ps:run",
        (JSON,),
        help=(
            "The machines are those in the home: each with its state, the number of its cogs, events and entries "
            "of the trk, its process, memory, and how long it has been running. The state is `running`, "
            "`stopping`, `stopped`, or `unreachable` if it does not answer in two seconds."
        ),
        examples=(
            ("opsh ps", "A table."),
            ("opsh ps --json | jq -r 'select(.state == \"running\") | .machine'", "The names of those that run."),
        ),
        see="opsh-cogs(1) opsh-du(1)",
    ),
    Verb(
        "logs",
        "print a machine's trk",
        "shell.logs:run",
        (
            MACHINE,
            FOLLOW,
            LAST,
            COG,
            Argument("--bare", Kind.FLAG, "print the values only, without their times"),
            JSON,
        ),
        help=(
            "All of the trk, from the first entry, unless `--last` says otherwise; of a machine that runs or not. "
            "With `--follow` it goes on with each entry as it comes, through stops and starts of the machine, "
            "until interrupted.\n\n"
            "Each entry is printed as Rex: when it was tracked, the value, an empty line. With `--bare` it is the "
            "value alone."
        ),
        examples=(
            ("opsh logs counter -n 3 -f", "The last three entries, and then each new one."),
            ("opsh logs dice --cog 2 --bare", "What cog 2 said, without the times."),
        ),
        see="opsh-events(1)",
    ),
    Verb(
        "events",
        "list what happened in a machine",
        "shell.events:run",
        (
            MACHINE,
            Argument("--cog", Kind.NUMBER, "only the events that this cog took part in"),
            Argument("--from", Kind.EVENT, "only this event and those after it"),
            Argument("--last", Kind.NUMBER, "only the last N of them", short="-n"),
            JSON,
        ),
        help=(
            "Of a machine that runs or not: the number of each event, when it was, and what was delivered to which cog."
        ),
        examples=(
            ("opsh events counter -n 10", "The last ten."),
            (
                "opsh events counter --cog 1 --from 100 --json",
                "What cog 1 took part in since event 100, for a program to read.",
            ),
        ),
        see="opsh-inspect(1) opsh-fork(1) opsh-logs(1)",
    ),
    Verb(
        "cog",
        "restart, replace or drop a cog",
        "shell.repair:run",
        (
            Argument(
                "action",
                Kind.ACTION,
                "`restart` (from its last good state), `replace` or `drop`",
                choices=("restart", "replace", "drop"),
            ),
            MACHINE,
            Argument("cog", Kind.COG, "the cog's number"),
            Argument("file", Kind.FILE, "for `replace`: a Sire file whose `main` takes the cog's place", optional=True),
        ),
        Danger.DISRUPTIVE,
        help=(
            "With `restart` a cog that crashed, or ran out of time, goes on from its last good state. With "
            "`replace` the `main` of the Sire file (or the value in the seed) FILE takes its place. With `drop` "
            "it is taken out of the machine.\n\n"
            "The machine may be running or stopped. What is done is an event like any other: it is replayed, and "
            "what was before it can still be seen."
        ),
        examples=(
            ("opsh cog restart counter 1", "Have cog 1 try again."),
            ("opsh cog replace counter 1 counter2.sire", "Put another program in its place."),
        ),
        see="opsh-cogs(1) opsh-inspect(1)",
    ),
    Verb(
        "poke",
        "send a value to a cog",
        "shell.poke:run",
        (
            MACHINE,
            Argument("cog", Kind.COG, "the cog's number"),
            Argument("path", Kind.PATH, "the path that it listens on: words with slashes between them"),
            Argument("value", Kind.TEXT, "the value, written in Sire with the names of `prelude`"),
        ),
        Danger.REVERSIBLE,
        help=(
            "The cog has to listen on PATH (`%poke`): in a machine that is running within ten seconds, in a "
            "stopped one now. It is done when the event is on disk."
        ),
        examples=(
            ("opsh poke counter 1 set 5", "Give 5 to a cog that listens on `[%set]`."),
            ("opsh poke chat 2 say/hello '[{Ann} 7]'", "Give a row to one that listens on `[%say %hello]`."),
        ),
        see="opsh-cogs(1) sire(7) syscalls(7)",
    ),
    Verb(
        "cogs",
        "list a machine's cogs and what each waits for",
        "shell.cogs:run",
        (MACHINE, JSON),
        help=(
            "Of a machine that runs or not: the number of each cog, its state, the last event that it took part "
            "in, and the requests that it waits on or the error that it stopped with. A state is `running`, "
            "`finished`, `crashed` or `timed out`."
        ),
        examples=(("opsh cogs counter", "A table."),),
        see="opsh-inspect(1) opsh-cog(1) syscalls(7)",
    ),
    Verb(
        "inspect",
        "print the value that a cog is",
        "shell.inspect:run",
        (
            MACHINE,
            Argument("cog", Kind.COG, "the cog's number"),
            Argument("--at", Kind.EVENT, "as it was after this event, not as it is now"),
            Argument("--part", Kind.PART, "only this part of it: numbers with slashes between them, counted from 0"),
            JSON,
        ),
        help=(
            "The value is printed as Rex. What is too large to be read is left out, with an ellipsis in its "
            "place; `--part` goes into the value to see it.\n\n"
            "With `--at` the nearest snapshot before the event is read and the events since then are computed "
            "again, outside the process that runs the machine."
        ),
        examples=(
            ("opsh inspect counter 1", "The value that cog 1 is."),
            (
                "opsh inspect counter 1 --part 2",
                "Its part 2: of an application part 0 is the function, the others are its arguments.",
            ),
            ("opsh inspect counter 1 --part 2/0", "In that, the first part."),
            ("opsh inspect counter 1 --at 20", "What cog 1 was after event 20."),
        ),
        see="opsh-cogs(1) opsh-events(1) plan(7)",
    ),
    Verb(
        "fork",
        "make a new machine from any moment of another",
        "shell.fork:run",
        (
            MACHINE,
            Argument("new", Kind.NEW, "the name, or the directory, of the new machine"),
            Argument("--at", Kind.EVENT, "from the moment after this event, not from the present"),
        ),
        Danger.REVERSIBLE,
        help=(
            "The new machine has the history of the other one up to that moment, and goes on from there, with its "
            "open requests, when it is started. The other one, running or not, is left as it is. Identities are "
            "not copied."
        ),
        examples=(
            ("opsh fork counter try", "Make the machine try from the present of counter."),
            ("opsh fork counter try --at 20", "Make it from the moment after event 20."),
        ),
        see="opsh-events(1) opsh-export(1)",
    ),
    Verb(
        "export",
        "write a machine to a file, to be carried elsewhere",
        "shell.parcels:export",
        (
            MACHINE,
            Argument("file", Kind.FILE, "the file to write"),
            Argument("--log", Kind.FLAG, "with its whole history and its trk, not only its state"),
        ),
        Danger.REVERSIBLE,
        help=(
            "The state of the machine is in the file: its cogs with all that they wait for. With `--log` its "
            "whole history and its trk are, too. Identities are not in it. The machine may run meanwhile."
        ),
        examples=(("opsh export counter counter.machine --log", "Write all of it."),),
        see="opsh-import(1) opsh-store(7)",
    ),
    Verb(
        "import",
        "make a machine of a file that export wrote",
        "shell.parcels:import_",
        (
            Argument("file", Kind.FILE, "the file to read"),
            Argument("new", Kind.NEW, "the name, or the directory, of the new machine"),
        ),
        Danger.REVERSIBLE,
        help=(
            "The file may be from a computer of another kind. Every pin is checked, and nothing is made of a "
            "damaged file. An import that was interrupted goes on where it was when it is asked for again."
        ),
        examples=(("opsh import counter.machine counter", "Make the machine counter."),),
        see="opsh-export(1) opsh-boot(1)",
    ),
    Verb(
        "verify",
        "check everything that a machine has on disk",
        "shell.verify:run",
        (MACHINE, JSON),
        help=(
            "Every pin must have its hash, every event must come out again as the log says, every snapshot must "
            "be the state that the log comes to, every entry of the trk must be readable. The machine may be "
            "running. Status 1 if anything is wrong."
        ),
        examples=(("opsh verify counter", "Check it."),),
        see="opsh-store(7)",
    ),
    Verb(
        "snapshot",
        "write a machine's present state to its store",
        "shell.space:snapshot",
        (MACHINE,),
        Danger.REVERSIBLE,
        help=(
            "A start then has only the events after it to compute again. A running machine takes one now and then "
            "by itself, and when it stops."
        ),
        examples=(("opsh snapshot counter", "Take one now."),),
        see="opsh-gc(1)",
    ),
    Verb(
        "gc",
        "make room in a machine's store",
        "shell.space:gc",
        (
            MACHINE,
            Argument("--keep", Kind.NUMBER, "keep only the newest N snapshots"),
            JSON,
        ),
        Danger.REVERSIBLE,
        "Deletes the pins that no snapshot and no event needs: nothing is lost that anybody could ask for. The files "
        "of a stopped machine are made as short as they can be; those of a running one have room in them then.",
        examples=(
            ("opsh gc counter", "Make room, and lose nothing."),
            ("opsh gc counter --keep 3", "Keep three snapshots; older moments are computed from the log."),
        ),
        see="opsh-du(1) opsh-prune(1) opsh-snapshot(1)",
    ),
    Verb(
        "prune",
        "forget a machine's past, but for what is to be kept",
        "shell.space:prune",
        (
            MACHINE,
            Argument("--events", Kind.NUMBER, "keep the last N events"),
            Argument("--days", Kind.NUMBER, "keep the events of the last N days"),
            Argument("--before", Kind.EVENT, "forget what led to this event"),
            Argument("--dry-run", Kind.FLAG, "only tell what would be forgotten"),
            JSON,
        ),
        Danger.IRREVERSIBLE,
        "Without options as `[history]` in the machine's `config.toml` says: how many events are kept, of how many "
        "days. The past then begins with the newest snapshot that leaves as much, or of a stopped machine with just "
        "the event that is given; its log, its trk and its snapshots up to there are deleted. When that was done, and "
        "by which rule, is kept for good, and told by `du`, by `events` and to whoever asks for what is gone.",
        examples=(
            ("opsh prune counter --events 10000 --dry-run", "Tell what would go."),
            ("opsh prune counter --days 30", "Keep thirty days."),
            ("opsh gc counter", "Then make room of what only the past needed."),
        ),
        see="opsh-gc(1) opsh-du(1) opsh-events(1)",
    ),
    Verb(
        "du",
        "tell what the space of a machine's store goes to",
        "shell.space:du",
        (MACHINE, JSON),
        help=(
            "Of a machine that runs or not: each table of the store, each cog, what only the past needs or "
            "nothing does, and the largest pins."
        ),
        examples=(("opsh du counter", "Three tables."),),
        see="opsh-gc(1) opsh-store(7)",
    ),
    Verb(
        "sire",
        "load Sire files, then open a console",
        "shell.console:run",
        (
            Argument("files", Kind.FILE, "files to load, in this order", optional=True, many=True),
            Argument("--expression", Kind.TEXT, "evaluate this after the files, print it, open no console", short="-e"),
            Argument("--batch", Kind.FLAG, "open no console; print what was loaded, and what of it was wrong"),
            PATH,
            Argument("--keep-going", Kind.FLAG, "with --batch: tell everything that is wrong, not only the first"),
            Argument(
                "--jet-mismatch-crash",
                Kind.FLAG,
                "with --batch: a law with a jet's name that is not that jet is an error",
            ),
            Argument(
                "--law-fallback-warn",
                Kind.FLAG,
                "with --batch: tell which jets gave way to their laws, and how often",
            ),
            Argument("--law-fallback-crash", Kind.FLAG, "with --batch: the same, and it is an error"),
            JSON,
        ),
        help=(
            "The files are loaded in the order given, then expressions are read and their values printed. The "
            "names are those of the files, or of `prelude` where no file is given; `:help` tells the commands. "
            "What is typed may also come from a pipe.\n\n"
            "With `--batch` the files are only loaded: what they track is printed, then how many modules were "
            "loaded, how many definitions and assertions are in them, how many jets have their laws there, and "
            "how long it took. Status 1 if anything in them is wrong. With `--json` errors are objects with file, "
            "line, column and message."
        ),
        examples=(
            ("opsh sire -e '(add 2 3)'", "Evaluate an expression."),
            ("opsh sire counter.sire", "A console with the names of that file."),
            ("opsh sire --batch --keep-going *.sire", "Check some files, and tell all that is wrong."),
        ),
        see="opsh-doc(1) opsh-profile(1) sire(7)",
        in_window=False,
    ),
    Verb(
        "doc",
        "tell what the library says about a name",
        "shell.doc:run",
        (
            Argument("name", Kind.NAME, "a function, macro, module or Sire file; none: the modules", optional=True),
            Argument("--module", Kind.FLAG, "NAME is a module, though there is a function of that name, too"),
            Argument("--search", Kind.WORD, "list what has WORD in its name, its type or its text", short="-s"),
            Argument("--check", Kind.FLAG, "run the examples of a module, of a file, or of all modules"),
            PATH,
            JSON,
        ),
        help=(
            "How it is called, what it takes and gives, what it does, examples, and where it is defined, with which "
            "hash. A module's own text comes before its functions. Where a function and a module have one name, it is "
            "the function, unless `--module` is given. The examples can be tried in the console: `opsh sire`.\n\n"
            "Without NAME the modules are listed. With `--check` the examples are run, and those that do not hold are "
            "printed; the status is then 1."
        ),
        examples=(
            ("opsh doc map", "What the library says about `map`."),
            ("opsh doc --search sort", "What has to do with sorting."),
            ("opsh doc --check mine.sire", "Run the examples in a file."),
        ),
        see="opsh-sire(1) sire-library(7)",
        in_window=False,
    ),
    Verb(
        "save",
        "write the `main` of a Sire file to a seed",
        "shell.seeds:save",
        (
            Argument("seed", Kind.SEED, "the seed to write"),
            Argument("file", Kind.FILE, "the Sire file"),
            PATH,
        ),
        Danger.REVERSIBLE,
        help=(
            "Nothing is run but what the file says when it is loaded. Modules are looked for beside the file, in "
            "each `--path`, and in the library."
        ),
        examples=(("opsh save counter.seed counter.sire", "Write it."),),
        see="opsh-show(1) opsh-repl(1)",
    ),
    Verb(
        "show",
        "print the value in a seed",
        "shell.seeds:show",
        (Argument("seed", Kind.SEED, "the seed to read"),),
        help=(
            "All of it, as Loot: a definition for each pin, each after those that it needs, then the value. `opsh "
            "loot` reads that."
        ),
        examples=(("opsh show counter.seed", "Print it."),),
        see="opsh-loot(1) loot(7)",
    ),
    Verb(
        "repl",
        "open a console on the value in a seed",
        "shell.seeds:repl",
        (
            Argument("seed", Kind.SEED, "the seed to read"),
            Argument("--feed", Kind.FLAG, "no console: the value is a function, from bytes to output and next version"),
            Argument("--save", Kind.SEED, "with --feed: where to write the last version"),
            PATH,
        ),
        help=(
            "In the console the value is `main`.\n\n"
            "With `--feed` there is no console: the value is a function, it is given standard input, a bar of "
            "bytes at a time as that comes, and answers each with a row of a bar for standard output and of its "
            "own next version. The end of the input is an empty bar."
        ),
        examples=(
            ("opsh repl counter.seed", "A console on the value."),
            ("opsh repl wc.seed --feed --save wc2.seed < text", "Feed it a text, and keep what became of it."),
        ),
        see="opsh-save(1) opsh-sire(1)",
        in_window=False,
    ),
    Verb(
        "loot",
        "read values in text, as `show` prints them",
        "shell.loot:run",
        (
            Argument("files", Kind.FILE, "files to run, in this order; none: a console", optional=True, many=True),
            Argument("--save", Kind.SEED, "write the last value to a seed"),
        ),
        help=(
            "Each definition is run and shown: `(f a)=body` is a pinned law, `(| x)=value` a pin, `x=value` a "
            "name for a value. Without files they are read from a console, or from standard input."
        ),
        examples=(("opsh show counter.seed | opsh loot --save copy.seed", "Read what `opsh show` printed."),),
        see="opsh-show(1) loot(7)",
        in_window=False,
    ),
    Verb(
        "jets",
        "list the jets, or check them against their laws",
        "shell.jets:run",
        (
            Argument("names", Kind.NAME, "only these jets", optional=True, many=True),
            Argument("--check", Kind.FLAG, "run each on many inputs, and its law on the same"),
            Argument("--path", Kind.DIRECTORY, "with --check: take the laws from the `prelude` in this directory"),
            Argument("--examples", Kind.NUMBER, "with --check: how many inputs each is tried on (100)"),
            Argument("--seed", Kind.NUMBER, "with --check: another choice of inputs for each number (0)"),
            JSON,
        ),
        help=(
            "Of each jet its name, family, arity, whether there is native code for it, and the hash of each law "
            "that it stands in for.\n\n"
            "With `--check` the native code of each is run, and its law without it, on the same inputs, most of "
            "which the jet is for and some not: it must give what its law gives, crashes included. The inputs are "
            "the same each time, for each `--seed`. The laws are those of our own library, or of the module "
            "`prelude` in `--path`. "
            "Status 1 if a jet is not its law; the input is printed."
        ),
        examples=(
            ("opsh jets", "List them."),
            ("opsh jets --check _Add _Mul", "Check two of them."),
        ),
        see="jets(7)",
        in_window=False,
    ),
    Verb(
        "profile",
        "show where the time of a program goes, by law",
        "shell.profile:run",
        (
            Argument("file", Kind.FILE, "a Sire file, to be compiled and run anew; its imports are not", optional=True),
            Argument(
                "--expression", Kind.TEXT, "evaluate this instead, with the names of FILE or `prelude`", short="-e"
            ),
            Argument("--output", Kind.FILE, "where to write the trace (profile.json)", short="-o"),
            PATH,
        ),
        Danger.REVERSIBLE,
        help=(
            "The table on standard output says in which laws the time was spent (self), and in which or in what "
            "they called (total). The trace has all that was seen, call by call, for https://speedscope.app or "
            "any reader of that format. A file is compiled anew, and that is part of what is seen; with "
            "`--expression` it is not."
        ),
        examples=(("opsh profile -e '(sum (gen 20000 id))'", "Where the time of an expression goes."),),
        see="opsh-sire(1)",
        in_window=False,
    ),
    Verb(
        "demo",
        "make two machines from the library's demos and show them",
        "shell.demo:run",
        (Argument("--seconds", Kind.NUMBER, "without a terminal: print their trk for N seconds (10), then stop them"),),
        Danger.REVERSIBLE,
        help=(
            "The machines are made, unless they are there, started, and shown in the window; leaving that leaves "
            "them running. Without a terminal their trk is printed, each entry with the name of its machine, and "
            "they are stopped."
        ),
        examples=(
            ("opsh demo", "The window on them."),
            ("opsh demo --seconds 3 | cat", "Three seconds of their trk."),
        ),
        see="opsh-boot(1) opsh-start(1)",
        in_window=False,
    ),
    Verb(
        "completions",
        "print the completions of verbs, options and machines for a shell",
        "shell.completions:run",
        (Argument("shell", Kind.SHELL, "`bash`, `zsh` or `fish`", choices=("bash", "zsh", "fish")),),
        help="The shell is to read them when it starts; see the examples.",
        examples=(
            ("source <(opsh completions bash)", "In `~/.bashrc`."),
            ("source <(opsh completions zsh)", "In `~/.zshrc`, after `compinit`."),
            ("opsh completions fish | source", "In `~/.config/fish/config.fish`."),
        ),
        in_window=False,
    ),
    Verb(
        "help",
        "explain a verb",
        "shell.arguments:run_help",
        (Argument("verb", Kind.VERB, "the verb to explain", optional=True),),
        help=(
            "Without VERB all of them are listed. The same is said by `opsh VERB --help`, and by the manual: `man "
            "opsh-VERB`."
        ),
        examples=(("opsh help boot", "Explain `boot`."),),
        see="opsh-completions(1)",
    ),
)
BY_NAME = {verb.name: verb for verb in VERBS}
