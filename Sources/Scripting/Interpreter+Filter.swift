package import Basics
import CLua

extension Interpreter {
  /// Asks a filter about many events; the order of the answers is that of the events.
  ///
  /// No table is built for an event or a document: fields are read from the JSON text where the script looks. The budget's time and
  /// instructions hold for each event. At the first error or kill it stops: `accepted` then holds the answers before that event, and
  /// `run.outcome` says what happened; the caller may go on behind it. What returned has no values; the cost is that of all together.
  package func filter(
    _ script: Script, events: ScriptEvents, context: JSONObject = JSONObject(), budget: Budget, host: any ScriptHost,
    cancellation: Cancellation? = nil
  ) -> (accepted: [Bool], run: ScriptRun) {
    guard !events.isEmpty else { return ([], ScriptRun(outcome: .returned([]))) }
    let call = HostCall(kind: .filter, host: host, cancellation: cancellation)
    var request = clua_request()
    request.expression = true
    let (accepted, run) = events.lend { block, events, answers, done in
      execute(script, request, budget, call, context: context) { state, request in
        clua_filter(state, &request, block, events.baseAddress, events.count, answers, &done, call.pointer)
      }
    }
    return (accepted, run)
  }
}
