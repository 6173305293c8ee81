package import Basics
import CLua

/// Events laid out as a filter reads them: all their bytes in one block, written once when they come from the store.
///
/// Asking a script about them copies nothing and touches none of them. Texts that an event shares with the one before it are there once.
package struct ScriptEvents: Sendable {
  private var bytes: [UInt8] = []
  private var entries: [clua_event] = []
  /// What the last of them shares with the next, if that has the same.
  private var last: (type: String, collection: String)?

  package init() {}

  package init(_ events: some Sequence<ScriptEvent>) {
    for event in events {
      append(
        type: event.type, collectionID: event.collectionID, documentID: event.documentID, document: event.document, payload: event.payload,
        at: event.at)
    }
  }

  package var count: Int { entries.count }
  package var isEmpty: Bool { entries.isEmpty }

  /// `document` and `payload` are JSON text in UTF-8, or empty.
  package mutating func append(
    type: String, collectionID: String, documentID: String, document: some Collection<UInt8>, payload: some Collection<UInt8> = EmptyCollection(),
    at: Instant
  ) {
    var entry = clua_event()
    if let before = entries.last, let last, last.type == type, last.collection == collectionID {
      entry.type = before.type
      entry.collection = before.collection
    } else {
      entry.type = append(type.utf8)
      entry.collection = append(collectionID.utf8)
      last = (type, collectionID)
    }
    entry.document_id = append(documentID.utf8)
    entry.document = append(document)
    entry.payload = append(payload)
    entry.at = Double(at.milliseconds) / 1000
    entries.append(entry)
  }

  private mutating func append(_ part: some Collection<UInt8>) -> clua_part {
    let start = bytes.count
    bytes.append(contentsOf: part)
    return clua_part(start: start, count: bytes.count - start)
  }

  /// One of them on its own, as a copy.
  package subscript(position: Int) -> ScriptEvent {
    let entry = entries[position]
    func part(_ part: clua_part) -> [UInt8] { Array(bytes[part.start..<part.start + part.count]) }
    func text(_ part: clua_part) -> String { String(decoding: bytes[part.start..<part.start + part.count], as: UTF8.self) }
    return ScriptEvent(
      type: text(entry.type), collectionID: text(entry.collection), documentID: text(entry.document_id), document: part(entry.document),
      payload: part(entry.payload), at: Instant(milliseconds: Int64((entry.at * 1000).rounded())))
  }

  /// Those for which the condition holds, in their order.
  package func filter(_ isIncluded: (ScriptEvent) throws(Problem) -> Bool) throws(Problem) -> ScriptEvents {
    var flags: [Bool] = []
    for position in entries.indices { flags.append(try isIncluded(self[position])) }
    return keeping(flags)
  }

  /// Those whose flag is set; there may be fewer flags than events, and the rest goes.
  package func keeping(_ flags: [Bool]) -> ScriptEvents {
    var kept = self
    kept.entries = zip(entries, flags).filter(\.1).map(\.0)
    kept.last = nil
    return kept
  }

  /// Lends the events to C, with room for an answer to each, of which `body` says how many it wrote.
  func lend<Result>(
    _ body: (UnsafePointer<UInt8>?, UnsafeBufferPointer<clua_event>, UnsafeMutablePointer<Bool>?, inout Int) -> Result
  ) -> (answers: [Bool], Result) {
    var result: Result?
    let answers = [Bool](unsafeUninitializedCapacity: count) { answers, done in
      result = bytes.withUnsafeBufferPointer { bytes in
        entries.withUnsafeBufferPointer { body(bytes.baseAddress, $0, answers.baseAddress, &done) }
      }
    }
    guard let result else { preconditionFailure("an array's initializer calls its closure") }
    return (answers, result)
  }
}
