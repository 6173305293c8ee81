import Basics
import Model
import Store

/// The page of an execution: cut out of what is in memory, or read alone where nothing had to be read before.
extension Retrieval {
  func finish(
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
