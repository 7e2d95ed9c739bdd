#!/usr/bin/env python3
"""Opens thousands of streams through the gateway at once, holds them, and hears each to its end.

    benchmarks/streams.py [--streams 10000] [--seconds 15] [--way lmstudio|ollama] [--build build/release]
    benchmarks/streams.py --streams 2000 --stop            the gateway is told to end while they run
    benchmarks/streams.py --streams 2000 --backend-dies    the backend is killed while they run, and comes back
    benchmarks/streams.py --streams 300 --files 256        the gateway may open so few files and sockets

A canned backend writes one event a second on each. Reads the gateway's memory on the way up; fails if a stream is
lost or brings less than its 60 events. Where they have to end early, each has to end in its own framing and none by a
closed connection; with few files those that found room have to be whole, and the gateway may not burn its processor.
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
import urllib.request

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
    options.add_argument("--stop", action="store_true")
    options.add_argument("--backend-dies", action="store_true")
    options.add_argument("--files", type=int)
    options.add_argument("--build", type=pathlib.Path, default=run.root / "build/release")
    chosen = options.parse_args()
    raise_file_limit(2 * chosen.streams + 64)
    chosen.build = chosen.build.resolve()
    scene = Scene(chosen)
    try:
        good = scene.play()
    finally:
        scene.close()
    sys.exit(0 if good else 1)


class Scene:
    def __init__(self, chosen):
        self.chosen = chosen
        self.processes = run.Processes()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="codecrucible-streams-"))
        self.backend_port = run.free_port()
        self.start_backend()
        before = ("prlimit", f"--nofile={chosen.files}:{chosen.files}") if chosen.files else ()
        self.port, (self.pid,), _ = run.start_gateway(self.processes, self.folder, self.backend_port,
                                                      chosen.build / "codecrucible", before)

    def close(self):
        self.processes.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def start_backend(self):
        self.backend = self.processes.start(1, self.chosen.build / "benchmarks/canned_backend", self.backend_port)
        run.wait_for(self.backend_port, "the canned backend", self.backend)

    def play(self):
        chosen = self.chosen
        driver = self.processes.start(1, chosen.build / "benchmarks/driver", "hold", self.port, run.CHAT,
                                      f"{chosen.way}/{MODEL}", EVENTS, ",".join(map(str, steps_to(chosen.streams))),
                                      chosen.seconds, self.pid, stdout=subprocess.PIPE, text=True)
        good = True
        if chosen.stop:
            self.wait_for_all()
            good = self.stop_gateway()
        elif chosen.backend_dies:
            self.wait_for_all()
            good = self.kill_backend()
        out, _ = driver.communicate(timeout=600)
        if driver.returncode != 0:
            sys.exit(f"driver: {out}")
        found = json.loads(out)
        self.report(found)
        if chosen.stop or chosen.backend_dies:
            print(f"{found['ended'] - found['lost']} of {chosen.streams} streams ended in their framing, {found['lost']} were cut")
            return good and found["lost"] == 0 and found["ended"] == chosen.streams
        if chosen.files:
            return self.judge_few_files(found)
        return found["held"] == found["whole"] == chosen.streams and found["errors"] == 0

    def wait_for_all(self):
        """Until each stream has its two connections, and then some events."""
        while len(os.listdir(f"/proc/{self.pid}/fd")) < 2 * self.chosen.streams:
            time.sleep(0.1)
        time.sleep(4)

    def stop_gateway(self):
        gateway = next(p for p in self.processes.running if p.pid == self.pid)
        gateway.send_signal(signal.SIGTERM)
        began = time.monotonic()
        code = gateway.wait(60)
        print(f"ended {time.monotonic() - began:.1f} s after SIGTERM with exit code {code}")
        return code == 0

    def kill_backend(self):
        self.backend.kill()
        self.backend.wait()
        time.sleep(3)
        self.start_backend()
        began = time.monotonic()
        while time.monotonic() - began < 30:
            if self.ask() == 200:
                print(f"served again {time.monotonic() - began:.2f} s after the backend came back")
                return True
            time.sleep(0.05)
        return False

    def ask(self):
        body = b'{"model":"lmstudio/canned","messages":[{"role":"user","content":"Say hello"}]}'
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{run.CHAT}", body, {"content-type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=10) as reply:
                return reply.status
        except OSError as trouble:
            return getattr(trouble, "code", 0)

    def judge_few_files(self, found):
        served = self.ask()
        with open(f"/proc/{self.pid}/stat") as stat:
            spent = sum(map(int, stat.read().rsplit(")", 1)[1].split()[11:13])) / os.sysconf("SC_CLK_TCK")
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=5) as reply:
            page = reply.read().decode()
        went = [line for line in page.splitlines() if 'event="went"' in line]
        print(f"held {found['held']}, {found['whole']} whole, {found['errors']} errors; {spent:.1f} s of CPU; then {served}; "
              f"backends said to be gone: {len(went)}")
        return found["whole"] == found["held"] > 0 and spent < 10 and served == 200 and not went

    def report(self, found):
        print(f"{'streams':>8}{'RSS MB':>9}{'KB per further stream':>23}")
        before = (0, found["idle_kb"])
        print(f"{0:>8}{before[1] / 1024:>9.1f}")
        for step in found["steps"]:
            now = (step["streams"], step["rss_kb"])
            print(f"{now[0]:>8}{now[1] / 1024:>9.1f}{(now[1] - before[1]) / (now[0] - before[0]):>23.1f}")
            before = now
        if found["after_kb"]:
            print(f"{'after':>8}{found['after_kb'] / 1024:>9.1f}")
        print(f"held {found['held']}, whole {found['whole']} of {self.chosen.streams}, lost {found['lost']}, errors {found['errors']}; "
              f"{found['events_per_second']:.0f} events/s at {found['cpu_us_per_event']:.2f} µs; "
              f"first event after {found['first_p50_us'] / 1000:.1f} ms (p99 {found['first_p99_us'] / 1000:.1f} ms)")
        lines = (self.folder / "gateway.log").read_text().splitlines()
        for line in [line for line in lines if '"warning"' in line or '"error"' in line][:5]:
            print(line[:300])


if __name__ == "__main__":
    main()
