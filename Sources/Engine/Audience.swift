import Synchronization

/// Who follows the events beside the triggers: streams to clients, and webhooks. They are told that there is something new, and read it themselves.
package final class Audience: Sendable {
  private struct Follower: Sendable {
    var wantsRuns: Bool
    var hear: @Sendable (Int64) -> Void
  }

  private let followers = Mutex<(next: Int, all: [Int: Follower])>((0, [:]))
  private let running = Atomic<Bool>(false)

  /// Whether a follower wants to hear of each run: such events are written only then.
  var wantsRuns: Bool { running.load(ordering: .relaxed) }

  /// `hear` is called on the host's thread with the number of the last event that is on the disk; it must not wait.
  package func follow(wantsRuns: Bool = false, _ hear: @escaping @Sendable (Int64) -> Void) -> Int {
    followers.withLock { state in
      state.next += 1
      state.all[state.next] = Follower(wantsRuns: wantsRuns, hear: hear)
      update(state.all)
      return state.next
    }
  }

  package func want(runs: Bool, for follower: Int) {
    followers.withLock { state in
      state.all[follower]?.wantsRuns = runs
      update(state.all)
    }
  }

  package func leave(_ follower: Int) {
    followers.withLock { state in
      state.all[follower] = nil
      update(state.all)
    }
  }

  private func update(_ all: [Int: Follower]) { running.store(all.values.contains(where: \.wantsRuns), ordering: .relaxed) }

  func tell(through sequence: Int64) {
    let all = followers.withLock { Array($0.all.values) }
    for follower in all { follower.hear(sequence) }
  }
}
