import Basics
import Model
import Store

/// What can be asked about webhooks, behind the table of operations.
extension Host {
  /// More than these would make every event expensive.
  private static let webhookLimit = 100

  func webhook(_ call: Call) throws(Problem) -> Webhook {
    let identifier = try call.parameter("identifier")
    return try read { reader throws(Problem) in
      if let found = try reader.webhook(identifier), found.isVisible(to: call.caller) { return found }
      throw .missing("webhook", identifier, path: "identifier", known: try reader.webhooks().filter { $0.isVisible(to: call.caller) }.map(\.name))
    }
  }

  func create(_ webhook: Webhook, for caller: Caller) throws(Problem) -> Webhook {
    var made = webhook
    try check(&made, for: caller)
    let (count, newest) = try read { reader throws(Problem) in (try reader.webhooks().count, try reader.highestSeq()) }
    guard count < Self.webhookLimit else {
      throw Problem(
        .tooMany, "there are \(count) webhooks, \(Self.webhookLimit) are allowed", hint: "Delete one; a webhook may have several channels")
    }
    made.cursor = newest
    var transaction = Transaction()
    transaction.insert(made)
    try commit(transaction, naming: made)
    return made
  }

  /// A webhook that is switched on again begins with what happens from now on.
  func replace(_ old: Webhook, by webhook: Webhook, for caller: Caller) throws(Problem) -> Webhook {
    var changed = webhook
    try check(&changed, for: caller)
    let restarts = changed.isActive && !old.isActive
    if restarts { changed.health = WebhookHealth() }
    var transaction = Transaction()
    transaction.update(changed, restartingAt: restarts ? try read { reader throws(Problem) in try reader.highestSeq() } : nil)
    // Whoever corrects an address does not want to wait for the next attempt.
    if changed.channels != old.channels { transaction.hasten(webhook: changed.id) }
    try commit(transaction, naming: changed)
    return changed
  }

  func delete(_ webhook: Webhook) throws(Problem) {
    var transaction = Transaction()
    transaction.deleteWebhook(webhook.id)
    try commit(transaction)
    try dispatcher.reload(self)
  }

  private func commit(_ transaction: Transaction, naming webhook: Webhook) throws(Problem) {
    do throws(Problem) { try commit(transaction) } catch {
      guard error.kind == .conflict else { throw error }
      throw Problem(.conflict, "webhook '\(webhook.name)' exists", hint: "Choose another webhook_name", path: "webhook_name")
    }
    try dispatcher.reload(self)
  }

  /// What only the host can check: that the namespaces exist and are the caller's, and that the addresses can be sent to.
  private func check(_ webhook: inout Webhook, for caller: Caller) throws(Problem) {
    var ids: [String] = []
    for (index, name) in webhook.namespaceIDs.enumerated() {
      do throws(Problem) { ids.append(try namespace(name, for: caller).id) } catch {
        throw Problem(
          .invalid, error.message, hint: error.hint, path: "namespaces[\(index)]", didYouMean: error.didYouMean)
      }
    }
    // A key that opens some namespaces must not listen to the others.
    webhook.namespaceIDs = ids.isEmpty ? caller.namespaces : ids
    for (index, channel) in webhook.channels.enumerated() {
      let path = "channels[\(index)].configs"
      _ = try Origin.read(channel.url, path: "\(path).\(channel.kind == .slack ? "webhook_url" : "url")")
      for header in channel.headers { try Outbound.check(header, path: "\(path).headers") }
    }
  }

  // MARK: - Sending on demand

  /// Sends a delivery once more, now, under the same identifier.
  func redeliver(_ webhook: Webhook, _ deliveryID: String) throws(Problem) -> WebhookDelivery {
    guard var delivery = try read({ reader throws(Problem) in try reader.delivery(deliveryID, of: webhook.id) }) else {
      throw .missing("delivery", deliveryID, path: "delivery_id")
    }
    let seq = delivery.seq
    guard let event = try read({ reader throws(Problem) in try reader.event(seq) }) else {
      throw Problem(.notFound, "event \(seq) is forgotten: the log of events keeps a limited time", path: "delivery_id")
    }
    guard webhook.channels.indices.contains(Int(delivery.channel)) else {
      throw Problem(.conflict, "the webhook has no channel \(delivery.channel) any more", path: "delivery_id")
    }
    let names = WebhookVocabulary.names(of: event.type, count: event.count)
    let message = WebhookMessage(webhook: webhook, event: event, name: delivery.eventType, place: names.firstIndex(of: delivery.eventType) ?? 0)
    try send(message, over: Int(delivery.channel), noting: &delivery)
    return delivery
  }

  /// Sends a message that nothing happened for, to see whether it arrives. It is in no log of events and in none of deliveries.
  func probe(_ webhook: Webhook) throws(Problem) -> [WebhookDelivery] {
    let now = surroundings.now()
    let event = DocumentEvent(
      seq: 0, namespaceID: webhook.namespaceIDs.first ?? "", type: .webhookPaused, collectionID: "", count: 1, documentIDs: [], at: now,
      payload: ["message": "a test of the webhook; nothing has happened"])
    let message = WebhookMessage(webhook: webhook, event: event, name: "webhook.test", place: 0)
    var deliveries: [WebhookDelivery] = []
    for channel in webhook.channels.indices {
      var delivery = WebhookSender.delivery(of: message, over: channel, at: now)
      let outcome = WebhookSender(host: self, flag: OutboundFlag()).attempt(message, over: webhook.channels[channel], noting: &delivery)
      delivery.status = outcome.isSuccess ? .delivered : .failed
      deliveries.append(delivery)
    }
    return deliveries
  }

  private func send(_ message: WebhookMessage, over channel: Int, noting delivery: inout WebhookDelivery) throws(Problem) {
    let sender = WebhookSender(host: self, flag: OutboundFlag())
    let wasRetrying = delivery.status == .retrying
    let next = delivery.nextAttemptAt
    if sender.attempt(message, over: message.webhook.channels[channel], noting: &delivery).isSuccess {
      delivery.status = .delivered
    } else if wasRetrying {
      // The schedule goes on as it was.
      delivery.nextAttemptAt = next
    }
    var transaction = Transaction()
    transaction.put(delivery)
    // The receiver is there again: what waits behind this message need not wait any longer.
    if wasRetrying, delivery.status == .delivered { transaction.hasten(webhook: delivery.webhookID) }
    try commit(transaction)
    try dispatcher.reload(self)
  }

  // MARK: - The log

  /// How many deliveries of each webhook are remembered.
  private static let deliveriesKept: Int64 = 1000

  func forgetDeliveries() throws(Problem) {
    let before = surroundings.now() - configuration.retention.events.age
    for webhook in try read({ reader throws(Problem) in try reader.webhooks() }) {
      var transaction = Transaction()
      transaction.deleteDeliveries(before: before, keeping: Self.deliveriesKept, of: webhook.id)
      try commit(transaction)
    }
  }
}

extension Webhook {
  /// Keys of some namespaces see the webhooks of these and no others.
  func isVisible(to caller: Caller) -> Bool {
    caller.namespaces.isEmpty || !namespaceIDs.isEmpty && namespaceIDs.allSatisfy(caller.opens)
  }
}

extension DeliveryRule.Outcome {
  fileprivate var isSuccess: Bool { if case .answered(let status, _) = self { (200..<300).contains(status) } else { false } }
}
