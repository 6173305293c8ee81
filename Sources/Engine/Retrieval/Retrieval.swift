import Basics
import Model
import Store

/// One execution of a retriever: its stages over its collections, on one snapshot of the store.
///
/// Filters, a sort and a limit that come first are not carried out one by one but asked of the store together, so that a search looks only at what
/// passes, and a list reads only its page.
struct Retrieval {
  /// Documents that later stages hold in memory at most; where there are more, `limits` says so.
  static let pool = 10_000

  struct Outcome {
    var hits: [Hit] = []
    /// Where the page begins, and how many documents there are on all pages.
    var start = 0
    var total = 0
    var processed = 0
    var milliseconds = 0.0
    var stages: [Statistics] = []
    var limits: [JSON] = []
    var notes = RetrieverStage.Notes()
    var values: RetrieverValues
    /// Of one index: the name of the first search's.
    var features: [String] = []

    var statistics: JSON {
      [
        "stages": .object(JSONObject(members: stages.map { .init(key: $0.name, value: $0.json) })), "total_time_ms": .double(milliseconds),
        "credits_used": 0, "server_service_ms": .double(milliseconds),
      ]
    }
  }

  struct Statistics {
    var name: String
    var kind: RetrieverStage.Kind
    var input = 0
    var output = 0
    var milliseconds = 0.0
    /// How long it may take, as its `hard_timeout_ms` says.
    var budget: Double?
    var isLate: Bool { budget.map { milliseconds > $0 } ?? false }

    var json: JSON {
      [
        "input_count": .int(input), "output_count": .int(output), "duration_ms": .double(milliseconds),
        "efficiency": .double(input > 0 ? Double(output) / Double(input) : 1), "cache_hit": false,
        "metadata": ["stage_id": .string(kind.rawValue), "latency_budget_breached": .bool(isLate)],
      ]
    }
  }

  /// A stage made ready: what it does, what its searches look into, and the filters around it.
  struct Part {
    var step: RetrieverStage.Step?
    var targets: [[VectorSearch.Target]]
    var before: Filter?
    var after: Filter?
  }

  let host: Host
  let retriever: Retriever
  let cancellation: Cancellation

  init(_ host: Host, _ retriever: Retriever, cancellation: Cancellation = Cancellation()) {
    self.host = host
    self.retriever = retriever
    self.cancellation = cancellation
  }

  func run(inputs: JSONObject, filter: Filter? = nil, page: RetrievalPage, vectors: Bool = false) throws(Problem) -> Outcome {
    let began = host.surroundings.ticks()
    var outcome = Outcome(values: try RetrieverValues(inputs, for: retriever.inputs))
    var collections: [Collection] = []
    for id in retriever.collectionIDs {
      collections.append(try host.collection(id, in: retriever.namespaceID, path: "collection_identifiers"))
    }
    // Queries are made vectors before the snapshot is taken: that may take a request to another server.
    let queries = QueryVectors(host: host, namespaceID: retriever.namespaceID, cancellation: patience(since: began))
    var steps: [Part] = []
    for (position, stage) in retriever.stages.enumerated() {
      let path = "stages[\(position)].config"
      let step = try stage.step(outcome.values.values, path: path + ".parameters", notes: &outcome.notes)
      let filters = try stage.filters(outcome.values.values, path: path, notes: &outcome.notes)
      var targets: [[VectorSearch.Target]] = []
      if case .search(let search)? = step {
        targets = try within(retriever.maxTime) { () throws(Problem) in
          try self.targets(of: search, collections, queries, path: path + ".parameters", &outcome)
        }
      }
      steps.append(Part(step: step, targets: targets, before: filters.before, after: filters.after))
    }
    let (known, ready) = (collections, steps)
    var made = outcome
    try read { reader throws(Problem) in
      try perform(ready, known, filter, page, vectors, in: reader, &made)
    }
    made.milliseconds = (host.surroundings.ticks() - began).inSeconds * 1000
    return made
  }

  private func read(_ body: (Reader) throws(Problem) -> Void) throws(Problem) {
    let limit = [retriever.maxTime, ReadLimit.current].compactMap { $0 }.min()
    try within(limit) { () throws(Problem) in try host.readers.read(within: limit, cancellation: cancellation, body) }
  }

  /// What a limit of time stopped is told as such.
  private func within<Value>(_ limit: Duration?, _ body: () throws(Problem) -> Value) throws(Problem) -> Value {
    do throws(Problem) { return try body() } catch {
      guard error.kind == .cancelled, !cancellation.isCancelled else { throw error }
      if host.isClosing { throw Host.shuttingDown }
      guard let limit else { throw error }
      throw Problem(
        .budget, "the retriever took longer than \(limit.inMilliseconds) ms", hint: "Give it more max_time_ms, narrower filters or fewer stages",
        path: "budget_limits.max_time_ms", details: error.details)
    }
  }

  /// Raised when the search is cancelled, when the host closes, and when the retriever's time is over.
  private func patience(since began: Ticks) -> Cancellation {
    Cancellation { [host, cancellation, limit = retriever.maxTime] in
      cancellation.isCancelled || host.isClosing || limit.map { host.surroundings.ticks() - began > $0 } ?? false
    }
  }

  // MARK: - What searches look for

  /// Of each search the collections that it looks into, with the query as a vector; an empty list where it is skipped.
  private func targets(
    of search: RetrieverSearch, _ collections: [Collection], _ queries: QueryVectors, path: String, _ outcome: inout Outcome
  ) throws(Problem) -> [[VectorSearch.Target]] {
    var result: [[VectorSearch.Target]] = []
    for (position, one) in search.searches.enumerated() {
      let at = "\(path).searches[\(position)]"
      var query = one.query
      let places = try self.collections(one.collections.isEmpty ? search.collections : one.collections, collections, path: at)
      var targets: [VectorSearch.Target] = []
      for collection in places {
        let index = try Self.index(one.index, of: collection, path: "\(at).feature_uri")
        if case .nothing = query, one.onEmpty == .random { query = .vector(random(index.dimensions)) }
        guard let vector = try queries.vector(for: query, in: collection, index, path: "\(at).query") else {
          if one.onEmpty == .skip { break }
          throw Problem(
            .invalid, "the search has no input", hint: "Give the input that its query names, or set on_empty to \"skip\" or \"random\"",
            path: "\(at).query", details: ["type": "missing"])
        }
        targets.append(VectorSearch.Target(collection: collection, index: index, vector: vector))
        if !outcome.features.contains(index.name) { outcome.features.append(index.name) }
      }
      result.append(targets)
    }
    if !result.isEmpty, result.allSatisfy(\.isEmpty) {
      throw Problem(.invalid, "no search of the stage has an input", hint: "Give at least one of them", path: "\(path).searches")
    }
    return result
  }

  static func index(_ name: String, of collection: Collection, path: String) throws(Problem) -> VectorIndex {
    if let index = collection.index(named: name) { return index }
    let known = collection.vectorIndexes.map(\.name)
    throw Problem(
      .invalid, "collection '\(collection.name)' has no vector index '\(name)'",
      hint: known.isEmpty ? "It has none" : "It has: \(known.joined(separator: ", "))", path: path,
      didYouMean: Suggestion.nearest(to: name, in: known), details: ["available": .array(known.map(JSON.string))])
  }

  private func collections(_ names: [String], _ own: [Collection], path: String) throws(Problem) -> [Collection] {
    if names.isEmpty {
      guard own.isEmpty else { return own }
      throw Problem(
        .invalid, "it is not said which collections to search", hint: "Give the retriever collection_identifiers", path: "collection_identifiers")
    }
    var found: [Collection] = []
    for (position, name) in names.enumerated() {
      found.append(try host.collection(name, in: retriever.namespaceID, path: "\(path).collection_identifiers[\(position)]"))
    }
    return found
  }

  private func random(_ dimensions: Int) -> [Float] {
    (0..<dimensions).map { _ in Float(Int64(bitPattern: host.surroundings.random()) >> 40) / Float(1 << 23) }
  }
}
