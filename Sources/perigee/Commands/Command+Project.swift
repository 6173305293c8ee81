import Basics

extension Command {
  static let project = Command(
    name: "project", summary: "Lay vectors out in two or three dimensions",
    positionals: [Positional("FILE", .one, "Vectors: .npy, or raw float32 with --dim")],
    options: [
      Option("to", value: "N", "Dimensions of the map: 2 (without it) or 3"),
      Option("method", value: "NAME", "pca (without it): the directions in which rows vary most; umap: neighbours stay together"),
      Option("metric", value: "NAME", "What neighbours are near by (umap): cosine (without it) or euclidean"),
      Option("neighbors", value: "N", "Neighbours per row (umap): few show detail, many the whole; without it 15"),
      Option("previous", value: "FILE", "An earlier map of the same rows; rows behind its last are new. The new one is laid over it"),
      Option("out", value: "FILE", "Where to: .npy, .csv, .json, .svg (a picture, of two dimensions) or raw float32"),
      Option("labels", value: "FILE", "Clusters of the rows, by which a picture is coloured"),
      Option("dim", value: "N", "Numbers in a row of a raw file"),
      Option("seed", value: "N", "Seed of all that is random; without it 0"),
      Option("threads", value: "N", "Threads; without it as many as the machine has"),
    ],
    examples: [
      Example("perigee project words.npy --method umap --labels labels.npy --out map.svg", "a picture of clusters"),
      Example("perigee project words.f32 --dim 384 --to 3 --json", "coordinates for programs"),
      Example("perigee project today.npy --method umap --previous yesterday-map.npy --out map.npy", "a map that does not jump"),
    ],
    notes: """
      The axes of a umap have no meaning: only who is near to whom has. The same file, seed and build give the same map,
      whatever the number of threads.
      """
  ) { invocation throws(Problem) in try FileProjection(invocation).run() }
}
