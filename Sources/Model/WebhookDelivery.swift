package import Basics

/// One event on its way over one channel, and what came of it so far.
package struct WebhookDelivery: Sendable, Equatable {
  package enum Status: String, Sendable, CaseIterable { case retrying, delivered, failed }

  package var id: String
  package var webhookID: String
  /// The event's number.
  package var seq: Int64
  package var namespaceID: String
  /// The name under which it is sent.
  package var eventType: String
  /// Names the message: the same at each attempt, so that a receiver can tell a repetition.
  package var messageID: String
  /// The place of the channel in the webhook.
  package var channel: Int64
  package var status: Status
  package var attempts: Int64
  package var statusCode: Int64?
  package var error: String?
  /// The beginning of what the receiver answered.
  package var response: String?
  package var durationMilliseconds: Int64?
  package var nextAttemptAt: Instant?
  package var createdAt: Instant
  package var updatedAt: Instant

  package init(
    id: String, webhookID: String, seq: Int64, namespaceID: String, eventType: String, messageID: String, channel: Int64,
    status: Status = .retrying, attempts: Int64 = 0, statusCode: Int64? = nil, error: String? = nil, response: String? = nil,
    durationMilliseconds: Int64? = nil, nextAttemptAt: Instant? = nil, createdAt: Instant, updatedAt: Instant
  ) {
    self.id = id
    self.webhookID = webhookID
    self.seq = seq
    self.namespaceID = namespaceID
    self.eventType = eventType
    self.messageID = messageID
    self.channel = channel
    self.status = status
    self.attempts = attempts
    self.statusCode = statusCode
    self.error = error
    self.response = response
    self.durationMilliseconds = durationMilliseconds
    self.nextAttemptAt = nextAttemptAt
    self.createdAt = createdAt
    self.updatedAt = updatedAt
  }

  package var json: JSON {
    [
      "delivery_id": .string(id), "webhook_id": .string(webhookID), "event_id": .string(messageID), "seq": .int(seq),
      "namespace_id": .string(namespaceID), "event_type": .string(eventType), "channel": .int(channel), "status": .string(status.rawValue),
      "attempts": .int(attempts), "status_code": .optional(statusCode), "error": .optional(error), "response": .optional(response),
      "duration_ms": .optional(durationMilliseconds), "next_attempt_at": .optional(nextAttemptAt), "created_at": .instant(createdAt),
      "updated_at": .instant(updatedAt),
    ]
  }
}

/// What follows from an attempt to deliver: the rule of retries, without a clock or a network.
///
/// The waits are those that Standard Webhooks recommends, a little denser at the beginning; the upper half of each is left to chance, so that
/// what failed together does not come back together.
package enum DeliveryRule {
  package enum Outcome: Sendable, Equatable {
    /// `retryAfter`: the seconds that the receiver asks for.
    case answered(Int, retryAfter: Int64?)
    case unreachable
  }

  package enum Verdict: Sendable, Equatable {
    case delivered
    case retry(after: Duration)
    /// This message does not go through; the next may.
    case giveUp
    /// The webhook is paused: it makes no sense to go on.
    case pause(String)
  }

  static let waits: [Duration] = [.seconds(5), .seconds(30), .seconds(120), .seconds(600), .seconds(3600), .seconds(10_800), .seconds(21_600)]
  /// A receiver that has this against a message will have it tomorrow; a few attempts are for mistakes that it mends meanwhile.
  static let refusals: Set<Int> = [400, 405, 406, 411, 413, 414, 415, 422, 431]
  static let refusalAttempts: Int64 = 3
  static let longestRetryAfter: Int64 = 3600
  /// A webhook that has failed for so long, and not once gone through, is paused.
  static let patience: Duration = .seconds(86_400)

  /// `attempt` is 1 for the first; `failingSince`, when the run of failures began that this one goes on, nil if it is the first.
  package static func verdict(_ outcome: Outcome, attempt: Int64, failingSince: Instant?, at now: Instant, random: UInt64) -> Verdict {
    var limit = Int64(waits.count) + 1
    var asked: Duration = .zero
    if case .answered(let status, let retryAfter) = outcome {
      if (200..<300).contains(status) { return .delivered }
      if status == 410 { return .pause("the receiver answered 410: it is gone") }
      if refusals.contains(status) || (300..<400).contains(status) { limit = refusalAttempts }
      asked = .seconds(min(max(0, retryAfter ?? 0), longestRetryAfter))
    }
    if let failingSince, now - failingSince >= patience { return .pause("no delivery has gone through since \(failingSince)") }
    guard attempt < limit else { return .giveUp }
    let whole = waits[Int(attempt) - 1].inMilliseconds
    let wait = whole - whole / 2 + Int64(random % UInt64(whole / 2 + 1))
    return .retry(after: max(asked, .milliseconds(wait)))
  }
}
