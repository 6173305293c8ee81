import Basics
import Model
import Scheduling
import Store

/// Alerts at collections: each that looks on ingest has a trigger of its own, which fires when documents come and which anybody can see and pause.
extension Host {
  /// The alerts of a request by their identifiers; throws before anything is written.
  func alertApplications(_ json: JSON?, in namespaceID: String) throws(Problem) -> [AlertApplication] {
    var applications = try AlertApplication.list(json)
    for index in applications.indices {
      let path = "alert_applications[\(index)]"
      let alert = try alert(applications[index].alertID, in: namespaceID, path: "\(path).alert_id")
      let retriever = try retriever(alert.retrieverID, in: namespaceID, path: "\(path).alert_id")
      applications[index].setAlert(alert.id)
      let given = Set(applications[index].mappings.map(\.input)).union(alert.inputs.keys)
      if let missing = retriever.inputs.first(where: { $0.isRequired && $0.standard == nil && !given.contains($0.name) }) {
        throw Problem(
          .invalid, "the retriever '\(retriever.name)' requires the input '\(missing.name)', which no mapping gives",
          hint: "Add {\"input_key\": \"\(missing.name)\", \"source\": {\"source_type\": \"document_field\", \"path\": \"…\"}}",
          path: "\(path).input_mappings", didYouMean: nil, details: ["type": "missing"])
      }
    }
    return applications
  }

  /// Makes these the alerts at a collection. One that stays goes on where it was; a new one looks at what comes from now on.
  func set(_ applications: [AlertApplication], at collection: Collection, by creator: String) throws(Problem) {
    let (known, newest) = try read { reader throws(Problem) in (try reader.applications(at: collection.id), try reader.highestSeq()) }
    var transaction = Transaction()
    for old in known where !applications.contains(where: { $0.alertID == old.application.alertID }) {
      try retire(id: old.triggerID)
      transaction.deleteApplication(of: old.application.alertID, at: collection.id)
    }
    for (ordinal, application) in applications.enumerated() {
      let old = known.first { $0.application.alertID == application.alertID }
      var triggerID = old?.triggerID
      if application.mode == .onIngest {
        if triggerID == nil { triggerID = try watch(collection, with: application, by: creator) }
      } else {
        try retire(id: triggerID)
        triggerID = nil
      }
      transaction.put(
        StoredApplication(collectionID: collection.id, application: application, triggerID: triggerID, seen: old?.seen ?? newest), ordinal: ordinal,
        in: collection.namespaceID)
    }
    try commit(transaction)
  }

  /// Retires the triggers of the alerts at a collection that goes.
  func retireAlerts(at collection: Collection) throws(Problem) {
    for stored in try read({ reader throws(Problem) in try reader.applications(at: collection.id) }) { try retire(id: stored.triggerID) }
  }

  private func watch(_ collection: Collection, with application: AlertApplication, by creator: String) throws(Problem) -> String {
    let alert = try alert(application.alertID, in: collection.namespaceID, path: "alert_id")
    let body: JSON = [
      "action_type": "alert_evaluation", "action_config": ["alert_id": .string(alert.id), "collection_id": .string(collection.id)],
      "trigger_type": "event", "name": .string("\(alert.name) at \(collection.name)"),
      "description": "Made with the collection's alert_applications",
      "schedule_config": [
        "event_type": "documents_added", "event_threshold": 1, "collection_id": .string(collection.id), "overlap": "queue_one",
        "priority": .int(max(0, 5 - min(5, application.priority / 200))),
      ],
    ]
    var trigger = try Trigger(creating: body, in: collection.namespaceID, by: creator, surroundings: surroundings)
    let timetable = try check(&trigger)
    trigger.nextScheduledAt = timetable.first(at: trigger.createdAt, of: trigger.schedule, isNew: true)
    try put(trigger, isNew: true)
    return trigger.id
  }

  /// Retires a trigger that was made for something else; nothing when there is none, or it is retired.
  func retire(id triggerID: String?) throws(Problem) {
    guard let triggerID, var trigger = try read({ reader throws(Problem) in try reader.trigger(triggerID) }), trigger.status != .disabled else {
      return
    }
    trigger.status = .disabled
    try put(trigger, isNew: false)
  }
}
