import Basics
import Model

/// How often a run found the node that documents say is theirs.
struct TaxonomyAgreement {
  /// Documents that name a node of the taxonomy.
  private var known = 0
  /// Those whose best node is that one, and those among whose `top_k` nodes it is.
  private var right = 0
  private var among = 0

  init() {}

  /// Goes on from what `json` said.
  init(_ json: JSON?) {
    func count(_ key: String) -> Int { Int(json?[key]?.int ?? 0) }
    (known, right, among) = (count("documents"), count("right"), count("right_among_top"))
  }

  /// Counts a piece of a run. A document that names no node, or none of these, is not counted.
  mutating func count(_ documents: [Document], _ findings: [[TaxonomyModel.Finding]], _ model: TaxonomyModel) {
    guard let field = model.taxonomy.config.classification.truthField else { return }
    for (document, found) in zip(documents, findings) {
      guard let truth = document.fields.value(at: field)?.string, model.names(truth) else { continue }
      func isTrue(_ finding: TaxonomyModel.Finding) -> Bool { model.nodes[finding.node].id == truth || model.nodes[finding.node].label == truth }
      known += 1
      if found.first.map(isTrue) ?? false { right += 1 }
      if found.contains(where: isTrue) { among += 1 }
    }
  }

  /// `{documents, right, right_among_top, accuracy, top_accuracy}`: counts, and their shares of `documents`, null where there are none.
  var json: JSON {
    func share(_ count: Int) -> JSON { known == 0 ? .null : .double(Double(count) / Double(known)) }
    return [
      "documents": .int(known), "right": .int(right), "right_among_top": .int(among), "accuracy": share(right), "top_accuracy": share(among),
    ]
  }
}
