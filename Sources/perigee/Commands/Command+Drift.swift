import Basics

extension Command {
  static let drift = Command(
    name: "drift", summary: "Measure how far vectors have moved from earlier ones",
    positionals: [
      Positional("BASELINE", .optional, "The earlier vectors: .npy, or raw float32 with --dim; with --stream the series, without it standard input"),
      Positional("CURRENT", .optional, "The vectors of now"),
    ],
    options: [
      Option("dim", value: "N", "Numbers in a row of raw files"),
      Option("metric", value: "NAME", "One metric, as triggers name it; without it all that can be measured (of a stream: adwin, page_hinkley)"),
      Option("normalize", "Divide each row by its length first, as the cosine metric does"),
      Option("centroids", value: "FILE", "Centroids of a clustering of the baseline: psi and other metrics compare their shares"),
      Option("stream", "Read one series of numbers in order, and tell where its mean changes"),
      Option("params", value: "JSON", "Parameters of the detectors of --stream, e.g. '{\"page_hinkley\": {\"threshold\": 5}}'"),
      Option("raw-components", "ks and wasserstein of every column, not of 32 principal components (beyond 64 columns)"),
      Option("permutations", value: "N", "Of the tests of mmd and energy; without it 200"),
      Option("seed", value: "N", "Seed of samples, splits and permutations; without it 0"),
      Option("threads", value: "N", "Threads; without it as many as the machine has"),
    ],
    examples: [
      Example("perigee drift march.npy april.npy", "every metric, each with the chance of such a value without drift"),
      Example("perigee drift march.f32 april.f32 --dim 384 --metric mmd --normalize --json", "one metric; for programs"),
      Example("perigee drift march.npy april.npy --metric psi --centroids topics.npy", "shares of clusters"),
      Example("tail -f distances.csv | perigee drift --stream", "a series as it comes: a line for each change that is noticed"),
      Example("perigee drift --stream arrivals.f32 --dim 384 --centroids topics.npy", "distances of vectors to their nearest centroid"),
    ],
    notes: """
      A value alone says little: what a metric does without drift depends on the vectors and on their number. So
      the baseline is split at random again and again, and p tells how likely such a value is without drift, z how
      many standard deviations it lies from the mean of the splits.
      A stream is read in constant memory: a .csv, .txt or standard input of numbers, a .json array, a .npy of one
      dimension, raw .f32 or .f64; or, with --centroids, vectors. Its detectors are river's: adwin (delta 0.002,
      clock 32, max_buckets 5, min_window_length 5, grace_period 10) and page_hinkley (min_instances 30, delta 0.005,
      threshold 50, alpha 0.9999, mode both). A threshold of 5 suits distances of unit vectors better than 50.
      Places count from 0.
      """
  ) { invocation throws(Problem) in
    if invocation.has("stream") {
      var stream = try StreamDrift(invocation)
      return try stream.run()
    }
    return try FileDrift(invocation).run()
  }
}
