import Basics
import Clustering
import Glibc
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

  /// What has not been read yet.
  private struct Pending {
    var filter: Filter?
    var sort: [(field: String, descending: Bool)] = []
    var offset = 0
    var limit: Int?
    /// The stages that it stands for.
    var stages: [Int] = []

    mutating func add(_ other: Filter) { filter = filter.map { .all([$0, other]) } ?? other }
  }

  private enum State {
    case pending(Pending)
    case hits([Hit])
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
    var steps: [(step: RetrieverStage.Step?, targets: [[VectorSearch.Target]])] = []
    for (position, stage) in retriever.stages.enumerated() {
      let path = "stages[\(position)].config.parameters"
      let step = try stage.step(outcome.values.values, path: path, notes: &outcome.notes)
      guard case .search(let search)? = step else {
        steps.append((step, []))
        continue
      }
      steps.append((step, try targets(of: search, collections, path: path, &outcome)))
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
    let limits = [retriever.maxTime, ReadLimit.current].compactMap { $0 }
    do throws(Problem) {
      try host.readers.read(within: limits.min(), cancellation: cancellation, body)
    } catch {
      guard error.kind == .cancelled, !cancellation.isCancelled, let limit = limits.min() else { throw error }
      throw Problem(
        .budget, "the retriever took longer than \(limit.inMilliseconds) ms", hint: "Give it more max_time_ms, narrower filters or fewer stages",
        path: "budget_limits.max_time_ms", details: error.details)
    }
  }

  // MARK: - What searches look for

  /// Of each search the collections that it looks into, with the query as a vector; an empty list where it is skipped.
  private func targets(
    of search: RetrieverSearch, _ collections: [Collection], path: String, _ outcome: inout Outcome
  ) throws(Problem) -> [[VectorSearch.Target]] {
    let queries = QueryVectors(host: host, namespaceID: retriever.namespaceID, cancellation: cancellation)
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

  // MARK: - Stages

  private func perform(
    _ steps: [(step: RetrieverStage.Step?, targets: [[VectorSearch.Target]])], _ collections: [Collection], _ filter: Filter?,
    _ page: RetrievalPage, _ vectors: Bool, in reader: Reader, _ outcome: inout Outcome
  ) throws(Problem) {
    var state = State.pending(Pending(filter: filter))
    var there = 0
    for collection in collections { there += Int(try reader.documentCount(collection.id)) }
    outcome.processed = there
    var scope = collections.map(\.id)
    for (position, (step, targets)) in steps.enumerated() {
      try cancellation.check()
      let began = host.surroundings.ticks()
      let stage = retriever.stages[position]
      var statistics = Statistics(name: stage.name, kind: stage.kind, budget: stage.parameters["hard_timeout_ms"]?.double)
      switch (step, state) {
      case (nil, .pending(var pending)):
        pending.stages.append(position)
        state = .pending(pending)
      case (nil, .hits(let hits)): (statistics.input, statistics.output) = (hits.count, hits.count)
      case (.filter(let filter)?, .pending(var pending)) where pending.limit == nil && pending.sort.isEmpty && pending.offset == 0:
        pending.add(filter)
        pending.stages.append(position)
        state = .pending(pending)
      case (.sort(let field, let descending, let nullsLast)?, .pending(var pending))
      where pending.limit == nil && pending.offset == 0 && pending.sort.isEmpty && (nullsLast || descending):
        pending.sort = [(field, descending)]
        pending.stages.append(position)
        state = .pending(pending)
      case (.limit(let limit, let offset)?, .pending(var pending)) where pending.limit == nil && pending.offset == 0:
        (pending.limit, pending.offset) = (limit, offset)
        pending.stages.append(position)
        state = .pending(pending)
      case (.search(let search)?, .pending(var pending)) where !search.searches.isEmpty && pending.limit == nil && pending.offset == 0:
        if let filter = search.filter { pending.add(filter) }
        let named = targets.joined().map(\.collection.id)
        for id in named where !scope.contains(id) { scope.append(id) }
        let hits = try found(search, targets, pending.filter, scope, vectors, in: reader, &statistics)
        settle(pending, &outcome, output: statistics.input, there: there)
        state = .hits(hits)
      case (.search(let search)?, .pending(var pending)) where search.searches.isEmpty && pending.limit == nil && pending.offset == 0:
        if let filter = search.filter { pending.add(filter) }
        pending.limit = search.top
        pending.stages.append(position)
        state = .pending(pending)
      case (let step?, let current):
        var hits = try materialised(current, scope, vectors, there, in: reader, &outcome)
        statistics.input = hits.count
        try apply(step, targets, to: &hits, in: reader)
        statistics.output = hits.count
        state = .hits(hits)
      }
      statistics.milliseconds = (host.surroundings.ticks() - began).inSeconds * 1000
      outcome.stages.append(statistics)
    }
    try finish(state, scope, page, vectors, there, in: reader, &outcome)
  }

  /// The nearest documents, read.
  private func found(
    _ search: RetrieverSearch, _ targets: [[VectorSearch.Target]], _ filter: Filter?, _ scope: [String], _ vectors: Bool, in reader: Reader,
    _ statistics: inout Statistics
  ) throws(Problem) -> [Hit] {
    let searcher = VectorSearch(
      namespaceID: retriever.namespaceID, threads: max(1, host.configuration.threads), cancellation: cancellation, collections: scope)
    var lists: [(found: [VectorSearch.Found], weight: Double)] = []
    var scanned = 0
    for (one, targets) in zip(search.searches, targets) where !targets.isEmpty {
      var seen = 0
      lists.append((try searcher.best(of: one, targets, filter, in: reader, scanned: &seen), one.weight))
      scanned = max(scanned, seen)
    }
    let fused = VectorSearch.fused(lists, by: search.fusion, count: search.top)
    var documents: [Int: [Int64: Document]] = [:]
    for (number, places) in Dictionary(grouping: fused.map(\.place), by: \.collection) {
      documents[number] = try reader.documents(at: places.map(\.position), of: scope[number], vectors: vectors)
    }
    let hits = fused.compactMap { found -> Hit? in
      documents[found.place.collection]?[found.place.position].map {
        Hit(collectionID: scope[found.place.collection], position: found.place.position, document: $0, score: found.score)
      }
    }
    (statistics.input, statistics.output) = (scanned, hits.count)
    return hits
  }

  /// Fills in what the stages came to that were asked of the store together.
  private func settle(_ pending: Pending, _ outcome: inout Outcome, output: Int, there: Int) {
    for (number, stage) in pending.stages.enumerated() {
      outcome.stages[stage].input = number == 0 ? there : output
      outcome.stages[stage].output = output
    }
  }

  private func query(_ pending: Pending, _ scope: [String], _ vectors: Bool, _ page: Page) -> DocumentQuery {
    DocumentQuery(
      namespaceID: retriever.namespaceID, collectionIDs: scope, filter: pending.filter, sort: pending.sort, page: page, vectors: vectors)
  }

  /// Everything in memory, up to the pool.
  private func materialised(
    _ state: State, _ scope: [String], _ vectors: Bool, _ there: Int, in reader: Reader, _ outcome: inout Outcome
  ) throws(Problem) -> [Hit] {
    guard case .pending(let pending) = state else {
      if case .hits(let hits) = state { return hits }
      return []
    }
    guard !scope.isEmpty else { return [] }
    let wanted = pending.limit ?? .max
    let most = min(wanted, Self.pool)
    let listing = try reader.documents(query(pending, scope, vectors, Page(limit: most, offset: pending.offset)))
    if listing.nextCursor != nil, wanted > most {
      outcome.limits.append([
        "name": "documents_in_memory", "requested": .int(there), "applied": .int(Self.pool), "ceiling": .int(Self.pool),
        "stage": .optional(pending.stages.last.map { retriever.stages[$0].name }),
      ])
    }
    settle(pending, &outcome, output: listing.items.count, there: there)
    return listing.items.map { Hit(collectionID: $0.collectionID, position: 0, document: $0, score: nil) }
  }

  private func apply(
    _ step: RetrieverStage.Step, _ targets: [[VectorSearch.Target]], to hits: inout [Hit], in reader: Reader
  ) throws(Problem) {
    switch step {
    case .filter(let filter): hits = hits.filter { $0.document.json().object.map(filter.matches) ?? false }
    case .sort(let field, let descending, let nullsLast):
      hits = DocumentOrder(descending: descending, nullsFirst: !nullsLast && !descending).sorted(hits) { Self.value(field, of: $0) }
    case .sortByScore(let field, let descending, let unscored):
      let order = DocumentOrder(descending: descending, nullsFirst: unscored == .top)
      if unscored == .preserve, hits.contains(where: { Self.value(field, of: $0).double == nil }) {
        let places = hits.indices.filter { Self.value(field, of: hits[$0]).double != nil }
        let sorted = order.sorted(places.map { hits[$0] }) { Self.value(field, of: $0) }
        for (place, hit) in zip(places, sorted) { hits[place] = hit }
      } else {
        hits = order.sorted(hits) { Self.value(field, of: $0) }
      }
    case .limit(let limit, let offset): hits = Array(hits.dropFirst(offset).prefix(limit))
    case .sample(let count, let seed, let keeping): hits = sampled(hits, count, seed ?? host.surroundings.random(), keeping)
    case .search(let search):
      if let filter = search.filter { hits = hits.filter { $0.document.json().object.map(filter.matches) ?? false } }
      if !search.searches.isEmpty { hits = try rescored(hits, search, targets, in: reader) }
      hits = Array(hits.prefix(search.top))
    }
  }

  private static func value(_ field: String, of hit: Hit) -> JSON {
    if field == "score", let score = hit.score { return .double(score) }
    return hit.json(vectors: false).object?.value(at: field) ?? .null
  }

  /// Some of the documents by chance, in their order; the first `keeping` are among them.
  private func sampled(_ hits: [Hit], _ count: Int, _ seed: UInt64, _ keeping: Int) -> [Hit] {
    guard hits.count > count else { return hits }
    let kept = min(keeping, count)
    var random = SeededRandom(seed: seed)
    let others = Array(kept..<hits.count).shuffled(using: &random).prefix(count - kept).sorted()
    return Array(hits.prefix(kept)) + others.map { hits[$0] }
  }

  /// A search that comes later looks at what is left only.
  private func rescored(
    _ hits: [Hit], _ search: RetrieverSearch, _ targets: [[VectorSearch.Target]], in reader: Reader
  ) throws(Problem) -> [Hit] {
    let scope = Array(Set(hits.map(\.collectionID))).sorted()
    var lists: [(found: [VectorSearch.Found], weight: Double)] = []
    for (one, targets) in zip(search.searches, targets) where !targets.isEmpty {
      var found: [VectorSearch.Found] = []
      for target in targets {
        guard let number = scope.firstIndex(of: target.collection.id) else { continue }
        for (place, hit) in hits.enumerated() where hit.collectionID == target.collection.id {
          let stored = try reader.document(hit.document.id, collectionID: hit.collectionID, in: retriever.namespaceID)
          guard let vector = stored?.vectors[target.index.name] else { continue }
          var nearest = QueryNearest(target.vector, VectorSearch.similarity(target.index.metric), count: 1, least: one.minimum ?? -.infinity)
          nearest.add([0], vector)
          if let score = nearest.best.first?.score {
            found.append(VectorSearch.Found(place: VectorSearch.Place(collection: number, position: Int64(place)), score: score))
          }
        }
      }
      lists.append((VectorSearch.ordered(found, one.top), one.weight))
    }
    return VectorSearch.fused(lists, by: search.fusion, count: search.top).map {
      var hit = hits[Int($0.place.position)]
      hit.score = $0.score
      return hit
    }
  }

  // MARK: - The page

  private func finish(
    _ state: State, _ scope: [String], _ page: RetrievalPage, _ vectors: Bool, _ there: Int, in reader: Reader, _ outcome: inout Outcome
  ) throws(Problem) {
    switch state {
    case .hits(let hits):
      outcome.total = hits.count
      outcome.start = start(page, in: hits)
      outcome.hits = Array(hits.dropFirst(outcome.start).prefix(page.limit))
    case .pending(let pending):
      guard !scope.isEmpty else { return }
      if page.mark != nil {
        let hits = try materialised(state, scope, vectors, there, in: reader, &outcome)
        return try finish(.hits(hits), scope, page, vectors, there, in: reader, &outcome)
      }
      let counted = try reader.documents(query(pending, scope, false, Page(limit: 1, includeTotal: true))).total
      outcome.total = min(pending.limit ?? .max, max(0, Int(counted) - pending.offset))
      outcome.start = page.offset
      let wanted = min(page.limit, outcome.total - page.offset)
      if wanted > 0 {
        let listing = try reader.documents(query(pending, scope, vectors, Page(limit: wanted, offset: pending.offset + page.offset)))
        outcome.hits = listing.items.map { Hit(collectionID: $0.collectionID, position: 0, document: $0, score: nil) }
      }
      settle(pending, &outcome, output: outcome.total, there: there)
    }
  }

  /// Where a page begins: counted, or behind the document that the last one ended with. When that is gone, behind those that score better.
  private func start(_ page: RetrievalPage, in hits: [Hit]) -> Int {
    guard let mark = page.mark else { return page.offset }
    if let id = mark.id, let place = hits.firstIndex(where: { $0.document.id == id }) { return place + 1 }
    guard let score = mark.score else { return 0 }
    return hits.firstIndex { ($0.score ?? -.infinity) < score } ?? hits.count
  }
}
