import Basics
import Model
import Store

/// How much of each document an answer shows: its vectors or their names, some of its fields, and the documents that it refers to.
struct DocumentView {
  private enum Names {
    case none, listed
    case given([String])
  }

  private static let expandLimit = 50
  private static let childLimit = 100

  /// Whether vectors have to be read.
  let needsVectors: Bool
  let select: [String]?
  private let vectors: Bool
  private let names: Names
  private let expand: [String]

  /// Reads `return_vectors`, `return_vector_names`, `select`, `expand`. In a query string lists are texts with commas.
  init(_ fields: Fields) throws(Problem) {
    vectors = try fields.bool("return_vectors") ?? false
    switch fields["return_vector_names"] {
    case nil, false?, "false"?, ""?: names = .none
    case true?, "true"?: names = .listed
    default:
      names = .given(try Self.list(fields, "return_vector_names")?.map { $0.split(separator: "/").last.map(String.init) ?? $0 } ?? [])
    }
    if case .none = names { needsVectors = vectors } else { needsVectors = true }
    select = try Self.list(fields, "select")
    expand = try Self.list(fields, "expand") ?? []
  }

  private static func list(_ fields: Fields, _ key: String) throws(Problem) -> [String]? {
    if case .string(let text)? = fields[key] { return text.split(separator: ",").map(String.init) }
    return try fields.strings(key)
  }

  /// What a query has to select; nil where references are followed, which may be in fields that are not shown.
  var selectInStore: [String]? { expand.isEmpty ? select : nil }

  /// The documents as they are shown, and what is missing of them in a way that one could not see.
  func show(_ documents: [Document], _ host: Host, in namespaceID: String) throws(Problem) -> (shown: [JSON], warnings: [String]) {
    guard !expand.isEmpty else { return (documents.map { .object(plain($0)) }, []) }
    var known: [String: JSON] = [:]
    var left: Set<String> = []
    let shown = try host.read { reader throws(Problem) in
      var shown: [JSON] = []
      for document in documents {
        var cut = document
        if let select { cut.fields = cut.fields.keeping(select) }
        var json = plain(cut)
        var expanded = JSONObject()
        for field in expand {
          if let found = try Self.lineage(field, of: document, in: namespaceID, reader) {
            expanded[field] = found
            continue
          }
          let (ids, isList) = Self.references(document.fields, field)
          for id in ids where known[id] == nil {
            guard known.count < Self.expandLimit else {
              left.insert(id)
              continue
            }
            known[id] = try reader.document(id, in: namespaceID, vectors: false)?.json() ?? .null
          }
          let found = ids.compactMap { known[$0] }.filter { $0 != .null }
          expanded[field] = isList ? .array(found) : found.first ?? .null
        }
        json["_expanded"] = .object(expanded)
        shown.append(.object(json))
      }
      return shown
    }
    guard !left.isEmpty else { return (shown, []) }
    return (shown, ["\(left.count) more documents are referred to than the \(Self.expandLimit) that one request expands"])
  }

  /// One document.
  func show(_ document: Document, _ host: Host, in namespaceID: String) throws(Problem) -> JSON {
    try show([document], host, in: namespaceID).shown.first ?? .null
  }

  private func plain(_ document: Document) -> JSONObject {
    var json = document.json(vectors: vectors).object ?? JSONObject()
    guard needsVectors else { return json }
    let all = document.vectors.keys.sorted()
    switch names {
    case .none: break
    case .listed: json["_vectors"] = .array(all.map(JSON.string))
    case .given(let wanted):
      for name in wanted where document.fields[name] == nil {
        if let vector = document.vectors[name] { json[name] = .array(vector.map { .double(Double($0)) }) }
      }
      json["_vectors"] = .array(all.map(JSON.string))
    }
    return json
  }

  /// The identifiers in a field, which may be one, a list, or in the objects of a list; and whether it is a list.
  private static func references(_ fields: JSONObject, _ path: String) -> (ids: [String], isList: Bool) {
    var (ids, isList): ([String], Bool) = ([], false)
    func walk(_ json: JSON?, _ keys: ArraySlice<Substring>) {
      switch json {
      case .array(let items):
        isList = true
        for item in items { walk(item, keys) }
      case .object(let object): if let key = keys.first { walk(object[String(key)], keys.dropFirst()) }
      case .string(let text): if keys.isEmpty, !ids.contains(text) { ids.append(text) }
      default: break
      }
    }
    walk(.object(fields), path.split(separator: ".")[...])
    return (ids, isList)
  }

  /// What a document was made of, or what was made of it; nil for a word that is a field's name.
  private static func lineage(_ word: String, of document: Document, in namespaceID: String, _ reader: Reader) throws(Problem) -> JSON? {
    func parent(of document: Document) throws(Problem) -> Document? {
      guard let id = document.fields[Lineage.sourceDocument]?.string else { return nil }
      return try reader.document(id, collectionID: document.fields[Lineage.sourceCollection]?.string, in: namespaceID, vectors: false)
    }
    func root() throws(Problem) -> JSON {
      guard let bucket = document.fields[Lineage.rootBucket]?.string, let id = document.fields[Lineage.rootObject]?.string else { return .null }
      return try reader.object(id, in: bucket)?.json ?? .null
    }
    switch word {
    case "parent": return try parent(of: document)?.json() ?? .null
    case "root_object": return try root()
    case "ancestors":
      var chain: [JSON] = []
      var next = try parent(of: document)
      // A chain that somebody closed to a ring ends here.
      while let one = next, chain.count < expandLimit {
        chain.append(one.json())
        next = try parent(of: one)
      }
      let object = try root()
      return .array((object == .null ? [] : [object]) + chain.reversed())
    case "children":
      let made = Filter.all([
        .compare(field: Lineage.sourceDocument, .eq, .string(document.id)),
        .compare(field: Lineage.sourceCollection, .eq, .string(document.collectionID)),
      ])
      let query = DocumentQuery(namespaceID: namespaceID, filter: made, page: Page(limit: childLimit))
      return .array(try reader.documents(query).items.map { $0.json() })
    default: return nil
    }
  }
}
