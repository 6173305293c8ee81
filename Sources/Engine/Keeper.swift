package import Basics
import Model
import Store

/// Forgets old evaluations and events: the one place where history is pruned.
///
/// A thread of its own looks over both from the newest row on, as `Retention` says, and has the host's thread delete what is too much in
/// small transactions, so that nothing waits for it.
struct Keeper {
  /// What one look over the history took away.
  struct Swept: Equatable {
    var evaluations = 0
    var events = 0
  }

  /// Between two looks, by the wall clock.
  static let interval: Duration = .seconds(3600)
  private static let page = 1000
  private static let piece = 200

  private let host: Host
  private let retention: Retention

  init(_ host: Host) {
    self.host = host
    retention = host.configuration.retention
  }

  func sweep() throws(Problem) -> Swept {
    Swept(evaluations: try sweepEvaluations(), events: try sweepEvents())
  }

  private func sweepEvaluations() throws(Problem) -> Int {
    var walk = Retention.Limits.Walk(retention.evaluations, at: host.surroundings.now())
    var last: String?
    var removed = 0
    while !host.isClosing {
      let rows = try host.read { reader throws(Problem) in try reader.evaluationSizes(before: last, limit: Self.page) }
      var doomed: [String] = []
      for row in rows where !walk.keeps(row.triggerID, lastAt: row.lastAt, bytes: row.bytes) { doomed.append(row.id) }
      while !doomed.isEmpty {
        var transaction = Transaction()
        for id in doomed.suffix(Self.piece) { transaction.deleteEvaluation(id) }
        try host.commit(transaction)
        removed += min(Self.piece, doomed.count)
        doomed.removeLast(min(Self.piece, doomed.count))
      }
      guard rows.count == Self.page else { break }
      last = rows.last?.id
    }
    return removed
  }

  /// Events go from the oldest on, so one number says which. The newest stays: the count goes on from it after a restart.
  private func sweepEvents() throws(Problem) -> Int {
    var walk = Retention.Limits.Walk(retention.events, at: host.surroundings.now())
    var last: Int64?
    var first: Int64?
    while first == nil, !host.isClosing {
      let rows = try host.read { reader throws(Problem) in try reader.eventSizes(before: last, limit: Self.page) }
      first = rows.first { !walk.keeps("", lastAt: $0.lastAt, bytes: $0.bytes) }?.seq
      guard rows.count == Self.page else { break }
      last = rows.last?.seq
    }
    guard let first else { return 0 }
    let seen = try host.read { reader throws(Problem) in try reader.seenByEveryFilter() }
    let end = min(first, seen) + 1
    var removed = 0
    while !host.isClosing {
      let waiting = try host.read { reader throws(Problem) in try reader.eventSizes(before: end, limit: Self.piece).count }
      guard waiting > 0 else { break }
      var transaction = Transaction()
      transaction.deleteEvents(before: end, limit: Self.piece)
      try host.commit(transaction)
      removed += waiting
    }
    return removed
  }
}

extension Host {
  /// Prunes evaluations and events now; the host does it by itself every hour.
  @discardableResult package func tidy() throws(Problem) -> (evaluations: Int, events: Int) {
    let swept = try Keeper(self).sweep()
    try forgetDeliveries()
    if swept.evaluations + swept.events > 0 { log("info", "\(swept.evaluations) old evaluations and \(swept.events) old events were forgotten") }
    return (swept.evaluations, swept.events)
  }

  /// The life of the keeper's thread: a look an hour, until the box is closed, and every minute one for indexes that are to be built.
  func keepTidy(until closed: Mailbox<Void>) {
    var last = surroundings.now()
    while closed.take(limit: 1, timeout: .seconds(60)) != nil {
      do throws(Problem) { try buildUnfinishedIndexes() } catch {
        if !isClosing { log("warn", "an index could not be built: \(error)") }
      }
      let now = surroundings.now()
      guard now - last >= Keeper.interval || now < last else { continue }
      last = now
      do throws(Problem) { try tidy() } catch {
        if !isClosing { log("warn", "old evaluations could not be forgotten: \(error)") }
      }
    }
  }
}
