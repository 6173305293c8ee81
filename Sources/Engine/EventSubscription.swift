import Basics
import Model

/// Which events somebody follows: those of a namespace, of some types, about a collection or a trigger.
package struct EventSubscription: Sendable, Equatable {
  package var namespaceID: String
  /// Our names or the contract's, or beginnings with a star (`trigger.*`); empty means all.
  package var types: [String] = []
  package var collectionID: String?
  package var triggerID: String?
  /// The last event that is known already; nil begins with what comes.
  package var since: Int64?
  /// So many that have happened come first.
  package var tail: Int = 0

  static let query: [Operation.Parameter] = [
    Operation.Parameter("event_types", .string), Operation.Parameter("event_type", .string), Operation.Parameter("collection_id", .string),
    Operation.Parameter("trigger_id", .string), Operation.Parameter("since", .integer), Operation.Parameter("tail", .integer),
  ]
  static let tailLimit: Int64 = 1000

  init(_ fields: Fields, in namespaceID: String, host: Host) throws(Problem) {
    self.namespaceID = namespaceID
    for key in ["event_types", "event_type"] {
      for word in try fields.string(key)?.split(separator: ",") ?? [] { types.append(try Self.check(String(word.filter { $0 != " " }), path: key)) }
    }
    if let named = try fields.string("collection_id") { collectionID = try host.collection(named, in: namespaceID, path: "collection_id").id }
    if let named = try fields.string("trigger_id") { triggerID = try host.trigger(named, in: namespaceID).id }
    since = try fields.int("since", in: 0...Int64.max)
    tail = Int(try fields.int("tail", in: 0...Self.tailLimit) ?? 0)
  }

  private static func check(_ name: String, path: String) throws(Problem) -> String {
    let words = Schedule.EventType.allCases.map(\.rawValue)
    if name.hasSuffix("*") {
      let beginning = name.dropLast()
      if beginning.isEmpty || beginning.hasPrefix("custom.") || words.contains(where: { $0.hasPrefix(beginning) }) { return name }
    } else if Schedule.EventType(rawValue: name) != nil || WebhookVocabulary.contract.contains(name) {
      return name
    }
    throw Problem(
      .invalid, "unknown \(path) '\(name.prefix(80))'", hint: "For example documents_added, trigger.*, custom.NAME", path: path,
      didYouMean: Suggestion.nearest(to: name, in: words), details: ["accepted": .array(words.map(JSON.string)), "type": "enum"])
  }

  func matches(_ type: Schedule.EventType, count: Int64) -> Bool {
    types.isEmpty
      || types.contains { name in
        name.hasSuffix("*") ? type.rawValue.hasPrefix(name.dropLast()) : WebhookVocabulary.names(of: type, count: count).contains(name)
      }
  }
}
