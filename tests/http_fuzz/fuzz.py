#!/usr/bin/env python3
"""fuzz.py PROGRAM [--requests N] [--seed S] [--connections N]

Random requests made from the gateway's own /openapi.json: valid ones, and ones that were spoilt, against the program
with simulators behind it. A reply must come for each, whole; no 5xx (the simulators do not fail); errors in the
dialect of the path; every stream ended as its dialect ends; and the program is well afterwards and ends with 0.
The same seed makes the same requests. Prints what was wrong with the request that met it; exit code 1 if anything was.
"""
import argparse
import collections
import http.client
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import threading

MODELS = ["auto", "auto-fast", "auto-quality", "qwen2.5-coder-7b", "codellama:34b", "lmstudio/qwen2.5-coder-7b", "no-such-model", ""]
STRINGS = ["", "a", "hello", "Grüße 你好 🙂", "\u0000", "\"\\\n\t", "x" * 5000, "[[words:3]]", "data:image/png;base64,AAAA",
           "http://127.0.0.1/x.png", "../../etc/passwd", "%00%2f", "\ud800"]
# Management that changes the house would end the run; what it refuses is fuzzed elsewhere.
LEFT_OUT = {("put", "/admin/config"), ("post", "/admin/config/rollback"), ("post", "/admin/fleet/drain"),
            ("post", "/admin/policies/learn")}


class Maker:
    """Values for JSON schemas."""

    def __init__(self, rng, schemas):
        self.rng = rng
        self.schemas = schemas

    def resolve(self, schema):
        while "$ref" in schema:
            schema = self.schemas[schema["$ref"].rsplit("/", 1)[1]]
        if "allOf" not in schema:
            return schema
        merged = {key: value for key, value in schema.items() if key != "allOf"}
        properties = {}
        for part in schema["allOf"]:
            properties |= self.resolve(part).get("properties", {})
        merged["properties"] = properties | schema.get("properties", {})
        return merged

    def value(self, schema, name="", depth=0):
        rng = self.rng
        schema = self.resolve(schema)
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return rng.choice(schema["enum"])
        if "anyOf" in schema:
            return self.value(rng.choice(schema["anyOf"]), name, depth)
        kind = schema.get("type", "object")
        if isinstance(kind, list):
            kind = rng.choice(kind)
        if kind == "string":
            return self.string(schema, name)
        if kind == "boolean":
            return rng.random() < 0.5
        if kind == "integer":
            low = int(schema.get("minimum", 0))
            return rng.randint(low, int(min(schema.get("maximum", low + 20), low + 20)))
        if kind == "number":
            return round(rng.uniform(schema.get("minimum", 0), schema.get("maximum", 1)), 3)
        if kind == "null":
            return None
        if kind == "array":
            least = schema.get("minItems", 0)
            most = min(schema.get("maxItems", least + 2), least + 2)
            return [self.value(schema.get("items", {}), "", depth + 1) for _ in range(rng.randint(least, most))]
        return self.object(schema, depth)

    def string(self, schema, name):
        if name == "model":
            return self.rng.choice(MODELS[:6]) if self.rng.random() < 0.9 else self.rng.choice(MODELS)
        if name == "url":
            return "data:image/png;base64,iVBORw0KGgo="
        text = self.rng.choice(STRINGS[1:4])
        return text[: schema.get("maxLength", len(text))]

    def object(self, schema, depth):
        out = {}
        required = schema.get("required", [])
        for name, inner in schema.get("properties", {}).items():
            if name in required or self.rng.random() < (0.25 if depth < 3 else 0.05):
                out[name] = self.value(inner, name, depth + 1)
        return out

    def spoil(self, value):
        """One place of it is something else."""
        places = []

        def walk(part):
            if isinstance(part, dict):
                places.extend((part, key) for key in part)
                for inner in part.values():
                    walk(inner)
            elif isinstance(part, list):
                places.extend((part, i) for i in range(len(part)))
                for inner in part:
                    walk(inner)

        walk(value)
        if not places:
            return self.nonsense()
        holder, at = self.rng.choice(places)
        if self.rng.random() < 0.3 and isinstance(holder, dict):
            del holder[at]
        else:
            holder[at] = self.nonsense()
        return value

    def nonsense(self):
        return self.rng.choice([None, True, -1, 0, 1e308, 2**63, -(2**70), 0.5, [], {}, [[]], {"a": {}}, [None], {"": ""}]
                               + STRINGS + [self.deep()])

    def deep(self):
        value = 1
        for _ in range(self.rng.choice([3, 60, 600])):
            value = [value] if self.rng.random() < 0.5 else {"a": value}
        return value


def encoded(value):
    # Half a surrogate pair is what a careless client sends, as an escape.
    return json.dumps(value).encode()


def broken_bytes(rng, body):
    body = bytearray(body or b"{}")
    for _ in range(rng.randint(1, 3)):
        at = rng.randrange(len(body)) if body else 0
        what = rng.random()
        if what < 0.4 and body:
            body[at] = rng.randrange(256)
        elif what < 0.7:
            del body[at:at + rng.randint(1, 20)]
        else:
            body[at:at] = bytes(rng.randrange(256) for _ in range(rng.randint(1, 8)))
    return bytes(body)


def error_fault(path, headers, body, as_anthropic):
    """What is wrong with an error body, or None."""
    if not headers.get("content-type", "").startswith("application/json"):
        return "an error that is not JSON"
    try:
        told = json.loads(body)
    except ValueError:
        return "an error whose body is not JSON"
    error = told.get("error") if isinstance(told, dict) else None
    if path.startswith("/v1/messages") or (as_anthropic and path.startswith("/v1/models")):
        good = told.get("type") == "error" and isinstance(error, dict) and error.get("type") and error.get("message")
    elif path.startswith("/api/"):
        good = isinstance(error, str) and error
    else:
        good = isinstance(error, dict) and isinstance(error.get("message"), str) and {"type", "param", "code"} <= set(error)
    return None if good else "an error in another dialect's form"


def reply_fault(path, status, headers, body, as_anthropic):
    """What is wrong with a reply, or None."""
    if status >= 500:
        return f"status {status}"
    if status >= 400:
        return error_fault(path, headers, body, as_anthropic)
    kind = headers.get("content-type", "")
    if kind.startswith("text/event-stream"):
        text = body.decode("utf-8", "strict")
        ends = {"/v1/messages": "message_stop", "/v1/responses": '"type":"response.'}.get(path, "data: [DONE]")
        return None if ends in text[-200_000:] else "a stream without its end"
    if kind.startswith("application/x-ndjson"):
        last = json.loads(body.strip().split(b"\n")[-1])
        return None if last.get("done") is True else "a stream without its end"
    if kind.startswith("application/json") and body:
        json.loads(body)
    return None


class Program:
    """The program with simulators that do not wait, on free ports."""

    def __init__(self, path, folder):
        self.folder = folder
        ports = free_ports(2)
        self.simulators = subprocess.Popen(
            [path, "simulate", "--speed", "0", "--lmstudio-port", str(ports[0]), "--ollama-port", str(ports[1])],
            stderr=subprocess.DEVNULL)
        config = os.path.join(folder, "hybrid.yaml")
        with open(config, "w") as out:
            out.write("hybrid:\n  server: {port: 0}\n  discovery: {enabled: false}\n"
                      f"  stateDirectory: \"{folder}\"\n  logging: {{file: \"{folder}/log\"}}\n"
                      "  fallback: {timeouts: {total: 60s}}\n  queue: {length: 10000, perClient: 10000}\n"
                      f"  lmStudio: {{url: \"http://127.0.0.1:{ports[0]}\"}}\n  ollama: {{url: \"http://127.0.0.1:{ports[1]}\"}}\n")
        environment = {**os.environ, "HOME": folder, "XDG_STATE_HOME": folder, "NO_COLOR": "1"}
        self.gateway = subprocess.Popen([path, "serve", "--no-simulate", "--config", config], cwd=folder, env=environment,
                                        stderr=subprocess.PIPE, text=True)
        self.port = None
        said = []
        for line in self.gateway.stderr:
            said.append(line)
            found = re.search(r"serves on http://127\.0\.0\.1:(\d+)", line)
            if found:
                self.port = int(found[1])
                break
        if self.port is None:
            sys.exit("the gateway did not start:\n" + "".join(said))
        threading.Thread(target=self.gateway.stderr.read, daemon=True).start()

    def stop(self):
        self.gateway.terminate()
        code = self.gateway.wait(30)
        self.simulators.terminate()
        self.simulators.wait(30)
        return code


def free_ports(count):
    import socket
    held = [socket.socket() for _ in range(count)]
    for each in held:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in held]
    for each in held:
        each.close()
    return ports


def request_of(rng, maker, operations):
    """(method, path, headers, body, spoilt)"""
    method, template, operation = rng.choice(operations)
    path = re.sub(r"\{.*?\}", lambda _: rng.choice(["x1", "resp_0", "qwen2.5-coder-7b", "%2e%2e", "a%20b"]), template)
    headers = {"Content-Type": "application/json"}
    if rng.random() < 0.1:
        headers["x-request-id"] = rng.choice(["ok-1", "bad id", "x" * 300])
    if rng.random() < 0.1:
        headers["anthropic-version"] = "2023-06-01"
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if content is None:
        return method.upper(), path, headers, None, False
    value = maker.value(content["schema"])
    if "max_tokens" in value:
        value["max_tokens"] = min(value["max_tokens"], 20)
    kind = rng.random()
    if kind < 0.45:
        return method.upper(), path, headers, encoded(value), False
    if kind < 0.85:
        for _ in range(rng.randint(1, 3)):
            value = maker.spoil(value)
            if not isinstance(value, (dict, list)):
                break
        return method.upper(), path, headers, encoded(value), True
    return method.upper(), path, headers, broken_bytes(rng, encoded(value)), True


def run_connection(number, arguments, port, description, tell):
    rng = random.Random(arguments.seed * 1000 + number)
    maker = Maker(rng, description["components"]["schemas"])
    operations = [(method, path, operation) for path, methods in sorted(description["paths"].items())
                  for method, operation in sorted(methods.items()) if (method, path) not in LEFT_OUT]
    weighty = [each for each in operations if "requestBody" in each[2]]
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    for _ in range(arguments.requests // arguments.connections):
        method, path, headers, body, spoilt = request_of(rng, maker, weighty if rng.random() < 0.85 else operations)
        try:
            connection.request(method, path, body=body, headers=headers)
            reply = connection.getresponse()
            got = reply.read()
            told = {name.lower(): value for name, value in reply.getheaders()}
            fault = reply_fault(path, reply.status, told, got, "anthropic-version" in headers)
            status = reply.status
        except Exception as error:  # the connection broke, no HTTP came, no UTF-8 …
            fault, status, got = f"{type(error).__name__}: {error}", 0, b""
            connection.close()
        tell(path, status, spoilt, fault, f"{method} {path} {(body or b'')[:600]!r}\n    -> {status} {got[-300:]!r}")


def main():
    sys.setrecursionlimit(20_000)  # nesting beyond any limit is one of the things that are sent
    threading.stack_size(64 * 1024 * 1024)
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--requests", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--connections", type=int, default=4)
    arguments = parser.parse_args()
    lock = threading.Lock()
    faults, statuses, valid = [], collections.Counter(), collections.Counter()

    def tell(path, status, spoilt, fault, story):
        with lock:
            statuses[status] += 1
            if not spoilt:
                valid[status] += 1
            if fault:
                faults.append(f"{fault}\n    {story}")

    with tempfile.TemporaryDirectory(prefix="codecrucible-fuzz-") as folder:
        program = Program(os.path.realpath(arguments.program), folder)
        connection = http.client.HTTPConnection("127.0.0.1", program.port, timeout=60)
        connection.request("GET", "/openapi.json")
        description = json.loads(connection.getresponse().read())
        threads = [threading.Thread(target=run_connection, args=(i, arguments, program.port, description, tell))
                   for i in range(arguments.connections)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        connection.close()  # idle for so long that it may be closed
        try:
            connection.request("GET", "/healthz")
            if connection.getresponse().status != 200:
                faults.append("not well afterwards")
        except OSError as error:
            faults.append(f"not there afterwards: {error}")
        code = program.stop()
        if code != 0:
            faults.append(f"the program ended with {code}")
    for fault in faults[:20]:
        print(fault)
    told = ", ".join(f"{count} x {status}" for status, count in sorted(statuses.items()))
    print(f"{sum(statuses.values())} requests (seed {arguments.seed}): {told}; {len(faults)} faults")
    if valid[200] == 0:
        print("no valid request was answered: this run says nothing")
        return 1
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
