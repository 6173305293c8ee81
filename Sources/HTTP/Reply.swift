import Basics
import Synchronization

/// What a handler thread sends back to the loop: a response in bytes, and perhaps a stream that continues it.
struct Reply: Sendable {
  var connection: UInt64
  var bytes: [UInt8] = []
  var stream: BodyStream?
  var serializer: ResponseSerializer
  /// Whether the thread is through with the requests it was given.
  var isLast: Bool
}

/// Turns requests into replies. Each handler thread has one of its own.
struct Responder: Sendable {
  private let handler: @Sendable (Request) -> Response
  private let surroundings: Surroundings
  private let loop: ServerLoop
  /// The `Date` field changes once a second.
  private var date = (second: Int64.min, text: "")

  init(handler: @escaping @Sendable (Request) -> Response, surroundings: Surroundings, loop: ServerLoop) {
    self.handler = handler
    self.surroundings = surroundings
    self.loop = loop
  }

  mutating func handle(_ job: HandlerPool.Job) {
    for (i, request) in job.requests.enumerated() {
      answer(request, Reply(connection: job.connection, serializer: ResponseSerializer(answering: request), isLast: i == job.requests.count - 1))
    }
  }

  /// Handles one request and sends its reply. Returns when a body that is produced here is complete.
  private mutating func answer(_ request: Request, _ empty: Reply) {
    var reply = empty
    let response = handler(request)
    let now = surroundings.now()
    if now.seconds != date.second { date = (now.seconds, HTTPDate.text(now)) }
    reply.serializer.begin(response, date: date.text, closing: loop.isDraining.load(ordering: .relaxed), to: &reply.bytes)

    switch (response.body, reply.serializer.framing) {
    case (.stream(let stream), .complete):
      stream.cancel()
      loop.post(reply)
    case (.stream(let stream), _):
      reply.stream = stream
      loop.post(reply)
    case (.producer(let produce), let framing) where framing != .complete:
      let stream = BodyStream()
      reply.stream = stream
      loop.post(reply)
      produce(stream)
      stream.finish()
    default: loop.post(reply)
    }
  }
}
