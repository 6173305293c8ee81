package import Basics

/// What a run may reach. The engine makes one for each run, so that a run's writes can be gathered and its reads see one snapshot.
package protocol ScriptHost: AnyObject {
  /// Answers a function of the library: "documents.get", "kv.set", "ctx.count". Runs on the interpreter's thread, and must not
  /// enter the same interpreter. What it throws becomes an error in the script, which the script may catch.
  func call(_ name: String, _ arguments: [JSON]) throws(Problem) -> JSON
  /// A line of log or of `print`. Levels: "debug", "info", "warn", "error", "print". Control characters are already made visible.
  func write(log level: String, _ message: String)
  /// Comes before a run's first call: `work` is raised when the run is cancelled or its time is over. What takes long looks at it, on the
  /// thread that it was called on, and for as long as the call lasts.
  func begin(_ work: Cancellation)
  /// Writes a page of `documents.each` as JSON texts, where the host has them at hand; false leaves it to `call`.
  func write(_ arguments: [JSON], to page: inout DocumentPage) throws(Problem) -> Bool
}

extension ScriptHost {
  package func begin(_ work: Cancellation) {}
  package func write(_ arguments: [JSON], to page: inout DocumentPage) throws(Problem) -> Bool { false }
}

/// Documents one after the other as JSON text: what a script looks at is read in Lua, and nothing else.
///
/// It is the tape that crosses, so nothing is copied once more; and one page after the other takes the same memory, since asking the
/// system for new pages of it takes longer than filling them.
package struct DocumentPage {
  private(set) var tape = Tape()
  private(set) package var count = 0
  /// Where the next page begins; null after the last.
  package var cursor: JSON = .null
  private var countPlace = 0

  package init() {}

  /// The text of one JSON object in UTF-8.
  package mutating func append(_ text: [UInt8]) { append { $0 += text } }

  /// The same, written in place.
  package mutating func append(writing write: (inout [UInt8]) -> Void) {
    tape.append(document: write)
    count += 1
  }

  package var byteCount: Int { tape.bytes.count }

  mutating func begin() {
    tape.removeAll()
    count = 0
    cursor = .null
    countPlace = tape.beginPage()
  }

  mutating func end() { tape.endPage(countPlace: countPlace, count: count, cursor: cursor) }
}

/// One event as a filter sees it.
package struct ScriptEvent: Sendable {
  package var type: String
  package var collectionID: String
  package var documentID: String
  /// The document as JSON text in UTF-8; empty when the event has none. It is read only where the script looks.
  package var document: [UInt8]
  /// A custom event's payload as JSON text; empty when there is none.
  package var payload: [UInt8]
  package var at: Instant

  package init(type: String, collectionID: String, documentID: String, document: [UInt8], payload: [UInt8] = [], at: Instant) {
    self.type = type
    self.collectionID = collectionID
    self.documentID = documentID
    self.document = document
    self.payload = payload
    self.at = at
  }
}

/// A value as Lua has it, for the few functions that work on bytes instead of JSON.
package enum LuaValue: Sendable, Equatable {
  /// Also a table, a function, or anything else that is not a scalar.
  case none
  case bool(Bool)
  case int(Int64)
  case double(Double)
  case bytes([UInt8])
}

/// A function beside the library, whose arguments and results cross byte for byte.
package struct NativeFunction {
  /// Dotted, as "host.add".
  package var path: String
  package var body: ([LuaValue]) throws(Problem) -> [LuaValue]

  package init(path: String, body: @escaping ([LuaValue]) throws(Problem) -> [LuaValue]) {
    self.path = path
    self.body = body
  }
}
