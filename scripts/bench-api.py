#!/usr/bin/env python3
"""Times lists and searches of a large collection over HTTP: filtered, sorted, counted and paged, with indexes of fields and without, and exact
nearest neighbours.

    python scripts/bench-api.py PATH/TO/perigee DATA_FOLDER [--documents 1000000] [--repeat 7]

Each figure is the least of the repetitions, in milliseconds, with one request after the other on one connection. "bare" is the least time of a
request that looks at nothing.
"""

import argparse
import array
import http.client
import json
import os
import pathlib
import random
import shutil
import subprocess
import tempfile
import time

BATCH = 1000


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
        self.headers = {"Authorization": "Bearer " + json.loads(made.stdout)["key"], "Content-Type": "application/json"}
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)

    def send(self, method, path, body=None):
        self.connection.request(method, path, None if body is None else json.dumps(body), self.headers)
        answer = self.connection.getresponse()
        text = answer.read()
        if answer.status >= 400:
            raise SystemExit(f"{method} {path}: {answer.status} {text[:400]}")
        return json.loads(text)

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
        figures[name] = best(lambda: server.send("POST", "/v1/collections/large/documents/list", body), repeat)
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
    parser.add_argument("--documents", type=int, default=1_000_000)
    parser.add_argument("--repeat", type=int, default=7)
    options = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="perigee-bench-")
    server = Server(options.binary, os.path.join(folder, "bench.db"))
    try:
        rate = fill(server, options.documents)
        bare = best(lambda: server.send("GET", "/v1/collections/large"), options.repeat * 3)
        without = lists(server, 2, options.documents)
        began = time.perf_counter()
        fields = [{"field_name": name, "type": kind} for name, kind in (("status", "keyword"), ("price", "float"), ("maker", "keyword"))]
        server.send("PATCH", "/v1/namespaces/default", {"payload_indexes": fields})
        built = time.perf_counter() - began
        with_indexes = lists(server, options.repeat, options.documents)
        print(f"{options.documents:,} documents came in at {rate:,.0f} per second; three indexes were built in {built:.1f} s; bare request {bare:.2f} ms")
        print(f"{'list of 10':34} {'without':>10} {'with index':>11}   ms")
        for name in QUERIES:
            print(f"{name:34} {without[name]:10.2f} {with_indexes[name]:11.2f}")
        for name, figure in search(server, options.data, options.repeat).items():
            print(f"{name:34} {figure:22.2f}")
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


main()
