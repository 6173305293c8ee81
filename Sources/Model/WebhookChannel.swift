package import Basics

/// One way to a receiver: an address, what goes with each request, and the secret by which the receiver knows us.
package struct WebhookChannel: Sendable, Equatable {
  package enum Kind: String, Sendable, CaseIterable { case webhook, slack, email }

  /// A secret that signs; one that was replaced goes on signing beside the new one until its end.
  package struct Secret: Sendable, Equatable {
    package var value: String
    package var until: Instant?

    package init(value: String, until: Instant? = nil) {
      self.value = value
      self.until = until
    }

    /// The key of Standard Webhooks: what follows `whsec_` in base64, and any other secret as it is.
    package var key: [UInt8] {
      guard value.hasPrefix("whsec_"), let bytes = Base64.bytes(value.dropFirst(6)) else { return Array(value.utf8) }
      return bytes
    }
  }

  package var kind: Kind
  package var url: String
  package var headers: [(name: String, value: String)]
  /// The body that is sent instead of ours.
  package var template: PayloadTemplate?
  package var timeoutSeconds: Double
  /// The newest first; empty when nothing is signed.
  package var secrets: [Secret]
  /// Slack: the names and icons of its incoming webhooks.
  package var slack: JSONObject

  private static let webhookNames = ["url", "headers", "payload_template", "timeout", "signing_secret"]
  private static let slackNames = ["webhook_url", "channel", "username", "icon_emoji", "icon_url", "blocks_template"]
  /// What stands for a secret that is not shown.
  package static let redacted = "redacted"

  /// Reads `{"channel": "webhook", "configs": {…}}`. Without `signing_secret`, the old channel's secret stays, and a new channel gets one.
  package init(_ json: JSON, path: String, replacing old: WebhookChannel?, surroundings: Surroundings) throws(Problem) {
    let outer = try Fields(json, path: path, accepting: ["channel", "configs"])
    guard let kind: Kind = try outer.choice("channel") else { throw outer.missing("channel", example: "\"webhook\"") }
    guard kind != .email else {
      throw Problem(
        .unsupported, "no mail is sent from here", hint: "Give a channel \"webhook\" or \"slack\"", path: outer.at("channel"))
    }
    guard let configs = outer["configs"] else { throw outer.missing("configs", example: "{\"url\": \"https://example.com/hook\"}") }
    self.kind = kind
    headers = []
    secrets = []
    slack = JSONObject()
    timeoutSeconds = 10
    let fields = try Fields(configs, path: outer.at("configs"), accepting: kind == .slack ? Self.slackNames : Self.webhookNames)
    guard kind == .webhook else {
      url = try fields.required("webhook_url", example: "\"https://hooks.slack.com/services/…\"")
      if fields["blocks_template"] != nil {
        throw Problem(
          .unsupported, "'blocks_template' is not in this build", hint: "Leave it out; the message is a line of text",
          path: fields.at("blocks_template"))
      }
      for name in Self.slackNames.dropFirst() {
        if let text = try fields.string(name) { slack[name] = .string(text) }
      }
      return
    }
    url = try fields.required("url", example: "\"https://example.com/hook\"")
    for member in try fields.objectValue("headers")?.members ?? [] {
      guard let value = member.value.string else {
        throw Problem(
          .invalid, "the header '\(member.key.prefix(40))' is \(member.value.typeName)", hint: "Give a string", path: fields.at("headers"))
      }
      headers.append((member.key, value))
    }
    if let given = try fields.objectValue("payload_template") {
      template = try PayloadTemplate(.object(given), path: fields.at("payload_template"))
    }
    timeoutSeconds = try fields.number("timeout", in: 0.1...30) ?? 10
    switch try fields.string("signing_secret") {
    case nil where old != nil, Self.redacted where old != nil: secrets = old?.secrets ?? []
    case nil, Self.redacted: secrets = [Self.makeSecret(surroundings)]
    case ""?: break
    case let text?:
      guard text.utf8.count <= 512 else {
        throw Problem(
          .invalid, "a signing_secret of \(text.utf8.count) bytes", hint: "Give at most 512, or leave it out to get one",
          path: fields.at("signing_secret"))
      }
      secrets = [Secret(value: text)]
    }
  }

  /// Reads what `stored` wrote.
  package init?(stored json: JSON) {
    guard let kind = json["kind"]?.string.flatMap(Kind.init(rawValue:)), let url = json["url"]?.string else { return nil }
    self.kind = kind
    self.url = url
    headers = (json["headers"]?.object?.members ?? []).compactMap { member in member.value.string.map { (member.key, $0) } }
    template = json["template"].flatMap { $0 == .null ? nil : try? PayloadTemplate($0, path: "") }
    timeoutSeconds = json["timeout"]?.double ?? 10
    secrets = (json["secrets"]?.array ?? []).compactMap { item in
      item["value"]?.string.map { Secret(value: $0, until: item["until"]?.string.flatMap { Instant($0) }) }
    }
    slack = json["slack"]?.object ?? JSONObject()
  }

  /// 32 random bytes, as Standard Webhooks writes a secret.
  private static func makeSecret(_ surroundings: Surroundings) -> Secret { Secret(value: "whsec_" + Base64.text(surroundings.bytes(32))) }

  /// A new secret; the one before signs as well for so long.
  package mutating func rotate(overlap: Duration, surroundings: Surroundings) {
    var old = live(at: surroundings.now()).first.map { [$0] } ?? []
    if !old.isEmpty { old[0].until = surroundings.now() + overlap }
    secrets = [Self.makeSecret(surroundings)] + (overlap > .zero ? old : [])
  }

  /// The secrets that sign at a moment.
  package func live(at now: Instant) -> [Secret] { secrets.filter { $0.until.map { now < $0 } ?? true } }

  /// `secret`: whether the newest is shown, which is once, to whoever made it.
  package func json(showingSecret secret: Bool) -> JSONObject {
    if kind == .slack {
      var configs: JSONObject = ["webhook_url": .string(url)]
      for member in slack.members { configs[member.key] = member.value }
      return ["channel": "slack", "configs": .object(configs)]
    }
    var configs: JSONObject = ["url": .string(url), "timeout": .double(timeoutSeconds)]
    if !headers.isEmpty { configs["headers"] = .object(JSONObject(members: headers.map { .init(key: $0.name, value: .string($0.value)) })) }
    if let template { configs["payload_template"] = template.json }
    configs["signing_secret"] = secrets.first.map { .string(secret ? $0.value : Self.redacted) } ?? .null
    return ["channel": "webhook", "configs": .object(configs)]
  }
  package var json: JSONObject { json(showingSecret: false) }

  package var stored: JSONObject {
    [
      "kind": .string(kind.rawValue), "url": .string(url),
      "headers": .object(JSONObject(members: headers.map { .init(key: $0.name, value: .string($0.value)) })), "template": template?.json ?? .null,
      "timeout": .double(timeoutSeconds), "secrets": .array(secrets.map { ["value": .string($0.value), "until": .optional($0.until)] }),
      "slack": .object(slack),
    ]
  }

  package static func == (a: WebhookChannel, b: WebhookChannel) -> Bool { a.stored == b.stored }
}
