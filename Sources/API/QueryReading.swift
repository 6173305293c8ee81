import Basics
import Engine
import HTTP

/// Turns a query string into typed values by the operation's list of parameters.
enum QueryReading {
  static func read(_ query: Query, of operation: Operation) throws(Problem) -> JSONObject {
    var result = JSONObject()
    for pair in query.pairs where pair.name != "namespace" {
      guard let parameter = operation.query.first(where: { $0.name == pair.name }) else {
        // Unknown query parameters are refused like unknown fields, but only where a list says what is known: proxies add their own.
        if operation.query.isEmpty { continue }
        let known = operation.query.map(\.name)
        throw Problem(
          .invalid, "unknown query parameter '\(pair.name)'", hint: "Accepted: \(known.joined(separator: ", "))", path: pair.name,
          didYouMean: Suggestion.nearest(to: pair.name, in: known))
      }
      result[pair.name] = try parameter.read(pair.value)
    }
    return result
  }
}
