import CLua

extension Library {
  /// Vectors as values of their own, and statistics over lists of numbers.
  static let numbers = vectors + statistics

  private static let vectors = [
    function(
      "vector.new", ["numbers: table|integer"], "perigee.vector", .none, "A vector of a list of numbers, or of so many zeros.",
      form: Int32(CLUA_VECTOR)),
    function(
      "vector.dot", ["a: perigee.vector|number[]", "b: perigee.vector|number[]"], "number", .none, "The dot product.", form: Int32(CLUA_VECTOR)),
    function(
      "vector.cosine", ["a: perigee.vector|number[]", "b: perigee.vector|number[]"], "number", .none,
      "The cosine of the angle between two vectors; 0 when one is zero.", form: Int32(CLUA_VECTOR)),
    function(
      "vector.distance", ["a: perigee.vector|number[]", "b: perigee.vector|number[]"], "number", .none, "The Euclidean distance.",
      form: Int32(CLUA_VECTOR)),
    function("vector.norm", ["a: perigee.vector|number[]"], "number", .none, "The Euclidean length.", form: Int32(CLUA_VECTOR)),
    function(
      "vector.normalize", ["a: perigee.vector|number[]"], "perigee.vector", .none, "The same direction with length 1; zero stays zero.",
      form: Int32(CLUA_VECTOR)),
    function(
      "vector.add", ["a: perigee.vector|number[]", "b: perigee.vector|number[]"], "perigee.vector", .none, "The sum.", form: Int32(CLUA_VECTOR)),
    function(
      "vector.sub", ["a: perigee.vector|number[]", "b: perigee.vector|number[]"], "perigee.vector", .none, "The difference.", form: Int32(CLUA_VECTOR)
    ),
    function(
      "vector.scale", ["a: perigee.vector|number[]", "factor: number"], "perigee.vector", .none, "Every number times a factor.",
      form: Int32(CLUA_VECTOR)),
    function("vector.mean", ["vectors: perigee.vector[]"], "perigee.vector", .none, "The mean of several vectors.", form: Int32(CLUA_VECTOR)),
    function(
      "vector.nearest", ["query: perigee.vector|number[]", "vectors: perigee.vector[]", "count?: integer"], "table[]", .none,
      "The most similar by cosine, best first: {{index=…, score=…}, …}; one unless more are asked for.", form: Int32(CLUA_VECTOR)),
    function(
      "vector.kmeans", ["vectors: perigee.vector[]", "k: integer", "options?: {seed?: integer, iterations?: integer}"], "table", .none,
      "Groups vectors: {centroids=…, labels=…, inertia=…}."),
  ]

  private static let statistics = [
    function("stats.mean", ["numbers: number[]"], "number", .none, "The mean."),
    function("stats.sum", ["numbers: number[]"], "number", .none, "The sum, with compensated rounding."),
    function("stats.variance", ["numbers: number[]"], "number", .none, "The variance of the sample, divided by n-1."),
    function("stats.stddev", ["numbers: number[]"], "number", .none, "The standard deviation of the sample."),
    function("stats.min", ["numbers: number[]"], "number", .none, "The least."),
    function("stats.max", ["numbers: number[]"], "number", .none, "The greatest."),
    function("stats.median", ["numbers: number[]"], "number", .none, "The middle one."),
    function(
      "stats.quantile", ["numbers: number[]", "p: number"], "number", .none, "Between the order statistics, from p = 0 (least) to 1 (greatest)."),
    function(
      "stats.ewma", ["numbers: number[]", "alpha: number"], "number", .none, "The exponentially weighted mean; alpha is the weight of the newest."),
    function(
      "stats.psi", ["before: number[]", "after: number[]", "bins?: integer"], "number", .none,
      "Population stability index over quantile bins; above 0.25 is a shift."),
    function(
      "stats.ks", ["before: number[]", "after: number[]"], "number", .none, "Kolmogorov-Smirnov: the greatest distance between two distributions."),
    function("stats.correlation", ["a: number[]", "b: number[]"], "number", .none, "Pearson's r."),
    function(
      "stats.histogram", ["numbers: number[]", "bins?: integer"], "table[]", .none, "Counts in bins of equal width: {{from=…, to=…, count=…}, …}."),
  ]
}
