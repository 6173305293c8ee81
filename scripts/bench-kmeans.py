#!/usr/bin/env python3
"""Times k-means against scikit-learn and faiss: the same rows, the same first centroids, 25 iterations, two threads.

    python scripts/bench-kmeans.py PATH/TO/perigee DATA_FOLDER [--repeat 5] [--threads 2]

DATA_FOLDER holds wordnet20k.f32 (20,000 x 384) and init_wordnet20k_k50.f32, init_wordnet20k_k256.f32. The interpreter needs
numpy, scikit-learn and faiss-cpu (python -m venv VENV && VENV/bin/pip install scikit-learn faiss-cpu).

The work is the same as far as the peers let it: scikit-learn with tol=0, max_iter=25 assigns rows 26 times (the last time so
that labels belong to the final centroids), and so do we; faiss with niter=25 assigns 25 times and gives no labels, which are
asked for afterwards and not timed. Neither data converges within 25 iterations. Each run is a process of its own, the engines
take turns, and what is timed is the clustering alone, without reading the file. Inertia is recomputed in double precision
from each engine's own centroids and labels (ours is as reported); equal labels are counted against scikit-learn's.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys

ENGINES = ("perigee", "scikit-learn", "faiss")
ROWS, DIMENSIONS, ITERATIONS = 20_000, 384, 25


def ours(binary, folder, clusters, threads):
    parameters = json.dumps({"n_clusters": clusters, "max_iter": ITERATIONS, "tol": 0})
    command = [binary, "cluster", f"{folder}/wordnet20k.f32", "--dim", str(DIMENSIONS), "--algorithm", "kmeans", "--params", parameters,
               "--init", f"{folder}/init_wordnet20k_k{clusters}.f32", "--threads", str(threads), "--json"]
    answer = json.loads(output_of(command))
    return {"seconds": answer["seconds"]["cluster"], "labels": answer["labels"], "inertia": answer["inertia"]}


def peer(engine, folder, clusters, threads):
    """One run of a peer, in this process; prints its answer."""
    import time

    import numpy

    rows = numpy.fromfile(f"{folder}/wordnet20k.f32", "<f4").reshape(-1, DIMENSIONS)
    start = numpy.fromfile(f"{folder}/init_wordnet20k_k{clusters}.f32", "<f4").reshape(clusters, DIMENSIONS)
    if engine == "scikit-learn":
        from sklearn.cluster import KMeans

        model = KMeans(clusters, init=start, n_init=1, max_iter=ITERATIONS, tol=0, algorithm="lloyd")
        KMeans(2, n_init=1, max_iter=2).fit(rows[:100])  # starts its threads
        began = time.perf_counter()
        model.fit(rows)
        seconds = time.perf_counter() - began
        centroids, labels = model.cluster_centers_, model.labels_
    else:
        import faiss

        faiss.omp_set_num_threads(threads)
        limits = dict(max_points_per_centroid=10**9, min_points_per_centroid=1)  # otherwise it would cluster a sample
        faiss.Kmeans(DIMENSIONS, 2, niter=2, **limits).train(rows[:100])
        model = faiss.Kmeans(DIMENSIONS, clusters, niter=ITERATIONS, seed=1, **limits)
        began = time.perf_counter()
        model.train(rows, init_centroids=start)
        seconds = time.perf_counter() - began
        centroids, labels = model.centroids, model.index.search(rows, 1)[1][:, 0]
    differences = rows.astype(numpy.float64) - centroids.astype(numpy.float64)[labels]
    print(json.dumps({"seconds": seconds, "labels": labels.tolist(), "inertia": float((differences**2).sum())}))


def output_of(command, threads=None):
    environment = dict(os.environ)
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS") if threads else ():
        environment[name] = str(threads)
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, text=True)
    if done.returncode != 0:
        sys.exit(f"failed: {' '.join(command)}\n{done.stderr.strip()}")
    return done.stdout.strip().splitlines()[-1]


def compare(arguments, clusters):
    answers = {engine: [] for engine in ENGINES}
    for _ in range(arguments.repeat):
        for engine in ENGINES:
            if engine == "perigee":
                answer = ours(arguments.binary, arguments.folder, clusters, arguments.threads)
            else:
                command = [sys.executable, __file__, "--peer", engine, str(clusters), "--threads", str(arguments.threads), "-", arguments.folder]
                answer = json.loads(output_of(command, arguments.threads))
            answers[engine].append(answer)
    medians = {engine: statistics.median(answer["seconds"] for answer in answers[engine]) for engine in ENGINES}
    fastest_peer = min(medians[engine] for engine in ENGINES[1:])
    reference = answers["scikit-learn"][0]["labels"]
    # As much arithmetic as the products take: two operations for each row, centroid, dimension and assignment.
    work = 2 * ROWS * clusters * DIMENSIONS
    for engine in ENGINES:
        runs = answers[engine]
        equal = sum(a == b for a, b in zip(runs[0]["labels"], reference)) / len(reference)
        assignments = ITERATIONS + (engine != "faiss")
        print(f"{clusters:>4}  {engine:<13}{medians[engine] * 1e3:>9.1f}{min(run['seconds'] for run in runs) * 1e3:>9.1f}"
              f"{fastest_peer / medians[engine]:>9.2f}{work * assignments / medians[engine] / 1e9:>9.0f}{runs[0]['inertia']:>13.3f}{equal:>9.2%}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("binary", help="path of perigee")
    parser.add_argument("folder", help="folder of wordnet20k.f32")
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--peer", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.peer:
        return peer(arguments.peer[0], arguments.folder, int(arguments.peer[1]), arguments.threads)
    print(f"k-means, {ROWS} x {DIMENSIONS}, {ITERATIONS} iterations, {arguments.threads} threads, {arguments.repeat} runs each; milliseconds")
    print("   k  engine          median      min  speedup   GFLOP/s      inertia    equal")
    for clusters in (50, 256):
        compare(arguments, clusters)


if __name__ == "__main__":
    main()
