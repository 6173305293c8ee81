import Basics
import Model
import Store

/// What a flat taxonomy takes from its retriever: its filters say which documents of the source collection are nodes, its search which vectors are
/// compared and how similar a node has to be.
///
/// Filters whose inputs have no default ask something of each search, and are left out. A retriever that does not exist chooses nothing: clients of
/// the contract have to name one, and the documents of the source collection are nodes by themselves.
struct TaxonomyChoice {
  var filter: Filter?
  var index: String?
  var least: Double?

  /// Nil without a retriever. Throws `.invalid` for one that looks into other collections.
  init?(_ taxonomy: Taxonomy, _ collection: Collection, in reader: Reader) throws(Problem) {
    guard case .documents = taxonomy.config.source, let name = taxonomy.config.retrieverID,
      let retriever = try reader.retriever(name, in: taxonomy.namespaceID)
    else { return nil }
    guard retriever.collectionIDs.contains(collection.id) else {
      throw Problem(
        .invalid, "the retriever '\(retriever.name)' does not search the source collection '\(collection.name)'",
        hint: "Give it the collection in collection_identifiers, or name another retriever", path: "config.retriever_id")
    }
    var filters: [Filter] = []
    let defaults = JSONObject(members: retriever.inputs.compactMap { input in input.standard.map { .init(key: input.name, value: $0) } })
    for (position, stage) in retriever.stages.enumerated() {
      var notes = RetrieverStage.Notes()
      let path = "stages[\(position)].config.parameters"
      switch try stage.step(defaults, path: path, notes: &notes) {
      case .filter(let filter)?: filters.append(filter)
      case .search(let search)?:
        if let filter = search.filter { filters.append(filter) }
        guard let first = search.searches.first, index == nil else { continue }
        (index, least) = (first.index, first.minimum)
      default: continue
      }
    }
    filter = filters.isEmpty ? nil : filters.count == 1 ? filters[0] : .all(filters)
  }
}
