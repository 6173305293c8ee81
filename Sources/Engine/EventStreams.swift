package import Basics
import Model
import Store
import Synchronization

/// Carries new events to many readers at once, as server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html).
///
/// One thread reads each event once, writes it once, and offers it to everyone it concerns. It never waits for a reader: one that does not keep up
/// is left where it is and catches up from the store when it takes something again; what waits for it is bounded by its sink. There is no thread
/// while nobody reads.
package final class EventStreams: Sendable {
  /// Where a reader's bytes go.
  package struct Sink: Sendable {
    /// Takes the bytes if there is room, without waiting.
    package var offer: @Sendable ([UInt8]) -> Bool
    /// Nobody reads any more.
    package var isGone: @Sendable () -> Bool
    package var finish: @Sendable () -> Void

    package init(
      offer: @escaping @Sendable ([UInt8]) -> Bool, isGone: @escaping @Sendable () -> Bool, finish: @escaping @Sendable () -> Void
    ) {
      self.offer = offer
      self.isGone = isGone
      self.finish = finish
    }
  }

  private struct Reader: Sendable {
    var subscription: EventSubscription
    var sink: Sink
    /// The last event that was offered and taken, or did not concern it.
    var position: Int64
    /// Something is to be read from the store for it.
    var isBehind: Bool
  }

  private struct State: Sendable {
    var thread: OwnThread?
    var follower: Int?
    var count = 0
    var isClosed = false
  }

  package static let readerLimit = 2048
  /// Events that are read at once, and bytes that are offered at once.
  private static let page = 200
  private static let piece = 32 << 10
  /// Silence is broken so often: proxies close silent connections, and who left without a word is found out.
  static let heartbeat: Duration = .seconds(15)
  /// How soon somebody who was behind is tried again.
  private static let patience: Duration = .milliseconds(200)

  private let arrivals = Mailbox<Reader>()
  private let state = Mutex(State())
  private let latest = Atomic<Int64>(0)

  /// Begins to carry events to a sink. Throws `.tooMany` when there are as many readers as can be, `.unavailable` while shutting down.
  package func add(_ subscription: EventSubscription, _ sink: Sink, of host: Host) throws(Problem) {
    let newest = try host.read { reader throws(Problem) in try reader.highestSeq() }
    // A number that was not given out yet comes from another store: whoever held on to it would hear nothing for long.
    var position = min(subscription.since ?? newest, newest)
    if subscription.tail > 0, let first = try host.lastEvents(subscription).first { position = first.seq - 1 }
    try state.withLock { state throws(Problem) in
      guard !state.isClosed else { throw Problem(.unavailable, "the host is shutting down", details: ["http_status": 503]) }
      guard state.count < Self.readerLimit else {
        throw Problem(
          .tooMany, "\(state.count) readers follow the events, \(Self.readerLimit) are allowed", hint: "Close some; one may follow all types")
      }
      state.count += 1
      guard state.thread == nil else { return }
      latest.store(newest, ordering: .relaxed)
      state.follower = host.audience.follow(wantsRuns: true) { [weak self] sequence in
        self?.latest.store(sequence, ordering: .releasing)
        self?.arrivals.nudge()
      }
      state.thread = try OwnThread.start(name: "perigee-streams", stack: 1 << 20) { [self] in carry(host) }
    }
    if let id = state.withLock({ $0.follower }) { host.audience.want(runs: true, for: id) }
    _ = sink.offer(Array("retry: 2000\n\n".utf8))
    arrivals.put(Reader(subscription: subscription, sink: sink, position: position, isBehind: true))
  }

  /// How many follow the events now.
  package var count: Int { state.withLock { $0.count } }

  /// Ends every stream in good order, for readers to come back later and go on where they were. A second time there is nothing to do.
  package func close() {
    let thread = state.withLock { state in
      state.isClosed = true
      defer { state.thread = nil }
      return state.thread
    }
    arrivals.close()
    thread?.join()
  }

  // MARK: - The thread

  private func carry(_ host: Host) {
    var readers: [Reader] = []
    var position = latest.load(ordering: .acquiring)
    var lastBeat = host.surroundings.ticks()
    while let fresh = arrivals.take(limit: 1000, timeout: readers.contains(where: \.isBehind) ? Self.patience : Self.heartbeat) {
      readers += fresh
      do throws(Problem) {
        try bring(upTo: latest.load(ordering: .acquiring), &position, to: &readers, host)
        for index in readers.indices where readers[index].isBehind { try catchUp(&readers[index], upTo: position, host) }
      } catch {
        if !host.isClosing { host.log("error", "events could not be read for those who follow them: \(error)") }
      }
      let now = host.surroundings.ticks()
      if now - lastBeat >= Self.heartbeat {
        lastBeat = now
        for reader in readers { _ = reader.sink.offer(Array(": still here\n\n".utf8)) }
      }
      let before = readers.count
      readers.removeAll { $0.sink.isGone() }
      leave(before - readers.count, host)
    }
    for reader in readers {
      _ = reader.sink.offer(Array(": the server is stopping\n\n".utf8))
      reader.sink.finish()
    }
    leave(readers.count, host)
  }

  private func leave(_ count: Int, _ host: Host) {
    guard count > 0 else { return }
    let (left, follower) = state.withLock { state in
      state.count -= count
      return (state.count, state.follower)
    }
    if left == 0, let follower { host.audience.want(runs: false, for: follower) }
  }

  /// Offers what is new to everyone who is not behind.
  private func bring(upTo newest: Int64, _ position: inout Int64, to readers: inout [Reader], _ host: Host) throws(Problem) {
    while position < newest {
      let since = position
      let events = try host.read { reader throws(Problem) in try reader.events(since: since, limit: Self.page) }
      guard let last = events.last else {
        position = newest
        break
      }
      var frames = [[UInt8]?](repeating: nil, count: events.count)
      for index in readers.indices where !readers[index].isBehind {
        offer(events, &frames, to: &readers[index])
      }
      position = last.seq
    }
  }

  /// Offers what a reader has missed, until it takes no more or is where the others are.
  private func catchUp(_ reader: inout Reader, upTo position: Int64, _ host: Host) throws(Problem) {
    reader.isBehind = false
    while !reader.isBehind, reader.position < position {
      let (since, subscription) = (reader.position, reader.subscription)
      let events = try host.read { store throws(Problem) in
        try store.events(in: subscription.namespaceID, since: since, collectionID: subscription.collectionID, limit: Self.page)
      }.filter { $0.seq <= position }
      guard let last = events.last else { break }
      var frames = [[UInt8]?](repeating: nil, count: events.count)
      offer(events, &frames, to: &reader)
      if !reader.isBehind { reader.position = last.seq }
    }
    if !reader.isBehind { reader.position = max(reader.position, position) }
  }

  /// `frames` keeps what was written for another reader.
  private func offer(_ events: [DocumentEvent], _ frames: inout [[UInt8]?], to reader: inout Reader) {
    var bytes: [UInt8] = []
    var through = reader.position
    for (index, event) in events.enumerated() where event.seq > reader.position {
      if reader.subscription.concerns(event) {
        let frame = frames[index] ?? Self.frame(event)
        frames[index] = frame
        if !bytes.isEmpty, bytes.count + frame.count > Self.piece {
          guard take(&bytes, through, &reader) else { return }
        }
        bytes += frame
      }
      through = event.seq
    }
    if bytes.isEmpty || take(&bytes, through, &reader) { reader.position = max(reader.position, through) }
  }

  private func take(_ bytes: inout [UInt8], _ through: Int64, _ reader: inout Reader) -> Bool {
    guard reader.sink.offer(bytes) else {
      reader.isBehind = true
      return false
    }
    reader.position = through
    bytes.removeAll(keepingCapacity: true)
    return true
  }

  /// `id`, `event` and `data` of one event. JSON has no line breaks, so `data` is one line.
  static func frame(_ event: DocumentEvent) -> [UInt8] {
    Array("id: \(event.seq)\nevent: \(event.type.rawValue)\ndata: ".utf8) + event.json.bytes + Array("\n\n".utf8)
  }
}

extension EventSubscription {
  func concerns(_ event: DocumentEvent) -> Bool {
    event.namespaceID == namespaceID && matches(event.type, count: event.count) && (collectionID.map { $0 == event.collectionID } ?? true)
      && (triggerID.map { event.payload?["trigger_id"] == .string($0) } ?? true)
  }
}

extension Host {
  /// Rows that are looked at for the last events of some kind.
  private static let lookBack = 5000

  /// The last events that a subscription concerns, oldest first: as many as its `tail` says, if they are not too long ago.
  func lastEvents(_ subscription: EventSubscription) throws(Problem) -> [DocumentEvent] {
    let isPlain = subscription.types.isEmpty && subscription.triggerID == nil
    let events = try read { reader throws(Problem) in
      try reader.lastEvents(in: subscription.namespaceID, collectionID: subscription.collectionID, limit: isPlain ? subscription.tail : Self.lookBack)
    }
    return events.filter(subscription.concerns).prefix(subscription.tail).reversed()
  }
}
