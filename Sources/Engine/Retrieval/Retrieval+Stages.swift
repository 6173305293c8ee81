import Basics
import Clustering
import Model
import Store

/// The stages of an execution, one after the other over what the ones before left.
extension Retrieval {
  /// What has not been read yet.
  struct Pending {
    var filter: Filter?
    var sort: [(field: String, descending: Bool)] = []
    var offset = 0
    var limit: Int?
    /// The stages that it stands for.
    var stages: [Int] = []

    mutating func add(_ other: Filter) { filter = filter.map { .all([$0, other]) } ?? other }
  }

  enum State {
    case pending(Pending)
    case hits([Hit])
  }

  func perform(
    _ steps: [Part], _ collections: [Collection], _ filter: Filter?,
    _ page: RetrievalPage, _ vectors: Bool, in reader: Reader, _ outcome: inout Outcome
  ) throws(Problem) {
    var state = State.pending(Pending(filter: filter))
    var there = 0
    for collection in collections { there += Int(try reader.documentCount(collection.id)) }
    outcome.processed = there
    var scope = collections.map(\.id)
    for (position, part) in steps.enumerated() {
      let (step, targets) = (part.step, part.targets)
      try cancellation.check()
      let began = host.surroundings.ticks()
      let stage = retriever.stages[position]
      var statistics = Statistics(name: stage.name, kind: stage.kind, budget: stage.parameters["hard_timeout_ms"]?.double)
      if let filter = part.before { state = try passing(filter, state, scope, vectors, there, in: reader, &outcome) }
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
      // Only now: what was asked of the store together writes its numbers to the stages that are there.
      if let filter = part.after {
        state = try passing(filter, state, scope, vectors, there, in: reader, &outcome)
        if case .hits(let hits) = state { outcome.stages[position].output = hits.count }
      }
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
  func settle(_ pending: Pending, _ outcome: inout Outcome, output: Int, there: Int) {
    for (number, stage) in pending.stages.enumerated() {
      outcome.stages[stage].input = number == 0 ? there : output
      outcome.stages[stage].output = output
    }
  }

  func query(_ pending: Pending, _ scope: [String], _ vectors: Bool, _ page: Page) -> DocumentQuery {
    DocumentQuery(
      namespaceID: retriever.namespaceID, collectionIDs: scope, filter: pending.filter, sort: pending.sort, page: page, vectors: vectors)
  }

  /// What is left of the documents by a filter beside a stage: asked of the store where it still can be, else looked at one by one.
  private func passing(
    _ filter: Filter, _ state: State, _ scope: [String], _ vectors: Bool, _ there: Int, in reader: Reader, _ outcome: inout Outcome
  ) throws(Problem) -> State {
    if case .pending(var pending) = state, pending.limit == nil, pending.sort.isEmpty, pending.offset == 0 {
      pending.add(filter)
      return .pending(pending)
    }
    var hits = try materialised(state, scope, vectors, there, in: reader, &outcome)
    try apply(.filter(filter), [], to: &hits, in: reader)
    return .hits(hits)
  }

  /// Everything in memory, up to the pool.
  func materialised(
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

  static func value(_ field: String, of hit: Hit) -> JSON {
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
}
