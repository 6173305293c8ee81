package import Basics

/// A write that was sent with a key of its sender's, and what was answered to it: the same write sent again is answered, not done.
package struct IdempotentWrite: Sendable, Equatable {
  /// For so long a key is remembered.
  package static let memory = Duration.seconds(24 * 3600)

  /// SHA-256 of what was written, in lower-case hex: the same key with another body is a mistake.
  package var bodyHash: String
  package var answer: JSON

  package init(bodyHash: String, answer: JSON) {
    self.bodyHash = bodyHash
    self.answer = answer
  }
}

extension Transaction {
  /// Remembers the write, and forgets those that are too old. A `.conflict` when the key is taken.
  package mutating func remember(_ write: IdempotentWrite, as key: String, in namespaceID: String, at now: Instant) {
    add(.deleteOldIdempotentWrites, [("before", .instant(now - IdempotentWrite.memory))])
    add(
      .insertIdempotentWrite,
      [
        ("namespace_id", .text(namespaceID)), ("key", .text(key)), ("body_hash", .text(write.bodyHash)), ("answer", .json(write.answer)),
        ("created_at", .instant(now)),
      ])
  }
}

extension Reader {
  /// The write that came with this key within the last day.
  package func idempotentWrite(_ key: String, in namespaceID: String, at now: Instant) throws(Problem) -> IdempotentWrite? {
    let parameters: Connection.Parameters = [
      ("namespace_id", .text(namespaceID)), ("key", .text(key)), ("after", .instant(now - IdempotentWrite.memory)),
    ]
    return try connection.first(.idempotentWrite, parameters) { row throws(Problem) in
      IdempotentWrite(bodyHash: row.text(), answer: try row.json())
    }
  }
}
