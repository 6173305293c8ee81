import Basics

extension Command {
  private static let hook = Positional("WEBHOOK", .one, "Its id or its name")

  static let webhookCreate = Command(
    name: "webhook create", summary: "Send what happens to an address outside",
    positionals: [Positional("URL", .one, "Where to, with http or https")],
    options: [
      Option("name", value: "NAME", "What it is called; without it the address's host"),
      Option("events", value: "TYPES", "Which, separated by commas; without it cluster and trigger runs that end"),
      Option("secret", value: "TEXT", "What signs the messages; without it one is made"),
      Option("slack", "The address is an incoming webhook of Slack"),
      Option.store,
    ],
    examples: [
      Example(
        "perigee webhook create https://example.com/hook --events \"cluster.execution.completed,documents_added\"", "shows the secret this once"),
      Example("perigee webhook create http://127.0.0.1:9000/hook --events \"*\"", "everything, to this machine"),
    ],
    notes: """
      Messages are signed: X-Mixpeek-Signature, and webhook-signature as in Standard Webhooks. What does not arrive is tried
      again for half a day, then given up; a webhook that fails for a day is paused. 'perigee webhook deliveries' shows it.
      """
  ) { invocation throws(Problem) in
    try Connection.with(invocation) { connection throws(Problem) in
      let url = invocation.words[0]
      let host = url.split(separator: "/").dropFirst().first.map(String.init) ?? url
      let types =
        invocation.text("events") ?? "cluster.execution.completed,cluster.execution.failed,trigger.execution.completed,trigger.execution.failed"
      var configs: JSONObject = [invocation.has("slack") ? "webhook_url" : "url": .string(url)]
      if let secret = invocation.text("secret") { configs["signing_secret"] = .string(secret) }
      let made = try connection.call(
        "create_webhook_organizations",
        body: [
          "webhook_name": .string(invocation.text("name") ?? host),
          "event_types": .array(types.split(separator: ",").map { .string($0.filter { $0 != " " }) }),
          "channels": [["channel": invocation.has("slack") ? "slack" : "webhook", "configs": .object(configs)]],
        ])
      if invocation.wantsJSON {
        invocation.console.print(made)
      } else {
        invocation.console.say("\(printable(made["webhook_name"]?.string ?? "")) is \(made["webhook_id"]?.string ?? "")")
        if let secret = made["channels"]?.array?.first?["configs"]?["signing_secret"]?.string {
          invocation.console.print(secret)
          invocation.console.say("The line above is the signing secret; it is shown this once.")
        }
      }
      return .ok
    }
  }

  static let webhookList = Command(
    name: "webhook list", summary: "List webhooks, with how they fare", options: [Option.store],
    examples: [Example("perigee webhook list", "all of them"), Example("perigee webhook list --json", "with everything")]
  ) { invocation throws(Problem) in
    try Connection.with(invocation) { connection throws(Problem) in
      let answer = try connection.call("list_webhooks_organizations", body: ["limit": 1000])
      if invocation.wantsJSON {
        invocation.console.print(answer)
        return .ok
      }
      var table = Table([.init("id"), .init("name"), .init("active"), .init("failures", .right), .init("events", elastic: true)])
      for webhook in answer["results"]?.array ?? [] {
        table.add(
          webhook["webhook_id"]?.string ?? "", webhook["webhook_name"]?.string ?? "", webhook["is_active"] == true ? "yes" : "no",
          webhook["delivery_health"]?["consecutive_failures"]?.text ?? "0",
          (webhook["event_types"]?.array ?? []).compactMap(\.string).joined(separator: ", "))
      }
      table.print(to: invocation.console)
      return .ok
    }
  }

  static let webhookDeliveries = Command(
    name: "webhook deliveries", summary: "Show what a webhook sent, newest first, and what came of it", positionals: [hook],
    options: [
      Option("status", value: "STATUS", "Only these: retrying, delivered, failed"), Option("limit", value: "N", "At most so many; without it 50"),
      Option.store,
    ],
    examples: [
      Example("perigee webhook deliveries deployments --status failed", "what was given up"),
      Example("perigee webhook deliveries wh_0123456789abcdef --json", "with the receiver's answers"),
    ]
  ) { invocation throws(Problem) in
    try Connection.with(invocation) { connection throws(Problem) in
      var query: JSONObject = ["limit": .int(try invocation.int("limit", in: 1...1000) ?? 50)]
      if let status = invocation.text("status") { query["status"] = .string(status) }
      let answer = try connection.call("list_webhook_deliveries", path: ["identifier": invocation.words[0]], query: query)
      if invocation.wantsJSON {
        invocation.console.print(answer)
        return .ok
      }
      var table = Table([.init("delivery"), .init("at"), .init("event"), .init("status"), .init("tries", .right), .init("answer", elastic: true)])
      for delivery in answer["results"]?.array ?? [] {
        table.add(
          delivery["delivery_id"]?.string ?? "", delivery["updated_at"]?.string ?? "", delivery["event_type"]?.string ?? "",
          delivery["status"]?.string ?? "", delivery["attempts"]?.text ?? "",
          delivery["error"]?.string ?? "\(delivery["status_code"]?.text ?? "") \(delivery["response"]?.string ?? "")")
      }
      table.print(to: invocation.console)
      return .ok
    }
  }

  static let webhookRedeliver = Command(
    name: "webhook redeliver", summary: "Send a delivery once more, now",
    positionals: [hook, Positional("DELIVERY", .one, "Its id, from 'perigee webhook deliveries'")], options: [Option.store],
    examples: [Example("perigee webhook redeliver deployments dlv_0A1b2C", "under the same identifier as before")]
  ) { invocation throws(Problem) in
    try Connection.with(invocation) { connection throws(Problem) in
      let delivery = try connection.call("redeliver_webhook", path: ["identifier": invocation.words[0], "delivery_id": invocation.words[1]])
      return tell([delivery], invocation)
    }
  }

  static let webhookTest = Command(
    name: "webhook test", summary: "Send a message of the type 'webhook.test', and show what came back", positionals: [hook],
    options: [Option.store], examples: [Example("perigee webhook test deployments", "does it arrive?")]
  ) { invocation throws(Problem) in
    try Connection.with(invocation) { connection throws(Problem) in
      let answer = try connection.call("test_webhook", path: ["identifier": invocation.words[0]])
      return tell(answer["results"]?.array ?? [], invocation)
    }
  }

  static let webhookRotate = Command(
    name: "webhook rotate", summary: "Give a webhook a new signing secret, shown this once", positionals: [hook],
    options: [Option("overlap", value: "TIME", "How long the old one signs as well; without it 24h"), Option.store],
    examples: [Example("perigee webhook rotate deployments --overlap 2h", "the receiver has two hours to change")]
  ) { invocation throws(Problem) in
    try Connection.with(invocation) { connection throws(Problem) in
      var body = JSONObject()
      if let overlap = try invocation.duration("overlap") { body["overlap_seconds"] = .int(overlap.inMilliseconds / 1000) }
      let answer = try connection.call("rotate_webhook_secret", path: ["identifier": invocation.words[0]], body: .object(body))
      if invocation.wantsJSON {
        invocation.console.print(answer)
      } else {
        for item in answer["secrets"]?.array ?? [] { invocation.console.print(item["signing_secret"]?.string ?? "") }
        invocation.console.say("Shown this once; the old one signs as well until \(answer["old_secrets_until"]?.string ?? "").")
      }
      return .ok
    }
  }

  static let webhookDelete = Command(
    name: "webhook delete", summary: "Delete a webhook with the log of its deliveries", positionals: [hook], options: [Option.store],
    examples: [Example("perigee webhook delete deployments", "nothing is sent any more")]
  ) { invocation throws(Problem) in
    try Connection.with(invocation) { connection throws(Problem) in
      let path = ["identifier": invocation.words[0]]
      // Over HTTP deleting what is gone is no mistake; somebody who types a name wants to know.
      _ = try connection.call("get_webhook_organizations", path: path)
      _ = try connection.call("delete_webhook_organizations", path: path)
      if !invocation.wantsJSON { invocation.console.say("\(printable(invocation.words[0])) is deleted") }
      return .ok
    }
  }

  /// What came back of messages that were sent on demand; 1 when one of them did not arrive.
  private static func tell(_ deliveries: [JSON], _ invocation: Invocation) -> ExitCode {
    if invocation.wantsJSON {
      invocation.console.print(.array(deliveries))
    } else {
      for delivery in deliveries {
        let what = delivery["error"]?.string ?? "\(delivery["status_code"]?.text ?? "") \(delivery["response"]?.string ?? "")"
        invocation.console.print(printable("channel \(delivery["channel"]?.text ?? ""): \(delivery["status"]?.string ?? ""), \(what)"))
      }
    }
    return deliveries.allSatisfy { $0["status"] == "delivered" } ? .ok : .failed
  }
}
