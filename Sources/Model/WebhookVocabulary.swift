package import Basics

/// The names under which events leave the house: the contract's, and our own where it has none.
package enum WebhookVocabulary {
  /// Everything that the contract's webhooks may subscribe to, also what cannot happen here.
  package static let contract = [
    "object.created", "objects.created.batch", "object.updated", "object.deleted", "document.created", "document.updated", "document.deleted",
    "documents.updated.batch", "documents.deleted.batch", "collection.created", "collection.updated", "collection.deleted",
    "collection.documents.written", "collection.documents.batch_completed", "cluster.created", "cluster.updated", "cluster.deleted",
    "cluster.execution.started", "cluster.execution.completed", "cluster.execution.failed", "trigger.created", "trigger.updated",
    "trigger.deleted", "trigger.paused", "trigger.resumed", "trigger.fired", "trigger.execution.completed", "trigger.execution.failed",
    "taxonomy.created", "taxonomy.updated", "taxonomy.deleted", "alert.created", "alert.updated", "alert.deleted", "alert.triggered",
    "alert.execution.completed", "alert.execution.failed", "annotation.created", "annotation.updated", "annotation.deleted",
    "resource.executed", "resource.execution_failed", "manifest.apply.resource_state",
  ]

  /// All names of an event of our log, the contract's first.
  package static func names(of type: Schedule.EventType, count: Int64) -> [String] {
    let isOne = count == 1
    return switch type {
    case .documentsAdded: ["document.created", "collection.documents.written", type.rawValue]
    case .documentsUpdated: [isOne ? "document.updated" : "documents.updated.batch", "collection.documents.written", type.rawValue]
    case .documentsDeleted: [isOne ? "document.deleted" : "documents.deleted.batch", type.rawValue]
    case .batchCompleted: ["collection.documents.batch_completed", type.rawValue]
    default: [type.rawValue]
    }
  }

  /// The kind of thing that an event is about: `document` of `documents.updated.batch`.
  package static func resource(of name: String) -> String {
    let word = name.prefix { $0 != "." && $0 != "_" }
    return word == "documents" || word == "objects" ? String(word.dropLast()) : String(word)
  }

  /// Throws what is known, with the near miss.
  package static func check(_ name: String, path: String) throws(Problem) {
    guard name != "*", !contract.contains(name), Schedule.EventType(rawValue: name) == nil else { return }
    let words = contract + Schedule.EventType.allCases.map(\.rawValue).filter { !contract.contains($0) }
    throw Problem(
      .invalid, "unknown event type '\(name.prefix(80))'", hint: "For example \"cluster.execution.completed\", custom.NAME, or \"*\" for all",
      path: path, didYouMean: Suggestion.nearest(to: name, in: words), details: ["accepted": .array(words.map(JSON.string)), "type": "enum"])
  }
}
