import Basics
import Clustering
import Model

/// What a document gets from the nodes that were found for it: mapped fields at its root, and under `_internal` who gave them and how surely.
struct TaxonomyAssignment {
  private let model: TaxonomyModel
  private let taxonomy: Taxonomy

  init(_ model: TaxonomyModel) {
    self.model = model
    taxonomy = model.taxonomy
  }

  /// Says under `_internal` which version of the taxonomy has processed a document: what `incremental` looks for.
  static func processed(by taxonomy: Taxonomy) -> Filter {
    .compare(field: "_internal.\(taxonomy.mark("version"))", .eq, .int(taxonomy.version))
  }

  /// The changes of a document, `_internal` among them; without the entry in the history.
  ///
  /// A field that the document has of its own stays as it is unless the taxonomy maps something onto it by name.
  func changes(of document: JSONObject, _ findings: [TaxonomyModel.Finding]) -> JSONObject {
    let before = document["_internal"]?.object ?? JSONObject()
    let given = Set(before[taxonomy.mark("fields")]?.array?.compactMap(\.string) ?? [])
    var changes = JSONObject()
    if let best = findings.first {
      let chain = model.tree.path(to: best.node)
      let known = inherited(chain, score: best.score)
      if let mapping = mapping(chain) {
        for field in mapping { changes[field.target] = value(field, findings, known, document) }
      } else {
        // The whole payload, which must not take the place of what is the document's own.
        for member in known.members where document[member.key] == nil || given.contains(member.key) {
          if !Document.reserved.contains(member.key) { changes[member.key] = member.value }
        }
      }
    }
    // What an earlier node gave and this one does not is taken back.
    for name in given.sorted() where changes[name] == nil && document[name] != nil { changes[name] = .null }
    let names = changes.members.filter { $0.value != .null }.map(\.key)
    var marks: JSONObject = [
      taxonomy.mark("version"): .int(taxonomy.version), taxonomy.mark("fields"): names.isEmpty ? .null : .array(names.map(JSON.string)),
      taxonomy.mark("id"): .null, taxonomy.mark("label"): .null, taxonomy.mark("score"): .null, taxonomy.mark("path"): .null,
      taxonomy.mark("assignments"): .null,
    ]
    if let best = findings.first {
      marks[taxonomy.mark("id")] = .string(model.nodes[best.node].id)
      marks[taxonomy.mark("label")] = .string(model.nodes[best.node].label)
      marks[taxonomy.mark("score")] = .double(best.score)
      if taxonomy.config.kind == .hierarchical { marks[taxonomy.mark("path")] = .array(model.path(of: best.node).map(JSON.string)) }
      if taxonomy.config.top > 1 {
        marks[taxonomy.mark("assignments")] = .array(
          findings.map { ["id": .string(model.nodes[$0.node].id), "label": .string(model.nodes[$0.node].label), "score": .double($0.score)] })
      }
    }
    changes["_internal"] = .object(marks)
    return changes
  }

  /// Whether a document has all of these changes already.
  func isDone(_ changes: JSONObject, in document: JSONObject) -> Bool {
    let before = document["_internal"]?.object ?? JSONObject()
    return changes.members.allSatisfy { member in
      guard member.key == "_internal" else { return (document[member.key] ?? .null) == member.value }
      return member.value.object?.members.allSatisfy { (before[$0.key] ?? .null) == $0.value } ?? true
    }
  }

  /// The entry that is added to `processing.history`.
  func history(_ taskID: String, at now: Instant) -> JSON {
    [
      "history": [
        [
          "type": "taxonomy_enrichment", "taxonomy_id": .string(taxonomy.id), "taxonomy_version": .int(taxonomy.version), "task_id": .string(taskID),
          "at": .instant(now),
        ]
      ]
    ]
  }

  // MARK: - Parts

  /// What is mapped: the fields of the node and of those above it, as far as they name some, a nearer one before a farther with the same target;
  /// else those of the taxonomy. Nil gives the whole payload.
  private func mapping(_ chain: [Int]) -> [EnrichmentField]? {
    let own = chain.compactMap { model.nodes[$0].enrichment }
    guard !own.isEmpty else { return taxonomy.config.enrichment }
    var fields: [EnrichmentField] = []
    for field in own.joined() {
      fields.removeAll { $0.target == field.target }
      fields.append(field)
    }
    return fields
  }

  /// The fields of the node and of all above it, the nearer before the farther, with those that every node has.
  private func inherited(_ chain: [Int], score: Double) -> JSONObject {
    var known = JSONObject()
    for place in chain { known.set(model.nodes[place].fields.members) }
    guard let last = chain.last else { return known }
    let node = model.nodes[last]
    if known["label"] == nil || taxonomy.config.kind == .hierarchical { known["label"] = .string(node.label) }
    guard taxonomy.config.kind == .hierarchical else { return known }
    known["category_id"] = .string(node.id)
    known["category_name"] = .string(node.label)
    known["path"] = .array(chain.map { .string(model.nodes[$0].label) })
    for (level, place) in chain.enumerated() {
      known["tier\(level + 1)_id"] = .string(model.nodes[place].id)
      known["tier\(level + 1)_name"] = .string(model.nodes[place].label)
    }
    return known
  }

  private func value(_ field: EnrichmentField, _ findings: [TaxonomyModel.Finding], _ known: JSONObject, _ document: JSONObject) -> JSON {
    func found(_ known: JSONObject, _ node: Int, _ score: Double) -> JSON {
      switch field.source {
      case "node_id": known.value(at: "node_id") ?? .string(model.nodes[node].id)
      case "score": known.value(at: "score") ?? .double(score)
      default: known.value(at: field.source) ?? .null
      }
    }
    guard let best = findings.first else { return .null }
    guard field.merge == .append else { return found(known, best.node, best.score) }
    let old = document[field.target] ?? .null
    var list = old.array ?? (old == .null ? [] : [old])
    for finding in findings {
      let value = found(inherited(model.tree.path(to: finding.node), score: finding.score), finding.node, finding.score)
      for item in value.array ?? [value] where item != .null && !list.contains(item) { list.append(item) }
    }
    return .array(list)
  }
}
