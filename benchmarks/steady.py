#!/usr/bin/env python3
"""Loads the gateway evenly for long, with streams, history and a change of the configuration every few seconds, and
fails if its memory drifts by more than 2 % or anything goes wrong; the drift of latency, which the machine has a part in, is told.

    benchmarks/steady.py [--minutes 30] [--rate 1000] [--streams 50] [--change 10] [--json FILE]

Every request has another prompt, so that each is classified anew, and what remembers requests or conversations fills
up to its bounds: that is the warm-up (the first fifth, at least two minutes), which does not count. One row a minute.
"""
import argparse
import json
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import run  # noqa: E402

ALLOWED_DRIFT = 0.02
SPAN = 30  # seconds of one run of the driver


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--minutes", type=float, default=30)
    options.add_argument("--rate", type=float, default=1000, help="requests a second")
    options.add_argument("--streams", type=int, default=50, help="with an event each 10 ms")
    options.add_argument("--change", type=float, default=10, help="seconds between two configurations")
    options.add_argument("--build", type=pathlib.Path, default=run.root / "build/release")
    options.add_argument("--json", type=pathlib.Path)
    chosen = options.parse_args()
    build = chosen.build.resolve()
    processes = run.Processes()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="codecrucible-steady-"))
    try:
        rows, changes = measure(processes, folder, build, chosen)
    finally:
        processes.stop()
        shutil.rmtree(folder, ignore_errors=True)
    if chosen.json:
        chosen.json.write_text(json.dumps(rows, indent=1) + "\n")
    sys.exit(0 if judge(rows, changes, chosen) else 1)


class Changes(threading.Thread):
    """Saves another configuration every few seconds: rules, limits and the level of the log."""

    def __init__(self, path, every):
        super().__init__(daemon=True)
        self.path, self.every, self.text = path, every, path.read_text()
        self.done = threading.Event()
        self.count = 0

    def run(self):
        while not self.done.wait(self.every):
            self.count += 1
            level = ("warn", "error")[self.count % 2]
            text = self.text.replace("level: warn", f"level: {level}")
            text += f"""  routing:
    rules:
      - condition: promptTokens > {100 + self.count % 50}
        tier: quality
        confidence: 0.9
        description: Rule {self.count % 7}
"""
            new = self.path.with_suffix(".new")
            new.write_text(text)
            new.rename(self.path)


def resident_kb(pid):
    return int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text()).group(1))


def counted(port, name):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as reply:
        page = reply.read().decode()
    return sum(float(line.rsplit(" ", 1)[1]) for line in page.splitlines() if line.startswith(name))


def measure(processes, folder, build, chosen):
    backend = run.free_port()
    canned = processes.start(1, build / "benchmarks/canned_backend", backend)
    run.wait_for(backend, "the canned backend", canned)
    port, pids, _ = run.start_gateway(processes, folder, backend, build / "codecrucible")
    print(f"{'minute':>7}{'RSS MB':>8}{'requests':>10}{'p50 µs':>8}{'p99 µs':>8}{'errors':>7}", flush=True)
    print(f"{0:>7}{resident_kb(pids[0]) / 1024:>8.2f}", flush=True)
    processes.start(1, build / "benchmarks/driver", "paced", port, run.CHAT, "lmstudio/paced-10-200", chosen.streams,
                    chosen.minutes * 60 + 30, stdout=subprocess.DEVNULL)
    changes = Changes(folder / "config.yaml", chosen.change)
    changes.start()
    rows, began = [], time.monotonic()
    while time.monotonic() - began < chosen.minutes * 60:
        row = run.drive(build, "vary", port, run.CHAT, "auto", chosen.rate, 64, SPAN)
        row["at"] = (time.monotonic() - began) / 60
        row["rss_kb"] = resident_kb(pids[0])
        rows.append(row)
        if len(rows) % 2 == 0:
            print(f"{row['at']:>7.1f}{row['rss_kb'] / 1024:>8.2f}{row['finished']:>10}{row['p50_us']:>8.0f}{row['p99_us']:>8.0f}"
                  f"{row['errors']:>7}", flush=True)
    changes.done.set()
    applied = counted(port, 'codecrucible_config_reloads_total{result="applied"}')
    written = counted(port, "codecrucible_history_records_total")
    print(f"{changes.count} configurations saved, {applied:.0f} applied; {written:.0f} records written")
    return rows, changes.count


def judge(rows, changes, chosen):
    warm = max(chosen.minutes / 5, min(2, chosen.minutes / 2))
    counting = [row for row in rows if row["at"] > warm]
    third = max(1, len(counting) // 3)
    first, last = counting[:third], counting[-third:]

    def drift(key):
        before = statistics.median(row[key] for row in first)
        return statistics.median(row[key] for row in last) / before - 1 if before else 0

    errors = sum(row["errors"] for row in rows)
    print(f"after {warm:.0f} minutes of warm-up: RSS {drift('rss_kb'):+.1%}, p50 {drift('p50_us'):+.1%}, "
          f"p99 {drift('p99_us'):+.1%}, errors {errors}")
    return abs(drift("rss_kb")) <= ALLOWED_DRIFT and errors == 0 and changes > 0


if __name__ == "__main__":
    main()
