import Basics
import Model

/// The nodes of a taxonomy that is made of paths, as documents name them.
///
/// A document that carries a path lies where that says, whatever its vector: "a document is assigned the deepest node its path names" (the
/// contract's `path_field`). Only documents without one are compared with the nodes.
struct TaxonomyPaths {
  /// The field that holds a path, and what its steps are parted by where it is a text.
  let field: String
  let separator: String
  /// The place of the node of each path, which is its steps with the separator between them.
  var places: [String: Int] = [:]

  init(field: String, separator: String) { (self.field, self.separator) = (field, separator) }

  /// The steps of the path that a document carries, the root first; none when it carries none.
  func steps(of document: JSONObject) -> [String] {
    let value = document.value(at: field)
    return value?.array?.compactMap(\.string) ?? value?.string?.split(separator: separator).map { String($0).trimmed } ?? []
  }

  /// The deepest node that the document's own path names. `given`: fields that the taxonomy itself put there, which tell nothing.
  func node(of document: JSONObject, given: [String]) -> Int? {
    let root = field.split(separator: ".").first.map(String.init) ?? field
    if given.contains(field) || given.contains(root) { return nil }
    let steps = steps(of: document)
    for depth in steps.indices.reversed() { if let place = places[steps[...depth].joined(separator: separator)] { return place } }
    return nil
  }
}

extension String {
  /// Without the blanks and tabs around it.
  var trimmed: String {
    let isSpace: (Character) -> Bool = { $0 == " " || $0 == "\t" }
    return String(drop(while: isSpace).reversed().drop(while: isSpace).reversed())
  }
}
