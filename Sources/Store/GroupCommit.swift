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
      var epoch: [UInt8]?
      for transaction in batch {
        outcomes.append(.committed(returned: try statements(of: transaction, under: &epoch)))
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
        var epoch: [UInt8]?
        step = .done(try statements(of: transaction, under: &epoch))
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

  /// `epoch`: the owner's epoch that was found to hold in this batch. Nobody else can move it before the commit, so it is asked for once.
  private func statements(of transaction: Transaction, under epoch: inout [UInt8]?) throws(Interruption) -> [[Value]] {
    var returned: [[Value]] = []
    try transaction.tape.walk { head, parameters throws(Interruption) in
      guard let statement = Statement(rawValue: Int(head.statement)) else { return }
      switch statement {
      case .guardEpoch:
        if let epoch, parameters.hasSameBytes(epoch) { return }
        epoch = parameters.bytesCopied
      case .takeShard: epoch = nil
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
}
