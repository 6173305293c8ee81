package import Basics
package import Engine
package import HTTP
import Model
import Scheduling
import Store
import Synchronization

/// The host's operations over HTTP: authorises, finds the operation, calls it, and translates what comes back.
package final class Service: Sendable {
  package struct Configuration: Sendable {
    package var endpoints: [Endpoint]
    package var maxBody: Int
    package var handlerThreads: Int
    /// A secret that the owner of the store's file may use instead of a key; nil when there is none.
    package var localToken: String?
    /// How many requests a minute a key may make that has no limit of its own; nil for as many as it likes.
    package var rateLimit: Int64?
    /// Called after each request.
    package var log: @Sendable (_ line: AccessLine) -> Void

    package init(
      endpoints: [Endpoint], maxBody: Int = 16 << 20, handlerThreads: Int = 32, localToken: String? = nil, rateLimit: Int64? = nil,
      log: @escaping @Sendable (_ line: AccessLine) -> Void = { _ in }
    ) {
      self.endpoints = endpoints
      self.maxBody = maxBody
      self.handlerThreads = handlerThreads
      self.localToken = localToken
      self.rateLimit = rateLimit
      self.log = log
    }
  }

  /// A request that was answered, for the log.
  package struct AccessLine: Sendable {
    package var method: String
    package var path: String
    package var status: Int
    package var duration: Duration
    package var requestID: String
    /// The operation's name, and the key's; nil for what is not in the table, or was refused before.
    package var operation: String?
    package var key: String?
    package var remoteAddress: String
  }

  /// A request that reads for longer would take connections and the log's space from all others.
  private static let readLimit = Duration.seconds(5)

  let host: Host
  let metrics = Metrics()
  private let rateLimits: RateLimits
  private let configuration: Configuration
  /// Finds operations by their places in the table.
  private let router: Router
  private let authorization: Authorization
  private let server: Mutex<Server?> = Mutex(nil)
  /// Made when it is first asked for: a server should be up at once.
  private let openAPI = Mutex<[UInt8]?>(nil)
  /// Names requests: random for each start, then counted.
  private let requestPrefix: String
  private let requests = Atomic<UInt64>(0)

  package init(host: Host, configuration: Configuration) {
    self.host = host
    self.configuration = configuration
    var router = Router()
    for (place, operation) in Operation.all.enumerated() { router.add(operation.method, operation.path, place) }
    self.router = router
    authorization = Authorization(host: host, localToken: configuration.localToken)
    rateLimits = RateLimits(usual: configuration.rateLimit)
    requestPrefix = Identifier.make("req", host.surroundings) + "_"
  }

  /// Listens, and answers the addresses that it listens at (a port 0 has become a real one).
  package func start() throws(Problem) -> [Endpoint] {
    var options = ServerOptions(endpoints: configuration.endpoints)
    options.limits.body = configuration.maxBody
    options.handlerThreads = configuration.handlerThreads
    let server = Server(options: options, surroundings: host.surroundings) { [self] request in answer(request) }
    try server.start()
    self.server.withLock { $0 = server }
    return server.endpoints
  }

  /// Takes no new connections, lets requests end, and closes.
  package func stop(draining: Duration = .seconds(5)) {
    host.streams.close()
    if let server = server.withLock({ $0 }) { _ = server.stop(draining: draining) }
  }

  var serverStatistics: ServerStatistics? { server.withLock { $0?.statistics } }

  /// One request to one response; no socket is needed for it.
  package func answer(_ request: Request) -> Response {
    let started = host.surroundings.ticks()
    metrics.began()
    // A client's own name for its request is kept, so that its log and ours can be laid side by side.
    let requestID =
      RequestName.given(request.headers["X-Request-ID"]) ?? requestPrefix + String(requests.wrappingAdd(1, ordering: .relaxed).newValue, radix: 36)
    var passage = Passage()
    var response: Response
    do throws(Problem) {
      response = try respond(request, &passage)
    } catch {
      var problem = error
      if error.kind == .internal {
        host.log("error", "\(requestID) \(request.method) \(request.target): \(error)")
        problem.details["request_id"] = .string(requestID)
      }
      response = ErrorMapping.response(to: problem)
    }
    response.headers.set("X-Request-ID", requestID)
    if let standing = passage.standing {
      response.headers.set("X-RateLimit-Limit", "\(standing.limit)")
      response.headers.set("X-RateLimit-Remaining", "\(standing.remaining)")
    }
    let duration = host.surroundings.ticks() - started
    metrics.ended(passage.operation ?? "other", status: response.status, after: duration)
    configuration.log(
      AccessLine(
        method: request.method, path: request.target, status: response.status, duration: duration, requestID: requestID, operation: passage.operation,
        key: passage.caller, remoteAddress: request.remoteAddress))
    return response
  }

  /// What became known of a request on its way, also when it was refused in the end.
  private struct Passage {
    var operation: String?
    var caller: String?
    var standing: RateLimits.Standing?
  }

  private func respond(_ request: Request, _ passage: inout Passage) throws(Problem) -> Response {
    if let page = try page(request, &passage) { return page }
    let operation: Operation
    let path: [String: String]
    switch router.match(request.method, request.segments) {
    case .found(let place, let parameters): (operation, path) = (Operation.all[place], parameters)
    case .methodNotAllowed(let allowed):
      var response = ErrorMapping.response(
        status: 405, to: Problem(.invalid, "\(request.method) is not allowed here", hint: "Allowed: \(allowed.joined(separator: ", "))"))
      response.headers.set("Allow", allowed.joined(separator: ", "))
      return response
    case .notFound(let nearest):
      throw Problem(
        .notFound, "there is nothing at /\(request.segments.joined(separator: "/"))", hint: "GET /openapi.json lists every path", didYouMean: nearest)
    }
    passage.operation = operation.name
    return try ReadLimit.with(Self.readLimit) { () throws(Problem) in
      guard operation.readsAtOnce else { return try perform(operation, path, request, &passage) }
      return try host.inOneSnapshot { () throws(Problem) in try perform(operation, path, request, &passage) }
    }
  }

  private func perform(
    _ operation: Operation, _ path: [String: String], _ request: Request, _ passage: inout Passage
  ) throws(Problem) -> Response {
    let call = try call(of: operation, path, request, &passage)
    guard operation.readsAtOnce, operation.inNamespace, let question = KeptAnswer.question(request, of: call) else {
      return try response(to: request, operation.perform(host, call), of: operation)
    }
    return try host.read { reader throws(Problem) in
      let release = host.zones.release
      if let kept: KeptAnswer = try reader.recall(question), kept.holds(at: host.surroundings.now(), release) { return kept.response }
      let answer = try operation.perform(host, call)
      let response = try response(to: request, answer, of: operation)
      if let kept = KeptAnswer(answer, response, release) { reader.keep(kept, size: kept.size, to: question) }
      return response
    }
  }

  private func response(to request: Request, _ answer: Operation.Answer, of operation: Operation) throws(Problem) -> Response {
    switch answer {
    case .json(let value): .json(value, status: Self.isGenerated(request) ? 200 : operation.success)
    case .kept(let value, _): .json(value)
    case .accepted(let value): .json(value, status: 202)
    case .nothing: Response(status: 204)
    case .text(let text, let type): .text(text, type: type)
    case .events(let subscription): try follow(subscription)
    }
  }

  /// What a request asks for, if whoever asks may.
  private func call(
    of operation: Operation, _ path: [String: String], _ request: Request, _ passage: inout Passage
  ) throws(Problem) -> Call {
    let caller = try admit(request, to: operation.scope, &passage)
    let body = try Self.body(of: request, to: operation)
    var call = Call(caller: caller, path: path, query: try QueryReading.read(request.query, of: operation), body: body.json)
    call.documents = body.documents
    // Where fields are known, the operation refuses the others itself, and says what it knows of them.
    if operation.body == [] { _ = try Fields(call.body, accepting: []) }
    if operation.inNamespace || operation.mayBeNarrowed {
      // A header without a value counts as absent; the SDK sends it empty when nothing is configured.
      let named = [request.headers["X-Namespace"], request.query["namespace"]].compactMap(\.self).first { !$0.isEmpty }
      if let named {
        call.namespace = try host.namespace(named, for: caller)
      } else if operation.inNamespace {
        call.namespace = try host.defaultNamespace(for: caller)
      }
    }
    // A browser that comes back says in a header what it has seen.
    if operation.query.contains(where: { $0.name == "last_event_id" }), let seen = request.headers["Last-Event-ID"].flatMap({ Int64($0) }) {
      call.query["last_event_id"] = .int(seen)
    }
    call.isByContract = Self.isGenerated(request)
    return call
  }

  /// What waits for one reader of the events; a slower one catches up from the store.
  private static let streamBound = 64 << 10

  private func follow(_ subscription: EventSubscription) throws(Problem) -> Response {
    let stream = BodyStream(bound: Self.streamBound)
    try host.streams.add(
      subscription, EventStreams.Sink(offer: { stream.offer($0) }, isGone: { stream.isCancelled }, finish: { stream.finish() }), of: host)
    // Proxies are asked not to wait for the end (X-Accel-Buffering is nginx's word for it).
    return Response(
      status: 200, headers: ["Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no"], body: .stream(stream))
  }

  /// What is served beside the operations: their description, for programs and for people, and the measurements.
  private func page(_ request: Request, _ passage: inout Passage) throws(Problem) -> Response? {
    guard request.method == "GET" || request.method == "HEAD", request.segments.count == 1 else { return nil }
    switch request.segments[0] {
    case "openapi.json":
      if let known = openAPI.withLock({ $0 }) { return .bytes(known, type: "application/json") }
      let bytes = try OpenAPI.document(of: Operation.all).bytes
      openAPI.withLock { $0 = bytes }
      return .bytes(bytes, type: "application/json")
    case "docs": return DocumentationPage.response
    case "metrics":
      passage.operation = "metrics"
      _ = try admit(request, to: .read, &passage)
      return try metricsPage(request)
    default: return nil
    }
  }

  /// Who asks, if they may: known, allowed what the operation needs, and not too often.
  private func admit(_ request: Request, to scope: APIKey.Scope?, _ passage: inout Passage) throws(Problem) -> Caller {
    guard let scope else { return Caller(name: "anonymous", scopes: []) }
    let caller = try authorization.caller(of: request)
    passage.caller = caller.name
    passage.standing = try rateLimits.count(caller, at: host.surroundings.ticks())
    guard caller.may(scope) else {
      throw Problem(
        .forbidden, "the key '\(caller.name)' does not allow '\(scope.rawValue)'",
        hint: "perigee key create --scopes \(scope.rawValue) makes one that does")
    }
    return caller
  }

  /// Whether the official SDK asks: it takes a 201 for no answer.
  private static func isGenerated(_ request: Request) -> Bool { request.headers["User-Agent"]?.hasPrefix("OpenAPI-Generator/") ?? false }

  private static let linesTypes: Set<String> = ["application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines"]

  /// The body as JSON. No body is an empty object: the SDK posts none where every field is optional. Where documents are written, these are read on
  /// a way of their own, and JSON lines are taken as well, a document each.
  private static func body(of request: Request, to operation: Operation) throws(Problem) -> (json: JSON, documents: [IncomingDocument]?) {
    guard !request.body.isEmpty else { return ([:], nil) }
    if let type = request.headers["Content-Type"], !type.isEmpty {
      let media = type.split(separator: ";").first.map { $0.trimmed.lowercased() } ?? ""
      if operation.takesLines, linesTypes.contains(media) {
        let lines = try IncomingDocuments(lines: request.body)
        return (lines.body, lines.documents)
      }
      guard media == "application/json" || media.hasSuffix("+json") else {
        throw Problem(
          .unsupported, "the body is '\(media)'", hint: "Send Content-Type: application/json", path: "Content-Type", details: ["http_status": 415])
      }
    }
    if let coding = request.headers["Content-Encoding"], !["", "identity"].contains(coding.lowercased()) {
      throw Problem(
        .unsupported, "the body is coded as '\(coding)'", hint: "Send it as it is, without Content-Encoding", path: "Content-Encoding",
        details: ["http_status": 415])
    }
    if operation.takesLines {
      let read = try IncomingDocuments(parsing: request.body)
      // A write that counts once is known by the very values that it came with.
      if read.documents != nil, read.body["options"]?["idempotency_key"] ?? .null == .null { return (read.body, read.documents) }
    }
    let body = try JSON(parsing: request.body)
    return (body == .null ? [:] : body, nil)
  }
}

extension Substring {
  fileprivate var trimmed: Substring {
    var result = self
    while result.first == " " || result.first == "\t" { result.removeFirst() }
    while result.last == " " || result.last == "\t" { result.removeLast() }
    return result
  }
}
