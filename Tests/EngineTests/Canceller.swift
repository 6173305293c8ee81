import Basics
import Engine
import Synchronization

/// An embeddings endpoint in the process: the vector of a text is three numbers of its own, and at one request something else happens first.
final class Canceller: Sendable {
  private struct State {
    var requests = 0
    var at: Int?
    var action: (@Sendable () -> Void)?
    var waits: [Duration] = []
    var answers: [Int: Courier.Answer] = [:]
    var otherwise: Courier.Answer?
  }
  private let state = Mutex(State())

  /// Runs `action` in the middle of a request, counted from 1.
  func act(at request: Int, _ action: @escaping @Sendable () -> Void) {
    state.withLock { state in
      state.at = request
      state.action = action
    }
  }

  /// Runs `action` in the middle of every request.
  func actAlways(_ action: @escaping @Sendable () -> Void) {
    state.withLock { state in
      state.at = nil
      state.action = action
    }
  }

  /// Answers a request so, instead of with vectors.
  func answer(_ request: Int, with answer: Courier.Answer) { state.withLock { $0.answers[request] = answer } }

  func answerAlways(with answer: Courier.Answer) { state.withLock { $0.otherwise = answer } }

  var requests: Int { state.withLock { $0.requests } }
  /// How long the client was told to wait; nobody waits here.
  var waits: [Duration] { state.withLock { $0.waits } }

  static func vector(_ text: String) -> JSON { [.int(text.utf8.count), .int(Int(text.utf8.last ?? 0)), 1] }

  var courier: Courier {
    Courier(
      post: { request, cancellation throws(Problem) in
        let (action, answer) = self.state.withLock { state -> ((@Sendable () -> Void)?, Courier.Answer?) in
          state.requests += 1
          return (state.requests == state.at ?? state.requests ? state.action : nil, state.answers[state.requests] ?? state.otherwise)
        }
        action?()
        try cancellation.check()
        if let answer { return answer }
        let texts = try JSON(parsing: request.body)["input"]?.array ?? []
        if texts.contains("poison") { return Courier.Answer(status: 400, body: Array("{\"error\": {\"message\": \"bad text\"}}".utf8)) }
        let data = texts.enumerated().map { index, text -> JSON in ["index": .int(index), "embedding": Self.vector(text.string ?? "")] }
        let body: JSON = ["object": "list", "data": .array(data.reversed())]
        return Courier.Answer(status: 200, body: body.bytes)
      }, wait: { duration, _ in self.state.withLock { $0.waits.append(duration) } })
  }
}
