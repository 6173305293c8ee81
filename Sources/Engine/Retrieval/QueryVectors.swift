import Basics
import Model
import Scripting
import Store

/// What a search looks for, as a vector of the collection that it looks into: given, a document's, or made of a text as the collection's own
/// extractor makes them.
struct QueryVectors {
  let host: Host
  let namespaceID: String
  let cancellation: Cancellation

  /// Nil when there is nothing to look for.
  func vector(for query: RetrieverSearch.Query, in collection: Collection, _ index: VectorIndex, path: String) throws(Problem) -> [Float]? {
    switch query {
    case .nothing: return nil
    case .vector(let vector):
      do throws(Problem) { try Document.check(vector, against: index) } catch { throw error.within(path) }
      return vector
    case .document(let id, let collectionName):
      let home = try collectionName.map { name throws(Problem) in
        try host.collection(name, in: namespaceID, path: "\(path).document_ref.collection_id")
      }
      guard let document = try host.read({ reader throws(Problem) in try reader.document(id, collectionID: home?.id, in: namespaceID) }) else {
        throw Problem(.notFound, "document '\(id)' does not exist", path: "\(path).document_ref.document_id")
      }
      guard let vector = document.vectors[index.name] else {
        throw Problem(
          .invalid, "document '\(id)' has no vector '\(index.name)'",
          hint: document.vectors.isEmpty ? "It has none" : "It has: \(document.vectors.keys.sorted().joined(separator: ", "))",
          path: "\(path).document_ref.document_id")
      }
      do throws(Problem) { try Document.check(vector, against: index) } catch { throw error.within(path) }
      return vector
    case .text(let text): return try vector(of: text, in: collection, index, path: path)
    }
  }

  private func vector(of text: String, in collection: Collection, _ index: VectorIndex, path: String) throws(Problem) -> [Float]? {
    let extractor = try FeatureExtractor(collection.extractor)
    let made: [Float]?
    switch extractor.method {
    case .passthrough:
      throw Problem(
        .invalid, "collection '\(collection.name)' has no extractor that makes vectors of texts",
        hint: "Give a vector: {\"input_mode\": \"vector\", \"value\": [\(index.dimensions) numbers]}", path: path)
    case .hashing(let settings):
      try checkName(settings.index, index, collection, path)
      let words = try host.read { reader throws(Problem) in try reader.wordCounts(of: collection.id) }
      let hashing = HashingVectors(settings: settings)
      // A text without a word points nowhere, and nothing is near to it.
      made =
        hashing.vector(of: hashing.terms(of: text), with: words ?? HashingVectors.emptyCounts()) ?? Array(repeating: 0, count: settings.dimensions)
    case .http(let endpoint):
      try checkName(endpoint.index, index, collection, path)
      guard let courier = host.configuration.courier else {
        throw Problem(.unsupported, "this host has no way to other servers", hint: "Let 'perigee serve' run it", path: path)
      }
      made = try asked(text, endpoint, courier, path: path)
    case .script(let reference): made = try scripted(text, reference, collection, index)
    }
    guard let made else { throw Problem(.invalid, "the extractor of '\(collection.name)' made no vector of the text", path: path) }
    do throws(Problem) { try Document.check(made, against: index) } catch { throw error.within(path) }
    return made
  }

  private func asked(_ text: String, _ endpoint: FeatureExtractor.Endpoint, _ courier: Courier, path: String) throws(Problem) -> [Float]? {
    // Tasks have threads of their own, and may wait.
    let isRequest = ReadLimit.current != nil
    if isRequest, !host.searchers.enter() {
      throw Problem(
        .unavailable, "\(endpoint.url) keeps other searches waiting", hint: "Try again when it answers, or search by a vector", path: path,
        details: Self.mayPass)
    }
    defer { if isRequest { host.searchers.leave() } }
    switch try Embeddings(endpoint, courier, host.surroundings, cancellation).vectors(of: [text]).first {
    case .success(let vector)?: return vector
    case .failure(let failure)?:
      throw Problem(
        .unavailable, failure.message, hint: "The collection's extractor has to answer for a search by text", path: path,
        details: failure.kind == .transient ? Self.mayPass : [:])
    case nil: return nil
    }
  }

  /// What tells a client that the same request may go through later.
  private static let mayPass: [String: JSON] = ["http_status": 503, "retry_after_seconds": 2, "retryable": true]

  private func checkName(_ own: String, _ index: VectorIndex, _ collection: Collection, _ path: String) throws(Problem) {
    guard own != index.name else { return }
    throw Problem(
      .invalid, "the extractor of '\(collection.name)' fills the index '\(own)', not '\(index.name)'",
      hint: "Search '\(own)', or give a vector", path: path, didYouMean: own)
  }

  /// The script sees the text as the object `{id = "query", text = …}`.
  private func scripted(_ text: String, _ reference: ScriptReference, _ collection: Collection, _ index: VectorIndex) throws(Problem) -> [Float]? {
    let session = ScriptSession(host, namespaceID: namespaceID, trigger: nil, writes: .none)
    let script = try host.script(reference, as: [.hook], in: namespaceID, called: "\(collection.name) extractor")
    let context: JSONObject = [
      "now": .double(Double(host.surroundings.now().milliseconds) / 1000), "task_id": "query", "collection_id": .string(collection.id),
    ]
    let run = ScriptBench(host).run(
      script, kind: .hook, in: namespaceID, isolation: reference.isolation, context: context, state: nil,
      arguments: [["id": "query", "text": .string(text)]], session: session,
      cancellation: cancellation)
    guard let vector = try run.values().first?["vectors"]?[index.name] else { return nil }
    return try vector.floats()
  }
}
