import Basics
import HTTP
import Synchronization

/// Somebody outside: a server in this process that keeps what it gets and answers as it is told.
final class Receiver: Sendable {
  private struct State: Sendable {
    var seen: [Request] = []
    var answers: [Response] = []
    var otherwise = Response(status: 204)
  }

  private let state = Mutex(State())
  private let server: Server

  init() throws {
    var options = ServerOptions(endpoints: [try Endpoint("http://127.0.0.1:0")])
    options.handlerThreads = 2
    let box = Box()
    server = Server(options: options, surroundings: .real) { request in box.receiver?.answer(request) ?? Response(status: 500) }
    box.hold(self)
    try server.start()
  }

  private final class Box: Sendable {
    private let held = Mutex<Receiver?>(nil)
    var receiver: Receiver? { held.withLock { $0 } }
    func hold(_ receiver: Receiver) { held.withLock { $0 = receiver } }
  }

  var url: String { "http://\(server.endpoints[0])/hook" }
  var seen: [Request] { state.withLock { $0.seen } }
  var bodies: [JSON] { seen.map { (try? JSON(parsing: $0.body)) ?? .null } }

  /// Answers the next requests so, one after the other, and then as always.
  func answer(_ statuses: Int...) { state.withLock { $0.answers += statuses.map { Response(status: $0) } } }
  func answer(_ response: Response) { state.withLock { $0.answers.append(response) } }
  func answerAlways(_ status: Int) { state.withLock { $0.otherwise = Response(status: status) } }

  private func answer(_ request: Request) -> Response {
    state.withLock { state in
      state.seen.append(request)
      return state.answers.isEmpty ? state.otherwise : state.answers.removeFirst()
    }
  }

  func stop() { _ = server.stop(draining: .zero) }
}
