import Basics
import Model
import Store

extension Reader {
  /// The collections that somebody names for the result of a run, by id or name.
  ///
  /// A run replaces everything in them, so one that the run reads, or that holds anything but results, is refused: a wrong name would
  /// cost its documents.
  func outputs(_ identifiers: [String], of definition: ClusterDefinition, path: String) throws(Problem) -> [Collection] {
    var outputs: [Collection] = []
    for (position, identifier) in identifiers.enumerated() {
      let at = "\(path)[\(position)]"
      guard let output = try collection(identifier, in: definition.namespaceID) else {
        throw .missing(
          "collection", identifier, path: at, known: try collections(in: definition.namespaceID, Page(limit: 100)).items.map(\.collection.name))
      }
      if definition.collectionIDs.contains(output.id) {
        throw Problem(
          .invalid, "a run of '\(definition.name)' would replace the documents of '\(output.name)' that it reads",
          hint: "Name another collection, or leave it out",
          path: at)
      }
      if !definition.outputCollectionIDs.contains(output.id), try holdsOthers(output) {
        throw Problem(
          .invalid, "collection '\(output.name)' holds documents that are not the result of a clustering, and a run would replace them",
          hint: "Name an empty collection, or leave it out", path: at)
      }
      outputs.append(output)
    }
    return outputs
  }

  private func holdsOthers(_ output: Collection) throws(Problem) -> Bool {
    let isResult = Filter.compare(field: "is_centroid", .exists, true)
    let query = DocumentQuery(
      namespaceID: output.namespaceID, collectionIDs: [output.id], filter: .none([isResult]), sort: [], page: Page(limit: 1), vectors: false)
    return try !documents(query).items.isEmpty
  }
}
