package import Basics
package import Model

extension Transaction {
  /// A new taxonomy with its first version.
  package mutating func insert(_ taxonomy: Taxonomy) {
    add(
      .insertTaxonomy,
      [
        ("taxonomy_id", .text(taxonomy.id)), ("namespace_id", .text(taxonomy.namespaceID)), ("name", .text(taxonomy.name)),
        ("description", .optional(taxonomy.description)), ("version", .integer(taxonomy.version)), ("metadata", .json(taxonomy.metadata)),
        ("created_at", .instant(taxonomy.createdAt)), ("updated_at", .instant(taxonomy.updatedAt)),
      ])
    insertVersion(of: taxonomy)
  }

  /// Writes what is no configuration. With a `version` above `expected`, which is the newest that was read, the configuration becomes a version
  /// of its own. Lost (`taxonomy`) when it is gone, or somebody has made a version since.
  package mutating func update(_ taxonomy: Taxonomy, expecting expected: Int64) {
    add(
      .updateTaxonomy,
      [
        ("name", .text(taxonomy.name)), ("description", .optional(taxonomy.description)), ("version", .integer(taxonomy.version)),
        ("metadata", .json(taxonomy.metadata)), ("updated_at", .instant(taxonomy.updatedAt)), ("taxonomy_id", .text(taxonomy.id)),
        ("expected", .integer(expected)),
      ], expecting: .exactly(1), guardName: "taxonomy")
    if taxonomy.version > expected { insertVersion(of: taxonomy) }
  }

  private mutating func insertVersion(of taxonomy: Taxonomy) {
    add(
      .insertTaxonomyVersion,
      [
        ("taxonomy_id", .text(taxonomy.id)), ("version", .integer(taxonomy.version)), ("config", .json(taxonomy.config.object)),
        ("created_at", .instant(taxonomy.updatedAt)),
      ])
  }

  /// Deletes a taxonomy with all of its versions; what documents got from it stays.
  package mutating func deleteTaxonomy(_ taxonomyID: String) {
    add(.deleteTaxonomyVersions, [("taxonomy_id", .text(taxonomyID))])
    add(.deleteTaxonomy, [("taxonomy_id", .text(taxonomyID))], expecting: .exactly(1), guardName: "taxonomy")
  }
}

extension Reader {
  /// A taxonomy by its identifier or its name, in the given version or the newest.
  package func taxonomy(_ identifier: String, in namespaceID: String, version: Int64? = nil) throws(Problem) -> Taxonomy? {
    try connection.first(
      .taxonomy, [("namespace_id", .text(namespaceID)), ("identifier", .text(identifier)), ("version", .optional(version))], Taxonomy.read)
  }

  /// In the order in which they were made, each in its newest version.
  package func taxonomies(in namespaceID: String, _ page: Page = Page(limit: 1000)) throws(Problem) -> Listing<Taxonomy> {
    let parameters: Connection.Parameters = [("namespace_id", .text(namespaceID))]
    return Listing(
      items: try connection.rows(.taxonomies, parameters + page.parameters, Taxonomy.read),
      total: try connection.number(.countTaxonomies, parameters))
  }

  /// Newest first.
  package func taxonomyVersions(of taxonomyID: String, _ page: Page = Page(limit: 1000)) throws(Problem) -> [Taxonomy] {
    try connection.rows(.taxonomyVersions, [("taxonomy_id", .text(taxonomyID))] + page.parameters, Taxonomy.read)
  }
}

extension Taxonomy {
  static func read(_ row: inout Row) throws(Problem) -> Taxonomy {
    let (id, namespaceID, name, description, version) = (row.text(), row.text(), row.text(), row.optionalText(), row.int())
    return Taxonomy(
      id: id, namespaceID: namespaceID, name: name, description: description, version: version,
      config: try TaxonomyConfig(try row.json(), path: "taxonomies.\(id).config"), metadata: try row.object(), createdAt: row.instant(),
      updatedAt: row.instant())
  }
}
