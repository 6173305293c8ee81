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
      switch parameter.kind {
      case .string: result[pair.name] = .string(pair.value)
      case .integer:
        guard let number = Int64(pair.value) else {
          throw Problem(.invalid, "'\(pair.value)' is not an integer", hint: "For example ?\(pair.name)=10", path: pair.name)
        }
        result[pair.name] = .int(number)
      case .boolean:
        guard let flag = ["true": true, "false": false, "1": true, "0": false][pair.value.lowercased()] else {
          throw Problem(.invalid, "'\(pair.value)' is not a boolean", hint: "Give true or false", path: pair.name)
        }
        result[pair.name] = .bool(flag)
      }
    }
    return result
  }
}
