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

  private var version: Int64 = -1
  private var answers: [Question: any Sendable] = [:]
  /// Whether the version is that of the snapshot in which the connection reads now.
  private(set) var isCurrent = false

  /// Another snapshot may be read from now on.
  func leaveSnapshot() { isCurrent = false }

  func enter(_ snapshot: Int64) {
    if snapshot != version, !answers.isEmpty { answers.removeAll(keepingCapacity: true) }
    version = snapshot
    isCurrent = true
  }

  func answer<Value: Sendable>(to question: Question) -> Value? { answers[question] as? Value }

  func keep(_ answer: any Sendable, to question: Question) {
    if answers.count >= Self.limit { answers.removeAll(keepingCapacity: true) }
    answers[question] = answer
  }
}

/// What a reader may be asked more than once, so that the answer is worth keeping. The answer depends on the store alone: on no clock, and not on
/// who asks.
package struct Question: Hashable, Sendable {
  package enum Subject: Hashable, Sendable {
    case key, namespace, collection, cluster, trigger, triggers
    /// As the API shows them.
    case shownCollection, shownCollections, shownClusters
  }

  package var subject: Subject
  package var name: String
  /// Where: a namespace's identifier.
  package var place: String
  /// Which part of a list.
  package var limit: Int
  package var offset: Int

  package init(_ subject: Subject, _ name: String, in place: String = "") {
    self.init(subject, name, in: place, Page(limit: 0))
  }

  fileprivate init(_ subject: Subject, _ name: String, in place: String, _ page: Page) {
    self.subject = subject
    self.name = name
    self.place = place
    (limit, offset) = (page.limit, page.offset)
  }
}

extension Reader {
  /// The answer as `read` gives it, or as it gave it in this snapshot of the store before; what is not there is looked for each time.
  package func remembered<Value: Sendable>(_ question: Question, _ read: () throws(Problem) -> Value?) throws(Problem) -> Value? {
    let memory = connection.memory
    if !memory.isCurrent { memory.enter(try translating { () throws(SQLiteFault) in try connection.dataVersion() }) }
    if let known: Value = memory.answer(to: question) { return known }
    let value = try read()
    if let value { memory.keep(value, to: question) }
    return value
  }

  /// Pages of more are not remembered: what is kept stays small.
  private static let longestPage = 100

  /// The same for a page of a list; `name` says which list of the place it is, where there are several.
  package func remembered<Item>(
    page: Page, _ subject: Question.Subject, _ name: String = "", in place: String, _ read: () throws(Problem) -> Listing<Item>
  ) throws(Problem) -> Listing<Item> {
    guard page.limit <= Self.longestPage else { return try read() }
    let question = Question(subject, name, in: place, page)
    let known = try remembered(question) { () throws(Problem) -> Listing<Item>? in try read() }
    if let known { return known }
    return try read()
  }
}
