package import Basics
package import Model

extension Transaction {
  package mutating func insert(_ retriever: Retriever) {
    add(
      .insertRetriever,
      [
        ("retriever_id", .text(retriever.id)), ("namespace_id", .text(retriever.namespaceID)), ("name", .text(retriever.name)),
        ("description", .optional(retriever.description)), ("version", .integer(retriever.version)), ("definition", .json(retriever.stored)),
        ("created_at", .instant(retriever.createdAt)), ("updated_at", .instant(retriever.updatedAt)), ("created_by", .optional(retriever.createdBy)),
      ])
  }

  /// Writes the next version. Lost (`retriever`) when it is gone, or somebody has changed it since `expected`.
  package mutating func update(_ retriever: Retriever, expecting expected: Int64) {
    add(
      .updateRetriever,
      [
        ("name", .text(retriever.name)), ("description", .optional(retriever.description)), ("version", .integer(retriever.version)),
        ("definition", .json(retriever.stored)), ("updated_at", .instant(retriever.updatedAt)), ("retriever_id", .text(retriever.id)),
        ("expected", .integer(expected)),
      ], expecting: .exactly(1), guardName: "retriever")
  }

  /// Deletes a retriever with its executions.
  package mutating func deleteRetriever(_ retrieverID: String) {
    add(.deleteRetrievalsOfRetriever, [("retriever_id", .text(retrieverID))])
    add(.deleteRetriever, [("retriever_id", .text(retrieverID))], expecting: .exactly(1), guardName: "retriever")
  }

  /// Keeps an execution, and of older ones of the same retriever as many as `keep`; a few go at a time, so that nobody waits long.
  package mutating func append(_ execution: RetrieverExecution, keeping keep: Int64) {
    add(
      .insertRetrieval,
      [
        ("execution_id", .text(execution.id)), ("retriever_id", .text(execution.retrieverID)), ("namespace_id", .text(execution.namespaceID)),
        ("status", .text(execution.status.rawValue)), ("created_at", .instant(execution.createdAt)),
        ("completed_at", .instant(execution.completedAt)), ("milliseconds", .real(execution.milliseconds)),
        ("processed", .integer(execution.processed)), ("returned", .integer(execution.returned)), ("details", .json(execution.details)),
      ])
    add(.deleteOldRetrievals, [("retriever_id", .text(execution.retrieverID)), ("limit", .integer(8)), ("keep", .integer(keep))])
  }
}

extension Reader {
  /// A retriever by its identifier or its name.
  package func retriever(_ identifier: String, in namespaceID: String) throws(Problem) -> Retriever? {
    try connection.first(.retriever, [("namespace_id", .text(namespaceID)), ("identifier", .text(identifier))], Retriever.read)
  }

  /// In the order in which they were made.
  package func retrievers(in namespaceID: String, _ page: Page = Page(limit: 1000)) throws(Problem) -> Listing<Retriever> {
    let parameters: Connection.Parameters = [("namespace_id", .text(namespaceID))]
    return Listing(
      items: try connection.rows(.retrievers, parameters + page.parameters, Retriever.read),
      total: try connection.number(.countRetrievers, parameters))
  }

  package func retrieval(_ executionID: String, of retrieverID: String) throws(Problem) -> RetrieverExecution? {
    try connection.first(
      .retrieval, [("retriever_id", .text(retrieverID)), ("execution_id", .text(executionID))], RetrieverExecution.read)
  }

  /// Newest first.
  package func retrievals(
    of retrieverID: String, status: RetrieverExecution.Status? = nil, _ page: Page
  ) throws(Problem) -> Listing<RetrieverExecution> {
    let parameters: Connection.Parameters = [("retriever_id", .text(retrieverID)), ("status", .optional(status?.rawValue))]
    return Listing(
      items: try connection.rows(.retrievals, parameters + page.parameters, RetrieverExecution.read),
      total: try connection.number(.countRetrievals, parameters))
  }
}

extension Retriever {
  static func read(_ row: inout Row) throws(Problem) -> Retriever {
    let (id, namespaceID, name, description, version) = (row.text(), row.text(), row.text(), row.optionalText(), row.int())
    let (stored, createdAt, updatedAt, createdBy) = (try row.json(), row.instant(), row.instant(), row.optionalText())
    do throws(Problem) {
      return try Retriever(
        id: id, namespaceID: namespaceID, name: name, description: description, version: version, stored: stored, createdAt: createdAt,
        updatedAt: updatedAt, createdBy: createdBy)
    } catch { throw error.within("retrievers.\(id)") }
  }
}

extension RetrieverExecution {
  static func read(_ row: inout Row) throws(Problem) -> RetrieverExecution {
    RetrieverExecution(
      id: row.text(), retrieverID: row.text(), namespaceID: row.text(), status: try row.word(), createdAt: row.instant(), completedAt: row.instant(),
      milliseconds: row.real(), processed: row.int(), returned: row.int(), details: try row.object())
  }
}
