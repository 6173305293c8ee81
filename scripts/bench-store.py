#!/usr/bin/env python3
"""Times the store and the server: documents in by import and by HTTP against raw SQLite, requests, predicates, start-up, memory.

    python scripts/bench-store.py PATH/TO/perigee DATA_FOLDER PATH/TO/bench-http [--repeat 3]

The raw limit is what Python's sqlite3 (C underneath, one prepared statement for many rows) makes of the same rows in tables and
indexes of the very same definition, with the same pragmas (WAL, synchronous=FULL) and transactions of 1,000 documents.
Each figure is the median of the repetitions; ours and the raw one take turns.
"""

import argparse
import array
import http.client
import json
import os
import pathlib
import shutil
import sqlite3
import statistics
import subprocess
import tempfile
import threading
import time

DIMENSIONS, BATCH = 384, 1000


def rows_of(folder):
    vectors = pathlib.Path(folder, "wordnet20k.f32").read_bytes()
    with open(pathlib.Path(folder, "wordnet20k.ndjson"), encoding="utf-8") as lines:
        for number, line in enumerate(lines):
            document = json.loads(line)
            identifier = document.pop("id")
            yield identifier, json.dumps(document, separators=(",", ":"), ensure_ascii=False), vectors[number * DIMENSIONS * 4 : (number + 1) * DIMENSIONS * 4]


def definitions(binary, folder):
    """The statements that make the two tables and their indexes, from a store that perigee made."""
    store = os.path.join(folder, "empty.db")
    one = os.path.join(folder, "one.ndjson")
    with open(one, "w") as file:
        file.write(json.dumps({"id": "a", "vectors": {"vector": [0.5] * DIMENSIONS}}) + "\n")
    run(binary, "import", one, "--collection", "words", "--dim", str(DIMENSIONS), "--store", store, "--json")
    with sqlite3.connect(store) as database:
        return [sql for name, sql in database.execute("SELECT tbl_name, sql FROM sqlite_master WHERE sql IS NOT NULL AND type IN ('table', 'index')") if name in ("documents", "vectors")]


def run(binary, *words):
    done = subprocess.run([binary, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise SystemExit(f"perigee {' '.join(words)} failed: {done.stderr}")
    return json.loads(done.stdout) if "--json" in words else done.stdout


def raw(rows, schema, folder):
    path = os.path.join(folder, "raw.db")
    database = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "cache_size=-32000", "temp_store=MEMORY", "cell_size_check=ON"):
        database.execute(f"PRAGMA {pragma}")
    for sql in schema:
        database.execute(sql)
    names = {table: [row[1] for row in database.execute(f"PRAGMA table_info({table})")] for table in ("documents", "vectors")}
    now = int(time.time() * 1000)

    def values(table, number, identifier, body, vector):
        known = {
            "collection_id": "col_words", "document_id": identifier, "namespace_id": "ns_default", "position": number + 1, "body": body,
            "created_at": now, "updated_at": now, "index_name": "vector", "vector": vector,
        }
        return tuple(known[name] for name in names[table])

    insert = {table: f"INSERT INTO {table} VALUES ({','.join('?' * len(columns))})" for table, columns in names.items()}
    began = time.perf_counter()
    for start in range(0, len(rows), BATCH):
        database.execute("BEGIN IMMEDIATE")
        for table in ("documents", "vectors"):
            database.executemany(insert[table], (values(table, start + i, *row) for i, row in enumerate(rows[start : start + BATCH])))
        database.execute("COMMIT")
    seconds = time.perf_counter() - began
    database.close()
    for suffix in ("", "-wal", "-shm"):
        if os.path.exists(path + suffix):
            os.unlink(path + suffix)
    return len(rows) / seconds


def imported(binary, data, folder, count):
    store = os.path.join(folder, "import.db")
    for suffix in ("", "-wal", "-shm", ".lock"):
        if os.path.exists(store + suffix):
            os.unlink(store + suffix)
    began = time.perf_counter()
    run(binary, "import", f"{data}/wordnet20k.ndjson", "--vectors", f"{data}/wordnet20k.f32", "--dim", str(DIMENSIONS), "--collection", "words", "--store", store, "--json")
    return count / (time.perf_counter() - began)


class Server:
    def __init__(self, binary, store):
        self.began = time.perf_counter()
        self.process = subprocess.Popen([binary, "serve", "--store", store, "--port", "0", "--json"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        while True:
            try:
                with open(store + ".lock") as lock:
                    self.url = json.load(lock)["url"]
                self.port = int(self.url.rsplit(":", 1)[1].strip("/"))
                if self.get("/v1/health") == 200:
                    break
            except (OSError, ValueError, KeyError):
                pass
            time.sleep(0.0005)
        self.startup = time.perf_counter() - self.began
        self.key = run(binary, "key", "create", "--store", store, "--name", f"bench{time.time_ns()}", "--json")["key"]

    def get(self, path):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.request("GET", path)
        status = connection.getresponse().status
        connection.close()
        return status

    def send(self, connection, method, path, body):
        connection.request(method, path, body=body, headers={"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"})
        answer = connection.getresponse()
        text = answer.read()
        if answer.status != 200:
            raise SystemExit(f"{method} {path}: {answer.status} {text[:400]}")
        return json.loads(text)

    def memory(self):
        with open(f"/proc/{self.process.pid}/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) / 1024

    def stop(self):
        self.process.terminate()
        self.process.wait(30)


def over_http(binary, bodies, folder, count, clients):
    store = os.path.join(folder, "http.db")
    for suffix in ("", "-wal", "-shm", ".lock"):
        if os.path.exists(store + suffix):
            os.unlink(store + suffix)
    server = Server(binary, store)
    setup = http.client.HTTPConnection("127.0.0.1", server.port)
    server.send(setup, "POST", "/v1/collections", json.dumps({"collection_name": "words", "vector_indexes": [{"name": "vector", "dimensions": DIMENSIONS}]}))
    waiting = list(bodies)
    guard = threading.Lock()

    def work():
        connection = http.client.HTTPConnection("127.0.0.1", server.port)
        while True:
            with guard:
                if not waiting:
                    return
                body = waiting.pop()
            server.send(connection, "PUT", "/v1/collections/words/documents/upsert", body)

    threads = [threading.Thread(target=work) for _ in range(clients)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - began
    server.stop()
    return count / seconds


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("data")
    parser.add_argument("loader")
    parser.add_argument("--repeat", type=int, default=3)
    arguments = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="perigee-bench-")
    try:
        rows = list(rows_of(arguments.data))
        schema = definitions(arguments.binary, folder)
        bodies = []
        for start in range(0, len(rows), BATCH):
            documents = [
                {"document_id": i, "payload": json.loads(b), "vectors": {"vector": [float(f"{x:.8g}") for x in array.array("f", v)]}} for i, b, v in rows[start : start + BATCH]
            ]
            bodies.append(json.dumps({"documents": documents}).encode())
        figures = {"raw": [], "import": [], "http1": [], "http4": []}
        for _ in range(arguments.repeat):
            figures["raw"].append(raw(rows, schema, folder))
            figures["import"].append(imported(arguments.binary, arguments.data, folder, len(rows)))
            figures["http1"].append(over_http(arguments.binary, bodies, folder, len(rows), 1))
            figures["http4"].append(over_http(arguments.binary, bodies, folder, len(rows), 4))
        medians = {name: statistics.median(values) for name, values in figures.items()}
        print(f"\nDocuments per second into the store ({len(rows):,} WordNet definitions with {DIMENSIONS} numbers each, synchronous=FULL)")
        print(f"  {'raw SQLite, same tables, 1,000 a transaction':48} {medians['raw']:>10,.0f}")
        print(f"  {'perigee import (whole command, files to disk)':48} {medians['import']:>10,.0f}   {medians['import'] / medians['raw']:.2f} of raw")
        print(f"  {'perigee over HTTP, JSON, one client':48} {medians['http1']:>10,.0f}   {medians['http1'] / medians['raw']:.2f} of raw")
        print(f"  {'perigee over HTTP, JSON, four clients':48} {medians['http4']:>10,.0f}   {medians['http4'] / medians['raw']:.2f} of raw")

        store = os.path.join(folder, "import.db")
        starts, memories = [], []
        for _ in range(max(3, arguments.repeat)):
            server = Server(arguments.binary, store)
            starts.append(server.startup * 1000)
            time.sleep(0.3)
            memories.append(server.memory())
            server.stop()
        print(f"\nStart of the server over {len(rows):,} documents, until /v1/health answers: {statistics.median(starts):.0f} ms; resident memory {statistics.median(memories):.1f} MiB")

        server = Server(arguments.binary, store)
        first = rows[0][0]
        small = os.path.join(folder, "body.json")
        with open(small, "w") as file:
            json.dump({"kind": "bench", "n": 1}, file)
        print("\nRequests per second (64 connections, keep-alive; the generator shares the two cores)")
        for title, method, path, body in (
            ("GET /v1/health", "GET", "/v1/health", None),
            ("GET one document", "GET", f"/v1/collections/words/documents/{first}", None),
            ("POST one document (durable)", "POST", "/v1/collections/words/documents", small),
        ):
            answers = []
            for _ in range(arguments.repeat):
                words = [arguments.loader, str(server.port), "64", "3", method, path, server.key] + ([body] if body else [])
                answers.append(json.loads(subprocess.run(words, stdout=subprocess.PIPE, check=True, text=True).stdout))
            if any(a["errors"] for a in answers):
                raise SystemExit(f"{title}: {answers}")
            answers.sort(key=lambda a: a["requests_per_second"])
            middle = answers[len(answers) // 2]
            print(f"  {title:32} {middle['requests_per_second']:>10,.0f}   p50 {middle['p50_ms']:.2f} ms, p99 {middle['p99_ms']:.2f} ms")
        server.stop()

        measured = [run(arguments.binary, "bench-internal", "--json") for _ in range(arguments.repeat)]
        print("\nLua predicates (one core)")
        for name, title in (
            ("filters_per_second", "filters on documents of 20 fields, read lazily"),
            ("predicates_per_second", "whole predicate runs with a ctx"),
        ):
            print(f"  {title:48} {statistics.median(m[name] for m in measured):>12,.0f} per second")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
