import Basics

extension Command {
  static let drift = Command(
    name: "drift", summary: "Measure how far vectors have moved from earlier ones",
    positionals: [
      Positional("BASELINE", .one, "The earlier vectors: .npy, or raw float32 with --dim"), Positional("CURRENT", .one, "The vectors of now"),
    ],
    options: [
      Option("dim", value: "N", "Numbers in a row of raw files"),
      Option("metric", value: "NAME", "One metric, as triggers name it; without it all that can be measured"),
      Option("normalize", "Divide each row by its length first, as the cosine metric does"),
      Option("centroids", value: "FILE", "Centroids of a clustering of the baseline: psi and other metrics compare their shares"),
      Option("raw-components", "ks and wasserstein of every column, not of 32 principal components (beyond 64 columns)"),
      Option("permutations", value: "N", "Of the tests of mmd and energy; without it 200"),
      Option("seed", value: "N", "Seed of samples, splits and permutations; without it 0"),
      Option("threads", value: "N", "Threads; without it as many as the machine has"),
    ],
    examples: [
      Example("perigee drift march.npy april.npy", "every metric, each with the chance of such a value without drift"),
      Example("perigee drift march.f32 april.f32 --dim 384 --metric mmd --normalize --json", "one metric; for programs"),
      Example("perigee drift march.npy april.npy --metric psi --centroids topics.npy", "shares of clusters"),
    ],
    notes: """
      A value alone says little: what a metric does without drift depends on the vectors and on their number. So
      the baseline is split at random again and again, and p tells how likely such a value is without drift, z how
      many standard deviations it lies from the mean of the splits.
      """
  ) { invocation throws(Problem) in try FileDrift(invocation).run() }
}
