import API
import Basics
import Engine
import Glibc
import HTTP
import Model
import Store

/// The way to a store's host: in this process when nobody owns the store, over HTTP to the server that does. Either way the same operations
/// with the same words.
final class Connection {
  private enum Way {
    case local(Host)
    case remote(Client, token: String, url: String)
  }

  private let way: Way
  private let storePath: String
  /// The namespace's name; operations that happen in one happen there.
  let namespace: String
  private var localNamespace: Namespace?

  /// How long a server that has just started may take to say where it listens, and a quick command to end.
  private static let patience = Duration.seconds(3)

  private init(_ way: Way, storePath: String, namespace: String) {
    self.way = way
    self.storePath = storePath
    self.namespace = namespace
  }

  /// What may come to be by connecting: nothing for commands that only look.
  enum Making { case nothing, namespace }

  /// Connects to the store that the command names.
  ///
  /// Throws `.notFound` for a store or namespace that does not exist and is not to be made, `.conflict` when another command owns the store.
  static func open(_ invocation: Invocation, making: Making, threads: Int = 2) throws(Problem) -> Connection {
    let path = invocation.storePath
    let connection: Connection
    if let owner = try settledOwner(of: path, invocation.surroundings) {
      connection = try Connection(toOwner: owner, path: path, namespace: invocation.namespace)
    } else {
      if making == .nothing, access(path, F_OK) != 0 {
        throw Problem(.notFound, "there is no store at '\(path)'", hint: "Name yours with --store, or make one: perigee serve --store \(path)")
      }
      let console = invocation.console
      let host = try Host.open(
        Host.Configuration(path: path, surroundings: invocation.surroundings, threads: threads, courier: .http) { level, message in
          if level == "error" || level == "warn" { console.say("\(level): \(message)") }
        })
      connection = Connection(.local(host), storePath: path, namespace: invocation.namespace)
      do throws(Problem) { try host.announce(["pid": .int(Int64(getpid()))]) } catch {
        host.close()
        throw error
      }
    }
    do throws(Problem) { try connection.enter(making) } catch {
      connection.close()
      throw error
    }
    return connection
  }

  /// Runs `body` with a connection and closes it whatever happens.
  static func with<T>(
    _ invocation: Invocation, making: Making = .nothing, threads: Int = 2, _ body: (Connection) throws(Problem) -> T
  ) throws(Problem) -> T {
    let connection = try open(invocation, making: making, threads: threads)
    defer { connection.close() }
    return try body(connection)
  }

  /// Around a host that the caller opened and, by `close`, lets go.
  convenience init(to host: Host, storePath: String, namespace: String) throws(Problem) {
    self.init(.local(host), storePath: storePath, namespace: namespace)
    try enter(.namespace)
  }

  private convenience init(toOwner owner: JSON, path: String, namespace: String) throws(Problem) {
    guard let url = owner["url"]?.string, let token = owner["token"]?.string else {
      let pid = owner["pid"]?.int.map { " (pid \($0))" } ?? ""
      throw Problem(
        .conflict, "another perigee command\(pid) is working on the store '\(path)'",
        hint: "Wait until it ends, or run a server for many commands at once: perigee serve --store \(path)")
    }
    self.init(.remote(Client(try Endpoint(url)), token: token, url: url), storePath: path, namespace: namespace)
  }

  /// Who owns the store. An owner without an address is asked again for a while.
  private static func settledOwner(of path: String, _ surroundings: Surroundings) throws(Problem) -> JSON? {
    let start = surroundings.ticks()
    while let owner = SQLiteLedger.owner(of: path) {
      if owner["url"] != nil || surroundings.ticks() - start > patience { return owner }
      pause(.milliseconds(20))
    }
    return nil
  }

  /// The host, when it is in this process.
  var host: Host? { if case .local(let host) = way { host } else { nil } }
  /// Where the server is, when there is one.
  var url: String? { if case .remote(_, _, let url) = way { url } else { nil } }

  func close() {
    switch way {
    case .local(let host): host.close()
    case .remote(let client, _, _): client.disconnect()
    }
  }

  // MARK: - Calls

  /// Performs an operation by its contract name. `nothing` answers come as null.
  func call(_ name: String, path: [String: String] = [:], query: JSONObject = [:], body: JSON = [:]) throws(Problem) -> JSON {
    guard let operation = Operation.named(name) else { throw Problem(.internal, "there is no operation '\(name)'") }
    switch way {
    case .local(let host):
      let call = Call(caller: .local, namespace: operation.inNamespace ? localNamespace : nil, path: path, query: query, body: body)
      switch try operation.perform(host, call) {
      case .json(let json), .accepted(let json), .kept(let json, _): return json
      case .nothing: return .null
      case .events: throw .streamsOnlyOverHTTP
      case .text(let text, _): return .string(text)
      }
    case .remote(let client, let token, _): return try send(operation, path, query, body, client, token)
    }
  }

  private func send(
    _ operation: Operation, _ path: [String: String], _ query: JSONObject, _ body: JSON, _ client: Client, _ token: String
  ) throws(Problem) -> JSON {
    let target = Self.target(of: operation, path, query)
    var headers: Headers = ["Authorization": "Bearer \(token)"]
    if operation.inNamespace { headers.set("X-Namespace", namespace) }
    var bytes: [UInt8] = []
    if operation.body != nil {
      headers.set("Content-Type", "application/json")
      bytes = body.bytes
    }
    let answer = try client.send(operation.method, target, headers: headers, body: bytes)
    if answer.status < 300 { return answer.body.isEmpty ? .null : try answer.json() }
    throw Self.problem(status: answer.status, try? answer.json())
  }

  private static func target(of operation: Operation, _ path: [String: String], _ query: JSONObject) -> String {
    var target = ""
    for segment in operation.path.split(separator: "/") {
      if segment.hasPrefix("{") {
        target += "/" + percentEncoded(path[String(segment.dropFirst().dropLast())] ?? "")
      } else {
        target += "/" + segment
      }
    }
    for (i, member) in query.members.enumerated() {
      target += (i == 0 ? "?" : "&") + percentEncoded(member.key) + "=" + percentEncoded(member.value.string ?? member.value.text)
    }
    return target
  }

  /// Hands over what happens, as it happens, until the server ends the stream or is gone. False from `hear` ends it.
  ///
  /// Throws `.unavailable` when there is no server: nothing happens in a store that nobody serves.
  func follow(_ query: JSONObject, _ hear: (JSON) -> Bool) throws(Problem) {
    guard case .remote(let client, let token, _) = way, let operation = Operation.named("stream_events") else {
      throw Problem(
        .unavailable, "no server is running on '\(storePath)', so nothing happens there", hint: "perigee serve --store \(storePath)")
    }
    var reader = EventReader()
    var refusal: [UInt8] = []
    var isOver = false
    let answer: Client.Answer
    do throws(Problem) {
      answer = try client.send(
        operation.method, Self.target(of: operation, [:], query), headers: ["Authorization": "Bearer \(token)", "X-Namespace": namespace]
      ) { piece in
        if refusal.count < 1 << 16 { refusal += piece }
        for event in reader.take(piece) where !isOver { isOver = !hear(event) }
        return !isOver
      }
    } catch {
      // A server that dies takes its streams with it.
      if reader.hasBegun, error.kind == .unavailable { return }
      throw error
    }
    guard answer.status == 200 else { throw Self.problem(status: answer.status, try? JSON(parsing: refusal)) }
  }

  /// The problem that a server's error answer was made from.
  static func problem(status: Int, _ body: JSON?) -> Problem {
    guard let error = body?["error"], var message = error["message"]?.string else {
      return Problem(.internal, "the server answered with status \(status)", hint: "Look into its log")
    }
    let kind = error["code"]?.string.flatMap(Problem.Kind.init(rawValue:)) ?? (status == 404 ? .notFound : .internal)
    var details = error["details"]?.object ?? JSONObject()
    func take(_ key: String) -> String? {
      defer { details[key] = nil }
      return details[key]?.string
    }
    let (path, hint, near) = (take("path"), take("hint"), take("did_you_mean"))
    details["validation_errors"] = nil
    // The answer's message is the whole problem in one line; here its parts are shown apart.
    if let path, message.hasPrefix("\(path): ") { message.removeFirst(path.count + 2) }
    if let hint, message.hasSuffix(hint) { message = String(message.dropLast(hint.count)).trimmedEnd }
    if let near, message.hasSuffix("Did you mean '\(near)'?") { message = String(message.dropLast("Did you mean '\(near)'?".count)).trimmedEnd }
    if message.hasSuffix("."), hint != nil || near != nil { message.removeLast() }
    return Problem(
      kind, message, hint: hint, path: path, didYouMean: near, details: Dictionary(details.members.map { ($0.key, $0.value) }) { first, _ in first })
  }

  // MARK: - The namespace

  /// Finds the namespace; the default one, and any for commands that write, is made when missing.
  private func enter(_ making: Making) throws(Problem) {
    do throws(Problem) {
      _ = try call("get_namespace", path: ["namespace_identifier": namespace])
    } catch {
      guard error.kind == .notFound else { throw error }
      guard making == .namespace || namespace == "default" else {
        var problem = error
        problem.path = "--namespace"
        throw problem
      }
      _ = try call("create_namespace", body: ["namespace_name": .string(namespace)])
    }
    guard case .local(let host) = way else { return }
    localNamespace = try host.read { reader throws(Problem) in try reader.namespace(namespace) }
  }

  /// The namespace's identifier; only a local connection needs it.
  var namespaceID: String? { localNamespace?.id }

  // MARK: - Waiting

  /// Polls a task until it has ended. An interrupt cancels the task and throws `.cancelled`.
  func wait(for taskID: String, whileWaiting: () -> Void = {}) throws(Problem) -> JSON {
    while true {
      let task = try call("get_task", path: ["task_id": taskID])
      if let word = task["status"]?.string, let status = TaskRecord.Status(rawValue: word), status.isFinal { return task }
      if Interrupts.wasAsked {
        _ = try call("cancel_task", path: ["task_id": taskID])
        throw Problem(.cancelled, "interrupted; the task \(taskID) was cancelled")
      }
      whileWaiting()
      pause(.milliseconds(15))
    }
  }
}

extension String {
  fileprivate var trimmedEnd: String {
    var text = self
    while text.last == " " { text.removeLast() }
    return text
  }
}

/// RFC 3986: everything but unreserved characters.
func percentEncoded(_ text: String) -> String {
  let digits = Array("0123456789ABCDEF".utf8)
  var bytes: [UInt8] = []
  for byte in text.utf8 {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"), 0x2D, 0x2E, 0x5F, 0x7E:
      bytes.append(byte)
    default: bytes += [0x25, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
    }
  }
  return String(decoding: bytes, as: UTF8.self)
}

/// Sleeps on this thread.
func pause(_ duration: Duration) {
  let nanoseconds = UInt64(max(0, duration.components.attoseconds / 1_000_000_000))
  var left = timespec(tv_sec: Int(max(0, duration.components.seconds)), tv_nsec: Int(nanoseconds))
  var rest = timespec()
  while nanosleep(&left, &rest) != 0, errno == EINTR { left = rest }
}
