package import Basics

/// Carries requests to other servers, on the host's own network, and is handed in by whoever opens the host: the engine itself needs no socket for
/// it, and tests answer for the world.
package struct Courier: Sendable {
  package struct Answer: Sendable {
    package var status: Int
    /// What a Retry-After header asks for, if there was one.
    package var retryAfter: Duration?
    package var body: [UInt8]

    package init(status: Int, retryAfter: Duration? = nil, body: [UInt8]) {
      self.status = status
      self.retryAfter = retryAfter
      self.body = body
    }

    /// The body as JSON. Throws `.malformed` when it is something else.
    package func json() throws(Problem) -> JSON { try JSON(parsing: body, limits: JSONLimits(depth: 32, bytes: .max)) }
  }

  package struct Request: Sendable {
    package var url: String
    package var headers: [(name: String, value: String)]
    package var body: [UInt8]
    /// The longest silence of the server.
    package var timeout: Duration
    /// An answer of more bytes is refused.
    package var limit: Int
  }

  /// Posts a body and answers what came back, whatever its status. Throws `.unavailable` when nothing came, `.cancelled`.
  package var post: @Sendable (Request, Cancellation) throws(Problem) -> Answer
  /// Waits on the caller's thread, not much longer than until it is cancelled.
  package var wait: @Sendable (Duration, Cancellation) -> Void

  package init(
    post: @escaping @Sendable (Request, Cancellation) throws(Problem) -> Answer, wait: @escaping @Sendable (Duration, Cancellation) -> Void
  ) {
    self.post = post
    self.wait = wait
  }
}
