/// Where a server listens, how many it serves at once, and how long it waits for them.
package struct ServerOptions: Sendable {
  package var endpoints: [Endpoint]
  package var limits = RequestLimits()
  package var timeouts = Timeouts()
  package var maxConnections = 4096
  package var maxConnectionsPerAddress = 2048
  /// Requests that are handled at the same time.
  package var handlerThreads = 16
  package var handlerStack = 2 << 20

  package init(endpoints: [Endpoint]) { self.endpoints = endpoints }

  package struct Timeouts: Sendable {
    /// From the first byte of a request to the end of its header fields.
    package var header = Duration.seconds(10)
    /// A body has this long to begin with, and then one second more for each `minimumBodyRate` bytes.
    package var bodyGrace = Duration.seconds(10)
    /// Bytes per second.
    package var minimumBodyRate = 1024
    /// Between two requests, or before the first.
    package var idle = Duration.seconds(60)
    /// While the client takes nothing of what is sent to it.
    package var write = Duration.seconds(60)
    /// After a refusal: how long the rest of the request is read and thrown away, so that the client gets to see the answer.
    package var linger = Duration.seconds(2)

    package init() {}
  }
}

/// Counts since the server started, for metrics.
package struct ServerStatistics: Sendable, Equatable {
  package var openConnections = 0
  package var acceptedConnections = 0
  /// Turned away at the door: too many at once, or too many of one address.
  package var refusedConnections = 0
  package var requests = 0
  /// Answered with 4xx or 5xx before any handler saw them.
  package var rejectedRequests = 0
  package var timeouts = 0

  package init() {}
}
