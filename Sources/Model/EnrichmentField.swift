package import Basics

/// A field of a taxonomy's node that documents under it get.
package struct EnrichmentField: Sendable, Equatable {
  package enum Merge: String, Sendable, CaseIterable { case replace, append }

  /// Where the value is in the node, with dots.
  package var source: String
  /// The document's field.
  package var target: String
  /// Whether the value takes the old one's place, or is added to a list.
  package var merge: Merge

  package init(source: String, target: String? = nil, merge: Merge = .replace) {
    self.source = source
    self.target = target ?? source
    self.merge = merge
  }

  /// `{field_path, target_field?, merge_mode?}`; a target that is one of the system's own names is refused.
  package init(_ json: JSON, path: String) throws(Problem) {
    let fields = try Fields(json, path: path, accepting: ["field_path", "target_field", "merge_mode"])
    source = try fields.required("field_path", example: "\"label\"")
    target = try fields.string("target_field") ?? source
    merge = try fields.choice("merge_mode") ?? .replace
    if target.isEmpty || Document.reserved.contains(target) {
      throw Problem(
        .invalid, "target_field '\(target)' belongs to the system", hint: "Choose another name, for example \"category\"",
        path: fields.at("target_field"))
    }
  }

  /// Nil when none are given.
  package static func list(_ json: JSON?, path: String) throws(Problem) -> [EnrichmentField]? {
    guard let json, json != .null else { return nil }
    guard let items = json.array else { throw Problem(.invalid, "expected an array, got \(json.typeName)", path: path) }
    var result: [EnrichmentField] = []
    for (position, item) in items.enumerated() { result.append(try EnrichmentField(item, path: "\(path)[\(position)]")) }
    return result
  }

  package var json: JSON { ["field_path": .string(source), "target_field": .string(target), "merge_mode": .string(merge.rawValue)] }
}
