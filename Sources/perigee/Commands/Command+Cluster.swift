import Basics

extension Command {
  static let cluster = Command(
    name: "cluster", summary: "Group the vectors of a file or of a collection",
    positionals: [Positional("FILE", .optional, "Vectors: .npy, or raw float32 with --dim; without it, a --collection of the store")],
    options: [
      Option("collection", value: "NAME", "Cluster the documents of this collection, and keep the result in the store"),
      Option("algorithm", value: "NAME", "kmeans (without it), hdbscan, agglomerative, dbscan, optics, gaussian_mixture, mean_shift, spectral, auto"),
      Option("params", value: "JSON", "Its parameters, e.g. '{\"n_clusters\": 50}'"),
      Option("dim", value: "N", "Numbers in a row of a raw file"),
      Option("init", value: "FILE", "Centroids to begin with (files only)"),
      Option("seed", value: "N", "Seed of all that is random"),
      Option("threads", value: "N", "Threads; without it as many as the machine has"),
      Option("labels", value: "FILE", "Write the label of each row to a file: .npy, .csv, .json or raw int32 (files only)"),
      Option("centroids", value: "FILE", "Write the mean of each cluster to a file: .npy or raw float32 (files only)"),
      Option("metrics", "Score with every row, however many there are (files only)"),
      Option("max-memory", value: "MIB", "Refuse what needs more; without it half of the machine's memory (files only)"),
      Option("index", value: "NAME", "The vector index, where a collection has several"),
      Option("text", value: "FIELDS", "The fields that keywords are made of; without it every text field"),
      Option("name", value: "NAME", "Name of the definition in the store; without it COLLECTION_ALGORITHM"),
      Option.store, Option.namespace,
    ],
    examples: [
      Example("perigee cluster words.npy --params '{\"n_clusters\": 50}'", "a file, no store needed"),
      Example("perigee cluster words.f32 --dim 384 --seed 7 --json", "raw numbers; labels and scores for programs"),
      Example("perigee cluster words.npy --algorithm hdbscan --params '{\"min_cluster_size\": 10}'", "density; how many there are, it finds itself"),
      Example("perigee cluster --collection words --params '{\"n_clusters\": 50}'", "documents of a store, with keywords"),
    ],
    notes: """
      A file gives labels, one per row, and scores. A collection gives a definition that triggers and the API
      can run again, and groups with keywords; running the command again updates the definition.
      """
  ) { invocation throws(Problem) in
    if let file = invocation.word(0) {
      if invocation.has("collection") {
        throw Problem(.invalid, "a file and a collection are given", hint: "Give one of '\(file)' and --collection", path: "--collection")
      }
      return try FileClustering(file, invocation).run()
    }
    guard let collection = invocation.text("collection") else {
      throw Problem(
        .invalid, "there is nothing to cluster", hint: "Give a file (perigee cluster words.npy) or a collection (perigee cluster --collection words)")
    }
    for option in ["dim", "init", "labels", "centroids", "metrics", "max-memory"] where invocation.has(option) {
      throw Problem(.invalid, "--\(option) is for files", hint: "Leave it out", path: "--\(option)")
    }
    return try CollectionClustering(collection, invocation).run()
  }
}
