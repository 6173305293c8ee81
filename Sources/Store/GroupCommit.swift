import Basics

/// Runs a batch of transactions in one transaction of SQLite.
///
/// Nearly always all of them go through. So they are tried without savepoints first, which would keep a copy of every page that each changes;
/// if one does not go through, all is taken back and done again, each behind a savepoint of its own.
struct GroupCommit {
  let connection: Connection

  /// How one transaction ended before the batch was committed.
  private enum Step {
    case done([[Value]])
    case lost(String)
    case failed(Problem)
    case broken(Problem)
  }

  func run(_ batch: [Transaction]) -> [Outcome] { together(batch) ?? apart(batch) }

  /// Nil when something did not go through: then nothing is left of it, and nothing was promised.
  private func together(_ batch: [Transaction]) -> [Outcome]? {
    var outcomes: [Outcome] = []
    outcomes.reserveCapacity(batch.count)
    do throws(SQLiteFault) { try connection.control(.write) } catch { return batch.map { _ in .failed(error.problem) } }
    do throws(Interruption) {
      var known = Known()
      for transaction in batch {
        outcomes.append(.committed(returned: try statements(of: transaction, &known)))
        CrashPoint.pass(.batchMiddle)
      }
    } catch {
      if connection.isInTransaction { try? connection.control(.rollback) }
      return nil
    }
    return commit(outcomes)
  }

  private func commit(_ outcomes: [Outcome]) -> [Outcome] {
    do throws(SQLiteFault) {
      CrashPoint.pass(.batchWritten)
      try connection.control(.commit)
      CrashPoint.pass(.batchCommitted)
      return outcomes
    } catch {
      if connection.isInTransaction { try? connection.control(.rollback) }
      return outcomes.map { _ in .unknown(error.problem) }
    }
  }

  private func apart(_ batch: [Transaction]) -> [Outcome] {
    do throws(SQLiteFault) { try connection.control(.write) } catch { return batch.map { _ in .failed(error.problem) } }
    var outcomes: [Outcome] = []
    outcomes.reserveCapacity(batch.count)
    for transaction in batch {
      switch perform(transaction) {
      case .done(let rows): outcomes.append(.committed(returned: rows))
      case .lost(let name): outcomes.append(.lost(name))
      case .failed(let problem): outcomes.append(.failed(problem))
      case .broken(let problem):
        // Nothing of the batch is left, and none of it was promised yet.
        if connection.isInTransaction { try? connection.control(.rollback) }
        return batch.map { _ in .failed(problem) }
      }
    }
    return commit(outcomes)
  }

  private func perform(_ transaction: Transaction) -> Step {
    do throws(SQLiteFault) {
      try connection.control(.savepoint)
      var step = Step.done([])
      do throws(Interruption) {
        var known = Known()
        step = .done(try statements(of: transaction, &known))
      } catch {
        switch error {
        case .lost(let name): step = .lost(name)
        case .fault(let fault, let parameters):
          step = .failed(fault.problem(parameters))
          // Errors like a full disk may take the whole transaction with them: https://www.sqlite.org/lang_transaction.html
          if !connection.isInTransaction { return .broken(fault.problem) }
        }
        try connection.control(.undo)
      }
      try connection.control(.release)
      return step
    } catch { return .broken(error.problem) }
  }

  private enum Interruption: Error {
    case lost(String)
    case fault(SQLiteFault, [(name: String, value: Value)])
  }

  /// What was found to hold in a batch. Nobody else can change it before the commit, so it is asked for once.
  private struct Known {
    /// The owner's epoch.
    var epoch: [UInt8]?
    /// The namespace, as parameters name it, that was asked about last, and whether fields of its documents have indexes.
    var indexed: (namespace: [UInt8], isIndexed: Bool)?
  }

  private func statements(of transaction: Transaction, _ known: inout Known) throws(Interruption) -> [[Value]] {
    var returned: [[Value]] = []
    try transaction.tape.walk { head, parameters throws(Interruption) in
      guard let statement = Statement(rawValue: Int(head.statement)) else { return }
      switch statement {
      case .guardEpoch:
        if let epoch = known.epoch, parameters.hasSameBytes(epoch) { return }
        known.epoch = parameters.bytesCopied
      case .takeShard: known.epoch = nil
      case .insertPayloadIndex, .updatePayloadIndex, .deletePayloadIndex, .deletePayloadIndexesOfNamespace: known.indexed = nil
      case .indexDocument: if try !isIndexed(parameters, &known) { return }
      default: break
      }
      do throws(SQLiteFault) {
        try connection.run(connection.prepared(statement), parameters) { row in
          returned.append(row.values)
          return true
        }
      } catch { throw .fault(error, parameters.list) }
      if head.expected >= 0, connection.changes != head.expected {
        throw .lost(head.guardName.map { "\($0)" } ?? statement.name)
      }
    }
    return returned
  }

  /// Whether the namespace of a document has indexes of fields.
  private func isIndexed(_ parameters: StatementTape.Parameters, _ known: inout Known) throws(Interruption) -> Bool {
    guard let namespace = parameters.text(of: "namespace_id") else { return true }
    if let indexed = known.indexed, namespace.elementsEqual(indexed.namespace) { return indexed.isIndexed }
    let asked: Connection.Parameters = [("namespace_id", .text(String(decoding: namespace, as: UTF8.self)))]
    do throws(SQLiteFault) {
      var found = false
      try connection.run(connection.prepared(.isIndexed), asked) { _ in
        found = true
        return false
      }
      known.indexed = (Array(namespace), found)
      return found
    } catch { throw .fault(error, asked) }
  }
}
