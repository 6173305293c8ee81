import Basics
import Model

/// Tells the channels of an alert or a check: a registered webhook hears of it by its event, an address of its own gets a POST.
struct Notifier {
  private let host: Host
  private let namespaceID: String

  init(_ host: Host, namespaceID: String) { (self.host, self.namespaceID) = (host, namespaceID) }

  /// What became of each channel, as `{channel_type, status, error?}`; nothing is thrown, since a channel that fails takes nothing from the alert.
  func tell(_ channels: [NotificationChannel], _ type: String, _ payload: JSONObject) -> JSON {
    .array(
      channels.map { channel in
        var delivery: JSONObject = ["channel_type": .string(channel.kind.rawValue)]
        guard let url = channel.url else {
          delivery["status"] = "event"
          delivery["channel_id"] = .optional(channel.channelID)
          return .object(delivery)
        }
        do throws(Problem) {
          let status = try post(url, body(type, payload, for: channel.kind))
          delivery["status"] = (200..<300).contains(status) ? "sent" : "failed"
          if !(200..<300).contains(status) { delivery["error"] = .string("the address answered \(status)") }
        } catch {
          delivery["status"] = "failed"
          delivery["error"] = .string(error.description)
        }
        return .object(delivery)
      })
  }

  private func body(_ type: String, _ payload: JSONObject, for kind: NotificationChannel.Kind) -> JSON {
    switch kind {
    case .webhook:
      return ["type": .string(type), "namespace_id": .string(namespaceID), "timestamp": .instant(host.surroundings.now()), "data": .object(payload)]
    case .slack:
      let name = (payload["alert_name"] ?? payload["retriever_name"])?.string ?? type
      let count = payload["match_count"]?.int.map { ": \($0) match\($0 == 1 ? "" : "es")" } ?? ""
      return ["text": .string("\(name)\(count)\(Self.verdict(payload))")]
    }
  }

  /// Of a check whether it passes, and what is wrong if it does not; of anything else nothing.
  private static func verdict(_ payload: JSONObject) -> String {
    guard let passed = payload["passed"]?.bool else { return "" }
    if passed { return " passes" }
    let breaches = payload["acceptance"]?["breaches"]?.array?.compactMap(\.string) ?? []
    let reasons = breaches.isEmpty ? payload["error"]?.string.map { [$0] } ?? [] : breaches
    return " fails" + (reasons.isEmpty ? "" : ": \(reasons.joined(separator: "; "))")
  }

  /// By the rules that scripts' requests keep to: only what the namespace's list allows.
  private func post(_ url: String, _ body: JSON) throws(Problem) -> Int {
    let message = try Outbound.message(Fields(["method": "POST", "url": .string(url), "body": body]))
    return Int(try host.outbound(for: namespaceID).perform(message)["status"]?.int ?? 0)
  }
}
