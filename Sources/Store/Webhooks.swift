package import Basics
package import Model

extension Transaction {
  /// One of the same name or identifier is a `.conflict`.
  package mutating func insert(_ webhook: Webhook) {
    add(
      .insertWebhook,
      [("cursor", .integer(webhook.cursor)), ("created_at", .instant(webhook.createdAt))] + Self.columns(of: webhook))
  }

  /// Writes what people say of a webhook. `restarts`: from this event on, with nothing that waits and a clean record; nil leaves those as they are.
  package mutating func update(_ webhook: Webhook, restartingAt cursor: Int64?) {
    add(.updateWebhook, Self.columns(of: webhook), expecting: .exactly(1), guardName: "webhook")
    guard let cursor else { return }
    add(
      .moveWebhook,
      [
        ("webhook_id", .text(webhook.id)), ("cursor", .integer(cursor)), ("next_attempt_at", .null), ("health", .json(WebhookHealth().stored)),
      ])
  }

  private static func columns(of webhook: Webhook) -> [(String, Value)] {
    [
      ("webhook_id", .text(webhook.id)), ("name", .text(webhook.name)), ("definition", .json(webhook.stored)), ("is_active", .flag(webhook.isActive)),
      ("health", .json(webhook.health.stored)), ("updated_at", .instant(webhook.updatedAt)),
    ]
  }

  /// How far a webhook has come, and what it waits for. One that is gone stays so.
  package mutating func move(_ webhook: Webhook) {
    add(
      .moveWebhook,
      [
        ("webhook_id", .text(webhook.id)), ("cursor", .integer(webhook.cursor)), ("next_attempt_at", .optional(webhook.nextAttemptAt)),
        ("health", .json(webhook.health.stored)),
      ])
  }

  /// What waits for its next attempt is attempted at once.
  package mutating func hasten(webhook webhookID: String) {
    for statement in [Statement.hastenDeliveries, .hastenWebhook] { add(statement, [("webhook_id", .text(webhookID))]) }
  }

  /// It sends nothing any more until somebody switches it on.
  package mutating func pauseWebhook(_ webhookID: String, at now: Instant) {
    add(.pauseWebhook, [("webhook_id", .text(webhookID)), ("updated_at", .instant(now))])
  }

  /// Deletes a webhook with its log; one that is not there stays so.
  package mutating func deleteWebhook(_ webhookID: String) {
    add(.deleteDeliveriesOfWebhook, [("webhook_id", .text(webhookID))])
    add(.deleteWebhook, [("webhook_id", .text(webhookID))])
  }

  /// Writes what became of a delivery, over what was known of it.
  package mutating func put(_ delivery: WebhookDelivery) {
    add(
      .putDelivery,
      [
        ("delivery_id", .text(delivery.id)), ("webhook_id", .text(delivery.webhookID)), ("seq", .integer(delivery.seq)),
        ("namespace_id", .text(delivery.namespaceID)), ("event_type", .text(delivery.eventType)), ("message_id", .text(delivery.messageID)),
        ("channel", .integer(delivery.channel)), ("status", .text(delivery.status.rawValue)), ("attempts", .integer(delivery.attempts)),
        ("status_code", .optional(delivery.statusCode)), ("error", .optional(delivery.error)), ("response", .optional(delivery.response)),
        ("duration_ms", .optional(delivery.durationMilliseconds)), ("next_attempt_at", .optional(delivery.nextAttemptAt)),
        ("created_at", .instant(delivery.createdAt)), ("updated_at", .instant(delivery.updatedAt)),
      ])
  }

  /// Forgets deliveries of before a moment, and of each webhook all but the newest so many.
  package mutating func deleteDeliveries(before moment: Instant, keeping count: Int64, of webhookID: String) {
    add(
      .deleteOldDeliveries,
      [("webhook_id", .text(webhookID)), ("before", .instant(moment)), ("keep", .integer(count))])
  }
}

extension Reader {
  /// A webhook by its identifier or its name.
  package func webhook(_ identifier: String) throws(Problem) -> Webhook? {
    try connection.first(.webhook, [("identifier", .text(identifier))], Webhook.read)
  }

  /// In the order in which they were made.
  package func webhooks() throws(Problem) -> [Webhook] { try connection.rows(.webhooks, [], Webhook.read) }

  package func delivery(_ deliveryID: String, of webhookID: String) throws(Problem) -> WebhookDelivery? {
    try connection.first(.delivery, [("delivery_id", .text(deliveryID)), ("webhook_id", .text(webhookID))], WebhookDelivery.read)
  }

  /// What is known of the deliveries of one event.
  package func deliveries(ofEvent seq: Int64, by webhookID: String) throws(Problem) -> [WebhookDelivery] {
    try connection.rows(.deliveriesOfEvent, [("seq", .integer(seq)), ("webhook_id", .text(webhookID))], WebhookDelivery.read)
  }

  /// A webhook's deliveries, of the newest event first.
  package func deliveries(of webhookID: String, status: WebhookDelivery.Status?, _ page: Page) throws(Problem) -> Listing<WebhookDelivery> {
    let conditions: Connection.Parameters = [("webhook_id", .text(webhookID)), ("status", .optional(status?.rawValue))]
    return Listing(
      items: try connection.rows(.deliveries, conditions + page.parameters, WebhookDelivery.read),
      total: try connection.number(.countDeliveries, conditions))
  }

  /// One event by its number.
  package func event(_ seq: Int64) throws(Problem) -> DocumentEvent? { try connection.first(.event, [("seq", .integer(seq))], DocumentEvent.read) }
}

extension Webhook {
  static func read(_ row: inout Row) throws(Problem) -> Webhook {
    let (id, name) = (row.text(), row.text())
    let definition = try row.object()
    let isActive = row.flag()
    let cursor = row.int()
    let next = row.optionalInstant()
    let health = WebhookHealth(try row.object())
    func texts(_ key: String) -> [String] { (definition[key]?.array ?? []).compactMap(\.string) }
    return Webhook(
      id: id, name: name, eventTypes: texts("event_types"), resourceTypes: texts("resource_types"), namespaceIDs: texts("namespaces"),
      channels: (definition["channels"]?.array ?? []).compactMap { WebhookChannel(stored: $0) }, isActive: isActive, health: health, cursor: cursor,
      nextAttemptAt: next, createdAt: row.instant(), updatedAt: row.instant())
  }
}

extension WebhookDelivery {
  static func read(_ row: inout Row) throws(Problem) -> WebhookDelivery {
    WebhookDelivery(
      id: row.text(), webhookID: row.text(), seq: row.int(), namespaceID: row.text(), eventType: row.text(), messageID: row.text(),
      channel: row.int(), status: try row.word(), attempts: row.int(), statusCode: row.optionalInt(), error: row.optionalText(),
      response: row.optionalText(), durationMilliseconds: row.optionalInt(), nextAttemptAt: row.optionalInstant(), createdAt: row.instant(),
      updatedAt: row.instant())
  }
}
