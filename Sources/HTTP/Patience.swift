package import Basics

/// How long the silence of another side is borne, and whether somebody has given up meanwhile.
///
/// A socket that blocks looks at nothing. Where the waiting can be cancelled, its system calls therefore come back in steps, and the silence is
/// what those add up to.
package struct Patience: Sendable {
  private let timeout: Duration
  private let cancellation: Cancellation?
  private var waited: Duration = .zero

  /// How often somebody who waits looks whether it was cancelled.
  package static let look: Duration = .milliseconds(100)

  /// `timeout` is the longest silence.
  package init(_ timeout: Duration, cancellation: Cancellation? = nil) {
    self.timeout = timeout
    self.cancellation = cancellation
  }

  /// The longest that a system call may block.
  package var step: Duration { cancellation == nil ? timeout : min(timeout, Self.look) }

  /// Something came: what is silent from now on begins anew.
  package mutating func refresh() { waited = .zero }

  /// A step has passed and nothing came. Throws `.cancelled`, or `.unavailable` when it was silent for too long.
  package mutating func pause(for endpoint: Endpoint) throws(Problem) {
    try cancellation?.check()
    waited += step
    if waited >= timeout { throw silence(of: endpoint) }
  }

  package func silence(of endpoint: Endpoint) -> Problem { Problem(.unavailable, "\(endpoint) did not answer within \(timeout.inSeconds) s") }
}
