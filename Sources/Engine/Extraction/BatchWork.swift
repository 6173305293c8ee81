import Basics
import Model
import Scripting
import Store

/// The processing of a batch: piece by piece, each committed with the documents it made, the counts of words, the marks of its objects and the
/// task's progress in one transaction.
///
/// What is left to do are the members that are pending, so nothing else has to be remembered: after a crash the next piece begins where the last
/// committed one ended, and a document's identifier follows from its object, so that no object is there twice.
struct BatchWork {
  private let host: Host
  private let bench: ScriptBench
  private let task: TaskRecord
  private let cancellation: Cancellation
  private let tiers: [[Extraction]]
  private var batch: Batch
  /// The counts of words by collection, as the last piece left them.
  private var words: [String: WordCounts] = [:]

  /// How many objects go into one transaction: enough to share its cost, and few enough that others do not wait for it.
  static let piece = 128
  /// How often a piece is made again because another batch counted words of the same collection meanwhile.
  private static let attempts = 16

  init(_ batch: Batch, _ host: Host, _ bench: ScriptBench, _ task: TaskRecord, _ cancellation: Cancellation) throws(Problem) {
    self.host = host
    self.bench = bench
    self.task = task
    self.cancellation = cancellation
    self.batch = batch
    var tiers: [[Extraction]] = []
    for ids in batch.tiers {
      var tier: [Extraction] = []
      for id in ids {
        guard let collection = try host.read({ reader throws(Problem) in try reader.collection(id, in: batch.namespaceID) }) else {
          throw Problem(.notFound, "collection '\(id)' does not exist", hint: "It was deleted after the batch was submitted", path: "collection_ids")
        }
        tier.append(try Extraction(collection, host, bench, task, cancellation))
      }
      tiers.append(tier)
    }
    self.tiers = tiers
  }

  /// Does what is left, and answers the batch with its counts. Throws when the work as a whole cannot go on.
  mutating func run() throws(Problem) -> Batch {
    let batchID = batch.id
    batch.count(try host.read { reader throws(Problem) in try reader.memberCounts(of: batchID) })
    while true {
      try cancellation.check()
      let members = try host.read { reader throws(Problem) in try reader.pendingMembers(of: batchID, limit: Self.piece) }
      if members.isEmpty { return batch }
      try process(members)
    }
  }

  private mutating func process(_ members: [BatchMember]) throws(Problem) {
    for attempt in 1...Self.attempts {
      let piece = try make(members)
      do throws(Problem) {
        _ = try host.write(piece.writes)
        batch = piece.batch
        words = piece.words
        return
      } catch {
        try cancellation.check()
        // Only a lost race is worth another attempt: for the counts of words, or with somebody who has deleted an object meanwhile.
        guard error.kind == .conflict, attempt < Self.attempts else { throw error }
        let (isCounted, isGone) = (try refreshWords(), try lacksObjects(members))
        guard isCounted || isGone else { throw error }
      }
    }
  }

  /// Whether some object of a bucket's batch does not exist any more.
  private func lacksObjects(_ members: [BatchMember]) throws(Problem) -> Bool {
    guard batch.kind == .bucket else { return false }
    return try host.read { reader throws(Problem) in
      for member in members where try reader.object(member.objectID, in: member.sourceID) == nil { return true }
      return false
    }
  }

  /// Whether somebody else has counted words meanwhile; reads what they counted.
  private mutating func refreshWords() throws(Problem) -> Bool {
    var moved = false
    for (id, known) in words {
      let stored = try host.read { reader throws(Problem) in try reader.wordCounts(of: id) }
      if let stored, stored.version != known.version {
        words[id] = stored
        moved = true
      }
    }
    // A collection whose first words two batches count at the same time is not among the known ones yet.
    for extraction in tiers.joined() where extraction.countsWords && words[extraction.collection.id] == nil {
      let id = extraction.collection.id
      if let stored = try host.read({ reader throws(Problem) in try reader.wordCounts(of: id) }) {
        words[id] = stored
        moved = true
      }
    }
    return moved
  }

  // MARK: - One piece

  private struct Piece {
    var batch: Batch
    var words: [String: WordCounts]
    var writes: [Write]
  }

  /// A document of the piece: made now and to be written, or left as it was.
  private struct Outcome {
    var document: Document
    var isMade: Bool
    var isThere: Bool
  }

  private func make(_ members: [BatchMember]) throws(Problem) -> Piece {
    var failures: [Int: ExtractionFailure] = [:]
    let items = try load(members, &failures)
    var words = self.words
    var made: [String: [Int: [Outcome]]] = [:]
    for (number, tier) in tiers.enumerated() {
      for extraction in tier {
        let collection = extraction.collection
        var inputs: [(member: Int, item: SourceItem)] = []
        for index in members.indices where failures[index] == nil {
          if number == 0 {
            if let item = items[index], batch.kind == .collection || extraction.reads(bucket: item.sourceID) { inputs.append((index, item)) }
          } else {
            for upstream in tiers[..<number].joined() where extraction.reads(collection: upstream.collection.id) {
              inputs += (made[upstream.collection.id]?[index] ?? []).map { (index, SourceItem($0.document)) }
            }
          }
        }
        if let filter = extraction.source?.filter { inputs.removeAll { !filter.matches($0.item.shown) } }
        if inputs.isEmpty { continue }
        made[collection.id] = try run(extraction, inputs, &words, &failures)
      }
    }
    return try assemble(members, made, failures, words)
  }

  private func load(_ members: [BatchMember], _ failures: inout [Int: ExtractionFailure]) throws(Problem) -> [Int: SourceItem] {
    let (kind, namespaceID) = (batch.kind, batch.namespaceID)
    let found = try host.read { reader throws(Problem) -> [Int: SourceItem] in
      var found: [Int: SourceItem] = [:]
      for (index, member) in members.enumerated() {
        switch kind {
        case .bucket: found[index] = try reader.object(member.objectID, in: member.sourceID).map { SourceItem($0) }
        case .collection:
          found[index] = try reader.document(member.objectID, collectionID: member.sourceID, in: namespaceID).map { SourceItem($0) }
        }
      }
      return found
    }
    for index in members.indices where found[index] == nil {
      failures[index] = ExtractionFailure("\(kind == .bucket ? "object" : "document") '\(members[index].objectID)' does not exist any more")
    }
    return found
  }

  private func run(
    _ extraction: Extraction, _ inputs: [(member: Int, item: SourceItem)], _ words: inout [String: WordCounts],
    _ failures: inout [Int: ExtractionFailure]
  ) throws(Problem) -> [Int: [Outcome]] {
    let collection = extraction.collection
    let ids = inputs.map { $0.item.documentID(in: collection.id) }
    let (skips, namespaceID) = (batch.dedup == .skip, batch.namespaceID)
    let (there, counted, kept) = try host.read { reader throws(Problem) -> (Set<String>, WordCounts?, [String: Document]) in
      let there = try reader.existing(ids, in: collection.id)
      var kept: [String: Document] = [:]
      if skips { for id in there { kept[id] = try reader.document(id, collectionID: collection.id, in: namespaceID) } }
      return (there, extraction.countsWords ? try reader.wordCounts(of: collection.id) : nil, kept)
    }
    var outcomes: [Int: [Outcome]] = [:]
    let unmade = inputs.indices.filter { index in
      guard let document = kept[ids[index]] else { return true }
      outcomes[inputs[index].member, default: []].append(Outcome(document: document, isMade: false, isThere: true))
      return false
    }
    if unmade.isEmpty { return outcomes }
    var own = words[collection.id] ?? counted
    let results = try extraction.documents(of: unmade.map { inputs[$0].item }, isNew: unmade.map { !there.contains(ids[$0]) }, words: &own)
    if let own { words[collection.id] = own }
    for (index, result) in zip(unmade, results) {
      let member = inputs[index].member
      switch result {
      case .failure(let failure):
        var named = failure
        named.message = "\(collection.name): \(failure.message)"
        if failures[member] == nil { failures[member] = named }
      case .success(.nothing): break
      case .success(.document(let document)):
        outcomes[member, default: []].append(Outcome(document: document, isMade: true, isThere: there.contains(document.id)))
      }
    }
    return outcomes
  }

  // MARK: - What is written

  private func assemble(
    _ members: [BatchMember], _ made: [String: [Int: [Outcome]]], _ failures: [Int: ExtractionFailure], _ words: [String: WordCounts]
  ) throws(Problem) -> Piece {
    let now = host.surroundings.now()
    var piece = Piece(batch: batch, words: words, writes: [])
    var transaction = Transaction()
    var wrote: Set<Int> = []
    for extraction in tiers.joined() {
      let collection = extraction.collection
      var changes: [DocumentWrite.Change] = []
      for (index, outcomes) in (made[collection.id] ?? [:]).sorted(by: { $0.key < $1.key }) where failures[index] == nil {
        for outcome in outcomes where outcome.isMade {
          changes.append(.upsert(outcome.document))
          wrote.insert(index)
          if outcome.isThere { piece.batch.counts.replaced += 1 } else { piece.batch.counts.written += 1 }
        }
      }
      if !changes.isEmpty {
        piece.writes.append(
          .documents(
            DocumentWrite(namespaceID: batch.namespaceID, collectionID: collection.id, collectionName: collection.name, changes: changes)))
      }
      if let counts = words[collection.id], counts != self.words[collection.id] {
        transaction.put(counts, of: collection.id)
        piece.words[collection.id]?.version += 1
      }
    }
    for (index, member) in members.enumerated() {
      var marked = member
      marked.at = now
      if let failure = failures[index] {
        marked.status = .failed
        marked.error = failure.message
        marked.kind = failure.kind
        marked.failures += 1
        piece.batch.counts.failed += 1
      } else {
        marked.status = wrote.contains(index) ? .completed : .skipped
        marked.error = nil
        if marked.status == .skipped { piece.batch.counts.skipped += 1 }
      }
      piece.batch.counts.processed += 1
      transaction.mark(marked, in: batch.id)
      if batch.kind == .bucket, marked.status != .skipped {
        transaction.markObject(member.objectID, in: member.sourceID, marked.status == .failed ? .failed : .completed, error: marked.error)
      }
    }
    piece.batch.status = .inProgress
    transaction.move(piece.batch, at: now)
    var outputs = task.outputs
    outputs["batch_id"] = .string(batch.id)
    outputs["progress"] = piece.batch.progress
    transaction.noteTask(task.id, outputs: outputs)
    piece.writes.append(.statements(transaction))
    piece.writes = piece.writes.map { $0.following(task) }
    return piece
  }
}

extension Batch {
  /// The counts that follow from the members; those of documents are kept as they are.
  mutating func count(_ members: [MemberCount]) {
    func total(_ statuses: Set<BatchMember.Status>) -> Int64 { members.filter { statuses.contains($0.status) }.reduce(0) { $0 + $1.count } }
    counts.total = total(Set(BatchMember.Status.allCases))
    counts.processed = total([.completed, .failed, .skipped])
    counts.failed = total([.failed])
    counts.skipped = total([.skipped])
  }
}
