import Basics
import Engine

extension Command {
  static let call = Command(
    name: "call", summary: "Perform any operation of the API",
    positionals: [
      Positional("OPERATION", .one, "Its name, as /docs and /openapi.json have it"),
      Positional("NAME=VALUE", .rest, "Values for the path and the query"),
    ],
    options: [
      Option("body", letter: "b", value: "JSON", "The body; @FILE reads it from a file, - from standard input"), Option.store, Option.namespace,
    ],
    examples: [
      Example("perigee call list_triggers --body '{\"status\": \"active\"}'", "the same as POST /v1/triggers/list"),
      Example("perigee call get_collection collection_identifier=words", "a value for the path"),
      Example("perigee call aggregate_documents collection_identifier=words --body @numbers.json", "a body from a file"),
    ],
    notes: """
      Works with a running server or, when there is none, on the store itself, and prints the answer as JSON.
      """
  ) { invocation throws(Problem) in
    let name = invocation.word(0) ?? ""
    guard let operation = Operation.named(name) else {
      throw Problem(
        .notFound, "there is no operation '\(name)'", hint: "GET /openapi.json lists them all",
        didYouMean: Suggestion.nearest(to: name, in: Operation.all.map(\.name)))
    }
    let (path, query) = try values(Array(invocation.words.dropFirst()), of: operation)
    let body = try invocation.text("body").map { text throws(Problem) in try json(of: text) }
    return try Connection.with(invocation) { connection throws(Problem) in
      invocation.console.print(try connection.call(name, path: path, query: query, body: body ?? [:]))
      return .ok
    }
  }

  private static func values(_ words: [String], of operation: Operation) throws(Problem) -> (path: [String: String], query: JSONObject) {
    let wanted = operation.path.split(separator: "/").filter { $0.hasPrefix("{") }.map { String($0.dropFirst().dropLast()) }
    var path: [String: String] = [:]
    var query = JSONObject()
    for word in words {
      let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      guard parts.count == 2 else {
        throw Problem(
          .invalid, "'\(word)' is not a name and a value", hint: "For example \(wanted.first ?? "limit")=\(wanted.isEmpty ? "10" : "words")")
      }
      if wanted.contains(parts[0]) {
        path[parts[0]] = parts[1]
      } else if let parameter = operation.query.first(where: { $0.name == parts[0] }) {
        query[parts[0]] = try parameter.read(parts[1])
      } else {
        let known = wanted + operation.query.map(\.name)
        throw Problem(
          .invalid, "\(operation.name) has no parameter '\(parts[0])'",
          hint: known.isEmpty ? "It takes none; fields of the body go into --body" : "It takes: \(known.joined(separator: ", "))",
          didYouMean: Suggestion.nearest(to: parts[0], in: known))
      }
    }
    if let missing = wanted.first(where: { path[$0] == nil }) {
      throw Problem(.invalid, "\(operation.name) needs '\(missing)'", hint: "For example \(missing)=words")
    }
    return (path, query)
  }

  private static func json(of text: String) throws(Problem) -> JSON {
    let file = text == "-" ? "-" : text.hasPrefix("@") ? String(text.dropFirst()) : nil
    let bytes = try file.map { path throws(Problem) in try readFile(path, limit: 16 << 20) } ?? Array(text.utf8)
    do throws(Problem) { return try JSON(parsing: bytes) } catch { throw error.within("--body") }
  }
}
