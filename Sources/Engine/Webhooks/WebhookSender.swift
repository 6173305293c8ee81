import Basics
import Model
import Store

/// Sends one webhook's events in their order over each of its channels, and writes down what came of it. Channels do not wait for each other.
///
/// A channel's cursor moves in the transaction that notes its deliveries. A crash between an answer and that transaction sends the message again,
/// under the same identifier: at least once, and never out of order.
struct WebhookSender {
  let host: Host
  let flag: OutboundFlag

  /// Events that are read at once, and that one channel takes in one turn: then others have theirs.
  private static let page = 100
  /// How much of an answer the log keeps.
  private static let excerpt = 500

  /// Where a webhook is after its turn.
  struct Standing: Equatable, Sendable {
    /// How far each channel has come.
    var lanes: [Int64] = []
    /// How far those have come that do not wait; with none of these, no new event is a reason for another turn.
    var head = Int64.max
    /// When the first of those that wait tries again.
    var due: Instant?
  }

  private enum Pass {
    case settled
    case waits(until: Instant)
  }

  /// Sends what comes after `known`, or after what the row says if that is later. Nil when the webhook sends nothing any more.
  func turn(_ id: String, from known: [Int64]) throws(Problem) -> Standing? {
    guard var webhook = try host.read({ reader throws(Problem) in try reader.webhook(id) }), webhook.id == id, webhook.isActive else { return nil }
    let stored = webhook.cursor
    var written = webhook.nextAttemptAt
    if known.count == webhook.channels.count {
      for place in known.indices { webhook.lanes[place].cursor = max(webhook.lanes[place].cursor, known[place]) }
    }
    webhook.nextAttemptAt = nil
    var standing = Standing()
    for channel in webhook.channels.indices {
      let pass = try pass(over: channel, &webhook, &written)
      if !webhook.isActive { return nil }
      switch pass {
      case .settled: standing.head = min(standing.head, webhook.lanes[channel].cursor)
      case .waits(let until): webhook.nextAttemptAt = min(webhook.nextAttemptAt ?? until, until)
      }
    }
    (standing.lanes, standing.due) = (webhook.lanes.map(\.cursor), webhook.nextAttemptAt)
    // What was passed over is written down now and then, so that the log of events can be pruned.
    if webhook.cursor - stored >= Int64(Self.page) || written != webhook.nextAttemptAt, !host.isClosing {
      var transaction = Transaction()
      transaction.move(webhook)
      try host.commit(transaction)
    }
    return standing
  }

  /// One channel's turn.
  private func pass(over channel: Int, _ webhook: inout Webhook, _ written: inout Instant?) throws(Problem) -> Pass {
    let since = webhook.lanes[channel].cursor
    let events = try host.read { reader throws(Problem) in try reader.events(since: since, limit: Self.page) }
    for event in events {
      if host.isClosing { return .settled }
      let names = webhook.names(of: event.type, count: event.count, in: event.namespaceID)
      if names.isEmpty {
        webhook.lanes[channel].cursor = event.seq
        continue
      }
      let next = try deliver(event, names, over: channel, &webhook, &written)
      if !webhook.isActive { return .settled }
      if let next { return .waits(until: next) }
    }
    return .settled
  }

  /// Attempts what is due of an event's deliveries over one channel. Afterwards the channel is behind the event, or waits for the moment that is
  /// answered, or the webhook is paused.
  private func deliver(
    _ event: DocumentEvent, _ names: [(place: Int, name: String)], over channel: Int, _ webhook: inout Webhook, _ written: inout Instant?
  ) throws(Problem) -> Instant? {
    let seen = webhook
    let known = try host.read { reader throws(Problem) in try reader.deliveries(ofEvent: event.seq, by: seen.id) }
    var transaction = Transaction()
    var next: Instant?
    var reason: String?
    for (place, name) in names where reason == nil {
      let message = WebhookMessage(webhook: webhook, event: event, name: name, place: place)
      let fresh = Self.delivery(of: message, over: channel, at: host.surroundings.now())
      var delivery = known.first { $0.id == fresh.id } ?? fresh
      guard delivery.status == .retrying else { continue }
      if let at = delivery.nextAttemptAt, at > host.surroundings.now() {
        next = min(next ?? at, at)
        continue
      }
      let outcome = attempt(message, over: webhook.channels[channel], noting: &delivery)
      if host.isClosing, outcome == .unreachable { return nil }
      CrashPoint.pass(.webhookSent)
      let now = host.surroundings.now()
      switch DeliveryRule.verdict(
        outcome, attempt: delivery.attempts, failingSince: webhook.lanes[channel].failingSince, at: now, random: host.surroundings.random())
      {
      case .delivered:
        delivery.status = .delivered
        webhook.lanes[channel].failingSince = nil
        webhook.health.succeed()
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
        webhook.lanes[channel].failingSince = webhook.lanes[channel].failingSince ?? now
        webhook.health.fail(cause, at: now)
        host.log("warn", "webhook \(webhook.name), \(message.id) (\(name)), attempt \(delivery.attempts): \(cause)")
      }
      transaction.put(delivery)
    }
    // What waits already is not written down each time that others are sent.
    if let next, reason == nil, transaction.isEmpty { return next }
    try settle(event, over: channel, &webhook, next: next, paused: reason, transaction)
    written = webhook.nextAttemptAt
    return next
  }

  private func settle(
    _ event: DocumentEvent, over channel: Int, _ webhook: inout Webhook, next: Instant?, paused reason: String?, _ noted: Transaction
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
      if let next { webhook.nextAttemptAt = min(webhook.nextAttemptAt ?? next, next) } else { webhook.lanes[channel].cursor = event.seq }
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
