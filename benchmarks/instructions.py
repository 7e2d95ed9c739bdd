#!/usr/bin/env python3
"""Counts the gateway's instructions per request with callgrind, in fixed scenarios: the same from run to run and
nearly so from machine to machine, so that a regression is seen without a clock.

    benchmarks/instructions.py [--build build/release] [--check] [--write] [--profile SCENARIO]

--check compares with benchmarks/instructions.json and fails beyond +3 %; --write commits the figures there;
--profile prints where one scenario's instructions go.
"""
import argparse
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import run  # noqa: E402

ALLOWED = 1.03
# name: path, model, stream
SCENARIOS = {
    "named": ("lmstudio/canned", 0),
    "auto": ("auto", 0),
    "stream of 64 events": ("lmstudio/canned", 1),
    "through Ollama": ("ollama/canned", 0),
}
FEW, MANY = 200, 700


def count(folder, build, program, model, stream, requests):
    """Instructions of a whole life of the gateway with so many requests."""
    processes = run.Processes()
    try:
        backend = run.free_port()
        canned = processes.start(1, build / "benchmarks/canned_backend", backend)
        run.wait_for(backend, "the canned backend", canned)
        port = run.free_port()
        config = (run.root / "benchmarks/gateway/config.yaml").read_text()
        config = config.replace("@PORT@", str(port)).replace("@BACKEND@", str(backend)).replace("@STATE@", str(folder / "state"))
        (folder / "config.yaml").write_text(config)
        out = folder / f"callgrind.{requests}"
        log = open(folder / "gateway.log", "w")
        gateway = processes.start(0, "valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", program, "serve",
                                  "--config", folder / "config.yaml", stdout=log, stderr=log, cwd=run.root)
        for _ in range(600):
            if "serves on" in (folder / "gateway.log").read_text():
                break
            if gateway.poll() is not None:
                sys.exit("the gateway did not start: " + (folder / "gateway.log").read_text()[-2000:])
            time.sleep(0.1)
        time.sleep(1)
        result = run.drive(build, "latency", port, run.CHAT, model, stream, requests)
        if result["errors"]:
            sys.exit(f"{model}: {result}")
        processes.stop()
        text = out.read_text()
        return int(re.search(r"^(?:summary|totals): (\d+)", text, re.M).group(1)), out
    finally:
        processes.stop()


def per_request(folder, build, program, model, stream):
    few, _ = count(folder, build, program, model, stream, FEW)
    many, _ = count(folder, build, program, model, stream, MANY)
    return round((many - few) / (MANY - FEW))


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--build", type=pathlib.Path, default=run.root / "build/release")
    options.add_argument("--check", action="store_true")
    options.add_argument("--write", action="store_true")
    options.add_argument("--profile", choices=SCENARIOS)
    options.add_argument("--annotate", default="", help="further options of callgrind_annotate")
    chosen = options.parse_args()
    if not shutil.which("valgrind"):
        print("valgrind is not installed (apt-get install valgrind): skipped")
        return
    build = chosen.build.resolve()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="codecrucible-instructions-"))
    committed = pathlib.Path(__file__).with_suffix(".json")
    try:
        # valgrind cannot read this compiler's line tables.
        program = folder / "codecrucible"
        subprocess.run(["strip", "-g", "-o", program, build / "codecrucible"], check=True)
        if chosen.profile:
            _, out = count(folder, build, program, *SCENARIOS[chosen.profile], 3000)
            subprocess.run(["callgrind_annotate", "--threshold=" + ("100" if chosen.annotate else "95"), *chosen.annotate.split(), out], check=False)
            return
        allowed = json.loads(committed.read_text()) if chosen.check else {}
        figures = {}
        for name, (model, stream) in SCENARIOS.items():
            figures[name] = per_request(folder, build, program, model, stream)
            if figures[name] > allowed.get(name, figures[name]) * ALLOWED:  # a busy machine adds a little: once more
                figures[name] = min(figures[name], per_request(folder, build, program, model, stream))
            print(f"{name:22}{figures[name]:>9} instructions per request", flush=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if chosen.write:
        committed.write_text(json.dumps(figures, indent=1) + "\n")
    if chosen.check:
        worse = [f"{name}: {figures[name]} instead of {allowed[name]}" for name in figures
                 if name in allowed and figures[name] > allowed[name] * ALLOWED]
        if worse:
            sys.exit("more instructions per request than committed:\n  " + "\n  ".join(worse))


if __name__ == "__main__":
    main()
