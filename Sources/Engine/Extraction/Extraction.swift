import Basics
import Model
import Scripting
import Store

/// Makes the documents of one collection, with its extractor, out of a piece of what it reads.
///
/// A failure concerns one item; what is thrown (cancellation, a store in trouble) concerns all.
struct Extraction {
  enum Made {
    case document(Document)
    /// The script left it out.
    case nothing
  }

  let collection: Collection
  let extractor: FeatureExtractor
  let source: CollectionSource?
  private let host: Host
  private let bench: ScriptBench
  private let task: TaskRecord
  private let cancellation: Cancellation

  init(_ collection: Collection, _ host: Host, _ bench: ScriptBench, _ task: TaskRecord, _ cancellation: Cancellation) throws(Problem) {
    self.collection = collection
    extractor = try FeatureExtractor(collection.extractor)
    source = collection.reading
    self.host = host
    self.bench = bench
    self.task = task
    self.cancellation = cancellation
  }

  func reads(bucket id: String) -> Bool { source.map { $0.kind == .bucket && $0.bucketIDs.contains(id) } ?? false }
  func reads(collection id: String) -> Bool { source.map { $0.kind == .collection && $0.collectionIDs.contains(id) } ?? false }

  /// Whether the words of the collection's documents are counted.
  var countsWords: Bool { if case .hashing = extractor.method { true } else { false } }

  /// One result per item. `words` are the collection's counts, moved by the items that `isNew` says are not counted yet.
  func documents(
    of items: [SourceItem], isNew: [Bool], words: inout WordCounts?
  ) throws(Problem) -> [Result<Made, ExtractionFailure>] {
    switch extractor.method {
    case .passthrough(let fields): return items.map { item in result { () throws(Problem) in try passed(item, fields) } }
    case .hashing(let settings): return hashed(items, isNew, HashingVectors(settings: settings), &words)
    case .http(let endpoint): return try asked(items, endpoint)
    case .script(let reference): return try scripted(items, reference)
    }
  }

  private func result(_ body: () throws(Problem) -> Document) -> Result<Made, ExtractionFailure> {
    do throws(Problem) { return .success(.document(try body())) } catch { return .failure(ExtractionFailure(error)) }
  }

  // MARK: - Own vectors

  /// Vectors come from the fields that say so, from a field `vectors`, or from the document that is read.
  private func passed(_ item: SourceItem, _ fields: [FeatureExtractor.VectorField]) throws(Problem) -> Document {
    var vectors: [String: [Float]] = [:]
    var taken: Set<String> = ["vectors"]
    for field in fields {
      taken.insert(field.field)
      guard let value = item.values.value(at: field.field), value != .null else { continue }
      vectors[field.index] = try vector(value, field.index, path: field.field)
    }
    for member in item.values["vectors"]?.object?.members ?? [] {
      vectors[member.key] = try vector(member.value, member.key, path: "vectors.\(member.key)")
    }
    for (name, vector) in item.vectors where vectors[name] == nil && collection.index(named: name)?.dimensions == vector.count {
      vectors[name] = vector
    }
    return try document(of: item, vectors, leavingOut: taken)
  }

  private func vector(_ value: JSON, _ name: String, path: String) throws(Problem) -> [Float] {
    guard let index = collection.index(named: name) else {
      let known = collection.vectorIndexes.map(\.name)
      throw Problem(
        .invalid, "collection '\(collection.name)' has no vector index '\(name)'",
        hint: known.isEmpty ? "It has none" : "It has: \(known.joined(separator: ", "))", path: path,
        didYouMean: Suggestion.nearest(to: name, in: known))
    }
    do throws(Problem) {
      let vector = try value.floats()
      try Document.check(vector, against: index)
      return vector
    } catch { throw error.within(path) }
  }

  // MARK: - Vectors of texts

  private func hashed(
    _ items: [SourceItem], _ isNew: [Bool], _ hashing: HashingVectors, _ words: inout WordCounts?
  ) -> [Result<Made, ExtractionFailure>] {
    var counts = words ?? HashingVectors.emptyCounts()
    let terms = items.map { hashing.terms(of: text(of: $0)) }
    for (terms, isNew) in zip(terms, isNew) where isNew && !terms.isEmpty { hashing.count(terms, into: &counts) }
    words = counts
    return zip(items, terms).map { item, terms in
      result { () throws(Problem) in
        guard let vector = hashing.vector(of: terms, with: counts) else { throw noText(item) }
        return try document(of: item, [hashing.settings.index: vector])
      }
    }
  }

  private func asked(_ items: [SourceItem], _ endpoint: FeatureExtractor.Endpoint) throws(Problem) -> [Result<Made, ExtractionFailure>] {
    guard let courier = host.configuration.courier else {
      throw Problem(
        .unsupported, "this host has no way to other servers", hint: "Let 'perigee serve' run it", path: "feature_extractor")
    }
    let texts = items.map(text)
    let asked = texts.indices.filter { !texts[$0].isEmpty }
    let vectors = try Embeddings(endpoint, courier, host.surroundings, cancellation).vectors(of: asked.map { texts[$0] })
    var results: [Result<Made, ExtractionFailure>] = items.map { .failure(ExtractionFailure(noText($0))) }
    for (place, vector) in zip(asked, vectors) {
      switch vector {
      case .failure(let failure): results[place] = .failure(failure)
      case .success(let vector): results[place] = result { () throws(Problem) in try document(of: items[place], [endpoint.index: vector]) }
      }
    }
    return results
  }

  /// The text that is meant: of the inputs mapped to `text` (or of all inputs, when none is called so), else of the field `text`, else of every
  /// text at the root.
  private func text(of item: SourceItem) -> String {
    let mapped = extractor.inputs.contains { $0.key == "text" } ? extractor.inputs.filter { $0.key == "text" } : extractor.inputs
    if !mapped.isEmpty { return mapped.map { Self.words(of: value(of: $0, in: item)) }.filter { !$0.isEmpty }.joined(separator: "\n") }
    if let text = item.values["text"]?.string { return text }
    return item.values.members.compactMap(\.value.string).joined(separator: "\n")
  }

  private func value(of input: FeatureExtractor.Input, in item: SourceItem) -> JSON {
    switch input.origin {
    case .literal(let value): value
    case .payload(let path): item.values.value(at: path) ?? .null
    }
  }

  private static func words(of value: JSON) -> String {
    switch value {
    case .string(let text): text
    case .array(let items): items.map(words).filter { !$0.isEmpty }.joined(separator: "\n")
    case .int, .double: value.text
    case .null, .bool, .object: ""
    }
  }

  private func noText(_ item: SourceItem) -> Problem {
    let names = extractor.inputs.compactMap { input -> String? in if case .payload(let path) = input.origin { path } else { nil } }
    return Problem(
      .invalid, "there is no text in \(names.isEmpty ? "any field" : names.map { "'\($0)'" }.joined(separator: ", "))",
      hint: "It has: \(item.values.keys.prefix(12).joined(separator: ", "))")
  }

  // MARK: - Scripts

  /// The script's function gets `ctx` and the object, and answers the document's fields, with its vectors in `vectors`; nil leaves it out.
  private func scripted(_ items: [SourceItem], _ reference: ScriptReference) throws(Problem) -> [Result<Made, ExtractionFailure>] {
    let session = ScriptSession(host, namespaceID: task.namespaceID, trigger: nil, writes: .none)
    let script = try host.script(reference, as: [.hook], in: task.namespaceID, called: "\(collection.name) extractor")
    let context: JSONObject = [
      "now": .double(Double(host.surroundings.now().milliseconds) / 1000), "task_id": .string(task.id), "collection_id": .string(collection.id),
    ]
    var results: [Result<Made, ExtractionFailure>] = []
    for item in items {
      try cancellation.check()
      let run = bench.run(
        script, kind: .hook, in: task.namespaceID, isolation: reference.isolation, context: context, state: nil,
        arguments: [.object(argument(for: item))], session: session,
        cancellation: cancellation)
      let values: [JSON]
      do throws(Problem) { values = try run.values() } catch {
        if error.kind == .cancelled { throw error }
        results.append(.failure(ExtractionFailure(error)))
        continue
      }
      switch values.first {
      case nil, .null?, .bool(false)?: results.append(.success(.nothing))
      case .object(let fields)?: results.append(result { () throws(Problem) in try document(of: item, scripted: fields) })
      case let other?:
        results.append(
          .failure(
            ExtractionFailure("the script answered \(other.typeName) \(other.brief), not a table of fields; nil leaves the object out")))
      }
    }
    return results
  }

  /// The mapped inputs under their keys, or everything when none is mapped; and who it is.
  private func argument(for item: SourceItem) -> JSONObject {
    var argument = JSONObject()
    if extractor.inputs.isEmpty {
      argument = item.values
    } else {
      for input in extractor.inputs { argument[input.key] = value(of: input, in: item) }
    }
    argument["id"] = argument["id"] ?? .string(item.id)
    return argument
  }

  private func document(of item: SourceItem, scripted fields: JSONObject) throws(Problem) -> Document {
    var vectors: [String: [Float]] = [:]
    for member in fields["vectors"]?.object?.members ?? [] {
      vectors[member.key] = try vector(member.value, member.key, path: "vectors.\(member.key)")
    }
    var document = try document(of: item, vectors)
    document.fields.set(fields.members.filter { !Document.reserved.contains($0.key) && !Lineage.names.contains($0.key) })
    return document
  }

  // MARK: - Fields

  private func document(of item: SourceItem, _ vectors: [String: [Float]], leavingOut taken: Set<String> = []) throws(Problem) -> Document {
    let now = host.surroundings.now()
    var fields = JSONObject()
    if extractor.keepsAll {
      fields.members = item.values.members.filter {
        !taken.contains($0.key) && !Document.reserved.contains($0.key) && !Lineage.names.contains($0.key)
      }
    }
    for rule in extractor.passthrough {
      if let value = item.values.value(at: rule.source) ?? rule.standard {
        fields.setValue(value, at: rule.target)
      } else if rule.isRequired {
        throw Problem(
          .invalid, "'\(rule.source)' is missing, and the collection requires it", path: rule.source,
          didYouMean: Suggestion.nearest(to: rule.source, in: item.values.keys))
      }
    }
    fields.members += item.lineage
    for (name, vector) in vectors {
      guard let index = collection.index(named: name) else {
        throw Problem(.invalid, "collection '\(collection.name)' has no vector index '\(name)'", hint: "Make the collection anew, with it")
      }
      try Document.check(vector, against: index)
    }
    return Document(
      id: item.documentID(in: collection.id), collectionID: collection.id, fields: fields, vectors: vectors, createdAt: now, updatedAt: now)
  }
}
