#!/usr/bin/env python3
"""Times clustering against its peers: each run a process of its own, taking turns with ours, medians of several.

    python scripts/bench-clustering.py PATH/TO/perigee DATA_FOLDER [--rows NAME,NAME…] [--full] [--quick] [--repeat 5] [--threads 2]

DATA_FOLDER holds wordnet20k.f32 (20,000 x 384), wordnet20k_pca10.f32, init_wordnet20k_k50.f32 and _k256.f32, and for the largest rows
wordnet117k.q8 (8-bit, made into float32 beside the other temporary files). The interpreter needs numpy and scikit-learn; hdbscan,
fast_hdbscan, fastcluster, scipy and faiss-cpu are used where they are installed, and named where they are not.

Ours is asked through `perigee cluster FILE --dim D --algorithm A --params JSON --threads T --seed N --json`, whose answer has
`seconds.cluster`, and with --metrics `seconds.metrics`. Every peer that computes by BLAS is run twice over: as it is installed, and with
OpenBLAS told to use its kernels for AVX-512 (OPENBLAS_CORETYPE=SkylakeX), which it does not choose by itself on every processor that has it.
Only the work is timed, after a warm-up of a hundred rows, never the reading. The ratio is that of the peer to ours.

Ours is run --repeat times. So are the peers, but those that take more than 5 seconds twice and more than 20 seconds once, unless --full says
otherwise; the table counts the runs. Memory is the peak of the whole process, interpreter included. A row that perigee does not offer
says so and is left out.

k-means from given centres is the same work as far as the peers let it: with max_iter 25 scikit-learn assigns rows 26 times (the last time
so that labels belong to the final centroids), and so do we; faiss assigns 25 times and gives no labels. None converges before.
"""

import argparse
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile

COLUMNS = {"as installed": {}, "AVX-512": {"OPENBLAS_CORETYPE": "SkylakeX"}}
LINKAGES = ("ward", "average", "complete", "single")


class Row:
    """One workload: its data, how ours is asked, and the peers with the code that each runs (`x` is the data, `t` the threads)."""

    def __init__(self, name, data, rows, dimensions, algorithm, parameters, peers, part="cluster", extra=(), blas=True):
        self.name, self.data, self.count, self.dimensions = name, data, rows, dimensions
        self.algorithm, self.parameters, self.peers, self.part = algorithm, parameters, peers, part
        self.extra = list(extra)
        self.columns = COLUMNS if blas else {"as installed": {}}


def kmeans_peers(clusters):
    read = f"c = numpy.fromfile(folder + '/init_wordnet20k_k{clusters}.f32', '<f4').reshape(-1, 384); "
    return {
        "scikit-learn": (read + "from sklearn.cluster import KMeans",
                         f"r = KMeans({clusters}, init=c, n_init=1, max_iter=25, tol=0, algorithm='lloyd').fit(x); note = r.inertia_; labels = r.labels_"),
        "faiss": (read + "import faiss; faiss.omp_set_num_threads(t)",
                  f"r = faiss.Kmeans(384, {clusters}, niter=25, seed=1, max_points_per_centroid=10**9, min_points_per_centroid=1); "
                  "r.train(x, init_centroids=c); note = float(r.obj[-1])"),
    }


def hdbscan_peers(approximate=True):
    peers = {
        "scikit-learn": ("from sklearn.cluster import HDBSCAN",
                         # Its trees take minutes in many dimensions.
                         "r = HDBSCAN(min_cluster_size=10, min_samples=6, n_jobs=t, copy=True, algorithm='brute' if x.shape[1] > 60 else 'auto')"
                         ".fit(x.astype('f8')); note = int(r.labels_.max()) + 1"),
        "hdbscan": ("import hdbscan",
                    "r = hdbscan.HDBSCAN(min_cluster_size=10, min_samples=5, core_dist_n_jobs=t, **({'algorithm': 'generic'} if x.shape[1] > 60"
                    " else {'approx_min_span_tree': False})).fit(x.astype('f8')); note = int(r.labels_.max()) + 1"),
    }
    if approximate:
        peers["fast_hdbscan (approximate above 30 dimensions)"] = (
            "import numba; numba.set_num_threads(t); import fast_hdbscan; fast_hdbscan.HDBSCAN(min_cluster_size=10, min_samples=5).fit(x[:2000])",
            "r = fast_hdbscan.HDBSCAN(min_cluster_size=10, min_samples=5).fit(x); note = int(r.labels_.max()) + 1")
    return peers


def linkage_peers(method):
    if method == "single":
        return {"scipy": ("from scipy.cluster.hierarchy import linkage", "r = linkage(x.astype('f8'), 'single'); note = r[-1, 2]")}
    return {"fastcluster": ("import fastcluster", f"r = fastcluster.linkage(x.astype('f8'), '{method}'); note = r[-1, 2]")}


def rows():
    table = []
    for clusters in (50, 256):
        table.append(Row(f"kmeans-{clusters}", "wordnet20k.f32", 20_000, 384, "kmeans", {"n_clusters": clusters, "max_iter": 25, "tol": 0},
                         kmeans_peers(clusters), extra=["--init", f"{{folder}}/init_wordnet20k_k{clusters}.f32"]))
    table.append(Row("kmeans-default-256", "wordnet20k.f32", 20_000, 384, "kmeans", {"n_clusters": 256, "n_init": 1},
                     {"scikit-learn": ("from sklearn.cluster import KMeans", "r = KMeans(256, n_init=1, random_state=seed).fit(x); note = r.inertia_")}))
    hdbscan = {"min_cluster_size": 10, "min_samples": 5}
    table.append(Row("hdbscan-20k", "wordnet20k.f32", 20_000, 384, "hdbscan", hdbscan, hdbscan_peers()))
    table.append(Row("hdbscan-5k", "wordnet20k.f32", 5_000, 384, "hdbscan", hdbscan, hdbscan_peers()))
    table.append(Row("hdbscan-20k-10d", "wordnet20k_pca10.f32", 20_000, 10, "hdbscan", hdbscan, hdbscan_peers()))
    # The exact peers would keep a matrix of 110 GB.
    approximate = {name: code for name, code in hdbscan_peers().items() if name.startswith("fast_hdbscan")}
    table.append(Row("hdbscan-117k", "wordnet117k.f32", 117_659, 384, "hdbscan", hdbscan, approximate))
    for method in LINKAGES:
        for count in (5_000, 20_000):
            table.append(Row(f"{method}-{count // 1000}k", "wordnet20k.f32", count, 384, "agglomerative", {"linkage": method, "n_clusters": 50},
                             linkage_peers(method), blas=False))
    table.append(Row("silhouette-20k", "wordnet20k.f32", 20_000, 384, "kmeans", {"n_clusters": 50, "max_iter": 25, "tol": 0},
                     {"scikit-learn": ("from sklearn.metrics import silhouette_score; from sklearn.cluster import KMeans; "
                                       "groups = KMeans(50, n_init=1, max_iter=25, tol=0, init=numpy.fromfile(folder + '/init_wordnet20k_k50.f32', "
                                       "'<f4').reshape(-1, 384)).fit(x).labels_", "note = float(silhouette_score(x, groups))")},
                     part="metrics", extra=["--metrics", "--init", "{folder}/init_wordnet20k_k50.f32"]))
    table.append(Row("dbscan-20k", "wordnet20k.f32", 20_000, 384, "dbscan", {"eps": 0.9, "min_samples": 5},
                     {"scikit-learn": ("from sklearn.cluster import DBSCAN", "r = DBSCAN(eps=0.9, n_jobs=t).fit(x); note = int(r.labels_.max()) + 1"),
                      "sklearnex": ("from sklearnex.cluster import DBSCAN", "r = DBSCAN(eps=0.9).fit(x); note = int(r.labels_.max()) + 1")}))
    nodes = "c = x[:2000].copy()"
    table.append(Row("classify-2000", "wordnet20k.f32", 20_000, 384, "classify", {"nodes": 2000},
                     {"numpy": (nodes, "note = int(numpy.concatenate([(x[i:i + 1024] @ c.T).argmax(1) for i in range(0, len(x), 1024)]).sum())"),
                      "faiss": (nodes + "; import faiss; faiss.omp_set_num_threads(t); index = faiss.IndexFlatIP(384); index.add(c)",
                                "note = int(index.search(x, 1)[1].sum())")}, part="classify"))
    mmd = ("def squares(a, b): return numpy.maximum((a * a).sum(1)[:, None] + (b * b).sum(1)[None] - 2 * a @ b.T, 0)",
           "a = x[:10000]; g = 1 / numpy.median(squares(a[:1000], a[:1000])[numpy.triu_indices(1000, 1)]); k = numpy.exp(-g * squares(a, a)); "
           "numpy.fill_diagonal(k, 0); m = 5000; random = numpy.random.default_rng(1); "
           "s = numpy.stack([numpy.where(numpy.isin(numpy.arange(2 * m), random.permutation(2 * m)[:m]), 1, -1) for _ in range(200)], 1)"
           ".astype('f4'); note = float((s * (k @ s)).sum(0).max())")
    table.append(Row("mmd-5k", "wordnet20k.f32", 10_000, 384, "mmd", {"permutations": 200}, {"numpy": mmd}, part="mmd"))
    scaled = {"kmeans": ("kmeans", {"n_clusters": 50, "max_iter": 25, "tol": 0, "n_init": 1}), "hdbscan": ("hdbscan", hdbscan),
              "single": ("agglomerative", {"linkage": "single", "n_clusters": 50}), "dbscan": ("dbscan", {"eps": 0.9, "min_samples": 5})}
    for name, (algorithm, parameters) in scaled.items():
        for count in (5_000, 20_000, 60_000, 117_659):
            data = "wordnet20k.f32" if count <= 20_000 else "wordnet117k.f32"
            table.append(Row(f"scaling-{name}-{count}", data, count, 384, algorithm, parameters, {}))
    return table


def measured(command, environment):
    """Runs a child; answers what it printed last, its peak memory in MB, and what it said when it failed."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        child = subprocess.Popen(command, stdout=out, stderr=err, env={**os.environ, **environment})
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        lines = out.read().decode().strip().splitlines()
        failure = err.read().decode().strip().splitlines()[-1:] if child.returncode != 0 else []
    return (lines[-1] if lines else ""), usage.ru_maxrss / 1024, (failure or [f"exit {child.returncode}"])[0] if child.returncode else None


def ours(arguments, row, path):
    verb = "bench-clustering" if row.algorithm in ("classify", "mmd") else "cluster"
    command = [arguments.binary, verb, path, "--dim", str(row.dimensions), "--algorithm", row.algorithm, "--params", json.dumps(row.parameters),
               "--threads", str(arguments.threads), "--seed", "1", "--json", *(word.format(folder=arguments.folder) for word in row.extra)]
    text, memory, failure = measured(command, {})
    if failure:
        return None, failure
    answer = json.loads(text)
    seconds = answer["seconds"].get(row.part)
    if seconds is None:
        return None, f"the answer has no seconds.{row.part}"
    noise = sum(label < 0 for label in answer.get("labels", []))
    note = answer.get("inertia") or f"{answer.get('n_clusters')} clusters" + (f", noise {noise}" if noise else "")
    if row.part == "metrics":
        note = answer.get("metrics", {}).get("silhouette_score")
    return (seconds, memory, note, answer.get("labels")), None


PEER = """
import sys, time, json, os
folder, path, count, dimensions, t, seed = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5]), 1
import numpy
x = numpy.fromfile(path, '<f4', count * dimensions).reshape(count, dimensions)
exec(PREPARATION)
x[:100] @ x[:100].T  # starts the threads
labels = None
began = time.perf_counter()
exec(WORK)
print(json.dumps([time.perf_counter() - began, note, None if labels is None else labels.tolist()]))
"""


def peer(arguments, row, name, path, environment):
    preparation, work = row.peers[name]
    program = f"PREPARATION, WORK = {preparation!r}, {work!r}\n{PEER}"
    threads = {name: str(arguments.threads) for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")}
    command = [sys.executable, "-c", program, arguments.folder, path, str(row.count), str(row.dimensions), str(arguments.threads)]
    text, memory, failure = measured(command, {**threads, **environment})
    if failure:
        return None, failure
    seconds, note, labels = json.loads(text)
    return (seconds, memory, note, labels), None


# A row is its scale (float32) and 384 signed bytes.
WIDEN = """
import sys, numpy
raw = numpy.fromfile(sys.argv[1], numpy.uint8).reshape(-1, 4 + int(sys.argv[3]))
(raw[:, 4:].view(numpy.int8) * raw[:, :4].copy().view("<f4")).astype("<f4").tofile(sys.argv[2])
"""


def file_of(arguments, row, scratch):
    """The row's data: a file of the folder, its beginning, or the 8-bit file made into floats."""
    source = os.path.join(arguments.folder, row.data)
    whole = row.data.replace(".f32", "")
    if row.data == "wordnet117k.f32":
        eight = os.path.join(arguments.folder, "wordnet117k.q8")
        if not os.path.exists(eight):
            return None
        source = os.path.join(scratch, row.data)
        if not os.path.exists(source):
            # By a child: what this process ever took would count as the peak of all that it starts from then on.
            subprocess.run([sys.executable, "-c", WIDEN, eight, source, str(row.dimensions)], check=True)
    if not os.path.exists(source):
        return None
    size = row.count * row.dimensions * 4
    if os.path.getsize(source) == size:
        return source
    part = os.path.join(scratch, f"{whole}-{row.count}.f32")
    if not os.path.exists(part):
        with open(source, "rb") as data, open(part, "wb") as target:
            target.write(data.read(size))
    return part


def shown(row, engine, column, runs, ratio=None, labels=None):
    seconds = statistics.median(run[0] for run in runs)
    note = runs[0][2]
    note = f"{note:.6g}" if isinstance(note, float) else str(note)
    if labels and runs[0][3]:
        note += f", {sum(a == b for a, b in zip(labels, runs[0][3])) / len(labels):.2%} of labels equal"
    print(f"{row.name:<23} {engine[:22]:<22} {column:<13}{len(runs):>4}{seconds:>10.3f}{min(run[0] for run in runs):>10.3f}"
          f"{max(run[1] for run in runs):>9.0f}{'' if ratio is None else f'{ratio:.2f}x':>9}  {note}", flush=True)


def wanted(arguments, runs):
    """How many runs of a peer there should be, given those made."""
    if not runs or arguments.full or arguments.quick:
        return 1 if arguments.quick else arguments.repeat
    return min(arguments.repeat, 1 if runs[0][0] > 20 else 2 if runs[0][0] > 5 else arguments.repeat)


def compare(arguments, row, scratch, scaling):
    path = file_of(arguments, row, scratch)
    if path is None:
        return print(f"{row.name:<23} left out: {row.data} is not in {arguments.folder}")
    own, peers, missing = [], {}, {}
    for _ in range(1 if arguments.quick else arguments.repeat):
        answer, failure = ours(arguments, row, path)
        if failure:
            return print(f"{row.name:<23} left out: perigee says {failure}")
        own.append(answer)
        for name in row.peers:
            for column, environment in row.columns.items():
                runs = peers.setdefault((name, column), [])
                if name in missing or len(runs) >= wanted(arguments, runs):
                    continue
                answer, failure = peer(arguments, row, name, path, environment)
                if failure:
                    missing[name] = failure
                else:
                    runs.append(answer)
    seconds = statistics.median(run[0] for run in own)
    shown(row, "perigee", "", own)
    for (name, column), runs in peers.items():
        if runs:
            shown(row, name, column, runs, statistics.median(run[0] for run in runs) / seconds, own[0][3])
    for name, failure in missing.items():
        print(f"{row.name:<23} {name}: {failure}")
    if row.name.startswith("scaling-"):
        series = row.name.rsplit("-", 1)[0]
        before = scaling.get(series)
        if before:
            print(f"{'':<23} exponent from {before[0]} rows: {math.log(seconds / before[1]) / math.log(row.count / before[0]):.2f}")
        scaling[series] = (row.count, seconds)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("binary", help="path of perigee")
    parser.add_argument("folder", help="folder of wordnet20k.f32")
    parser.add_argument("--rows", help="names, or beginnings of names, with commas between; without it, all rows")
    parser.add_argument("--list", action="store_true", help="name the rows and end")
    parser.add_argument("--full", action="store_true", help="as many runs of slow peers as of the others")
    parser.add_argument("--quick", action="store_true", help="one run of each")
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    table = rows()
    if arguments.rows:
        wanted = arguments.rows.split(",")
        table = [row for row in table if any(row.name.startswith(name) for name in wanted)]
        if not table:
            sys.exit(f"no row begins with {arguments.rows}; there are: {', '.join(row.name for row in rows())}")
    if arguments.list:
        return print("\n".join(row.name for row in table))
    print(f"{'row':<23} {'engine':<22} {'BLAS':<13}{'runs':>4}{'median s':>10}{'min s':>10}{'peak MB':>9}{'ours is':>9}  result")
    scaling = {}
    with tempfile.TemporaryDirectory() as scratch:
        for row in table:
            compare(arguments, row, scratch, scaling)


if __name__ == "__main__":
    main()
