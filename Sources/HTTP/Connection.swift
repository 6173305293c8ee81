import Basics

/// One client's connection, as the loop sees it: bytes in, requests out to the handlers, replies in, bytes out. It does no I/O itself.
///
/// Requests of one connection are handled one after the other and answered in order. What a client can make us hold is bounded: 16
/// requests, about 256 KiB of unsent answers and a stream's bound; beyond that, nothing is read or handled until it reads.
final class Connection {
  static let maxQueue = 16
  static let maxOutput = 256 << 10

  enum Expiry {
    case close
    case reject(Rejection)
  }

  let id: UInt64
  let socket: Int32
  let remoteAddress: String
  /// What the poller was told last.
  var interest: Poller.Interest = .read
  /// The socket took less than was there.
  var isBlocked = false

  private let timeouts: ServerOptions.Timeouts
  private var parser: RequestParser
  private var requests: [Request] = []
  private var isHandling = false
  private var replies: [Reply] = []
  private var stream: (body: BodyStream, serializer: ResponseSerializer)?
  private var rejection: Rejection?
  private(set) var wasRejected = false
  private var owesContinue = false
  /// Nothing more will come from the client.
  private var sawEnd = false
  /// After the output, the connection ends.
  private var isClosing = false
  private var lingersUntil: Ticks?
  private var lingers = false

  private var output: [[UInt8]] = []
  private var outputStart = 0
  private(set) var outputCount = 0

  private var lastActivity: Ticks
  private var requestBegan: Ticks?
  private var bodyBegan: Ticks?
  private var bodyBytes = 0

  init(id: UInt64, socket: Int32, remoteAddress: String, options: ServerOptions, now: Ticks) {
    self.id = id
    self.socket = socket
    self.remoteAddress = remoteAddress
    timeouts = options.timeouts
    parser = RequestParser(limits: options.limits, remoteAddress: remoteAddress)
    lastActivity = now
  }

  // MARK: - In

  func received(_ bytes: UnsafeRawBufferPointer, at now: Ticks) {
    if lingersUntil != nil || isClosing || rejection != nil { return }
    lastActivity = now
    if requestBegan == nil { requestBegan = now }
    if bodyBegan != nil { bodyBytes += bytes.count }
    parser.feed(bytes)
    parse(at: now)
  }

  func receivedEnd() { sawEnd = true }

  /// Takes complete requests out of the parser, as many as may wait.
  private func parse(at now: Ticks) {
    do throws(Rejection) {
      while requests.count < Self.maxQueue, rejection == nil, let event = try parser.next() {
        switch event {
        case .continueExpected: owesContinue = true
        case .request(let request):
          requests.append(request)
          owesContinue = false
          requestBegan = now
          bodyBegan = nil
        }
      }
    } catch {
      rejection = error
    }
    if !parser.isMidRequest {
      requestBegan = nil
      bodyBegan = nil
    } else if !parser.isReadingBody {
      bodyBegan = nil
    } else if bodyBegan == nil {
      bodyBegan = now
      bodyBytes = 0
    }
  }

  /// Whether anything of this client is still under way; false lets a stopping server close it.
  var isAtRest: Bool { !isHandling && requests.isEmpty && replies.isEmpty && stream == nil && outputCount == 0 && !parser.isMidRequest }
  var isEnding: Bool { isClosing || lingersUntil != nil }

  /// Whether the loop is through with it.
  var isDone: Bool { isClosing && !lingers && outputCount == 0 && stream == nil }
  var wantsShutdown: Bool { isClosing && lingers && outputCount == 0 && lingersUntil == nil }

  var wantedInterest: Poller.Interest {
    var interest: Poller.Interest = []
    if isBlocked { interest.insert(.write) }
    let reads = lingersUntil != nil || !isClosing && rejection == nil && requests.count < Self.maxQueue && outputCount < Self.maxOutput
    if reads, !sawEnd { interest.insert(.read) }
    return interest
  }

  // MARK: - Out

  func add(_ reply: Reply) {
    if reply.isLast { isHandling = false }
    replies.append(reply)
  }

  /// Moves everything on that can be: replies and streamed pieces into the output, waiting requests to a handler.
  /// Returns the requests to handle now, in order.
  func advance(at now: Ticks) -> [Request]? {
    let wasEmpty = outputCount == 0
    defer {
      // The client's time to read begins with the first byte there is to read.
      if wasEmpty, outputCount > 0 { lastActivity = now }
    }
    sendReplies(at: now)
    if isEnding || isHandling || !replies.isEmpty || stream != nil { return nil }
    if !requests.isEmpty {
      guard outputCount < Self.maxOutput else { return nil }
      let job = requests
      requests = []
      isHandling = true
      parse(at: now)
      return job
    }
    if let rejection { return finish(with: rejection) }
    if owesContinue {
      owesContinue = false
      enqueue(ResponseSerializer.continuation)
    }
    if sawEnd { isClosing = true }
    return nil
  }

  private func sendReplies(at now: Ticks) {
    while !isEnding {
      if let (body, serializer) = stream {
        guard outputCount < Self.maxOutput / 2 else { return }
        let (bytes, isFinished) = body.take()
        var framed: [UInt8] = []
        serializer.chunk(bytes, to: &framed)
        if isFinished {
          serializer.end(to: &framed)
          stream = nil
          if !serializer.keepAlive { isClosing = true }
        }
        enqueue(framed)
        if !isFinished { return }
        lastActivity = now
      } else if replies.isEmpty {
        return
      } else {
        let reply = replies.removeFirst()
        enqueue(reply.bytes)
        lastActivity = now
        // What the next request waited for an earlier one is not its own slowness.
        if requestBegan != nil { requestBegan = now }
        if bodyBegan != nil { (bodyBegan, bodyBytes) = (now, 0) }
        if let body = reply.stream { stream = (body, reply.serializer) } else if !reply.serializer.keepAlive { isClosing = true }
      }
    }
  }

  /// Answers with the rejection, and lets the client finish what it is sending.
  private func finish(with rejection: Rejection) -> [Request]? {
    var bytes: [UInt8] = []
    var serializer = ResponseSerializer(answering: Request(method: "", target: "", segments: [], keepAlive: false))
    serializer.begin(rejection.response, date: "", to: &bytes)
    enqueue(bytes)
    self.rejection = nil
    wasRejected = true
    isClosing = true
    lingers = !sawEnd
    return nil
  }

  func reject(_ reason: Rejection) { rejection = reason }

  /// The stream to be told of this connection when it has something, if it is its turn now.
  var currentStream: BodyStream? { stream?.body }

  private func enqueue(_ bytes: [UInt8]) {
    if bytes.isEmpty { return }
    outputCount += bytes.count
    // Small answers are sent together; large ones are not copied.
    if let last = output.indices.last, output[last].count + bytes.count <= 16 << 10 {
      output[last].append(contentsOf: bytes)
    } else {
      output.append(bytes)
    }
  }

  /// The next bytes to write; to be followed by `wrote`.
  func withOutput<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    output[0].withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[outputStart...])) }
  }

  func wrote(_ count: Int, at now: Ticks) {
    lastActivity = now
    outputCount -= count
    outputStart += count
    if outputStart == output[0].count {
      output.removeFirst()
      outputStart = 0
    }
  }

  /// Ends our half; from now on what comes is thrown away.
  func linger(from now: Ticks) { lingersUntil = now + timeouts.linger }

  /// Tells whoever still writes that nobody reads.
  func abandon() {
    stream?.body.cancel()
    for reply in replies { reply.stream?.cancel() }
  }

  // MARK: - Time

  /// What to do with a client that takes too long, if it does.
  func expiry(at now: Ticks) -> Expiry? {
    if let lingersUntil { return now >= lingersUntil ? .close : nil }
    if outputCount > 0 { return now - lastActivity >= timeouts.write ? .close : nil }
    if isHandling || stream != nil || rejection != nil || !requests.isEmpty { return nil }
    if let bodyBegan {
      let allowed = timeouts.bodyGrace + .seconds(bodyBytes / max(1, timeouts.minimumBodyRate))
      return now - bodyBegan >= allowed ? .reject(Rejection(408, "request_timeout", "the body came too slowly")) : nil
    }
    if let requestBegan {
      return now - requestBegan >= timeouts.header ? .reject(Rejection(408, "request_timeout", "the header fields came too slowly")) : nil
    }
    return now - lastActivity >= timeouts.idle ? .close : nil
  }
}

extension Ticks {
  static func + (a: Ticks, b: Duration) -> Ticks { Ticks(nanoseconds: a.nanoseconds &+ UInt64(clamping: b.inMilliseconds) &* 1_000_000) }
}
