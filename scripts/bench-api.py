#!/usr/bin/env python3
"""Times the API over HTTP: vectors in by JSON, JSON lines and base64 beside raw SQLite; reads beside the bare loop; lists of a large collection,
filtered, sorted, grouped, searched, counted and paged, with indexes of fields and without; exact nearest neighbours; memory.

    python scripts/bench-api.py PATH/TO/perigee DATA_FOLDER PATH/TO/bench-http [--documents 1000000] [--vectors 20000] [--repeat 7]

Inserts take turns with SQLite alone, and the fastest of each counts; what limits them is the time that each part takes on a core. Of lists the
figure is the least of the repetitions, in milliseconds, with one request after the other on one connection.
"""

import argparse
import array
import base64
import http.client
import importlib.machinery
import importlib.util
import json
import os
import pathlib
import random
import shutil
import subprocess
import tempfile
import time

BATCH = 1000


def beside(name):
    """A script of this folder as a module."""
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), name)
    loader = importlib.machinery.SourceFileLoader(name.replace("-", "_").removesuffix(".py"), path)
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    return module


store_bench = beside("bench-store.py")


class Server:
    def __init__(self, binary, store):
        self.process = subprocess.Popen([binary, "serve", "--store", store, "--port", "0", "--json"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        port = None
        while port is None:
            try:
                with open(store + ".lock") as lock:
                    port = int(json.load(lock)["url"].rsplit(":", 1)[1].strip("/"))
            except (OSError, ValueError, KeyError):
                time.sleep(0.005)
        made = subprocess.run([binary, "key", "create", "--store", store, "--name", "bench", "--json"], stdout=subprocess.PIPE, check=True)
        self.port, self.key = port, json.loads(made.stdout)["key"]
        self.headers = {"Authorization": "Bearer " + self.key}
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)

    def send(self, method, path, body=None, kind="application/json"):
        text = body if body is None or isinstance(body, bytes) else json.dumps(body)
        self.connection.request(method, path, text, {**self.headers, "Content-Type": kind})
        answer = self.connection.getresponse()
        text = answer.read()
        if answer.status >= 400:
            raise SystemExit(f"{method} {path}: {answer.status} {text[:400]}")
        return json.loads(text)

    def status(self, name):
        """A figure of the process, in MiB: VmRSS is what it takes now, VmHWM the most that it took."""
        with open(f"/proc/{self.process.pid}/status") as lines:
            return next(int(line.split()[1]) for line in lines if line.startswith(name)) / 1024

    def seconds(self):
        """What the process has worked, on all cores."""
        with open(f"/proc/{self.process.pid}/stat") as line:
            words = line.read().rsplit(")", 1)[1].split()
        return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self):
        self.process.terminate()
        self.process.wait()


def best(work, repeat):
    times = []
    for _ in range(repeat):
        began = time.perf_counter()
        work()
        times.append((time.perf_counter() - began) * 1000)
    return min(times)


FORMS = {"JSON": "application/json", "JSON lines": "application/x-ndjson", "base64": "application/json", "base64 in JSON lines": "application/x-ndjson"}


def bodies(rows, form):
    for start in range(0, len(rows), BATCH):
        piece = []
        for identifier, body, vector in rows[start : start + BATCH]:
            numbers = base64.b64encode(vector).decode() if "base64" in form else [float(f"{x:.8g}") for x in array.array("f", vector)]
            piece.append({"document_id": identifier, **json.loads(body), "vectors": {"vector": numbers}})
        yield ("\n".join(map(json.dumps, piece)) if "lines" in form else json.dumps({"documents": piece})).encode()


def inserted(binary, ready, form, folder, count):
    """Documents per second over one connection, seconds of work for each thousand, and what memory it took."""
    store = os.path.join(folder, "insert.db")
    for suffix in ("", "-wal", "-shm", ".lock"):
        pathlib.Path(store + suffix).unlink(missing_ok=True)
    server = Server(binary, store)
    try:
        server.send("POST", "/v1/collections", {"collection_name": "words", "vector_indexes": [{"name": "vector", "dimensions": store_bench.DIMENSIONS}]})
        worked, began = server.seconds(), time.perf_counter()
        for body in ready:
            server.send("PUT", "/v1/collections/words/documents/upsert", body, FORMS[form])
        took = time.perf_counter() - began
        return count / took, (server.seconds() - worked) / count * 1000, server.status("VmHWM")
    finally:
        server.stop()


def inserts(binary, data, folder, count, repeat):
    rows = [row for _, row in zip(range(count), store_bench.rows_of(data))]
    schema = store_bench.definitions(binary, folder)
    ready = {form: list(bodies(rows, form)) for form in FORMS}
    raw, figures = 0, {form: (0, 0, 0) for form in FORMS}
    for _ in range(repeat):
        raw = max(raw, store_bench.raw(rows, schema, folder))
        for form in FORMS:
            figures[form] = max(figures[form], inserted(binary, ready[form], form, folder, len(rows)))
    print(f"{len(rows):,} documents with {store_bench.DIMENSIONS} numbers each, {BATCH:,} a call, one connection; SQLite alone takes {raw:,.0f} a second")
    print(f"{'form':24} {'a second':>10} {'of raw':>7} {'work ms each 1,000':>19} {'most memory MiB':>16} {'MB a call':>10}")
    for form, (rate, work, memory) in figures.items():
        print(f"{form:24} {rate:10,.0f} {rate / raw:7.2f} {work * 1000:19.1f} {memory:16.1f} {len(ready[form][0]) / 1e6:10.2f}")


def streamed(binary, data, folder, count):
    """Prints what memory of its own the server has taken after so many documents with vectors came in, and after pages of them went out again."""
    store = os.path.join(folder, "stream.db")
    server = Server(binary, store)
    try:
        server.send("POST", "/v1/collections", {"collection_name": "words", "vector_indexes": [{"name": "vector", "dimensions": store_bench.DIMENSIONS}]})
        rows = [("@@@@@@%03d" % number, body, vector) for number, (_, body, vector) in zip(range(BATCH), store_bench.rows_of(data))]
        (body,) = bodies(rows, "base64 in JSON lines")
        # Identifiers come in any order.
        calls = list(range(count // BATCH))
        random.Random(1).shuffle(calls)
        marks, most, own = {count // 10, count * 3 // 10, count}, 0, []
        for number, call in enumerate(calls, 1):
            server.send("PUT", "/v1/collections/words/documents/upsert", body.replace(b"@@@@@@", b"%06d" % call), FORMS["JSON lines"])
            most = max(most, server.status("RssAnon"))
            if number * BATCH in marks:
                own.append(f"{most:.0f} MiB at {number * BATCH:,}")
        cursor = None
        for _ in range(min(20, len(calls))):
            cursor = server.send("POST", "/v1/collections/words/documents/list", {"limit": BATCH, "cursor": cursor, "return_vectors": True})["pagination"]["next_cursor"]
            most = max(most, server.status("RssAnon"))
        print(f"memory of its own while documents stream in: {', '.join(own)}; with pages of {BATCH:,} vectors going out: {most:.0f} MiB")
    finally:
        server.stop()
        for suffix in ("", "-wal", "-shm", ".lock"):
            pathlib.Path(store + suffix).unlink(missing_ok=True)


def reads(server, loader, repeat):
    """Requests per second of simple reads beside what the loop alone can answer."""
    server.send("PUT", "/v1/collections/large/documents/upsert", {"documents": [{"document_id": "one", "kind": "bench"}]})
    cluster = server.send("POST", "/v1/clusters", {
        "cluster_name": "bench", "collection_ids": ["words"], "vector_config": {"clustering_method": "kmeans", "kmeans_parameters": {"n_clusters": 8}},
    })["cluster_id"]
    trigger = server.send("POST", "/v1/triggers", {
        "name": "bench", "action_type": "cluster", "action_config": {"cluster_id": cluster}, "trigger_type": "cron", "schedule_config": {"cron_expression": "0 2 1 1 *"},
    })["trigger_id"]
    paths = {
        "the bare loop (health)": "/v1/health", "one document": "/v1/collections/large/documents/one",
        "another document each time": "/v1/collections/large/documents/doc_%07d", "a collection": "/v1/collections/large",
        "the collections": "/v1/collections", "a trigger": f"/v1/triggers/{trigger}", "the triggers": "/v1/triggers", "a cluster": f"/v1/clusters/{cluster}", "the clusters": "/v1/clusters",
        "who this key is": "/v1/me",
    }
    best = dict.fromkeys(paths, 0)
    for _ in range(repeat):
        for name, path in paths.items():
            done = subprocess.run([loader, str(server.port), "64", "2", "GET", path, server.key], stdout=subprocess.PIPE, check=True, text=True)
            best[name] = max(best[name], json.loads(done.stdout)["requests_per_second"])
    bare = best["the bare loop (health)"]
    for name, figure in best.items():
        print(f"{name:34} {figure:10,.0f} a second, {figure / bare:.2f} of the loop")


def documents(count):
    chance = random.Random(1)
    for number in range(count):
        yield {
            "document_id": f"doc_{number:07d}", "title": f"title number {number}", "status": chance.choice(["active", "draft", "gone"]),
            "price": round(chance.random() * 1000, 3), "maker": f"maker {chance.randrange(50000)}", "meta": {"views": chance.randrange(100000)},
        }


def fill(server, count):
    server.send("POST", "/v1/collections", {"collection_name": "large"})
    piece, began = [], time.perf_counter()
    for document in documents(count):
        piece.append(document)
        if len(piece) == BATCH:
            server.send("PUT", "/v1/collections/large/documents/upsert", {"documents": piece})
            piece = []
    return count / (time.perf_counter() - began)


def condition(field, operator, value):
    return {"field": field, "operator": operator, "value": value}


QUERIES = {
    "one of 50,000 values": {"filters": condition("maker", "eq", "maker 77")},
    "a third, first page": {"filters": condition("status", "eq", "active")},
    "a third, page at 300,000": {"filters": condition("status", "eq", "active"), "deep": True},
    "a narrow range": {"filters": condition("price", "gt", 999.9)},
    "a wide range": {"filters": condition("price", "gt", 500)},
    "one of two values": {"filters": condition("maker", "in", ["maker 77", "maker 78"])},
    "a third and one of 50,000": {"filters": {"AND": [condition("status", "eq", "active"), condition("maker", "eq", "maker 77")]}},
    "sorted ascending": {"sort": {"field": "price", "direction": "asc"}},
    "sorted descending": {"sort": {"field": "price", "direction": "desc"}},
    "a third, sorted": {"filters": condition("status", "eq", "active"), "sort": {"field": "price", "direction": "asc"}},
    "narrow, counted": {"filters": condition("price", "gt", 990), "include_total": True},
    "grouped by one of three": {"group_by": "status", "select": ["document_id"]},
    "grouped by one of three, sorted": {"group_by": "status", "select": ["document_id"], "sort": {"field": "price", "direction": "desc"}},
    "grouped by one of 50,000": {"group_by": "maker", "select": ["document_id"]},
    "searched, a word of all": {"search": "title"},
    "searched, a word of none": {"search": "nowhere"},
    "a third, counted": {"filters": condition("status", "eq", "active"), "include_total": True},
}


def lists(server, repeat, count):
    figures = {}
    for name, query in QUERIES.items():
        body = {key: value for key, value in query.items() if key != "deep"}
        body["limit"] = 10
        if query.get("deep"):
            # A cursor far inside: pages of a thousand until there.
            cursor = None
            for _ in range(min(300, count // 4000)):
                cursor = server.send("POST", "/v1/collections/large/documents/list", {**body, "limit": 1000, "select": "document_id".split(), "cursor": cursor})["pagination"]["next_cursor"]
            body["cursor"] = cursor
        try:
            figures[name] = best(lambda: server.send("POST", "/v1/collections/large/documents/list", body), repeat)
        except SystemExit as refusal:
            # A read has five seconds.
            if "the read took longer" not in str(refusal):
                raise
            figures[name] = float("inf")
    return figures


def search(server, data, repeat):
    vectors = array.array("f", pathlib.Path(data, "wordnet20k.f32").read_bytes())
    dimensions = 384
    server.send("POST", "/v1/collections", {"collection_name": "words", "vector_indexes": [{"name": "v", "dimensions": dimensions, "metric": "cosine"}]})
    for start in range(0, 20000, 500):
        piece = [{"document_id": f"w{i}", "even": i % 100 == 0, "vectors": {"v": list(vectors[i * dimensions : (i + 1) * dimensions])}} for i in range(start, start + 500)]
        server.send("PUT", "/v1/collections/words/documents/upsert", {"documents": piece})
    stage = {"stage_name": "feature_search", "config": {"searches": [{"feature_uri": "v", "query": {"input_mode": "vector", "value": "{{INPUT.v}}"}}], "final_top_k": 10}}
    server.send("POST", "/v1/retrievers", {"retriever_name": "near", "collection_identifiers": ["words"], "stages": [stage]})
    narrow = {"stage_name": "attribute_filter", "config": {"field": "even", "operator": "eq", "value": True}}
    server.send("POST", "/v1/retrievers", {"retriever_name": "some", "collection_identifiers": ["words"], "stages": [narrow, stage]})
    query = {"inputs": {"v": list(vectors[7 * dimensions : 8 * dimensions])}, "limit": 10}
    first = server.send("POST", "/v1/retrievers/near/execute", query)["documents"][0]
    assert first["document_id"] == "w7" and abs(first["score"] - 1) < 1e-6, first
    figures = {"nearest 10 of 20,000": best(lambda: server.send("POST", "/v1/retrievers/near/execute", query), repeat)}
    figures["nearest 10 of the 200 that pass"] = best(lambda: server.send("POST", "/v1/retrievers/some/execute", query), repeat)
    server.send("PATCH", "/v1/namespaces/default", {"payload_indexes": [{"field_name": "even", "type": "bool"}]})
    figures["the same, by an index"] = best(lambda: server.send("POST", "/v1/retrievers/some/execute", query), repeat)
    return figures


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("data")
    parser.add_argument("loader")
    parser.add_argument("--documents", type=int, default=1_000_000)
    parser.add_argument("--vectors", type=int, default=20_000)
    parser.add_argument("--repeat", type=int, default=7)
    options = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="perigee-bench-")
    inserts(options.binary, options.data, folder, options.vectors, 3)
    streamed(options.binary, options.data, folder, min(300_000, options.documents))
    server = Server(options.binary, os.path.join(folder, "bench.db"))
    try:
        rate = fill(server, options.documents)
        bare = best(lambda: server.send("GET", "/v1/collections/large"), options.repeat * 3)
        without = lists(server, 2, options.documents)
        began = time.perf_counter()
        fields = [{"field_name": name, "type": kind} for name, kind in (("status", "keyword"), ("price", "float"), ("maker", "keyword"))]
        server.send("PATCH", "/v1/namespaces/default", {"payload_indexes": fields})
        # They are filled piece by piece beside whatever else happens.
        while any(index["status"] != "ready" for index in server.send("GET", "/v1/namespaces/default")["payload_indexes"]):
            time.sleep(0.05)
        built = time.perf_counter() - began
        with_indexes = lists(server, options.repeat, options.documents)
        print(f"{options.documents:,} documents came in at {rate:,.0f} per second; three indexes were built in {built:.1f} s; bare request {bare:.2f} ms")
        print(f"{'list of 10':34} {'without':>10} {'with index':>11}   ms")
        for name in QUERIES:
            print(f"{name:34} {without[name]:10.2f} {with_indexes[name]:11.2f}")
        for name, figure in search(server, options.data, options.repeat).items():
            print(f"{name:34} {figure:22.2f}")
        reads(server, options.loader, 3)
        print(f"memory of the server: {server.status('VmRSS'):.0f} MiB now, {server.status('VmHWM'):.0f} MiB at most")
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
