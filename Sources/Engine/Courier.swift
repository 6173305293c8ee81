package import Basics

/// Carries requests to other servers, on the host's own network, and is handed in by whoever opens the host: the engine itself needs no socket for
/// it, and tests answer for the world.
package struct Courier: Sendable {
  package struct Answer: Sendable {
    package var status: Int
    /// The seconds of a Retry-After header, if there was one.
    package var retryAfter: Int64?
    package var body: [UInt8]

    package init(status: Int, retryAfter: Int64? = nil, body: [UInt8]) {
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
  }

  /// Posts a body and answers what came back, whatever its status. Throws `.unavailable` when nothing came.
  package var post: @Sendable (Request) throws(Problem) -> Answer
  /// Waits on the caller's thread.
  package var wait: @Sendable (Duration) -> Void

  package init(post: @escaping @Sendable (Request) throws(Problem) -> Answer, wait: @escaping @Sendable (Duration) -> Void) {
    self.post = post
    self.wait = wait
  }
}
