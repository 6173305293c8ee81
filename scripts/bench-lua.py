#!/usr/bin/env python3
"""Times the Lua host beside Redis (EVALSHA) and lupa, and prints a table with ratios.

    python scripts/bench-lua.py PATH/TO/perigee [PATH/TO/redis-server]

Ours: predicates on documents of 20 fields that are read where the script looks. Redis: EVALSHA of the same predicate with the document as
JSON, one request after the other on a unix socket. lupa: the same predicate in the same process, the document as a Lua table made for each call.
"""

import datetime
import http.client
import json
import os
import socket
import subprocess
import sys
import tempfile
import time

DOCUMENT = {f"field_{i}": i if i % 2 == 0 else f"value {i}" for i in range(20)}
BODY = "return d.field_2 == 2 and d.field_10 > 5 and d.field_3 ~= 'x'"


def best(work, rounds=5):
    return min(work() for _ in range(rounds))


def lupa_rate():
    try:
        from lupa.lua54 import LuaRuntime
    except ImportError:
        return None
    lua = LuaRuntime()
    predicate = lua.eval(f"function(d) {BODY} end")

    def work(count=20000):
        began = time.perf_counter()
        for _ in range(count):
            predicate(lua.table_from(DOCUMENT))
        return (time.perf_counter() - began) / count

    return 1 / best(work)


def redis_rate(binary):
    if not binary:
        return None
    folder = tempfile.mkdtemp()
    path = os.path.join(folder, "r.sock")
    server = subprocess.Popen([binary, "--port", "0", "--unixsocket", path, "--save", ""], stdout=subprocess.DEVNULL)
    try:
        one = socket.socket(socket.AF_UNIX)
        for _ in range(200):
            try:
                one.connect(path)
                break
            except OSError:
                time.sleep(0.02)

        def ask(*words):
            one.sendall(b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words))
            return one.recv(4096)

        script = f"local d = cjson.decode(ARGV[1]) local f = function() {BODY} end return f() and 1 or 0"
        sha = ask(b"SCRIPT", b"LOAD", script.encode()).split(b"\r\n")[1]
        text = json.dumps(DOCUMENT).encode()
        assert ask(b"EVALSHA", sha, b"0", text) == b":1\r\n"

        def work(count=10000):
            began = time.perf_counter()
            for _ in range(count):
                ask(b"EVALSHA", sha, b"0", text)
            return (time.perf_counter() - began) / count

        return 1 / best(work)
    finally:
        server.kill()


class Server:
    """A server of its own, in a folder that goes with it."""

    def __init__(self, binary):
        self.folder = tempfile.TemporaryDirectory()
        store = os.path.join(self.folder.name, "s.db")
        self.process = subprocess.Popen([binary, "serve", "--store", store, "--port", "0", "--json"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while True:
            try:
                with open(store + ".lock") as lock:
                    port = int(json.load(lock)["url"].rsplit(":", 1)[1].strip("/"))
                self.connection = http.client.HTTPConnection("127.0.0.1", port)
                self.connection.request("GET", "/v1/health")
                if self.connection.getresponse().read():
                    break
            except (OSError, ValueError, KeyError):
                time.sleep(0.01)
        created = subprocess.run([binary, "key", "create", "--store", store, "--name", "bench", "--json"], check=True, capture_output=True, text=True)
        self.key = json.loads(created.stdout)["key"]

    def ask(self, method, path, namespace=None, body=None):
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        if namespace:
            headers["X-Namespace"] = namespace
        self.connection.request(method, path, body=body and json.dumps(body), headers=headers)
        answer = self.connection.getresponse()
        text = answer.read()
        if answer.status >= 300:
            raise SystemExit(f"{method} {path}: {answer.status} {text[:400]}")
        return json.loads(text)

    def stop(self):
        self.process.terminate()
        self.process.wait(30)
        self.folder.cleanup()


def lateness(binary, hostile, count=1000, seconds=8):
    """By how many milliseconds the predicates of so many namespaces were late, asked once a second each: median, 99 of 100, worst.

    With `hostile` one more uses all of its time whenever it is asked.
    """
    server = Server(binary)
    try:
        quiet = "return function(ctx) local n = 0 for i = 1, 100 do n = n + i end return n < 0, tostring(ctx.scheduled_at) end"
        triggers = []
        for i in range(count + hostile):
            source = quiet if i < count else "while true do end"
            server.ask("POST", "/v1/namespaces", body={"namespace_name": f"n{i}"})
            config = {"interval_seconds": 1, "predicate": {"source": source}}
            trigger = {"trigger_type": "interval", "schedule_config": config, "action_type": "script", "action_config": {"script": "return 1"}}
            triggers.append(server.ask("POST", "/v1/triggers", f"n{i}", trigger)["trigger_id"])
        began = time.time()
        time.sleep(seconds)
        late = []
        for i, trigger in enumerate(triggers[:count]):
            for one in server.ask("GET", f"/v1/triggers/{trigger}/evaluations?limit=50", f"n{i}")["results"]:
                asked, meant = moment(one["first_at"]), float(one["reason"])
                if began < asked < began + seconds:
                    late.append((asked - meant) * 1000)
        late.sort()
        return late[len(late) // 2], late[len(late) * 99 // 100], late[-1]
    finally:
        server.stop()


def moment(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def main():
    binary, redis = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else None
    runs = [json.loads(subprocess.run([binary, "bench-lua", "--json"], check=True, capture_output=True, text=True).stdout) for _ in range(2)]
    up = lambda key: max(run[key] for run in runs)
    down = lambda key: min(run[key] for run in runs)
    ours, peer_redis, peer_lupa = up("predicates_per_second"), redis_rate(redis), lupa_rate()
    rows = [
        ("predicates a second, 20 fields read lazily", f"{ours / 1e6:.2f} M", "≥ 3 M"),
        ("Redis EVALSHA, one after the other", f"{peer_redis / 1e3:.1f} k, ours is {ours / peer_redis:.0f} x" if peer_redis else "not here", "≥ 50 x"),
        ("lupa, a table of 20 fields a call", f"{peer_lupa / 1e3:.0f} k, ours is {ours / peer_lupa:.1f} x" if peer_lupa else "not here", "≥ 3 x"),
        ("whole runs a second, with ctx made anew", f"{up('runs_per_second') / 1e3:.0f} k", ""),
        ("being stoppable, on a loop of arithmetic", f"{down('hook_overhead_percent'):.1f} %", "< 2 %"),
        ("fresh hardened state", f"{down('fresh_state_microseconds'):.1f} µs", "< 30 µs"),
        ("load and compile a predicate", f"{down('compile_microseconds'):.1f} µs", "< 10 µs"),
        ("late predicates of 1,000 namespaces: median, 99 %, worst", "%.0f, %.0f, %.0f ms" % lateness(binary, 0), ""),
        ("the same beside one that never ends", "%.0f, %.0f, %.0f ms" % lateness(binary, 1), ""),
        ("filter over a bulk insert of 10,000", f"{down('filter_share_of_insert_percent'):.1f} % of the insert", "< 100 %"),
        ("documents streamed a second, a field read", f"{up('streamed_documents_per_second') / 1e3:.0f} k", "≥ 500 k"),
    ]
    width = max(len(row[0]) for row in rows)
    for name, value, aim in rows:
        print(f"{name:{width}}  {value:32}  {aim}")


main()
