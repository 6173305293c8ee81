package import Basics
package import Model

/// An alert at a collection, as it is kept.
package struct StoredApplication: Sendable {
  package var collectionID: String
  package var application: AlertApplication
  /// The trigger that looks when documents come.
  package var triggerID: String?
  /// The last event that has been looked at.
  package var seen: Int64

  package init(collectionID: String, application: AlertApplication, triggerID: String?, seen: Int64) {
    self.collectionID = collectionID
    self.application = application
    self.triggerID = triggerID
    self.seen = seen
  }
}

extension Transaction {
  package mutating func insert(_ alert: Alert) {
    add(
      .insertAlert,
      [
        ("alert_id", .text(alert.id)), ("namespace_id", .text(alert.namespaceID)), ("name", .text(alert.name)),
        ("retriever_id", .text(alert.retrieverID)), ("definition", .json(alert.given)), ("last_fired_at", .optional(alert.lastFiredAt)),
        ("raised", .flag(alert.isRaised)), ("created_at", .instant(alert.createdAt)), ("updated_at", .instant(alert.updatedAt)),
      ])
  }

  /// Writes its definition; when it last spoke stays. Lost (`alert`) when it is gone.
  package mutating func update(_ alert: Alert) {
    add(
      .updateAlert,
      [
        ("name", .text(alert.name)), ("retriever_id", .text(alert.retrieverID)), ("definition", .json(alert.given)),
        ("updated_at", .instant(alert.updatedAt)), ("alert_id", .text(alert.id)),
      ], expecting: .exactly(1), guardName: "alert")
  }

  /// Notes whether its condition holds, and when somebody was told; nil leaves that as it is.
  package mutating func note(alert alertID: String, firedAt: Instant?, isRaised: Bool) {
    add(.fireAlert, [("last_fired_at", .optional(firedAt)), ("raised", .flag(isRaised)), ("alert_id", .text(alertID))])
  }

  /// Deletes an alert with its executions, and takes it from its collections.
  package mutating func deleteAlert(_ alertID: String) {
    add(.deleteExecutionsOfAlert, [("alert_id", .text(alertID))])
    add(.deleteApplicationsOfAlert, [("alert_id", .text(alertID))])
    add(.deleteAlert, [("alert_id", .text(alertID))], expecting: .exactly(1), guardName: "alert")
  }

  /// Keeps an execution, and of older ones of the same alert as many as `keep`.
  package mutating func append(_ execution: AlertExecution, keeping keep: Int64) {
    add(
      .insertAlertExecution,
      [
        ("execution_id", .text(execution.id)), ("alert_id", .text(execution.alertID)), ("namespace_id", .text(execution.namespaceID)),
        ("collection_id", .text(execution.collectionID)), ("triggered", .flag(execution.isTriggered)),
        ("match_count", .integer(execution.matchCount)),
        ("executed_at", .instant(execution.executedAt)), ("milliseconds", .integer(execution.milliseconds)), ("details", .json(execution.details)),
      ])
    add(.deleteOldAlertExecutions, [("alert_id", .text(execution.alertID)), ("limit", .integer(8)), ("keep", .integer(keep))])
  }

  /// Puts an alert at a collection, or replaces how it looks; what it has seen stays.
  package mutating func put(_ stored: StoredApplication, ordinal: Int, in namespaceID: String) {
    add(
      .putApplication,
      [
        ("collection_id", .text(stored.collectionID)), ("alert_id", .text(stored.application.alertID)), ("namespace_id", .text(namespaceID)),
        ("ordinal", .integer(Int64(ordinal))), ("definition", .json(stored.application.given)), ("trigger_id", .optional(stored.triggerID)),
        ("seen", .integer(stored.seen)),
      ])
  }

  /// Notes the last event that an alert has looked at.
  package mutating func move(application alertID: String, at collectionID: String, through seen: Int64) {
    add(.moveApplication, [("seen", .integer(seen)), ("collection_id", .text(collectionID)), ("alert_id", .text(alertID))])
  }

  package mutating func deleteApplication(of alertID: String, at collectionID: String) {
    add(.deleteApplication, [("collection_id", .text(collectionID)), ("alert_id", .text(alertID))])
  }
}

extension Reader {
  /// An alert by its identifier or its name.
  package func alert(_ identifier: String, in namespaceID: String) throws(Problem) -> Alert? {
    try connection.first(.alert, [("namespace_id", .text(namespaceID)), ("identifier", .text(identifier))], Alert.read)
  }

  /// In the order in which they were made.
  package func alerts(in namespaceID: String, _ page: Page = Page(limit: 1000)) throws(Problem) -> Listing<Alert> {
    let parameters: Connection.Parameters = [("namespace_id", .text(namespaceID))]
    return Listing(
      items: try connection.rows(.alerts, parameters + page.parameters, Alert.read), total: try connection.number(.countAlerts, parameters))
  }

  package func alertExecution(_ executionID: String, in namespaceID: String) throws(Problem) -> AlertExecution? {
    try connection.first(
      .alertExecution, [("namespace_id", .text(namespaceID)), ("execution_id", .text(executionID))], AlertExecution.read)
  }

  /// Newest first, of one alert or of all.
  package func alertExecutions(in namespaceID: String, of alertID: String?, _ page: Page) throws(Problem) -> Listing<AlertExecution> {
    let parameters: Connection.Parameters = [("namespace_id", .text(namespaceID)), ("alert_id", .optional(alertID))]
    return Listing(
      items: try connection.rows(.alertExecutions, parameters + page.parameters, AlertExecution.read),
      total: try connection.number(.countAlertExecutions, parameters))
  }

  /// The alerts at a collection, in the order given.
  package func applications(at collectionID: String) throws(Problem) -> [StoredApplication] {
    try connection.rows(.applicationsOfCollection, [("collection_id", .text(collectionID))], StoredApplication.read)
  }

  package func applications(of alertID: String) throws(Problem) -> [StoredApplication] {
    try connection.rows(.applicationsOfAlert, [("alert_id", .text(alertID))], StoredApplication.read)
  }

  package func application(of alertID: String, at collectionID: String) throws(Problem) -> StoredApplication? {
    try connection.first(.application, [("collection_id", .text(collectionID)), ("alert_id", .text(alertID))], StoredApplication.read)
  }
}

extension Alert {
  static func read(_ row: inout Row) throws(Problem) -> Alert {
    let (id, namespaceID, definition) = (row.text(), row.text(), try row.json())
    let (lastFiredAt, isRaised, createdAt, updatedAt) = (row.optionalInstant(), row.flag(), row.instant(), row.instant())
    do throws(Problem) {
      return try Alert(
        id: id, namespaceID: namespaceID, definition: Fields(definition), lastFiredAt: lastFiredAt, isRaised: isRaised, createdAt: createdAt,
        updatedAt: updatedAt)
    } catch { throw error.within("alerts.\(id)") }
  }
}

extension AlertExecution {
  static func read(_ row: inout Row) throws(Problem) -> AlertExecution {
    AlertExecution(
      id: row.text(), alertID: row.text(), namespaceID: row.text(), collectionID: row.text(), isTriggered: row.flag(), matchCount: row.int(),
      executedAt: row.instant(), milliseconds: row.int(), details: try row.object())
  }
}

extension StoredApplication {
  static func read(_ row: inout Row) throws(Problem) -> StoredApplication {
    let (collectionID, alertID) = (row.text(), row.text())
    let application = try AlertApplication(try row.json(), path: "alert_applications.\(alertID)")
    return StoredApplication(collectionID: collectionID, application: application, triggerID: row.optionalText(), seen: row.int())
  }
}
