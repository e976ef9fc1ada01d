"""The registry of verbs: what a person can ask for, once, for every place where they can ask for it.

The command line, `opsh help`, the window's `:` prompt and its palette, the completions and the manual (`shell.manual`
writes a page for each) all read this table. To add a verb is to add it here, and to `make docs`.
"""

from shell.verb import Argument, Danger, Kind, Verb

MACHINE = Argument("machine", Kind.MACHINE, "a machine's name, or its directory (anything with a slash in it)")
JSON = Argument("--json", Kind.FLAG, "print JSON, one object a line, instead of text")
FOLLOW = Argument("--follow", Kind.FLAG, "go on printing as entries come, until Ctrl-C", "-f", in_window=False)
LAST = Argument("--last", Kind.NUMBER, "only the last N entries", short="-n")
COG = Argument("--cog", Kind.NUMBER, "only what this cog did")
PATH = Argument("--path", Kind.DIRECTORY, "look for modules in this directory, too", many=True)

VERBS: tuple[Verb, ...] = (
    Verb(
        "boot",
        "make a machine from a Sire file or a seed",
        "shell.boot:run",
        (
            MACHINE,
            Argument("file", Kind.FILE, "a Sire file whose `main` is the first cog, or a seed of such a value"),
            Argument("--start", Kind.FLAG, "start it at once, detached"),
            PATH,
        ),
        Danger.REVERSIBLE,
        "The file is loaded and its `main` becomes the first cog of a new machine. Nothing runs until it is started.",
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
        "In the foreground the machine's trk is printed until Ctrl-C, which stops the machine, or until no "
        "cog waits for anything any more. It goes on from its last durable event, however it ended.",
    ),
    Verb(
        "stop",
        "stop a running machine",
        "shell.stop:run",
        (MACHINE,),
        Danger.DISRUPTIVE,
        "Evaluations that are under way have some seconds to end (config.toml); what holds the stop up is told. Then "
        "the machine writes what happened and ends. Nothing is lost, and `start` goes on from there.",
    ),
    Verb("ps", "list the machines", "shell.ps:run", (JSON,)),
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
        help="All of it, from the first entry, unless --last says otherwise. Of a stopped machine, too.",
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
    ),
    Verb(
        "cog",
        "restart, replace or drop a cog",
        "shell.repair:run",
        (
            Argument("action", Kind.ACTION, "`restart` (from its last good state), `replace` or `drop`"),
            MACHINE,
            Argument("cog", Kind.COG, "the cog's number"),
            Argument("file", Kind.FILE, "for `replace`: a Sire file whose `main` takes the cog's place", optional=True),
        ),
        Danger.DISRUPTIVE,
        "The machine may be running or stopped. What is done is an event like any other: what was before it can still "
        "be seen.",
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
        "The cog has to listen (`%poke`), in a machine that is running within ten seconds; it may be stopped, too. It "
        "is done when the event is on disk.",
    ),
    Verb("cogs", "list a machine's cogs and what each waits for", "shell.cogs:run", (MACHINE, JSON)),
    Verb(
        "inspect",
        "print the value that a cog is",
        "shell.inspect:run",
        (
            MACHINE,
            Argument("cog", Kind.COG, "the cog's number"),
            Argument("--at", Kind.EVENT, "as it was after this event, not as it is now"),
            JSON,
        ),
        help="With --at the nearest snapshot before the event is read and the events since then are computed again, "
        "without disturbing the machine.",
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
        "The new machine has the history of the other one up to that moment, and goes on from there when it is "
        "started. The other one, running or not, is left as it is. Identities are not copied.",
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
        "The cogs are in it with all that they wait for, the identities are not. The machine may run meanwhile.",
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
        "Every pin is checked. An import that was interrupted goes on where it was when it is asked for again.",
    ),
    Verb(
        "verify",
        "check everything that a machine has on disk",
        "shell.verify:run",
        (MACHINE, JSON),
        help="Every pin must have its hash, every event must come out again as the log says, every snapshot must be "
        "the state that the log comes to. Status 1 if anything is wrong.",
    ),
    Verb(
        "snapshot",
        "write a machine's present state to its store",
        "shell.space:snapshot",
        (MACHINE,),
        Danger.REVERSIBLE,
        "A start then has only the events after it to compute again. A running machine does it now and then by itself.",
    ),
    Verb(
        "gc",
        "make room in a stopped machine's store",
        "shell.space:gc",
        (
            MACHINE,
            Argument("--keep", Kind.NUMBER, "keep only the newest N snapshots"),
            Argument("--before", Kind.EVENT, "forget the past before this event: what led to it can be seen no more"),
            JSON,
        ),
        Danger.IRREVERSIBLE,
        "Deletes the pins that no snapshot and no event needs, and makes the file as short as it can be. Without "
        "options nothing is lost that anybody could ask for.",
    ),
    Verb(
        "du",
        "tell what the space of a machine's store goes to",
        "shell.space:du",
        (MACHINE, JSON),
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
        help="The console has the names of the files, or of `prelude` where no file is given; `:help` tells the rest. "
        "What is typed may also come from a pipe.",
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
        help="How it is called, what it takes and gives, what it does, and examples. A module's own text comes before "
        "its functions. The examples can be tried in the console: `opsh sire`. Status 1 if one that is checked "
        "does not hold.",
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
    ),
    Verb(
        "show",
        "print the value in a seed",
        "shell.seeds:show",
        (Argument("seed", Kind.SEED, "the seed to read"),),
        help="All of it, as Loot: a definition for each pin, each after those that it needs. `opsh loot` reads that.",
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
        help="In the console the value is `main`. With --feed it is given standard input, piece by piece as that "
        "comes, and answers each with a row of the bytes to print and of its next version; the end is an empty piece.",
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
        help="Each definition is run and shown: `(f a)=body` is a pinned law, `(| x)=value` a pin, `x=value` a name "
        "for a value.",
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
            JSON,
        ),
        help="A jet must give what its law gives, crashes included. The inputs are the same each time. Without --path "
        "the laws are those of our own library. Status 1 if a jet is not its law; the input is printed.",
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
        "The trace is for https://speedscope.app, or any reader of that format. The table says in which laws the time "
        "was spent (self), and in which or in what they called (total).",
        in_window=False,
    ),
    Verb(
        "demo",
        "make two machines from the library's demos and show them",
        "shell.demo:run",
        (Argument("--seconds", Kind.NUMBER, "without a terminal: print their trk for N seconds (10), then stop them"),),
        Danger.REVERSIBLE,
        "In a terminal this opens the window on them, and leaving it leaves them running.",
        in_window=False,
    ),
    Verb(
        "help",
        "explain a verb",
        "shell.arguments:run_help",
        (Argument("verb", Kind.VERB, "the verb to explain", optional=True),),
    ),
)
BY_NAME = {verb.name: verb for verb in VERBS}
