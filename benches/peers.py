"""Times pinq beside other engines on eight of its questions: whole processes in alternation over a generated landing.

It owns the modes, the order of the runs and the table. It makes what it needs by itself: the landing, and an
environment of Python with the engines. It runs with Python 3.11 or later and nothing else.

    python3 benches/peers.py big                    # 2,000,000 posts in objects of 100,000 records, on disk
    python3 benches/peers.py tiny                   # 60,000 objects of one record, on disk
    python3 benches/peers.py s3 --latency 50ms      # the same behind the bucket server of the examples
    python3 benches/peers.py big --only duckdb-load,polars --rounds 5 --pinq target/release/pinq

Build first: `cargo build --release --bin pinq --example s3-landing`.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import venv

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
sys.path.insert(0, os.path.join(HERE, "peers"))
# No `__pycache__` in the source tree, neither from here nor from the engines.
sys.dont_write_bytecode = True
os.environ["PYTHONDONTWRITEBYTECODE"] = "1"

import generate  # noqa: E402
import measure  # noqa: E402
import questions  # noqa: E402

PACKAGES = {
    "duckdb": ["duckdb"],
    "chdb": ["chdb"],
    "polars": ["polars"],
    "datafusion": ["datafusion"],
    "spark": ["pyspark"],
}
# DuckDB reads S3 with an extension, which the registry of Python packages has for some versions alone.
PACKAGES_S3 = PACKAGES | {"duckdb": ["duckdb==1.5.5", "duckdb_extensions==1.5.5", "duckdb_extension_httpfs==1.5.5"]}
MODES = {
    "big": ("duckdb", "duckdb-load", "duckdb-native", "chdb", "polars", "datafusion"),
    "tiny": ("duckdb", "duckdb-load", "chdb", "polars", "datafusion"),
    "s3": ("duckdb", "chdb", "polars", "datafusion"),
}
# Over S3 these wait for one object or a few at a time, so they get a landing of fewer.
SLOW_OVER_S3 = ("duckdb", "chdb", "datafusion")
SEED = 7
# pinq by itself: without its cache; with an empty one; with the one that the run before left; and, without a cache,
# every question twice, the second time over rows in memory, so that the difference is SQL over tables in memory.
OWN = {"big": ("pinq", "pinq-first", "pinq-second", "pinq-twice")}
OWN_ELSE = ("pinq", "pinq-first", "pinq-second")


def main():
    arguments = parse()
    asked = questions.ALL if arguments.mode == "big" else questions.TINY
    engines = chosen(arguments)
    python = environment(arguments, engines)
    print(f"machine: {measure.machine()}")
    print(f"engines: {versions(python)}; {output_of([arguments.pinq, '--version'])}")

    own = OWN.get(arguments.mode, OWN_ELSE)
    landings = {engine: landing(arguments, engine) for engine in [*own, *engines]}
    for folder in sorted(set(landings.values())):
        files, size = measure.read_once(folder)
        print(f"landing: {folder}: {files - 1:,} objects, {size / 1e6:,.1f} MB, read once before the first run")
    if "duckdb-native" in engines:
        prepare_native(arguments, python, landings["duckdb-native"])

    runs = {engine: [] for engine in landings}
    for number in range(arguments.rounds):
        for engine, folder in landings.items():
            done = run_engine(arguments, python, engine, folder, asked)
            runs[engine].append(done)
            outcome = done.failure or f"{done.seconds:.2f} s, {done.megabytes:.0f} MB"
            print(f"round {number + 1}: {engine}: {outcome}", file=sys.stderr, flush=True)
    print_table(arguments, runs)
    print_answers(runs, landings, asked)


def parse():
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    built = [os.path.join(ROOT, "target/release", name) for name in ("pinq", "examples/s3-landing")]
    parser = argparse.ArgumentParser(description="time pinq beside other engines")
    parser.add_argument("mode", choices=MODES, help="which landing, and where it lies")
    parser.add_argument("--pinq", default=built[0], help="the program (default: %(default)s)")
    parser.add_argument("--pinq-arguments", default="", help="more arguments for `pinq run`, separated by blanks")
    parser.add_argument("--server", default=built[1], help="the bucket server, for s3 (default: %(default)s)")
    parser.add_argument("--latency", default="50ms", help="how long the server sleeps at each request")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each engine (default: %(default)s)")
    parser.add_argument("--only", help="these engines beside pinq, with commas between; `none` for pinq alone")
    parser.add_argument("--spark", action="store_true", help="Spark, too, which needs a Java runtime")
    parser.add_argument("--posts", type=int, help="posts of the landing (default: 2,000,000, or 20,000 in tiny and s3)")
    parser.add_argument("--slow-posts", type=int, default=200, help="posts over S3 for those that wait for each object")
    parser.add_argument("--timeout", type=float, default=900, help="seconds after which a run is stopped")
    parser.add_argument("--landings", default=os.path.join(cache, "pinq-bench/landings"), help="where landings are made")
    parser.add_argument("--environment", default=os.path.join(cache, "pinq-bench/python"), help="where engines go")
    arguments = parser.parse_args()
    for name in ("pinq", "server", "landings", "environment"):
        setattr(arguments, name, os.path.abspath(getattr(arguments, name)))
    if arguments.rounds < 1:
        parser.error("`--rounds` is at least 1")
    for program in [arguments.pinq] + [arguments.server] * (arguments.mode == "s3"):
        if not os.access(program, os.X_OK):
            parser.error(f"`{program}` is no program: build it with the command in the head of this file")
    if arguments.posts is None:
        arguments.posts = 2_000_000 if arguments.mode == "big" else 20_000
    return arguments


def chosen(arguments):
    """The peers to run, in order."""
    engines = list(MODES[arguments.mode]) + ["spark"] * (arguments.spark and arguments.mode != "s3")
    if arguments.only is None:
        return engines
    only = [] if arguments.only == "none" else arguments.only.split(",")
    if unknown := set(only) - set(engines):
        raise SystemExit(f"no such engine in this mode: {', '.join(sorted(unknown))}; there are {', '.join(engines)}")
    return [engine for engine in engines if engine in only]


def environment(arguments, engines):
    """The interpreter of an environment that has the engines; made and filled where it lacks one."""
    folder = arguments.environment + ("-s3" if arguments.mode == "s3" else "")
    packages = PACKAGES_S3 if arguments.mode == "s3" else PACKAGES
    python = os.path.join(folder, "bin/python")
    if not os.path.exists(python):
        print(f"making {folder}", file=sys.stderr)
        venv.create(folder, with_pip=True)
    needed = sorted({package for engine in engines for package in packages[engine.split("-")[0]]})
    present = output_of([python, "-m", "pip", "list", "--format=freeze"]).lower().split()
    names = {line.split("==")[0] for line in present}
    missing = [package for package in needed if package not in (present if "==" in package else names)]
    if missing:
        print(f"installing {' '.join(missing)}", file=sys.stderr)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *missing], check=True)
    return python


def versions(python):
    """The versions of the engines in the environment."""
    wanted = ("duckdb", "chdb", "polars", "datafusion", "pyspark")
    listed = output_of([python, "-m", "pip", "list", "--format=freeze"]).split()
    return ", ".join(line.replace("==", " ") for line in listed if line.split("==")[0] in wanted) or "none"


def output_of(command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def landing(arguments, engine):
    """The folder of the landing that the engine reads; made where it does not exist."""
    posts, per_object, partitions = arguments.posts, 1, 1
    if arguments.mode == "big":
        per_object, partitions = 100_000, 3
    elif arguments.mode == "s3" and engine in SLOW_OVER_S3:
        posts = min(posts, arguments.slow_posts)
    folder = os.path.join(arguments.landings, f"{'big' if per_object > 1 else 'tiny'}-{posts}")
    if not generate.is_whole(folder, posts, per_object, partitions, SEED):
        print(f"making {folder}", file=sys.stderr, flush=True)
        shutil.rmtree(folder, ignore_errors=True)
        generate.write_landing(folder, posts, per_object, partitions, SEED)
    return folder


def prepare_native(arguments, python, folder):
    """Loads everything into a database once: what is timed are the runs after."""
    if os.path.exists(f"{folder}.duckdb"):
        os.remove(f"{folder}.duckdb")
    command = [python, os.path.join(HERE, "peers/engines.py"), "duckdb-native", folder]
    done = measure.run(command, {}, arguments.timeout)
    print(f"duckdb-native: {done.failure or f'loading took {done.seconds:.2f} s, {done.megabytes:.0f} MB, not counted below'}")


def run_engine(arguments, python, engine, folder, asked):
    """One run of one engine over its landing."""
    server = measure.S3Server(arguments.server, folder, arguments.latency, PORT) if arguments.mode == "s3" else None
    location = "s3://landing" if server else folder
    cache = os.path.join(arguments.landings, f"cache-{arguments.mode}")
    if engine == "pinq-first":
        shutil.rmtree(cache, ignore_errors=True)
    if engine.startswith("pinq"):
        files = [find_question(question) for question in asked] * (2 if engine == "pinq-twice" else 1)
        options = ["--quiet", "--format", "csv", "--landing", f"{location}/topics/", *arguments.pinq_arguments.split()]
        options += ["--no-cache"] * (engine in ("pinq", "pinq-twice"))
        command = [arguments.pinq, "run", *options, *files]
    else:
        command = [python, os.path.join(HERE, "peers/engines.py"), engine, location, *asked]
    variables = {"XDG_CACHE_HOME": cache} if engine.startswith("pinq") else {}
    try:
        return measure.run(command, variables | (server.environment if server else {}), arguments.timeout)
    finally:
        if server:
            counts[engine, folder] = server.end()


# A cache knows a bucket by its service, so every run meets it at the same port.
PORT = "19077"
# What the server counted in the last run of an engine over a landing.
counts = {}


def find_question(number):
    """pinq's own file of that number."""
    folder = os.path.join(ROOT, "queries")
    return os.path.join(folder, next(name for name in sorted(os.listdir(folder)) if name.startswith(f"{number}_")))


def print_table(arguments, runs):
    """Medians, the ratio of pinq's median to each, and the peak of memory over all rounds."""
    print(f"\n{'engine':<14} {'median s':>9} {'fastest':>8} {'slowest':>8} {'pinq/it':>8} {'peak MB':>8} rounds")
    medians = {}
    for engine, done in runs.items():
        good = [run.seconds for run in done if not run.failure]
        if not good:
            print(f"{engine:<14} failed: {done[-1].failure}")
            continue
        medians[engine] = statistics.median(good)
        comparable = not (arguments.mode == "s3" and engine in SLOW_OVER_S3)
        ratio = f"{medians['pinq'] / medians[engine]:.3f}" if comparable and "pinq" in medians else ""
        peak = max(run.megabytes for run in done)
        times = f"{medians[engine]:>9.2f} {min(good):>8.2f} {max(good):>8.2f}"
        print(f"{engine:<14} {times} {ratio:>8} {peak:>8.0f} {len(good)}/{len(done)}")
    if {"pinq", "pinq-first", "pinq-second"} <= medians.keys():
        first = medians["pinq-first"] / medians["pinq"]
        print(f"\na first run with the cache takes {first:.2f} of one without")
    if {"pinq", "pinq-second", "pinq-twice"} <= medians.keys():
        memory = medians["pinq-twice"] - medians["pinq"]
        second = medians["pinq-second"]
        print(f"the questions over tables in memory: {memory:.2f} s; a second run takes {second / memory:.2f} of it")
    if "pinq-second" in medians and "duckdb-native" in medians:
        print(f"a second run takes {medians['pinq-second'] / medians['duckdb-native']:.2f} of DuckDB on its own file")
    size = measure.size_of(os.path.join(arguments.landings, f"cache-{arguments.mode}"))
    print(f"the cache has {size / 1e6:,.1f} MB")
    if arguments.mode != "s3":
        return
    print(f"\n{'engine':<14} {'GET':>8} {'GET/s':>8} {'pinq/it':>8} {'LIST':>6} {'HEAD':>6} {'in flight':>9}")
    speeds = {}
    for (engine, _), seen in counts.items():
        if engine in medians:
            speeds[engine] = seen["GET"] / medians[engine]
            ratio = f"{speeds['pinq'] / speeds[engine]:.1f}" if "pinq" in speeds and speeds[engine] else ""
            requests = f"{seen['LIST']:>6} {seen['HEAD']:>6} {seen['peak_in_flight']:>9}"
            print(f"{engine:<14} {seen['GET']:>8} {speeds[engine]:>8.1f} {ratio:>8} {requests}")


def print_answers(runs, landings, asked):
    """Where an answer differs from pinq's over the same landing, else from the first peer's that answered."""
    answers = {engine: answers_of(engine, done, asked) for engine, done in runs.items() if engine != "pinq-twice"}
    print("\nquestion  rows of each engine, and whether the answers agree")
    for question in asked:
        told, reference = [], {}
        for engine, given in answers.items():
            if question not in given:
                told.append(f"{engine}: no answer")
                continue
            rows = given[question]
            first = reference.setdefault(landings[engine], (engine, rows))
            wrong = None
            if first[0] == "pinq" and not engine.startswith("pinq"):
                wrong = questions.difference(question, first[1], rows)
            elif first[1] != rows:
                wrong = f"{[row for row in rows if row not in first[1]][:1]}"
            told.append(f"{engine}: {len(rows)}" + (f" DIFFERS from {first[0]}: {wrong}" if wrong else ""))
        print(f"{question:<9} {'; '.join(told)}")


def answers_of(engine, done, asked):
    """The answers of an engine's last good run by question, as `questions.plain` has them."""
    good = [run for run in done if not run.failure]
    if not good:
        return {}
    if engine.startswith("pinq"):
        return questions.read_csv_answers(good[-1].output, asked)
    lines = [json.loads(line) for line in good[-1].output.splitlines() if line.startswith("{")]
    return {line["question"]: questions.plain(line["rows"]) for line in lines if "question" in line}


if __name__ == "__main__":
    main()
