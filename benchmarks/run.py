#!/usr/bin/env python3
"""Measures the gateway against nginx's proxy_pass: same backend, same load, same run; prints ratios.

    benchmarks/run.py [--quick] [--json FILE] [--build build/release]

A canned backend answers both. The proxy under test is pinned to core 0, backend and load generator to core 1.
CPU is the scheduler's on-CPU time of the proxy's threads, divided by finished requests or events.
"""
import argparse
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

root = pathlib.Path(__file__).resolve().parent.parent
CHAT = "/v1/chat/completions"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for(port, what, process):
    for _ in range(10000):
        with socket.socket() as s:
            if s.connect_ex(("127.0.0.1", port)) == 0:
                return
        if process.poll() is not None:
            break
        time.sleep(0.001)
    sys.exit(f"{what} did not start on port {port}")


class Processes:
    """Everything that was started here, and only that, is stopped here."""

    def __init__(self):
        self.running = []

    def start(self, core, *command, **options):
        process = subprocess.Popen(["taskset", "-c", str(core), *map(str, command)], **options)
        self.running.append(process)
        return process

    def stop(self):
        for process in reversed(self.running):
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in self.running:
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
        self.running.clear()


def children(pid):
    out = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True).stdout
    return [int(p) for p in out.split()]


def start_nginx(processes, folder, backend):
    port = free_port()
    (folder / "nginx.conf").write_text(f"""
daemon off; pid {folder}/nginx.pid; error_log {folder}/nginx.err; worker_processes 1; worker_rlimit_nofile 60000;
events {{ worker_connections 30000; }}
http {{
  access_log off; keepalive_requests 100000000; client_body_temp_path {folder}/b; proxy_temp_path {folder}/p;
  fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  upstream backend {{ server 127.0.0.1:{backend}; keepalive 2000; keepalive_requests 100000000; }}
  server {{
    listen 127.0.0.1:{port};
    location / {{ proxy_pass http://backend; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering off; }}
  }}
}}""")
    process = processes.start(0, "nginx", "-c", folder / "nginx.conf", "-e", folder / "nginx.err", "-p", folder)
    wait_for(port, "nginx", process)
    time.sleep(0.2)
    return port, [process.pid, *children(process.pid)]


def start_gateway(processes, folder, backend, program, before=()):
    port = free_port()
    config = (root / "benchmarks/gateway/config.yaml").read_text()
    config = config.replace("@PORT@", str(port)).replace("@BACKEND@", str(backend)).replace("@STATE@", str(folder / "state"))
    (folder / "config.yaml").write_text(config)
    log = open(folder / "gateway.log", "w")
    began = time.monotonic()
    process = processes.start(0, *before, program, "serve", "--config", folder / "config.yaml", stdout=log, stderr=log)
    wait_for(port, "the gateway", process)
    for _ in range(4000):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=1) as reply:
                if reply.status == 200:
                    break
        except OSError:
            pass
        time.sleep(0.001)
    else:
        sys.exit("the gateway is not ready: " + (folder / "gateway.log").read_text()[-2000:])
    return port, [process.pid], time.monotonic() - began


def drive(build, *arguments):
    out = subprocess.run(["taskset", "-c", "1", build / "benchmarks/driver", *map(str, arguments)],
                         capture_output=True, text=True, timeout=300)
    if out.returncode != 0:
        sys.exit(f"driver {arguments}: {out.stdout}{out.stderr}")
    if out.stderr:
        print(out.stderr, file=sys.stderr)
    return json.loads(out.stdout)


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--quick", action="store_true", help="a third of the time, noisier")
    options.add_argument("--json", type=pathlib.Path, help="write all figures there")
    options.add_argument("--build", type=pathlib.Path, default=root / "build/release")
    chosen = options.parse_args()
    if not shutil.which("nginx"):
        print("nginx is not installed (apt-get install nginx-light): nothing to compare with, skipped")
        return
    seconds = 2 if chosen.quick else 6
    build = chosen.build.resolve()
    processes = Processes()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="codecrucible-bench-"))
    os.chmod(folder, 0o755)
    try:
        figures = measure(processes, folder, build, seconds)
    finally:
        processes.stop()
        shutil.rmtree(folder, ignore_errors=True)
    report(figures)
    if chosen.json:
        chosen.json.write_text(json.dumps(figures, indent=1) + "\n")


def measure(processes, folder, build, seconds):
    backend = free_port()
    canned = processes.start(1, build / "benchmarks/canned_backend", backend)
    wait_for(backend, "the canned backend", canned)
    nginx_port, nginx_pids = start_nginx(processes, folder, backend)
    gateway_port, gateway_pids, ready = start_gateway(processes, folder, backend, build / "codecrucible")
    figures = {"start_to_ready_s": ready}
    ways = {
        "direct": (backend, [], "canned", "paced-10-200"),
        "nginx": (nginx_port, nginx_pids, "canned", "paced-10-200"),
        "gateway": (gateway_port, gateway_pids, "lmstudio/canned", "lmstudio/paced-10-200"),
        "gateway, Ollama": (gateway_port, gateway_pids, "ollama/canned", "ollama/paced-10-200"),
        "gateway, auto": (gateway_port, gateway_pids, "auto", None),
        # A seed makes the request deterministic: all but the first are told from memory.
        "gateway, hit": (gateway_port, gateway_pids, 'lmstudio/canned","seed":7,"user":"benchmark', None),
    }
    for name, (port, pids, model, paced) in ways.items():
        row = figures[name] = {}
        row["latency"] = drive(build, "latency", port, CHAT, model, 0, 2000 * seconds // 2, *pids)
        row["first_token"] = drive(build, "latency", port, CHAT, model, 1, 1000 * seconds // 2, *pids)
        if name == "direct":
            continue
        row["request"] = drive(build, "requests", port, CHAT, model, 0, 32, seconds, *pids)
        row["burst"] = drive(build, "requests", port, CHAT, model, 1, 32, seconds, *pids)
        if paced:
            row["paced"] = drive(build, "paced", port, CHAT, paced, 500, seconds, *pids)
            rate = 0.5 * row["request"]["finished"] / row["request"]["seconds"]
            row["half_load"] = drive(build, "open", port, CHAT, model, rate, 256, seconds, *pids)
    # As many requests a second to each, half of what the slowest can take. Under saturation, above, the
    # faster proxy keeps the other core awake and is spared the waking, which is half of the slower one's CPU.
    slowest = min(row["request"]["finished"] / row["request"]["seconds"] for row in figures.values()
                  if isinstance(row, dict) and "request" in row)
    for name, (port, pids, model, _) in ways.items():
        if name != "direct":
            figures[name]["same_load"] = drive(build, "open", port, CHAT, model, 0.5 * slowest, 256, seconds, *pids)
    return figures


def report(figures):
    base = figures["nginx"]
    direct = figures["direct"]
    print(f"start to ready: {figures['start_to_ready_s'] * 1000:.0f} ms\n")
    print(f"{'':18}{'µs/request':>11}{'ratio':>7}{'same load':>10}{'ratio':>7}{'µs/burst':>10}{'ratio':>7}{'µs/event':>10}{'ratio':>7}"
          f"{'+p50 µs':>9}{'+p99 µs':>9}{'+ttft p99':>10}{'RSS MB':>8}{'errors':>7}")
    for name, row in figures.items():
        if name in ("direct", "start_to_ready_s"):
            continue
        cells = []
        for key, unit in (("request", "cpu_us_per_request"), ("same_load", "cpu_us_per_request"), ("burst", "cpu_us_per_request"), ("paced", "cpu_us_per_event")):
            if key in row:
                cells += [f"{row[key][unit]:.2f}", f"{row[key][unit] / base[key][unit]:.2f}"]
            else:
                cells += ["-", "-"]
        added = [row["latency"][k] - direct["latency"][k] for k in ("p50_us", "p99_us")]
        added.append(row["first_token"]["first_p99_us"] - direct["first_token"]["first_p99_us"])
        errors = sum(part["errors"] for part in row.values())
        rss = row["paced"]["rss_kb"] / 1024 if "paced" in row else 0
        print(f"{name:18}{cells[0]:>11}{cells[1]:>7}{cells[2]:>10}{cells[3]:>7}{cells[4]:>10}{cells[5]:>7}{cells[6]:>10}{cells[7]:>7}"
              f"{added[0]:>9.0f}{added[1]:>9.0f}{added[2]:>10.0f}{rss:>8.1f}{errors:>7}")


if __name__ == "__main__":
    main()
