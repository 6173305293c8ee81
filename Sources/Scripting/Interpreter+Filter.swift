package import Basics
import CLua

extension Interpreter {
  /// Asks a filter about many events; the order of the answers is that of the events.
  ///
  /// No table is built for an event or a document: fields are read from the JSON text where the script looks. The budget's time and
  /// instructions hold for each event. At the first error or kill it stops: `accepted` then holds the answers before that event, and
  /// `run.outcome` says what happened; the caller may go on behind it. What returned has no values; the cost is that of all together.
  package func filter(
    _ script: Script, events: [ScriptEvent], context: JSONObject = JSONObject(), budget: Budget, host: any ScriptHost,
    cancellation: Cancellation? = nil
  ) -> (accepted: [Bool], run: ScriptRun) {
    let call = HostCall(kind: .filter, host: host, cancellation: cancellation)
    var accepted: [Bool] = []
    var total = ScriptRun(outcome: .returned([]))
    var batch = EventBatch()
    func flush() -> Bool {
      guard batch.count > 0 else { return true }
      var request = clua_request()
      request.expression = true
      let run = batch.lend { events, verdicts, done in
        execute(script, request, budget, call, context: context) { state, request in
          clua_filter(state, &request, events.baseAddress, events.count, verdicts.baseAddress, &done, call.pointer)
        }
      }
      accepted.append(contentsOf: run.verdicts)
      total.outcome = run.run.outcome
      total.explain = run.run.explain
      total.cost.instructions += run.run.cost.instructions
      total.cost.nanoseconds += run.run.cost.nanoseconds
      total.cost.hostCalls += run.run.cost.hostCalls
      total.cost.peakBytes = max(total.cost.peakBytes, run.run.cost.peakBytes)
      batch.removeAll()
      if case .returned = total.outcome { return true }
      return false
    }
    for event in events {
      batch.append(event)
      if batch.isFull, !flush() { return (accepted, total) }
    }
    _ = flush()
    return (accepted, total)
  }
}

/// Events laid out for C: all their bytes in one block, so that lending them is one call. Texts that an event shares with the one before it
/// are there once.
private struct EventBatch {
  private struct Place {
    var start = 0
    var count = 0
  }

  private struct Entry {
    var type, collection, documentID, document, payload: Place
    var at: Double
  }

  private var bytes: [UInt8] = []
  private var entries: [Entry] = []
  private var last: (type: String, collection: String) = ("", "")

  var count: Int { entries.count }
  var isFull: Bool { count >= 1024 || bytes.count >= 1 << 20 }

  mutating func append(_ event: ScriptEvent) {
    var type = Place()
    var collection = Place()
    if let before = entries.last, last.type == event.type, last.collection == event.collectionID {
      type = before.type
      collection = before.collection
    } else {
      type = append(event.type.utf8)
      collection = append(event.collectionID.utf8)
      last = (event.type, event.collectionID)
    }
    entries.append(
      Entry(
        type: type, collection: collection, documentID: append(event.documentID.utf8), document: append(event.document),
        payload: append(event.payload), at: Double(event.at.milliseconds) / 1000))
  }

  private mutating func append(_ part: some Collection<UInt8>) -> Place {
    let start = bytes.count
    bytes.append(contentsOf: part)
    return Place(start: start, count: bytes.count - start)
  }

  mutating func removeAll() {
    bytes.removeAll(keepingCapacity: true)
    entries.removeAll(keepingCapacity: true)
  }

  func lend(
    _ body: (UnsafeBufferPointer<clua_event>, UnsafeMutableBufferPointer<UInt8>, inout Int) -> ScriptRun
  ) -> (verdicts: [Bool], run: ScriptRun) {
    var verdicts = [UInt8](repeating: 0, count: count)
    var done = 0
    let run = bytes.withUnsafeBufferPointer { bytes in
      func part(_ place: Place) -> clua_bytes { clua_bytes(data: bytes.baseAddress.map { $0 + place.start }, count: place.count) }
      let events = entries.map {
        clua_event(
          type: part($0.type), collection: part($0.collection), document_id: part($0.documentID), document: part($0.document),
          payload: part($0.payload), at: $0.at)
      }
      return events.withUnsafeBufferPointer { events in
        verdicts.withUnsafeMutableBufferPointer { body(events, $0, &done) }
      }
    }
    return (verdicts.prefix(done).map { $0 != 0 }, run)
  }
}
