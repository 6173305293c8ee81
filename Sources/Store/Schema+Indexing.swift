extension Schema {
  /// Version 15: new documents come into the indexes of their fields by a statement of their own (`Transaction.insert`). A trigger lets SQLite keep
  /// a copy of every page that an insertion touches, in case it fails behind it: a sixth of all that an insertion takes, also where no index is.
  static let indexing = """
    DROP TRIGGER documents_come;

    DROP VIEW document_values;
    CREATE VIEW document_values (namespace_id, index_id, collection_id, value, position) AS
      SELECT documents.namespace_id, payload_indexes.index_id, documents.collection_id, \(value(of: "documents")), documents.position
      FROM documents JOIN payload_indexes ON payload_indexes.namespace_id = documents.namespace_id;
    """
}
