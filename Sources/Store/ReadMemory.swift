package import Basics
package import Model

/// What a connection has read, by what it was asked, until anybody writes.
///
/// Nearly every request asks first who it comes from, in which namespace, and about which collection, and these answers are the same again and
/// again: to read the rows and the JSON in them took longer than what was asked for. SQLite says for each snapshot whether anything was committed
/// since the last one of the connection (https://www.sqlite.org/pragma.html#pragma_data_version); then all is forgotten. So what is remembered is
/// what would be read.
final class ReadMemory {
  /// So many answers, and then anew: they are small, and a connection is asked for few.
  private static let limit = 128
  /// So many bytes of answers whose size is said.
  private static let sizeLimit = 512 << 10

  private var version: Int64 = -1
  private var answers: [Question: any Sendable] = [:]
  private var size = 0
  /// Whether the version is that of the snapshot in which the connection reads now.
  private(set) var isCurrent = false

  /// Another snapshot may be read from now on.
  func leaveSnapshot() { isCurrent = false }

  func enter(_ snapshot: Int64) {
    if snapshot != version, !answers.isEmpty { forget() }
    version = snapshot
    isCurrent = true
  }

  func answer<Value: Sendable>(to question: Question) -> Value? { answers[question] as? Value }

  func keep(_ answer: any Sendable, size: Int = 0, to question: Question) {
    if answers.count >= Self.limit || self.size + size > Self.sizeLimit { forget() }
    self.size += size
    answers[question] = answer
  }

  private func forget() {
    answers.removeAll(keepingCapacity: true)
    size = 0
  }
}

/// What a reader may be asked more than once, so that the answer is worth keeping. The answer does not depend on who asks.
package struct Question: Hashable, Sendable {
  package enum Subject: Hashable, Sendable {
    /// Who a request comes from, by what it says of it.
    case caller
    case namespace, collection
    /// A request for which everything is written out; those who know the contract alone may be answered otherwise.
    case answer, answerByContract
  }

  package var subject: Subject
  package var name: String
  /// Where: a namespace's identifier.
  package var place: String

  package init(_ subject: Subject, _ name: String, in place: String = "") {
    self.subject = subject
    self.name = name
    self.place = place
  }
}

extension Reader {
  /// The answer as `read` gives it, or as it gave it in this snapshot of the store before; what is not there is looked for each time.
  package func remembered<Value: Sendable>(_ question: Question, _ read: () throws(Problem) -> Value?) throws(Problem) -> Value? {
    if let known: Value = try recall(question) { return known }
    let value = try read()
    if let value { keep(value, to: question) }
    return value
  }

  /// What was kept for a question in this snapshot of the store; it may depend on the time besides, which is for whoever asks to see to.
  package func recall<Value: Sendable>(_ question: Question) throws(Problem) -> Value? {
    let memory = connection.memory
    if !memory.isCurrent { memory.enter(try translating { () throws(SQLiteFault) in try connection.dataVersion() }) }
    return memory.answer(to: question)
  }

  /// Keeps what was read in this snapshot; `size` in bytes, of what is not small.
  package func keep(_ answer: any Sendable, size: Int = 0, to question: Question) {
    if connection.memory.isCurrent { connection.memory.keep(answer, size: size, to: question) }
  }
}
