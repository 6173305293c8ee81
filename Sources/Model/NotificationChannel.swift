package import Basics

/// Where somebody is told of an alert or a failed check: the contract's channels, of which `webhook` and `slack` are an HTTP POST.
package struct NotificationChannel: Sendable, Equatable {
  package enum Kind: String, Sendable, CaseIterable { case webhook, slack }

  package var kind: Kind
  /// A registered webhook that hears of it by its event; nil when the address is in the channel itself.
  package var channelID: String?
  package var url: String?

  /// Reads `channels`: `{channel_type, channel_id?, config?: {url | webhook_url}}` each.
  package static func list(_ fields: Fields) throws(Problem) -> [NotificationChannel] {
    let path = fields.at("channels")
    guard let json = fields["channels"] else {
      throw fields.missing("channels", example: "[{\"channel_type\": \"webhook\", \"config\": {\"url\": \"https://example.com/hook\"}}]")
    }
    guard let items = json.array else { throw Problem(.invalid, "expected an array, got \(json.typeName)", path: path) }
    guard (1...20).contains(items.count) else {
      throw Problem(.invalid, "\(items.count) channels are given", hint: "Give 1 to 20", path: path, details: ["type": "too_short"])
    }
    var result: [NotificationChannel] = []
    for (position, item) in items.enumerated() {
      let channel = try Fields(item, path: "\(path)[\(position)]", accepting: ["channel_type", "channel_id", "config"])
      if let word = try channel.string("channel_type"), ["email", "batch"].contains(word) {
        throw Problem(
          .unsupported, "channels of the type '\(word)' are not in this build", hint: "One of: webhook, slack", path: channel.at("channel_type"),
          details: ["accepted": ["webhook", "slack"]])
      }
      guard let kind: Kind = try channel.choice("channel_type") else { throw channel.missing("channel_type", example: "\"webhook\"") }
      let config = try Fields(channel["config"], path: channel.at("config"))
      let url = try config.string(kind == .slack ? "webhook_url" : "url")
      if let url, !url.hasPrefix("http://"), !url.hasPrefix("https://") {
        throw Problem(
          .invalid, "'\(url.prefix(60))' is no address", hint: "For example \"https://example.com/hook\"",
          path: config.at(kind == .slack ? "webhook_url" : "url"))
      }
      let id = try channel.string("channel_id")
      if url == nil, id == nil {
        throw Problem(
          .invalid, "the channel does not say where to",
          hint: "Give config.\(kind == .slack ? "webhook_url" : "url"), or the channel_id of a webhook",
          path: channel.at("config"), details: ["type": "missing"])
      }
      result.append(NotificationChannel(kind: kind, channelID: id, url: url))
    }
    return result
  }
}
