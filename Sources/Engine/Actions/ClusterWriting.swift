import Basics
import Model
import Store

/// What a run leaves behind: documents in the output collections, fields on the sources, and its members for the next run.
struct ClusterWriting {
  private let host: Host
  private let task: TaskRecord
  private let definition: ClusterDefinition
  private let run: ClusterRun
  private let finding: ClusterFinding
  private let groups: [Int32: ClusterRun.Group]

  init(_ host: Host, _ task: TaskRecord, _ definition: ClusterDefinition, _ run: ClusterRun, _ finding: ClusterFinding) {
    self.host = host
    self.task = task
    self.definition = definition
    self.run = run
    self.finding = finding
    let numbered = run.groups.compactMap { group in ClusterRun.number(of: group.id).map { ($0, group) } }
    groups = Dictionary(numbered) { first, _ in first }
  }

  private func id(_ row: Int) -> String { groups[finding.labels[row]]?.id ?? ClusterRun.noiseID }
  private func label(_ row: Int) -> String { groups[finding.labels[row]]?.label ?? "Noise" }

  /// An event names at most so many documents.
  private static let eventLimit = 1000

  /// One document per cluster and one per member; they replace what the last run left. Answers the events that this is.
  func write(to outputs: [Collection], _ transaction: inout Transaction) throws(Problem) -> [EventWrite] {
    let now = host.surroundings.now()
    var events: [EventWrite] = []
    for output in outputs {
      var gone = try host.read { reader throws(Problem) in try reader.documentIDs(in: output.id) }
      var (added, updated): ([String], [String]) = ([], [])
      transaction.deleteDocuments(from: output.id, limit: .max)
      var position = try host.reservePositions(run.groups.count + finding.documentIDs.count)
      func insert(_ document: Document) {
        transaction.insert(document, in: task.namespaceID, position: position)
        position += 1
        if gone.remove(document.id) == nil { added.append(document.id) } else { updated.append(document.id) }
      }
      for group in run.groups {
        var fields: JSONObject = [
          "is_centroid": true, "cluster_id": .string(group.id), "cluster_label": .string(group.label), "member_count": .int(group.members),
          "keywords": .array(group.keywords.map(JSON.string)), "run_id": .string(run.id),
        ]
        fields["representative_ids"] = .array(group.representatives.map { .string($0.documentID) })
        let index = output.vectorIndexes.first.flatMap { $0.dimensions == group.centroid.count ? $0 : nil }
        insert(
          Document(
            id: "\(run.id)_\(group.id)", collectionID: output.id, fields: fields, vectors: index.map { [$0.name: group.centroid] } ?? [:],
            createdAt: now,
            updatedAt: now))
      }
      for (row, documentID) in finding.documentIDs.enumerated() {
        var fields: JSONObject = [
          "is_centroid": false, "cluster_id": .string(id(row)), "cluster_label": .string(label(row)), "source_document_id": .string(documentID),
          "source_collection_id": .string(finding.collectionIDs[row]), "distance_to_centroid": .double(Double(finding.distances[row])),
        ]
        if !finding.probabilities.isEmpty { fields["probability"] = .double(Double(finding.probabilities[row])) }
        place(row, &fields)
        let id = Identifier.derived("doc", from: output.id, finding.collectionIDs[row], documentID)
        insert(Document(id: id, collectionID: output.id, fields: fields, createdAt: now, updatedAt: now))
      }
      transaction.recountDocuments(output.id)
      for (type, ids) in [(Schedule.EventType.documentsAdded, added), (.documentsUpdated, updated), (.documentsDeleted, gone.sorted())] {
        events += self.events(type, ids, in: output)
      }
    }
    return events
  }

  /// What a run writes does not count for the trigger that started it: it would never come to an end.
  private func events(_ type: Schedule.EventType, _ ids: [String], in output: Collection) -> [EventWrite] {
    stride(from: 0, to: ids.count, by: Self.eventLimit).map { start in
      EventWrite(
        namespaceID: task.namespaceID, type: type, collectionID: output.id,
        documentIDs: Array(ids[start..<min(ids.count, start + Self.eventLimit)]), depth: task.depth + 1, origin: task.triggerID)
    }
  }

  private func place(_ row: Int, _ fields: inout JSONObject) {
    for (axis, name) in ["x", "y", "z"].prefix(finding.dimensions).enumerated() {
      fields[name] = .double(Double(finding.coordinates[row * finding.dimensions + axis]))
    }
  }

  /// The result as fields of the source documents; those deleted since they were read are left out.
  func enrichments(of collections: [Collection]) -> [Write] {
    let mapping = definition.enrichment.isEmpty ? ["cluster_id": "cluster_id", "cluster_label": "cluster_label"] : definition.enrichment
    let order = mapping.sorted { $0.key < $1.key }
    var changes: [String: [DocumentWrite.Change]] = [:]
    for (row, documentID) in finding.documentIDs.enumerated() {
      let group = groups[finding.labels[row]]
      var known: JSONObject = [
        "cluster_id": .string(id(row)), "cluster_label": .string(label(row)), "distance_to_centroid": .double(Double(finding.distances[row])),
        "member_count": .int(group?.members ?? 0), "keywords": .array((group?.keywords ?? []).map(JSON.string)),
        "probability": finding.probabilities.isEmpty ? .null : .double(Double(finding.probabilities[row])),
      ]
      place(row, &known)
      var fields = JSONObject()
      for (source, target) in order { fields[target] = known[source] ?? .null }
      changes[finding.collectionIDs[row], default: []].append(.patch(id: documentID, .init(fields: fields, skipsMissing: true)))
    }
    return collections.compactMap { collection in
      changes[collection.id].map {
        .documents(DocumentWrite(namespaceID: task.namespaceID, collectionID: collection.id, collectionName: collection.name, changes: $0))
      }
    }
  }
}

extension ClusterFinding {
  /// As the next run needs them; nil where a run has no documents of its own.
  func members(of run: ClusterRun) -> RunMembers? {
    guard !documentIDs.isEmpty else { return nil }
    var places: [String: Int32] = [:]
    var collections: [String] = []
    let ordinals = collectionIDs.map { id in
      if let known = places[id] { return known }
      places[id] = Int32(collections.count)
      collections.append(id)
      return Int32(collections.count - 1)
    }
    return RunMembers(
      runID: run.id, clusterID: run.clusterID, namespaceID: run.namespaceID, documentIDs: documentIDs, collections: collections, ordinals: ordinals,
      labels: labels, probabilities: probabilities, dimensions: dimensions, coordinates: coordinates)
  }
}
