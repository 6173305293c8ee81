import Basics
import Model
import Store

/// An event as a request to a receiver: its body, and the signatures by which the receiver knows us.
struct WebhookMessage {
  let webhook: Webhook
  let event: DocumentEvent
  /// The name under which the event is sent, and its place among all names of the event.
  let name: String
  let place: Int

  /// The same at each attempt; a receiver that has seen it has seen the event.
  var id: String { place == 0 ? "evt_\(event.seq)" : "evt_\(event.seq)_\(place)" }

  /// What there is to say, before any template.
  var content: JSONObject {
    var data: JSONObject = [:]
    if !event.collectionID.isEmpty { data["collection_id"] = .string(event.collectionID) }
    if !event.documentIDs.isEmpty {
      data["document_ids"] = .array(event.documentIDs.map(JSON.string))
      if event.documentIDs.count == 1 { data["document_id"] = .string(event.documentIDs[0]) }
      data["count"] = .int(event.count)
    }
    data.set(event.payload?.members ?? [])
    return [
      "id": .string(id), "type": .string(name), "event_type": .string(name), "resource_type": .string(WebhookVocabulary.resource(of: name)),
      "timestamp": .instant(event.at), "sequence": .int(event.seq), "internal_id": "org_local", "namespace_id": .string(event.namespaceID),
      "webhook_id": .string(webhook.id), "data": .object(data),
    ]
  }

  /// One line for people, as chats show it.
  private var line: String {
    var words = [name]
    for key in ["collection_name", "cluster_name", "taxonomy_name", "trigger_name", "collection_id", "cluster_id", "trigger_id"] {
      if let text = event.payload?[key]?.string {
        words.append(text)
        break
      }
    }
    if event.payload == nil, !event.collectionID.isEmpty { words.append(event.collectionID) }
    if event.count > 1 { words.append("\(event.count) documents") }
    if let error = event.payload?["error"]?.string { words.append(error) }
    return words.joined(separator: ": ")
  }

  func request(over channel: WebhookChannel, at now: Instant) -> Outbound.Message {
    var headers: [(name: String, value: String)] = [("Content-Type", "application/json"), ("User-Agent", "Perigee-Webhooks/1")]
    let body: [UInt8]
    switch channel.kind {
    case .slack, .email:
      var text = channel.slack
      text["text"] = .string(line)
      body = JSON.object(text).bytes
    case .webhook: body = (channel.template?.filled(with: content) ?? .object(content)).bytes
    }
    headers += Self.signatures(id, body, by: channel.live(at: now), at: now)
    // The receiver's own come last, and may replace what is said of the content.
    let own = Set(channel.headers.map { $0.name.lowercased() })
    headers.removeAll { own.contains($0.name.lowercased()) }
    return Outbound.Message(method: "POST", url: channel.url, headers: headers + channel.headers, body: body)
  }

  /// The contract's `X-Mixpeek-Signature: t=…,v1=HEX`, over `t.body`, and the three fields of Standard Webhooks
  /// (https://www.standardwebhooks.com), over `id.timestamp.body`. While a secret is being replaced, both sign.
  static func signatures(_ id: String, _ body: [UInt8], by secrets: [WebhookChannel.Secret], at now: Instant) -> [(name: String, value: String)] {
    var headers: [(name: String, value: String)] = [("webhook-id", id), ("webhook-timestamp", "\(now.seconds)")]
    guard !secrets.isEmpty else { return headers }
    let hexadecimal = secrets.map { "v1=" + MessageCode.code(of: Array("\(now.seconds).".utf8) + body, key: $0.value.utf8).hexadecimal }
    headers.append(("X-Mixpeek-Signature", "t=\(now.seconds)," + hexadecimal.joined(separator: ",")))
    let standard = secrets.map { "v1," + Base64.text(MessageCode.code(of: Array("\(id).\(now.seconds).".utf8) + body, key: $0.key)) }
    headers.append(("webhook-signature", standard.joined(separator: " ")))
    return headers
  }
}
