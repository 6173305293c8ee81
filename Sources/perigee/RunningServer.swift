import API
import Basics
import Engine
import Glibc
import HTTP
import Model
import Store

/// A host with its API, between start and stop.
final class RunningServer {
  private let host: Host
  private let service: Service
  let url: String
  private let storePath: String
  /// The first key of a new store; shown once and kept nowhere.
  private let firstKey: String?
  /// How long answers on their way may take when it stops.
  private let draining: Duration

  private init(_ host: Host, _ service: Service, url: String, storePath: String, firstKey: String?, draining: Duration) {
    self.host = host
    self.service = service
    self.url = url
    self.storePath = storePath
    self.firstKey = firstKey
    self.draining = draining
  }

  static func start(_ invocation: Invocation, path given: String? = nil) throws(Problem) -> RunningServer {
    let path = given ?? invocation.storePath
    let address = invocation.text("host") ?? "127.0.0.1"
    let endpoint = Endpoint.tcp(host: address, port: try invocation.int("port", in: 0...65_535, example: Command.defaultPort) ?? Command.defaultPort)
    let threads = try invocation.threads()
    var retention = Retention()
    if let age = try invocation.duration("keep") {
      retention.evaluations.age = age
      retention.events.age = age
    }
    if let count = try invocation.int("keep-decisions", in: 1...1_000_000_000) { retention.evaluations.count = Int64(count) }
    if let count = try invocation.int("keep-events", in: 1...1_000_000_000) { retention.events.count = Int64(count) }
    if let size = try invocation.int("keep-mib", in: 1...1_048_576) {
      retention.evaluations.bytes = Int64(size) << 20
      retention.events.bytes = Int64(size) << 20
    }
    let roots = try syncRoots(invocation)
    let rateLimit = try invocation.int("rate-limit", in: 1...1_000_000_000, example: 600)
    let draining = try invocation.duration("drain") ?? .seconds(5)
    signal(SIGPIPE, SIG_IGN)
    if SQLiteLedger.owner(of: path) == nil {
      if !isLoopback(address) { try demandKey(path, address, invocation) }
      try probe(endpoint, invocation.surroundings)
    }
    let log = Log(invocation)
    let host = try Host.open(
      Host.Configuration(path: path, surroundings: invocation.surroundings, threads: threads, retention: retention, courier: .http, syncRoots: roots)
      {
        level, message in
        log.write(level, message)
      })
    do throws(Problem) {
      let token = "local_" + Identifier.base62(invocation.surroundings.bytes(32), length: 43)
      let logsRequests = invocation.has("log-requests")
      let service = Service(
        host: host,
        configuration: Service.Configuration(endpoints: [endpoint], localToken: token, rateLimit: rateLimit.map(Int64.init)) { line in
          if logsRequests { log.write(line) }
        })
      let endpoints = try service.start()
      let url = "http://\(endpoints.first ?? endpoint)"
      try host.announce(["pid": .int(Int64(getpid())), "url": .string(reachable(url, address)), "token": .string(token)])
      return RunningServer(host, service, url: url, storePath: path, firstKey: try firstKey(host, invocation.surroundings), draining: draining)
    } catch {
      host.close()
      throw error
    }
  }

  private static func syncRoots(_ invocation: Invocation) throws(Problem) -> [String] {
    let roots = (invocation.text("sync-root") ?? "").split(separator: ":").map(String.init)
    for root in roots {
      var status = stat()
      guard stat(root, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
        throw Problem(.invalid, "'\(root)' is no folder", hint: "For example --sync-root /srv/articles", path: "--sync-root")
      }
    }
    return roots
  }

  private static func isLoopback(_ address: String) -> Bool { address == "localhost" || address == "::1" || address.hasPrefix("127.") }

  /// Commands on this machine reach a server that listens on every address through the loopback one.
  private static func reachable(_ url: String, _ address: String) -> String {
    guard let colon = url.lastIndex(of: ":") else { return url }
    switch address {
    case "0.0.0.0": return "http://127.0.0.1" + url[colon...]
    case "::": return "http://[::1]" + url[colon...]
    default: return url
    }
  }

  /// Others are let in only where somebody already decided who may come.
  private static func demandKey(_ path: String, _ address: String, _ invocation: Invocation) throws(Problem) {
    let now = invocation.surroundings.now()
    if access(path, F_OK) == 0, try KeyStore(invocation, creating: false).keys().contains(where: { $0.isUsable(at: now) }) { return }
    throw Problem(
      .invalid, "\(address) can be reached by others, and '\(path)' has no key yet", hint: "First: perigee key create --name admin --store \(path)",
      path: "--host")
  }

  /// A port in use is told before the store is opened or made, so that nothing has changed.
  private static func probe(_ endpoint: Endpoint, _ surroundings: Surroundings) throws(Problem) {
    if case .tcp(_, 0) = endpoint { return }
    var options = ServerOptions(endpoints: [endpoint])
    options.handlerThreads = 1
    let server = Server(options: options, surroundings: surroundings) { _ in Response(status: 503) }
    try server.start()
    _ = server.stop(draining: .zero)
  }

  private static func firstKey(_ host: Host, _ surroundings: Surroundings) throws(Problem) -> String? {
    let known = try host.read { reader throws(Problem) in try reader.keys() }
    guard known.isEmpty else { return nil }
    let (key, secret) = APIKey.make(name: "first", surroundings: surroundings)
    var transaction = Transaction()
    transaction.insert(key)
    try host.commit(transaction)
    return secret
  }

  // MARK: - While it runs

  private func greet(_ invocation: Invocation) {
    let console = invocation.console
    if invocation.wantsJSON {
      var json: JSONObject = ["url": .string(url), "store": .string(storePath), "pid": .int(Int64(getpid())), "version": .string(Perigee.version)]
      json["key"] = firstKey.map(JSON.string)
      // One line also on a terminal: whoever starts a server with --json reads lines.
      console.out.write(JSON.object(json).bytes + [0x0A])
      return
    }
    let out = console.out
    console.print("\(out.styled("Perigee \(Perigee.version)", .bold)) serves \(storePath)")
    console.print("")
    console.print("  API      \(out.styled(url, .cyan))")
    console.print("  Docs     \(out.styled("\(url)/docs", .cyan))")
    if let firstKey {
      console.print("  Key      \(out.styled(firstKey, .green))  (shown this once)")
      console.print("")
      console.print("Next:")
      console.print("  curl -H 'Authorization: Bearer \(firstKey)' \(url)/v1/namespaces")
    } else {
      console.print("")
      console.print("Next:")
      console.print("  perigee trigger list --store \(storePath)")
    }
    console.print("")
    if out.isTerminal { console.print(out.styled("Ctrl-C stops it.", .dim)) }
  }

  /// Says where it is, and returns when somebody asks it to stop. Whoever reads the greeting may ask at once.
  func serve(_ invocation: Invocation) {
    let asked = Latch()
    Interrupts.handle { asked.open() }
    greet(invocation)
    asked.wait()
  }

  func stop() {
    // Long enough for answers on their way; a client that never finishes its request must not hold up a restart.
    service.stop(draining: draining)
    host.close()
  }
}

/// Log lines: for people on a terminal, one JSON object a line otherwise.
private struct Log: Sendable {
  private let console: Console
  private let now: @Sendable () -> Instant
  private let isForPeople: Bool

  init(_ invocation: Invocation) {
    console = invocation.console
    now = invocation.surroundings.now
    isForPeople = invocation.console.err.isTerminal && !invocation.wantsJSON
  }

  /// A request: a line for people, fields for programs.
  func write(_ line: Service.AccessLine) {
    var fields: JSONObject = [
      "method": .string(line.method), "path": .string(line.path), "status": .int(line.status),
      "duration_ms": .double((line.duration.inSeconds * 1e6).rounded() / 1000), "request_id": .string(line.requestID),
      "remote": .string(line.remoteAddress),
    ]
    fields["operation"] = line.operation.map(JSON.string)
    fields["key"] = line.key.map(JSON.string)
    write("request", "\(line.method) \(line.path) \(line.status) \(Format.duration(line.duration)) \(line.requestID)", fields)
  }

  func write(_ level: String, _ message: String, _ fields: JSONObject = [:]) {
    let at = now()
    if isForPeople {
      let styled = level == "error" ? console.err.styled(level, .red) : level == "warn" ? console.err.styled(level, .yellow) : level
      console.say("\(console.err.styled(Format.clock(at), .dim)) \(styled) \(printable(message))")
    } else {
      var line: JSONObject = ["at": .instant(at), "level": .string(level), "message": .string(message)]
      line.members += fields.members
      console.err.write(JSON.object(line).bytes + [0x0A])
    }
  }
}

/// A door that opens once; who waits goes on then.
final class Latch: Sendable {
  // nonisolated(unsafe): sem_t is made for use by many threads, and its address never changes.
  nonisolated(unsafe) private let semaphore = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

  init() { sem_init(semaphore, 0, 0) }
  deinit {
    sem_destroy(semaphore)
    semaphore.deallocate()
  }

  func open() { sem_post(semaphore) }
  func wait() { while sem_wait(semaphore) != 0 {} }
}
