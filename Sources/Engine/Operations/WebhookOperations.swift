import Basics
import Model
import Store

extension Operation {
  private static let webhookBody = Webhook.accepted
  private static let webhookPath = "/v1/organizations/webhooks"

  static let webhookOperations: [Operation] = [
    Operation(
      "create_webhook_organizations", "POST", webhookPath,
      "Send what happens to an address outside; the signing secret is shown this once", tag: "Webhooks", scope: .admin, inNamespace: false,
      body: webhookBody
    ) { host, call throws(Problem) in
      let webhook = try host.create(try Webhook(call.body, surroundings: host.surroundings), for: call.caller)
      var json = webhook.json
      json["channels"] = .array(webhook.channels.map { .object($0.json(showingSecret: true)) })
      return .json(.object(json))
    },
    Operation(
      "list_webhooks_organizations", "POST", "\(webhookPath)/list", "List webhooks", tag: "Webhooks", scope: .admin, inNamespace: false,
      query: Parameter.paging, body: Page.names + ["event_type", "is_active"]
    ) { host, call throws(Problem) in
      let fields = try call.listFields(accepting: ["event_type", "is_active"])
      let page = try Page.byPlace(fields, defaultLimit: 100)
      let (type, isActive) = (try fields.string("event_type"), try fields.bool("is_active"))
      if let type { try WebhookVocabulary.check(type, path: "event_type") }
      let found = try host.read { reader throws(Problem) in try reader.webhooks() }.filter { webhook in
        webhook.isVisible(to: call.caller) && (isActive.map { $0 == webhook.isActive } ?? true)
          && (type.map { webhook.eventTypes.contains($0) || webhook.eventTypes.contains("*") } ?? true)
      }
      let shown = found.dropFirst(page.offset).prefix(page.limit).map { JSON.object($0.json) }
      var answer = page.envelope(Listing(items: Array(shown), total: Int64(found.count))).object ?? [:]
      answer["total"] = .int(found.count)
      return .json(.object(answer))
    },
    Operation(
      "get_webhook_organizations", "GET", "\(webhookPath)/{identifier}", "Read a webhook by id or name, with how its deliveries fare",
      tag: "Webhooks", scope: .admin, inNamespace: false
    ) { host, call throws(Problem) in .json(.object(try host.webhook(call).json)) },
    Operation(
      "update_webhook_organizations", "PUT", "\(webhookPath)/{identifier}", "Replace a webhook; secrets that are not given stay", tag: "Webhooks",
      scope: .admin, inNamespace: false, body: webhookBody
    ) { host, call throws(Problem) in
      let old = try host.webhook(call)
      let webhook = try host.replace(old, by: try Webhook(call.body, replacing: old, surroundings: host.surroundings), for: call.caller)
      let known = Set(old.channels.flatMap(\.secrets).map(\.value))
      var json = webhook.json
      // A channel that is new has a secret that nobody has seen.
      json["channels"] = .array(
        webhook.channels.map { .object($0.json(showingSecret: !($0.secrets.first.map { known.contains($0.value) } ?? true))) })
      return .json(.object(json))
    },
    Operation(
      "delete_webhook_organizations", "DELETE", "\(webhookPath)/{identifier}", "Delete a webhook; one that is gone stays gone", tag: "Webhooks",
      scope: .admin, inNamespace: false, answers: .nothing
    ) { host, call throws(Problem) in
      do throws(Problem) { try host.delete(try host.webhook(call)) } catch { guard error.kind == .notFound else { throw error } }
      return .nothing
    },
    Operation(
      "rotate_webhook_secret", "POST", "\(webhookPath)/{identifier}/rotate-secret",
      "Give the channels new signing secrets, shown this once; the old ones sign as well for a while", tag: "Webhooks", scope: .admin,
      inNamespace: false, body: ["overlap_seconds", "channel"]
    ) { host, call throws(Problem) in
      let old = try host.webhook(call)
      let fields = try Fields(call.body, accepting: ["overlap_seconds", "channel"])
      let overlap = try fields.int("overlap_seconds", in: 0...604_800) ?? 86_400
      let only = try fields.int("channel", in: 0...Int64(old.channels.count - 1))
      var webhook = old
      webhook.updatedAt = host.surroundings.now()
      var rotated: [JSON] = []
      for index in webhook.channels.indices where webhook.channels[index].kind == .webhook && only.map({ $0 == Int64(index) }) ?? true {
        webhook.channels[index].rotate(overlap: .seconds(overlap), surroundings: host.surroundings)
        rotated.append(["channel": .int(index), "signing_secret": .optional(webhook.channels[index].secrets.first?.value)])
      }
      guard !rotated.isEmpty else {
        throw Problem(.invalid, "the channel signs nothing", hint: "Name a channel of kind \"webhook\"", path: "channel")
      }
      _ = try host.replace(old, by: webhook, for: call.caller)
      return .json([
        "webhook_id": .string(webhook.id), "secrets": .array(rotated), "old_secrets_until": .instant(webhook.updatedAt + .seconds(overlap)),
      ])
    },
    Operation(
      "test_webhook", "POST", "\(webhookPath)/{identifier}/test", "Send a message of the type 'webhook.test' now, and tell what came back",
      tag: "Webhooks", scope: .admin, inNamespace: false
    ) { host, call throws(Problem) in .json(["results": .array(try host.probe(try host.webhook(call)).map(\.json))]) },
    Operation(
      "list_webhook_deliveries", "GET", "\(webhookPath)/{identifier}/deliveries", "What was sent, newest first, and what came of it",
      tag: "Webhooks", scope: .admin, inNamespace: false, query: Parameter.paging + [Parameter("status", .string)]
    ) { host, call throws(Problem) in
      let webhook = try host.webhook(call)
      let fields = try call.listFields(accepting: ["status"])
      let page = try Page.byPlace(fields, defaultLimit: 50)
      let status: WebhookDelivery.Status? = try fields.choice("status")
      let listing = try host.read { reader throws(Problem) in try reader.deliveries(of: webhook.id, status: status, page) }
      return .json(page.envelope(try listing.map { delivery throws(Problem) in delivery.json }))
    },
    Operation(
      "redeliver_webhook", "POST", "\(webhookPath)/{identifier}/deliveries/{delivery_id}/redeliver",
      "Send a delivery once more, now, under the same identifier", tag: "Webhooks", scope: .admin, inNamespace: false
    ) { host, call throws(Problem) in .json(try host.redeliver(try host.webhook(call), call.parameter("delivery_id")).json) },
  ]
}
