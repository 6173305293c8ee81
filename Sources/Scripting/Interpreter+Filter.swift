package import Basics
import CLua

extension Interpreter {
  /// Asks a filter about many events; the order of the answers is that of the events.
  ///
  /// No table is built for an event or a document: fields are read from the JSON text where the script looks. The budget's time and
  /// instructions hold for each event. At the first error or kill it stops: `accepted` then holds the answers before that event, and
  /// `run.outcome` says what happened; the caller may go on behind it. What returned has no values; the cost is that of all together.
  package func filter(
    _ script: Script, events: some Sequence<ScriptEvent>, context: JSONObject = JSONObject(), budget: Budget, host: any ScriptHost,
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

/// Events laid out for C: all their bytes in one block, so that lending them is one call.
private struct EventBatch {
  private var bytes: [UInt8] = []
  private var ends: [Int] = []  // five for each event
  private var times: [Double] = []

  var count: Int { times.count }
  var isFull: Bool { count >= 1024 || bytes.count >= 1 << 20 }

  mutating func append(_ event: ScriptEvent) {
    append(event.type.utf8)
    append(event.collectionID.utf8)
    append(event.documentID.utf8)
    append(event.document)
    append(event.payload)
    times.append(Double(event.at.milliseconds) / 1000)
  }

  private mutating func append(_ part: some Collection<UInt8>) {
    bytes.append(contentsOf: part)
    ends.append(bytes.count)
  }

  mutating func removeAll() {
    bytes.removeAll(keepingCapacity: true)
    ends.removeAll(keepingCapacity: true)
    times.removeAll(keepingCapacity: true)
  }

  func lend(
    _ body: (UnsafeBufferPointer<clua_event>, UnsafeMutableBufferPointer<UInt8>, inout Int) -> ScriptRun
  ) -> (verdicts: [Bool], run: ScriptRun) {
    var verdicts = [UInt8](repeating: 0, count: count)
    var done = 0
    let run = bytes.withUnsafeBufferPointer { bytes in
      var start = 0
      func part(_ index: Int) -> clua_bytes {
        defer { start = ends[index] }
        return clua_bytes(data: bytes.baseAddress.map { $0 + start }, count: ends[index] - start)
      }
      let events = times.indices.map { i in
        clua_event(
          type: part(i * 5), collection: part(i * 5 + 1), document_id: part(i * 5 + 2), document: part(i * 5 + 3), payload: part(i * 5 + 4),
          at: times[i])
      }
      return events.withUnsafeBufferPointer { events in
        verdicts.withUnsafeMutableBufferPointer { body(events, $0, &done) }
      }
    }
    return (verdicts.prefix(done).map { $0 != 0 }, run)
  }
}
