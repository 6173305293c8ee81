import Basics
import Model
import Store

extension Operation {
  static let outboundOperations: [Operation] = [
    Operation("get_http_rules", "GET", "/v1/http/rules", "Where the namespace's scripts may send requests", tag: "HTTP", scope: .read) {
      host, call throws(Problem) in .json(["allow": try host.allowedOrigins(in: call.namespaceID())])
    },
    Operation(
      "set_http_rules", "PUT", "/v1/http/rules", "Say where the namespace's scripts may send requests", tag: "HTTP", scope: .admin, body: ["allow"]
    ) {
      host, call throws(Problem) in
      let fields = try Fields(call.body, accepting: ["allow"])
      guard let given = try fields.strings("allow") else { throw fields.missing("allow", example: "[\"https://api.example.com\"]") }
      guard given.count <= Outbound.listLimit else {
        throw Problem(.tooLarge, "\(given.count) origins are too many", hint: "At most \(Outbound.listLimit)", path: "allow")
      }
      var origins: [JSON] = []
      for (index, text) in given.enumerated() {
        let (origin, target) = try Origin.read(text, path: "allow[\(index)]")
        guard target == "/" else {
          throw Problem(.invalid, "'\(text)' has a path", hint: "Allow the origin: \"\(origin.description)\"", path: "allow[\(index)]")
        }
        if !origins.contains(.string(origin.description)) { origins.append(.string(origin.description)) }
      }
      var transaction = Transaction()
      transaction.setSetting(Outbound.setting(try call.namespaceID()), to: .array(origins))
      try host.commit(transaction)
      return .json(["allow": .array(origins)])
    },
    Operation(
      "fetch", "POST", "/v1/http/fetch", "Send a request as a script of the namespace would", tag: "HTTP", scope: .execute,
      body: ["method", "url", "headers", "body"]
    ) { host, call throws(Problem) in
      let message = try Outbound.message(Fields(call.body, accepting: ["method", "url", "headers", "body"]))
      return .json(try host.outbound(for: call.namespaceID()).perform(message))
    },
  ]
}

extension Host {
  /// The way out for a namespace: to where its list allows.
  func outbound(for namespaceID: String) throws(Problem) -> Outbound {
    Outbound(allowing: try allowedOrigins(in: namespaceID)) { [self] in log("info", $0) }
  }

  fileprivate func allowedOrigins(in namespaceID: String) throws(Problem) -> JSON {
    try read { reader throws(Problem) in try reader.setting(Outbound.setting(namespaceID), at: surroundings.now()) } ?? []
  }
}
