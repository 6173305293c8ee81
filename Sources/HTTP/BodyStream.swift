import Basics

/// A response body that is written while it is sent: exports, event streams.
///
/// Any thread may write; the server takes the bytes as fast as the client reads them. What waits in between is bounded: `write` blocks
/// when the client is slow, `offer` declines. Both answer false when the client is gone, and then the writer should stop. A client that
/// left without a word shows only when something is sent to it: event streams need a comment line now and then.
package final class BodyStream: Sendable {
  fileprivate struct State: Sendable {
    var bytes: [UInt8] = []
    var isFinished = false
    var isCancelled = false
    var wake: (@Sendable () -> Void)?
  }

  private let bound: Int
  private let state = Monitor(State())

  /// At most about `bound` bytes wait for the client.
  package init(bound: Int = 256 << 10) { self.bound = bound }

  /// Waits until there is room, then adds the bytes. False when nobody reads any more.
  @discardableResult
  package func write(_ bytes: [UInt8]) -> Bool {
    if offer(bytes) { return true }
    let bound = bound
    let (isOpen, wake) = Blocking.during {
      state.wait { state -> (Bool, (@Sendable () -> Void)?)? in
        if state.isCancelled || state.isFinished { return (false, nil) }
        if !state.bytes.isEmpty, state.bytes.count + bytes.count > bound { return nil }
        return (true, state.add(bytes))
      }
    }
    wake?()
    return isOpen
  }

  /// Adds the bytes if there is room, without waiting. False when there is none, or nobody reads any more (see `isCancelled`).
  package func offer(_ bytes: [UInt8]) -> Bool {
    let bound = bound
    let (isTaken, wake) = state.withLock { state -> (Bool, (@Sendable () -> Void)?) in
      if state.isCancelled || state.isFinished || !state.bytes.isEmpty && state.bytes.count + bytes.count > bound { return (false, nil) }
      return (true, state.add(bytes))
    }
    wake?()
    return isTaken
  }

  /// Ends the body. Without it the client waits for more.
  package func finish() {
    let wake = state.withLock { state in
      state.isFinished = true
      return state.wake
    }
    wake?()
  }

  /// Whether the client went away, or the server stops.
  package var isCancelled: Bool { state.withLock { $0.isCancelled } }
}

// MARK: - The server's side

extension BodyStream {
  /// Whom to tell when there is something to take.
  func attach(wake: @escaping @Sendable () -> Void) {
    state.withLock { $0.wake = wake }
    wake()
  }

  /// Everything that waits, and whether that was all.
  func take() -> (bytes: [UInt8], isFinished: Bool) {
    let taken = state.withLock { state in
      let bytes = state.bytes
      state.bytes = []
      return (bytes, state.isFinished)
    }
    state.broadcast()
    return taken
  }

  func cancel() {
    state.withLock { state in
      state.isCancelled = true
      state.bytes = []
      state.wake = nil
    }
    state.broadcast()
  }
}

extension BodyStream.State {
  /// Whom to wake: only the first bytes after a pause need to.
  fileprivate mutating func add(_ more: [UInt8]) -> (@Sendable () -> Void)? {
    let wasEmpty = bytes.isEmpty
    bytes.append(contentsOf: more)
    return wasEmpty ? wake : nil
  }
}
