#!/usr/bin/env python3
"""Kills a serving perigee again and again, and looks at what is left.

    python3 scripts/torture.py PATH/TO/perigee [CYCLES] [--seed N] [--keep]

Each cycle starts the program on the same store, writes to it, and lets it die: at a point named in PERIGEE_CRASH_AT (all of them in turn), or
by SIGKILL at a random moment. Cron, interval, event and chained triggers run all the while, and imports die in the middle, too. After each
death a copy of the store is opened with SQLite itself and its books are looked at; at the end everything that is due is done, and they are
looked at once more, more strictly. The first thing that is wrong ends the run, and the store is kept.

Beside that a server of its own has its time zone data replaced while it runs, and has to notice within a minute.
"""

import argparse
import collections
import http.client
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

ON_THE_WAY_UP = ["migration_middle", "migration_committed"]
LEGAL = {"PENDING", "IN_PROGRESS", "COMPLETED", "FAILED", "CANCELED", "SKIPPED"}


class Wrong(Exception):
    pass


class Server:
    def __init__(self, binary, store, key, point=None, errors=subprocess.DEVNULL, **variables):
        environment = {**os.environ, **variables}
        if point:
            environment["PERIGEE_CRASH_AT"] = point
        self.process = subprocess.Popen(
            [binary, "serve", "--store", store, "--port", "0", "--json"], stdout=subprocess.PIPE, stderr=errors, text=True, env=environment)
        line = self.process.stdout.readline()
        self.up = bool(line)
        if self.up:
            banner = json.loads(line)
            self.port, self.key = int(banner["url"].rsplit(":", 1)[1]), key or banner.get("key")
            self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)

    def send(self, method, path, body=None):
        self.connection.request(
            method, path, body=None if body is None else json.dumps(body), headers={"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"})
        answer = self.connection.getresponse()
        text = answer.read()
        if answer.status != 200:
            raise Wrong(f"{method} {path}: {answer.status} {text[:300]}")
        return json.loads(text)

    def kill(self):
        self.process.kill()
        self.process.wait()


class Torture:
    def __init__(self, binary, seed):
        self.binary, self.random = binary, random.Random(seed)
        self.folder = tempfile.mkdtemp(prefix="perigee-torture-")
        self.store = f"{self.folder}/store.db"
        self.sent = self.acknowledged = self.events_sent = self.events_acknowledged = self.imported = 0
        self.wrong = None
        self.passed, self.idle = collections.Counter(), collections.Counter()
        points = subprocess.run([binary, "version"], env={**os.environ, "PERIGEE_CRASH_AT": "?"}, stderr=subprocess.PIPE, text=True).stderr
        self.points = [p.strip(" .\n") for p in points.split("There are: ", 1)[1].split("\n")[0].split(",")]
        self.points = [p.split()[0] for p in self.points if p]

    # What goes on

    def begin(self):
        server = Server(self.binary, self.store, None)
        self.key = server.key
        server.send("POST", "/v1/collections", {"collection_name": "docs"})

        def trigger(kind, schedule, script):
            return server.send(
                "POST", "/v1/triggers", {"action_type": "script", "action_config": {"script": script}, "trigger_type": kind, "schedule_config": schedule})["trigger_id"]

        everything = {"catch_up": "all", "max_catch_up": 10000, "overlap": "allow"}
        count = "return function(ctx) return perigee.kv.incr('%s') end"
        self.counted = {}
        self.counted["follower"] = trigger("interval", {"interval_seconds": 3_000_000}, count % "follower")
        self.counted["tick"] = trigger("interval", {"interval_seconds": 1, **everything}, count % "tick")
        self.counted["cron"] = trigger("cron", {"cron_expression": "* * * * * *", "overlap": "queue", "max_queue": 10000, **{k: v for k, v in everything.items() if k != "overlap"}}, count % "cron")
        self.counted["event"] = trigger(
            "event", {"event_type": "documents_added", "event_threshold": 3, "cooldown_seconds": 0, "overlap": "allow", "on_success": [self.counted["follower"]]}, count % "event")
        self.counted["custom"] = trigger("event", {"event_type": "custom.knock", "event_threshold": 2, "cooldown_seconds": 0, "overlap": "allow"}, count % "custom")
        server.send("POST", "/v1/kv/tally/increment", {"by": 1})
        server.process.terminate()
        server.process.wait()

    def write(self, server, stop):
        """Writes until the server is gone or enough is written."""
        while not stop.is_set():
            try:
                if self.random.random() < 0.7:
                    size = self.random.randint(1, 20)
                    documents = [{"document_id": f"d{self.sent + i}", "text": "x" * self.random.randint(0, 2000)} for i in range(size)]
                    self.sent += size
                    server.send("PUT", "/v1/collections/docs/documents/upsert", {"documents": documents})
                    self.acknowledged += size
                else:
                    self.events_sent += 1
                    server.send("POST", "/v1/events", {"event_type": "custom.knock", "payload": {"n": self.events_sent}})
                    self.events_acknowledged += 1
            except (OSError, http.client.HTTPException, ValueError):
                return
            except Wrong as wrong:
                self.wrong = wrong
                return

    def cycle(self, number):
        if number % 10 == 9:
            return self.die_importing()
        if number % 20 == 15:
            return self.die_migrating()
        point = None
        if number % 3 != 2:
            names = [p for p in self.points if p not in ON_THE_WAY_UP + ["import_batch", "enrichment_piece"]]
            point = names[number % len(names)]
        server = Server(self.binary, self.store, self.key, f"{point}:{self.random.choice([1, 1, 2, 3, 8, 20])}" if point else None)
        if server.up:
            stop = threading.Event()
            writer = threading.Thread(target=self.write, args=(server, stop))
            writer.start()
            try:
                server.process.wait(timeout=4 if point else self.random.random() * 1.2)
                self.passed[point] += 1
            except subprocess.TimeoutExpired:
                self.idle[point or "random"] += 1
                server.kill()
            stop.set()
            writer.join()
            if self.wrong:
                raise self.wrong
        else:
            server.process.wait()
            self.passed[point] += 1
        if server.process.returncode != -signal.SIGKILL:
            raise Wrong(f"the server ended with {server.process.returncode} at {point}")

    def die_importing(self):
        path = f"{self.folder}/more.ndjson"
        with open(path, "w") as file:
            for _ in range(2500):
                file.write(json.dumps({"document_id": f"m{self.imported}", "text": "more"}) + "\n")
                self.imported += 1
        for point in ["import_batch:1", "batch_written:2", "write_committed:2"]:
            died = subprocess.run(
                [self.binary, "import", path, "--collection", "docs", "--store", self.store, "--json"], env={**os.environ, "PERIGEE_CRASH_AT": point},
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            self.passed[point.split(":")[0]] += died.returncode == -signal.SIGKILL
        done = subprocess.run(
            [self.binary, "import", path, "--collection", "docs", "--store", self.store, "--json"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        if done.returncode != 0:
            raise Wrong(f"the import after the crashes: {done.stderr}")

    def die_migrating(self):
        path = f"{self.folder}/old.db"
        for suffix in ("", "-wal", "-shm", ".lock", ".v1.backup"):
            if os.path.exists(path + suffix):
                os.unlink(path + suffix)
        shutil.copyfile(os.path.join(os.path.dirname(__file__), "../Tests/StoreTests/Data/v1.store"), path)
        for point in ON_THE_WAY_UP + [None]:
            server = Server(self.binary, path, None, point)
            self.demand(server.up == (point is None), "a start with an old store", point)
            if point is None:
                server.kill()
            self.passed[point or "random"] += server.process.wait() == -signal.SIGKILL
        db = sqlite3.connect(path)
        self.demand(db.execute("PRAGMA integrity_check").fetchall() == [("ok",)], "integrity_check of the old store")
        self.demand(db.execute("SELECT count(*) FROM triggers").fetchone() == (1,), "the old store's trigger")
        db.close()

    # The books

    def check(self, final=False):
        copy = f"{self.folder}/copy.db"
        for suffix in ("", "-wal"):
            if os.path.exists(self.store + suffix):
                shutil.copyfile(self.store + suffix, copy + suffix)
            elif os.path.exists(copy + suffix):
                os.unlink(copy + suffix)
        if os.path.exists(copy + "-shm"):
            os.unlink(copy + "-shm")
        db = sqlite3.connect(copy)
        ask = lambda sql, *values: db.execute(sql, values).fetchall()
        one = lambda sql, *values: ask(sql, *values)[0][0]
        try:
            self.demand(ask("PRAGMA integrity_check") == [("ok",)], "integrity_check", ask("PRAGMA integrity_check")[:3])
            twice = ask("SELECT trigger_id, scheduled_at, count(*) FROM tasks WHERE scheduled_at IS NOT NULL GROUP BY 1, 2 HAVING count(*) > 1")
            self.demand(not twice, "instants that ran twice", twice[:3])
            self.check_documents(one)
            self.check_tasks(ask, one, final)
            for name in ("tick", "cron"):
                self.check_instants(name, ask)
            self.check_events(ask, one)
        finally:
            db.close()

    def demand(self, holds, what, *seen):
        if not holds:
            raise Wrong(f"{what}: {seen}")

    def check_documents(self, one):
        documents, stored = one("SELECT count(*) FROM documents"), one("SELECT document_count FROM collections")
        self.demand(documents == stored, "the collection's count", stored, documents)
        own = one("SELECT count(*) FROM documents WHERE document_id LIKE 'd%'")
        self.demand(self.acknowledged <= own <= self.sent, "documents", self.acknowledged, own, self.sent)
        added = one("SELECT COALESCE(sum(count), 0) FROM events WHERE type = 'documents_added'")
        self.demand(added == documents, "events of documents", added, documents)
        knocks = one("SELECT COALESCE(sum(count), 0) FROM events WHERE type = 'custom.knock'")
        self.demand(self.events_acknowledged <= knocks <= self.events_sent, "events", self.events_acknowledged, knocks, self.events_sent)

    def check_tasks(self, ask, one, final):
        for task, status, attempt, started, finished in ask("SELECT task_id, status, attempt, started_at, finished_at FROM tasks"):
            legal = status in LEGAL
            if status == "PENDING":
                legal = finished is None and (attempt > 0) == (started is not None)
            elif status == "IN_PROGRESS":
                legal = finished is None and started is not None and attempt >= 1
            elif status == "COMPLETED":
                legal = finished is not None and started is not None and attempt >= 1 and finished >= started
            self.demand(legal, "a task's state", task, status, attempt, started, finished)
            self.demand(not final or status == "COMPLETED", "a task that did not end well", task, status)
        fired = collections.Counter(row[0] for row in ask("SELECT task_id FROM evaluations WHERE outcome = 'fired'"))
        lonely = sum(fired[row[0]] != 1 for row in ask("SELECT task_id FROM tasks WHERE scheduled_at IS NOT NULL"))
        self.demand(lonely == 0, "tasks without their one decision", lonely)
        lonely = one("SELECT count(*) FROM evaluations WHERE outcome = 'fired' AND NOT EXISTS (SELECT 1 FROM tasks WHERE tasks.task_id = evaluations.task_id)")
        self.demand(lonely == 0, "decisions without their task", lonely)
        for name, trigger in self.counted.items():
            ended = one("SELECT count(*) FROM tasks WHERE trigger_id = ? AND status = 'COMPLETED'", trigger)
            runs, failures = ask("SELECT execution_count, consecutive_failures FROM triggers WHERE trigger_id = ?", trigger)[0]
            value = (ask("SELECT number FROM kv WHERE key = ?", name) or [(0,)])[0][0]
            self.demand(ended == runs == value and failures == 0, f"runs of '{name}'", ended, runs, value, failures)
        followed = one("SELECT count(*) FROM tasks WHERE trigger_id = ? AND scheduled_at IS NOT NULL", self.counted["follower"])
        led = one("SELECT count(*) FROM tasks WHERE trigger_id = ? AND status = 'COMPLETED'", self.counted["event"])
        self.demand(followed <= led, "more chained runs than ends that start them", followed, led)

    def check_instants(self, name, ask):
        """Every second from the first to the next is a task, or counted with its reason."""
        trigger = self.counted[name]
        instants = [row[0] for row in ask("SELECT scheduled_at FROM tasks WHERE trigger_id = ? AND scheduled_at IS NOT NULL ORDER BY 1", trigger)]
        if not instants:
            return
        following = ask("SELECT next_scheduled_at FROM triggers WHERE trigger_id = ?", trigger)[0][0]
        skipped = sum(row[0] for row in ask("SELECT count FROM evaluations WHERE trigger_id = ? AND outcome = 'skipped'", trigger))
        missed = sum(json.loads(row[0]).get("missed", {}).get("count", 0) for row in ask("SELECT detail FROM evaluations WHERE trigger_id = ? AND outcome = 'fired'", trigger))
        self.demand((following - instants[0]) // 1000 == len(instants) + skipped + missed, f"instants of '{name}'", following, instants[0], len(instants), skipped, missed)

    def check_events(self, ask, one):
        for name, kind in (("event", "documents_added"), ("custom", "custom.knock")):
            trigger = self.counted[name]
            counter = one("SELECT event_counter FROM triggers WHERE trigger_id = ?", trigger)
            consumed = sum(json.loads(row[0]).get("events", 0) for row in ask("SELECT detail FROM evaluations WHERE trigger_id = ? AND outcome = 'fired'", trigger))
            written = one("SELECT COALESCE(sum(count), 0) FROM events WHERE type = ?", kind)
            self.demand(counter + consumed == written, f"events of '{name}'", counter, consumed, written)

    def change_zones(self):
        """The rules of a zone are replaced under a running server: the next instant moves, the log and the history say why."""
        try:
            zones = f"{self.folder}/zoneinfo"
            os.makedirs(f"{zones}/Europe")

            def install(version, rules):
                for path, write in ((f"{zones}/Europe/Berlin", lambda to: shutil.copyfile(f"/usr/share/zoneinfo/{rules}", to)), (f"{zones}/tzdata.zi", lambda to: open(to, "w").write(f"# version {version}\n"))):
                    write(path + ".new")
                    os.replace(path + ".new", path)

            install("2099a", "Europe/Berlin")
            with open(f"{self.folder}/zones.log", "w") as log:
                server = Server(self.binary, f"{self.folder}/zones.db", None, errors=log, TZDIR=zones)
                id = server.send(
                    "POST", "/v1/triggers",
                    {"action_type": "script", "action_config": {"script": "return 1"}, "trigger_type": "cron", "schedule_config": {"cron_expression": "0 3 * * *", "timezone": "Europe/Berlin"}})["trigger_id"]
                before = server.send("GET", f"/v1/triggers/{id}")["next_scheduled_at"]
                install("2099b", "Asia/Tokyo")
                deadline = time.time() + 100
                while server.send("GET", f"/v1/triggers/{id}")["next_scheduled_at"] == before:
                    if time.time() > deadline:
                        raise Wrong("new time zone data was not noticed")
                    time.sleep(0.5)
                after = server.send("GET", f"/v1/triggers/{id}")["next_scheduled_at"]
                self.demand(before[11:13] in ("01", "02") and after[11:13] == "18", "the next instant by the new rules", before, after)
                decisions = server.send("GET", f"/v1/triggers/{id}/evaluations")["results"]
                self.demand(any("2099b" in decision["text"] and before in decision["text"] for decision in decisions), "the history of new zone data", decisions)
                server.process.terminate()
                server.process.wait()
            self.demand("time zone data 2099b instead of 2099a" in open(f"{self.folder}/zones.log").read(), "the log of new zone data")
        except (Wrong, OSError, http.client.HTTPException, KeyError) as wrong:
            self.wrong = wrong if isinstance(wrong, Wrong) else Wrong(f"changing zones: {wrong!r}")

    def end(self):
        """Everything that is due or under way is done, and the server ends in good order."""
        server = Server(self.binary, self.store, self.key)
        for name in ("tick", "cron"):
            server.send("POST", f"/v1/triggers/{self.counted[name]}/pause")
        deadline = time.time() + 120
        while any(server.send("POST", "/v1/tasks/list", {"status": status, "limit": 1})["results"] for status in ("PENDING", "IN_PROGRESS")):
            if time.time() > deadline:
                raise Wrong("tasks that do not end")
            time.sleep(0.05)
        server.process.terminate()
        if server.process.wait(30) != 0:
            raise Wrong(f"the server ended with {server.process.returncode}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("cycles", nargs="?", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", action="store_true", help="keep the store also when all is well")
    arguments = parser.parse_args()
    torture = Torture(arguments.binary, arguments.seed)
    began = time.time()
    number = -1
    try:
        torture.begin()
        zones = threading.Thread(target=torture.change_zones)
        zones.start()
        for number in range(arguments.cycles):
            torture.cycle(number)
            torture.check()
            if sys.stderr.isatty():
                print(f"\r{number + 1} of {arguments.cycles}", end="", file=sys.stderr)
        torture.end()
        # The tick and cron triggers are paused now, which takes their next instant away.
        torture.check_instants = lambda name, ask: None
        torture.check(final=True)
        zones.join()
        if torture.wrong:
            raise torture.wrong
    except Wrong as wrong:
        print(f"\nscripts/torture: in cycle {number}: {wrong}\nthe store is {torture.store}", file=sys.stderr)
        raise SystemExit(1)
    for point, count in sorted(torture.passed.items(), key=lambda item: str(item[0])):
        print(f"  {point or 'random moment, dead by itself':24} {count:5} deaths")
    print(f"  {'random moment':24} {torture.idle.pop('random', 0):5} deaths")
    if torture.idle:
        print(f"  not passed in time, killed: {dict(torture.idle)}")
    print(f"{arguments.cycles} cycles, {torture.acknowledged:,} documents acknowledged, {torture.imported:,} imported, nothing lost, nothing twice ({time.time() - began:.0f} s)")
    if not arguments.keep:
        shutil.rmtree(torture.folder, ignore_errors=True)


main()
