#!/usr/bin/env python3
"""Opens thousands of streams through the gateway at once, holds them, and hears each to its end.

    benchmarks/streams.py [--streams 10000] [--seconds 15] [--way lmstudio|ollama] [--stop] [--build build/release]

A canned backend writes one event a second on each. Reads the gateway's memory on the way up; fails if a stream is
lost or brings less than its 60 events. With --stop the gateway is told to end while they run: then each has to end in
its own framing before the deadline, none by a closed connection.
"""
import argparse
import json
import os
import pathlib
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import run  # noqa: E402

EVENTS = 60
MODEL = "paced-1000-60"


def raise_file_limit(wanted):
    """Two descriptors a stream are needed by the gateway, one each by the programs around it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(wanted, soft), max(wanted, hard)))
    except ValueError:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        if hard < wanted:
            sys.exit(f"the limit of open files is {hard}, {wanted} are needed: ulimit -Hn {wanted} (as root)")


def steps_to(streams):
    return [step for step in (500, 1000, 2500, 5000) if step < streams] + [streams]


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--streams", type=int, default=10000)
    options.add_argument("--seconds", type=float, default=15, help="held so long when all are open")
    options.add_argument("--way", choices=("lmstudio", "ollama"), default="lmstudio")
    options.add_argument("--stop", action="store_true", help="end the gateway while they run")
    options.add_argument("--build", type=pathlib.Path, default=run.root / "build/release")
    chosen = options.parse_args()
    raise_file_limit(2 * chosen.streams + 1000)
    build = chosen.build.resolve()
    processes = run.Processes()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="codecrucible-streams-"))
    try:
        good = measure(processes, folder, build, chosen)
    finally:
        processes.stop()
        shutil.rmtree(folder, ignore_errors=True)
    sys.exit(0 if good else 1)


def measure(processes, folder, build, chosen):
    backend = run.free_port()
    canned = processes.start(1, build / "benchmarks/canned_backend", backend)
    run.wait_for(backend, "the canned backend", canned)
    port, pids, _ = run.start_gateway(processes, folder, backend, build / "codecrucible")
    driver = processes.start(1, build / "benchmarks/driver", "hold", port, run.CHAT, f"{chosen.way}/{MODEL}", EVENTS,
                             ",".join(map(str, steps_to(chosen.streams))), chosen.seconds, *pids,
                             stdout=subprocess.PIPE, text=True)
    took = stop_amid(processes, pids[0], chosen.streams) if chosen.stop else None
    out, _ = driver.communicate(timeout=600)
    if driver.returncode != 0:
        sys.exit(f"driver: {out}")
    found = json.loads(out)
    report(found, folder)
    if chosen.stop:
        print(f"ended {took:.1f} s after SIGTERM; {found['ended'] - found['lost']} streams ended in their framing, "
              f"{found['lost']} were cut")
        return found["lost"] == 0 and found["ended"] == chosen.streams
    print(f"held {found['held']}, whole {found['whole']} of {chosen.streams}, lost {found['lost']}, errors {found['errors']}; "
          f"{found['events_per_second']:.0f} events/s at {found['cpu_us_per_event']:.2f} µs; "
          f"first event after {found['first_p50_us'] / 1000:.1f} ms (p99 {found['first_p99_us'] / 1000:.1f} ms)")
    return found["held"] == found["whole"] == chosen.streams and found["errors"] == 0


def sockets_of(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def stop_amid(processes, pid, streams):
    """SIGTERM once all streams are open; seconds until the gateway has ended."""
    while sockets_of(pid) < 2 * streams:
        time.sleep(0.1)
    time.sleep(3)
    gateway = next(p for p in processes.running if p.pid == pid)
    gateway.send_signal(signal.SIGTERM)
    began = time.monotonic()
    gateway.wait(60)
    return time.monotonic() - began


def report(found, folder):
    print(f"{'streams':>8}{'RSS MB':>9}{'KB per further stream':>23}")
    before = (0, found["idle_kb"])
    print(f"{0:>8}{before[1] / 1024:>9.1f}")
    for step in found["steps"]:
        now = (step["streams"], step["rss_kb"])
        each = (now[1] - before[1]) / (now[0] - before[0])
        print(f"{now[0]:>8}{now[1] / 1024:>9.1f}{each:>23.1f}")
        before = now
    if found["after_kb"]:
        print(f"{'after':>8}{found['after_kb'] / 1024:>9.1f}")
    log = (folder / "gateway.log").read_text()
    for line in [line for line in log.splitlines() if '"warning"' in line or '"error"' in line][:5]:
        print(line[:300])


if __name__ == "__main__":
    main()
