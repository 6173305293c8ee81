import Basics
import Clustering
import Model
import Store

/// A document that a retriever found, by its place in the store, and how well it fits.
struct Hit {
  var collectionID: String
  var position: Int64
  var document: Document
  var score: Double?

  /// As results show it: the document with its score.
  func json(vectors: Bool) -> JSON {
    guard let score, var shown = document.json(vectors: vectors).object else { return document.json(vectors: vectors) }
    shown["score"] = .double(score)
    return .object(shown)
  }
}

/// The nearest documents of one or several searches, exactly, and their lists made one.
struct VectorSearch {
  /// One search in one collection.
  struct Target {
    var collection: Collection
    var index: VectorIndex
    var vector: [Float]
  }

  /// Where a document is; among equally good ones the earlier collection and the earlier document goes first.
  struct Place: Hashable {
    var collection: Int
    var position: Int64
  }

  struct Found {
    var place: Place
    var score: Double
  }

  /// Vectors in memory at once: 25 MB of 384 dimensions.
  private static let piece = 16_384
  /// The constant of reciprocal rank fusion: Cormack, Clarke, Büttcher, "Reciprocal Rank Fusion outperforms Condorcet", SIGIR 2009.
  private static let rankConstant = 60.0

  let namespaceID: String
  let threads: Int
  let cancellation: Cancellation
  /// Identifiers in the order in which places count them.
  let collections: [String]

  /// The best of one search over its targets, best first. `scanned` counts the vectors that were looked at.
  func best(
    of search: RetrieverSearch.One, _ targets: [Target], _ filter: Filter?, in reader: Reader, scanned: inout Int
  ) throws(Problem) -> [Found] {
    var found: [Found] = []
    for target in targets {
      var nearest = QueryNearest(
        target.vector, Self.similarity(target.index.metric), count: search.top, least: search.minimum ?? -.infinity, threads: threads)
      let number = collections.firstIndex(of: target.collection.id) ?? 0
      try reader.scanVectors(
        of: target.collection.id, in: namespaceID, index: target.index, filter: filter, rows: Self.piece
      ) { piece throws(Problem) in
        try cancellation.check()
        nearest.add(piece.positions, piece.values)
        scanned += piece.positions.count
      }
      found += nearest.best.map { Found(place: Place(collection: number, position: $0.row), score: $0.score) }
    }
    return Self.ordered(found, search.top)
  }

  static func similarity(_ metric: VectorIndex.Metric) -> QueryNearest.Similarity {
    switch metric {
    case .cosine: .cosine
    case .dot: .dot
    case .euclidean: .euclidean
    }
  }

  static func ordered(_ found: [Found], _ count: Int) -> [Found] {
    let sorted = found.sorted {
      ($1.score, $0.place.collection, $0.place.position) < ($0.score, $1.place.collection, $1.place.position)
    }
    return Array(sorted.prefix(count))
  }

  /// One list of several: a place's shares of all lists that hold it, added up or the greatest of them.
  static func fused(_ lists: [(found: [Found], weight: Double)], by fusion: RetrieverSearch.Fusion, count: Int) -> [Found] {
    if lists.count == 1 { return Array(lists[0].found.prefix(count)) }
    var shares: [Place: Double] = [:]
    for list in lists {
      let (low, width) = Self.spread(list.found.map(\.score))
      for (rank, found) in list.found.enumerated() {
        let known = shares[found.place]
        switch fusion {
        case .rrf: shares[found.place] = (known ?? 0) + list.weight / (rankConstant + Double(rank + 1))
        case .weighted: shares[found.place] = (known ?? 0) + list.weight * found.score
        case .dbsf: shares[found.place] = (known ?? 0) + list.weight * (width > 0 ? max(0, min(1, (found.score - low) / width)) : 0.5)
        case .max: shares[found.place] = max(known ?? -.infinity, found.score)
        }
      }
    }
    return ordered(shares.map { Found(place: $0.key, score: $0.value) }, count)
  }

  /// From three standard deviations below the mean, six of them wide: where nearly all scores of a list lie.
  private static func spread(_ scores: [Double]) -> (low: Double, width: Double) {
    guard scores.count > 1 else { return (0, 0) }
    let mean = scores.reduce(0, +) / Double(scores.count)
    let deviation = (scores.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(scores.count - 1)).squareRoot()
    return (mean - 3 * deviation, 6 * deviation)
  }
}
