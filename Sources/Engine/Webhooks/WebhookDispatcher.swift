import Basics
import Model
import Store
import Synchronization

/// Lets every webhook have its turn when something happened or a retry is due: each on one thread at a time, several beside each other.
///
/// There are no threads while there is no active webhook.
final class WebhookDispatcher: Sendable {
  private enum Errand: Sendable {
    case reload
    case settle(Reply<Void>)
  }

  /// What is known of an active webhook between its turns.
  private struct Standing: Sendable {
    var place: WebhookSender.Standing
    var isBusy = false
  }

  private struct Desk: Sendable {
    var standings: [String: Standing] = [:]
    var isRunning = false
    var isClosed = false
  }

  /// So many webhooks are sent to at the same time: a slow receiver takes one of them.
  private static let senders = 4

  private let bell = Mailbox<Errand>()
  private let turns = Mailbox<String>()
  private let desk = Mutex(Desk())
  private let latest = Atomic<Int64>(0)
  private let threads = Mutex<[OwnThread]>([])
  private let follower = Mutex<Int?>(nil)
  private let flag = OutboundFlag()

  /// Takes note that webhooks were made, changed or deleted; begins to work when the first is there.
  func reload(_ host: Host) throws(Problem) {
    let webhooks = try host.read { reader throws(Problem) in try reader.webhooks() }
    guard
      let isNew = desk.withLock({ desk -> Bool? in
        if desk.isClosed || !desk.isRunning && !webhooks.contains(where: \.isActive) { return nil }
        defer { desk.isRunning = true }
        return !desk.isRunning
      })
    else { return }
    guard isNew else {
      bell.put(.reload)
      return
    }
    latest.store(try host.read { reader throws(Problem) in try reader.highestSeq() }, ordering: .relaxed)
    let id = host.audience.follow { [weak self] sequence in
      self?.latest.store(sequence, ordering: .releasing)
      self?.bell.nudge()
    }
    follower.withLock { $0 = id }
    // Strong references to the host: it ends the threads before it goes.
    var started = [try OwnThread.start(name: "perigee-hooks", stack: 1 << 20) { [self] in coordinate(host) }]
    for _ in 0..<Self.senders { started.append(try OwnThread.start(name: "perigee-sender", stack: 1 << 20) { [self] in send(host) }) }
    threads.withLock { $0 = started }
    bell.put(.reload)
  }

  /// Waits until every event that has happened is sent, given up or waiting for its next attempt.
  func settle() {
    guard desk.withLock({ $0.isRunning && !$0.isClosed }) else { return }
    let reply = Reply<Void>()
    if bell.put(.settle(reply)) { reply.wait() }
  }

  func clockMoved() { bell.nudge() }

  /// Ends what is being sent, which is sent again after the next start.
  func close(_ host: Host) {
    desk.withLock { $0.isClosed = true }
    flag.raise()
    if let id = follower.withLock({ $0 }) { host.audience.leave(id) }
    bell.close()
    turns.close()
    for thread in threads.withLock({ $0 }) { thread.join() }
  }

  // MARK: - Who has a turn

  private func coordinate(_ host: Host) {
    var waiting: [Reply<Void>] = []
    var pause: Duration = .seconds(60)
    while let errands = bell.take(limit: 100, timeout: pause) {
      for errand in errands {
        switch errand {
        case .reload: look(host)
        case .settle(let reply):
          waiting.append(reply)
          // The host's thread tells of what it has written a moment after it has answered.
          if let newest = try? host.read({ reader throws(Problem) in try reader.highestSeq() }) { latest.store(newest, ordering: .releasing) }
        }
      }
      let now = host.surroundings.now()
      let newest = latest.load(ordering: .acquiring)
      let (ready, isBusy, due) = desk.withLock { desk -> ([String], Bool, Instant?) in
        var ready: [String] = []
        var due: Instant?
        for (id, standing) in desk.standings where !standing.isBusy {
          let isDue = standing.place.due.map { $0 <= now } ?? false
          if isDue || standing.place.head < newest {
            desk.standings[id]?.isBusy = true
            ready.append(id)
          } else if let until = standing.place.due {
            due = min(due ?? until, until)
          }
        }
        return (ready.sorted(), desk.standings.values.contains(where: \.isBusy), due)
      }
      for id in ready { turns.put(id) }
      if !isBusy {
        for reply in waiting { reply.give(()) }
        waiting = []
      }
      pause = due.map { min(.seconds(60), $0 - now) } ?? .seconds(60)
    }
    for reply in waiting { reply.give(()) }
  }

  /// Reads which webhooks there are.
  private func look(_ host: Host) {
    do throws(Problem) {
      let active = try host.read { reader throws(Problem) in try reader.webhooks() }.filter(\.isActive)
      desk.withLock { desk in
        for webhook in active {
          var standing = desk.standings[webhook.id] ?? Standing(place: WebhookSender.Standing(head: webhook.cursor))
          // Somebody said that nothing waits any longer.
          let isHastened = standing.place.due != nil && webhook.nextAttemptAt == nil
          standing.place.head = isHastened ? webhook.cursor : max(standing.place.head, webhook.cursor)
          standing.place.due = webhook.nextAttemptAt
          desk.standings[webhook.id] = standing
        }
        let ids = Set(active.map(\.id))
        for (id, standing) in desk.standings where !ids.contains(id) && !standing.isBusy { desk.standings[id] = nil }
      }
      if let id = follower.withLock({ $0 }) { host.audience.want(runs: active.contains(where: \.wantsRuns), for: id) }
    } catch { host.log("error", "webhooks could not be read: \(error)") }
  }

  private func send(_ host: Host) {
    let sender = WebhookSender(host: host, flag: flag)
    while let ids = turns.take(limit: 1) {
      for id in ids {
        let lanes = desk.withLock { $0.standings[id]?.place.lanes } ?? []
        var place: WebhookSender.Standing?
        do throws(Problem) { place = try sender.turn(id, from: lanes) } catch {
          if !host.isClosing { host.log("error", "webhook \(id): \(error)") }
          // The store takes nothing, or cannot be read: not at once again.
          place = WebhookSender.Standing(lanes: lanes, due: host.surroundings.now() + .seconds(5))
        }
        desk.withLock { desk in
          guard let place else {
            desk.standings[id] = nil
            return
          }
          desk.standings[id]?.isBusy = false
          desk.standings[id]?.place = place
        }
        bell.nudge()
      }
    }
  }
}
