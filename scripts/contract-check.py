"""Throws generated requests at the server and checks every answer against the server's own /openapi.json.

    python scripts/contract-check.py PATH/TO/perigee PATH/TO/schemathesis [CASES]

No answer may be a 5xx, have a status or a type that the description does not name, or a body that its schema forbids. The store begins
with something of every kind, so that paths lead somewhere. Prints how many cases ran, and ends with 1 when one failed.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request

CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,response_schema_conformance"
# It takes away what the others need.
LAST = ("delete_namespace", "set_maintenance")


class Server:
    def __init__(self, binary, folder):
        command = [binary, "serve", "--store", os.path.join(folder, "check.db"), "--port", "0", "--json"]
        self.errors = open(os.path.join(folder, "log"), "w+")
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self.errors, text=True)
        banner = json.loads(self.process.stdout.readline())
        self.url, self.key = banner["url"], banner["key"]

    def call(self, method, path, body=None):
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(self.url + path, data, {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}, method=method)
        with urllib.request.urlopen(request) as answer:
            return json.loads(answer.read() or "null")

    def stop(self):
        self.process.terminate()
        self.process.wait(20)


def furnish(server):
    """Something of every kind, under names that generated paths are told of."""
    post = lambda path, body: server.call("POST", path, body)
    post("/v1/collections", {"collection_name": "words", "vector_indexes": [{"name": "v", "dimensions": 3, "metric": "cosine"}]})
    documents = [{"document_id": f"d{i}", "kind": f"k{i % 3}", "n": i, "at": "2026-01-02T03:04:05Z", "tags": ["a", i], "vectors": {"v": [i, i % 3 + 1, 1]}} for i in range(60)]
    server.call("PUT", "/v1/collections/words/documents/upsert", {"documents": documents})
    cluster = post("/v1/clusters", {"collection_ids": ["words"], "cluster_name": "topics", "vector_config": {"clustering_method": "kmeans", "kmeans_parameters": {"n_clusters": 3}}})["cluster_id"]
    run = post(f"/v1/clusters/{cluster}/execute", {})
    for _ in range(500):
        if server.call("GET", f"/v1/tasks/{run['task_id']}")["status"] == "COMPLETED":
            break
    cron = {"trigger_type": "cron", "schedule_config": {"cron_expression": "0 2 * * *"}}
    trigger = post("/v1/triggers", {"action_type": "cluster", "action_config": {"cluster_id": cluster}, **cron})["trigger_id"]
    bucket = post("/v1/buckets", {"bucket_name": "things", "bucket_schema": {"properties": {"text": {"type": "text"}}}})["bucket_id"]
    thing = post("/v1/buckets/things/objects", {"text": "a text"})["object_id"]
    batch = post("/v1/buckets/things/batches", {"object_ids": [thing]})["batch_id"]
    taxonomy = post("/v1/taxonomies/from-documents", {"taxonomy_name": "shelf", "node_label": "one", "documents": [{"collection_id": "words", "document_id": "d1"}]})["taxonomy_id"]
    server.call("PUT", "/v1/kv/counter", {"value": 1})
    post("/v1/organizations/users/you@example.com/api-keys", {"name": "one", "permissions": ["read"]})
    return {
        "collection_identifier": "words", "document_id": "d1", "cluster_id": cluster, "cluster_identifier": "topics", "run_id": run["run_id"],
        "trigger_id": trigger, "task_id": run["task_id"], "bucket_identifier": bucket, "object_identifier": thing, "batch_id": batch,
        "taxonomy_id": taxonomy, "taxonomy_identifier": "shelf", "namespace_identifier": "default", "namespace_id": "ns_default", "key": "counter",
        "user_email": "you@example.com", "key_name": "one",
    }


def refuses_unknown_fields(server, known, description):
    """Every operation with a body refuses a field that it does not know, and names those that it does: the ones of the description."""
    wrong = []
    for path, item in description["paths"].items():
        for method, operation in item.items():
            if method == "get" or "requestBody" not in operation or operation["operationId"] in LAST:
                continue
            schema = operation["requestBody"]["content"]["application/json"]["schema"]
            if schema["additionalProperties"]:
                continue
            try:
                server.call(method.upper(), re.sub(r"\{(\w+)\}", lambda name: known.get(name[1], "x"), path), {"no_such_field": 1})
                wrong.append(f"{operation['operationId']}: taken")
            except urllib.error.HTTPError as error:
                answer = json.loads(error.read())["error"]
                accepted = answer.get("details", {}).get("accepted")
                if error.code == 404:
                    continue
                if error.code != 422 or accepted is None or set(accepted) != set(schema["properties"]):
                    wrong.append(f"{operation['operationId']}: {error.code} {answer['message']}")
    for line in wrong:
        print(f"FAIL  unknown field, {line}")
    return not wrong


def main():
    binary, tool = map(os.path.abspath, sys.argv[1:3])
    wanted = int(sys.argv[3]) if len(sys.argv) > 3 else 10_000
    folder = tempfile.mkdtemp(prefix="perigee-contract-")
    server = Server(binary, folder)
    try:
        known = furnish(server)
        description = server.call("GET", "/openapi.json")
        operations = sum(len(item) for item in description["paths"].values())
        strict = refuses_unknown_fields(server, known, description)
        # Half of the time a path names what there is, half of the time whatever comes.
        for item in description["paths"].values():
            for operation in item.values():
                for parameter in operation["parameters"]:
                    if parameter["in"] == "path" and parameter["name"] in known:
                        parameter["schema"] = {"anyOf": [{"const": known[parameter["name"]]}, {"const": known[parameter["name"]]}, parameter["schema"]]}
        told = os.path.join(folder, "openapi.json")
        with open(told, "w") as file:
            json.dump(description, file)
        each = max(5, wanted // operations)
        report = os.path.join(folder, "report.xml")
        command = [
            tool, "run", told, "--url", server.url, "-H", f"Authorization: Bearer {server.key}", "-c", CHECKS, "-n", str(each), "--phases", "coverage,fuzzing",
            "--seed", "1", "--workers", "1", "--continue-on-failure", "--warnings", "off", "--suppress-health-check", "all", "--generation-database", "none",
            "--report", "junit", "--report-junit-path", report,
        ]
        for name in LAST:
            command += ["--exclude-operation-id", name]
        environment = {**os.environ, "PYTHONHASHSEED": "0", "NO_COLOR": "1"}
        output = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=folder, env=environment)
        print(output.stdout)
        cases = sum(int(n.replace(",", "")) for n in re.findall(r"^\s*([\d,]+) generated", output.stdout, re.M))
        alive = server.process.poll() is None
        print(f"{cases} cases against {operations} operations; the server {'lives' if alive else 'is gone'}")
        sys.exit(0 if output.returncode == 0 and alive and strict and cases >= wanted else 1)
    finally:
        if server.process.poll() is None:
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)


main()
