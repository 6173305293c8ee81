import Basics
import Model
import Store

/// Sends one webhook's events in their order, each over every channel, and writes down what came of it.
///
/// The cursor moves in the transaction that notes the deliveries. A crash between an answer and that transaction sends the message again, under the
/// same identifier: at least once, and never out of order.
struct WebhookSender {
  let host: Host
  let flag: OutboundFlag

  /// Events that are read at once, and that one turn takes: then others have theirs.
  private static let page = 100
  /// How much of an answer the log keeps.
  private static let excerpt = 500

  enum Standing: Equatable {
    /// Everything up to an event is settled.
    case settled(Int64)
    /// There is more.
    case more(Int64)
    /// The next event is tried at a moment.
    case waits(Int64, until: Instant)
    /// It sends nothing any more.
    case idle
  }

  /// Sends what comes after `cursor`, or after what the row says if that is later.
  func turn(_ id: String, from cursor: Int64) throws(Problem) -> Standing {
    guard var webhook = try host.read({ reader throws(Problem) in try reader.webhook(id) }), webhook.id == id, webhook.isActive else { return .idle }
    let stored = webhook.cursor
    webhook.cursor = max(webhook.cursor, cursor)
    if let next = webhook.nextAttemptAt, next > host.surroundings.now() { return .waits(webhook.cursor, until: next) }
    let since = webhook.cursor
    let events = try host.read { reader throws(Problem) in try reader.events(since: since, limit: Self.page) }
    for event in events {
      if host.isClosing { return .settled(webhook.cursor) }
      let names = webhook.names(of: event.type, count: event.count, in: event.namespaceID)
      if names.isEmpty {
        webhook.cursor = event.seq
        continue
      }
      try deliver(event, names, &webhook)
      if !webhook.isActive { return .idle }
      if let next = webhook.nextAttemptAt { return .waits(webhook.cursor, until: next) }
    }
    // What was passed over is written down now and then, so that the log of events can be pruned.
    if webhook.cursor - stored >= Int64(Self.page) {
      var transaction = Transaction()
      transaction.move(webhook)
      try host.commit(transaction)
    }
    return events.count == Self.page ? .more(webhook.cursor) : .settled(webhook.cursor)
  }

  /// Attempts what is due of an event's deliveries. Afterwards the webhook is behind the event, or waits for the next attempt, or is paused.
  private func deliver(_ event: DocumentEvent, _ names: [(place: Int, name: String)], _ webhook: inout Webhook) throws(Problem) {
    let seen = webhook
    let known = try host.read { reader throws(Problem) in try reader.deliveries(ofEvent: event.seq, by: seen.id) }
    var transaction = Transaction()
    var next: Instant?
    var reason: String?
    for (place, name) in names where reason == nil {
      let message = WebhookMessage(webhook: webhook, event: event, name: name, place: place)
      for channel in webhook.channels.indices where reason == nil {
        let fresh = Self.delivery(of: message, over: channel, at: host.surroundings.now())
        var delivery = known.first { $0.id == fresh.id } ?? fresh
        guard delivery.status == .retrying else { continue }
        if let at = delivery.nextAttemptAt, at > host.surroundings.now() {
          next = min(next ?? at, at)
          continue
        }
        let outcome = attempt(message, over: webhook.channels[channel], noting: &delivery)
        if host.isClosing, outcome == .unreachable { return }
        CrashPoint.pass(.webhookSent)
        let now = host.surroundings.now()
        switch DeliveryRule.verdict(
          outcome, attempt: delivery.attempts, failingSince: webhook.health.firstFailureAt, at: now, random: host.surroundings.random())
        {
        case .delivered:
          delivery.status = .delivered
          webhook.health = WebhookHealth()
        case .retry(let wait):
          delivery.nextAttemptAt = now + wait
          next = min(next ?? now + wait, now + wait)
        case .giveUp: delivery.status = .failed
        case .pause(let why):
          delivery.status = .failed
          reason = why
        }
        if delivery.status != .delivered {
          let cause = delivery.error ?? "the receiver answered \(delivery.statusCode ?? 0)"
          webhook.health.fail(cause, at: now)
          host.log("warn", "webhook \(webhook.name), \(message.id) (\(name)), attempt \(delivery.attempts): \(cause)")
        }
        transaction.put(delivery)
      }
    }
    try settle(event, &webhook, next: next, paused: reason, transaction)
  }

  private func settle(
    _ event: DocumentEvent, _ webhook: inout Webhook, next: Instant?, paused reason: String?, _ noted: Transaction
  ) throws(Problem) {
    var transaction = noted
    let now = host.surroundings.now()
    var events: [EventWrite] = []
    if let reason {
      webhook.isActive = false
      webhook.nextAttemptAt = nil
      webhook.health.pausedAt = now
      webhook.health.pausedReason = reason
      transaction.pauseWebhook(webhook.id, at: now)
      events.append(
        EventWrite(
          namespaceID: event.namespaceID, type: .webhookPaused,
          payload: [
            "webhook_id": .string(webhook.id), "webhook_name": .string(webhook.name), "reason": .string(reason),
            "last_failure_cause": .optional(webhook.health.lastFailureCause),
          ], depth: event.depth + 1))
      host.log("error", "webhook \(webhook.name) is paused: \(reason)")
    } else {
      webhook.nextAttemptAt = next
      if next == nil { webhook.cursor = event.seq }
    }
    transaction.move(webhook)
    _ = try host.write([.statements(transaction)] + events.map(Write.event))
  }

  // MARK: - One attempt

  static func delivery(of message: WebhookMessage, over channel: Int, at now: Instant) -> WebhookDelivery {
    WebhookDelivery(
      id: Identifier.derived("dlv", from: message.webhook.id, "\(message.event.seq)", message.name, "\(channel)"), webhookID: message.webhook.id,
      seq: message.event.seq, namespaceID: message.event.namespaceID, eventType: message.name, messageID: message.id, channel: Int64(channel),
      createdAt: now, updatedAt: now)
  }

  /// Sends a message once and notes what came back. Redirects are not followed: where a message goes was decided when the webhook was made.
  func attempt(_ message: WebhookMessage, over channel: WebhookChannel, noting delivery: inout WebhookDelivery) -> DeliveryRule.Outcome {
    let started = host.surroundings.ticks()
    defer {
      delivery.durationMilliseconds = (host.surroundings.ticks() - started).inMilliseconds
      delivery.updatedAt = host.surroundings.now()
    }
    delivery.attempts += 1
    delivery.nextAttemptAt = nil
    do throws(Problem) {
      let (origin, _) = try Origin.read(channel.url, path: "url")
      let outbound = Outbound(
        allowing: [.string(origin.description)], timeout: .milliseconds(Int64(channel.timeoutSeconds * 1000)), flag: flag
      ) { _ in }
      let answer = try outbound.exchange(message.request(over: channel, at: host.surroundings.now()))
      delivery.statusCode = Int64(answer.status)
      delivery.error = nil
      delivery.response = answer.body.isEmpty ? nil : String(decoding: answer.body.prefix(Self.excerpt), as: UTF8.self)
      return .answered(answer.status, retryAfter: answer.headers["retry-after"]?.string.flatMap { Int64($0) })
    } catch {
      delivery.statusCode = nil
      delivery.error = error.description
      delivery.response = nil
      return .unreachable
    }
  }
}
