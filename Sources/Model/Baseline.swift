package import Basics

/// What a condition compares with: taken after each success of the trigger's action, and when the trigger is made.
package struct Baseline: Sendable, Equatable {
  /// What a metric does without drift, as the baseline's own splits tell: `mean` and `deviation` between `rows` and a window of `windowRows`, and
  /// what it reached between the two most different halves.
  package struct Null: Sendable, Equatable {
    package var metric: String
    package var rows: Int64
    package var windowRows: Int64
    package var mean: Double
    package var deviation: Double
    package var contrast: Double

    package init(metric: String, rows: Int64, windowRows: Int64, mean: Double, deviation: Double, contrast: Double) {
      self.metric = metric
      self.rows = rows
      self.windowRows = windowRows
      self.mean = mean
      self.deviation = deviation
      self.contrast = contrast
    }

    package init?(_ json: JSON) {
      guard let metric = json["metric"]?.string, let rows = json["rows"]?.int, let windowRows = json["window_rows"]?.int, rows > 0, windowRows > 0,
        let mean = json["mean"]?.double, let deviation = json["deviation"]?.double, let contrast = json["contrast"]?.double
      else { return nil }
      self.init(metric: metric, rows: rows, windowRows: windowRows, mean: mean, deviation: deviation, contrast: contrast)
    }

    package var json: JSON {
      [
        "metric": .string(metric), "rows": .int(rows), "window_rows": .int(windowRows), "mean": .double(mean), "deviation": .double(deviation),
        "contrast": .double(contrast),
      ]
    }
  }

  package var capturedAt: Instant
  /// Documents in the collections measured.
  package var documents: Int64
  /// The vectors averaged, and their mean (of the normalised vectors under the cosine metric).
  package var vectors: Int64
  package var mean: [Float]
  package var runID: String?
  /// Groups of the run whose centroids the snapshot holds; 0 without.
  package var clusters: Int64
  package var nulls: [Null]
  /// What metrics beyond the means compare with, in the bytes of whoever measures. Kept apart from the trigger's row and nil when the row alone
  /// was read.
  package var snapshot: [UInt8]?

  package init(
    capturedAt: Instant, documents: Int64, vectors: Int64, mean: [Float], runID: String? = nil, clusters: Int64 = 0, nulls: [Null] = [],
    snapshot: [UInt8]? = nil
  ) {
    self.capturedAt = capturedAt
    self.documents = documents
    self.vectors = vectors
    self.mean = mean
    self.runID = runID
    self.clusters = clusters
    self.nulls = nulls
    self.snapshot = snapshot
  }

  /// Counts, norms and null values; the vectors themselves are not shown.
  package var json: JSONObject {
    var squares = 0.0
    for value in mean { squares += Double(value) * Double(value) }
    return [
      "captured_at": .instant(capturedAt), "document_count": .int(documents), "vector_count": .int(vectors), "dimensions": .int(mean.count),
      "centroid_norm": .double(squares.squareRoot()), "run_id": .optional(runID), "clusters": .int(clusters),
      "null": .object(
        JSONObject(
          members: nulls.map { null in
            JSONObject.Member(
              key: null.metric,
              value: [
                "m": .int(null.rows), "n": .int(null.windowRows), "mean": .double(null.mean), "deviation": .double(null.deviation),
                "contrast": .double(null.contrast),
              ])
          })),
    ]
  }
}
