extension Statement {
  /// The statements about collections, documents, their vectors and the indexes of their fields; nil for the others.
  var collectionsSQL: String? {
    switch self {
    case .insertCollection:
      """
      INSERT INTO collections (collection_id, namespace_id, name, description, metadata, source, extractor, enabled, created_at,
        updated_at)
      VALUES ($collection_id, $namespace_id, $name, $description, $metadata, $source, $extractor, $enabled, $created_at, $updated_at)
      """
    case .insertVectorIndex:
      """
      INSERT INTO vector_indexes (collection_id, name, ordinal, dimensions, metric)
      VALUES ($collection_id, $name, $ordinal, $dimensions, $metric)
      """
    case .updateCollection:
      """
      UPDATE collections SET name = $name, description = $description, metadata = $metadata, source = $source, extractor = $extractor,
        enabled = $enabled, updated_at = $updated_at
      WHERE collection_id = $collection_id
      """
    case .adjustDocumentCount: "UPDATE collections SET document_count = document_count + $by WHERE collection_id = $collection_id"
    case .recountDocuments:
      """
      UPDATE collections SET document_count = (SELECT count(*) FROM documents WHERE documents.collection_id = $collection_id)
      WHERE collection_id = $collection_id
      """
    case .deleteCollection: "DELETE FROM collections WHERE collection_id = $collection_id"
    case .deleteVectorIndexes: "DELETE FROM vector_indexes WHERE collection_id = $collection_id"
    case .deleteCollectionsOfNamespace: "DELETE FROM collections WHERE namespace_id = $namespace_id"
    case .deleteVectorIndexesOfNamespace:
      """
      DELETE FROM vector_indexes
      WHERE collection_id IN (SELECT collection_id FROM collections WHERE namespace_id = $namespace_id)
      """
    case .collection:
      """
      SELECT collection_id, namespace_id, name, description, metadata, source, extractor, enabled, created_at, updated_at
      FROM collections WHERE namespace_id = $namespace_id AND (collection_id = $identifier OR name = $identifier)
      ORDER BY CASE WHEN collection_id = $identifier THEN 0 ELSE 1 END LIMIT 1
      """
    case .collections:
      """
      SELECT collection_id, namespace_id, name, description, metadata, source, extractor, enabled, created_at, updated_at, document_count
      FROM collections WHERE namespace_id = $namespace_id ORDER BY created_at, collection_id LIMIT $limit OFFSET $offset
      """
    case .countCollections: "SELECT count(*) FROM collections WHERE namespace_id = $namespace_id"
    case .collectionIDs: "SELECT collection_id FROM collections WHERE namespace_id = $namespace_id ORDER BY created_at, collection_id"
    case .vectorIndexes: "SELECT name, dimensions, metric FROM vector_indexes WHERE collection_id = $collection_id ORDER BY ordinal, name"
    case .documentCount: "SELECT document_count FROM collections WHERE collection_id = $collection_id"
    case .insertDocument:
      """
      INSERT INTO documents (collection_id, document_id, namespace_id, position, body, created_at, updated_at)
      VALUES ($collection_id, $document_id, $namespace_id, $position, $body, $created_at, $updated_at)
      """
    case .updateDocument:
      """
      UPDATE documents SET body = $body, updated_at = $updated_at WHERE collection_id = $collection_id AND document_id = $document_id
      """
    case .deleteDocument: "DELETE FROM documents WHERE collection_id = $collection_id AND document_id = $document_id"
    case .insertVector:
      """
      INSERT INTO vectors (collection_id, index_name, position, document_id, vector)
      VALUES ($collection_id, $index_name, $position, $document_id, $vector)
      """
    case .putVector:
      """
      INSERT INTO vectors (collection_id, index_name, position, document_id, vector)
      SELECT $collection_id, $index_name, position, document_id, $vector FROM documents
      WHERE collection_id = $collection_id AND document_id = $document_id
      ON CONFLICT (collection_id, index_name, position) DO UPDATE SET vector = excluded.vector
      """
    case .deleteVectorsOfDocument:
      """
      DELETE FROM vectors WHERE collection_id = $collection_id
        AND index_name IN (SELECT name FROM vector_indexes WHERE collection_id = $collection_id)
        AND position = (SELECT position FROM documents WHERE collection_id = $collection_id AND document_id = $document_id)
      """
    case .deleteVectorPiece:
      """
      DELETE FROM vectors WHERE collection_id = $collection_id AND position IN (
        SELECT position FROM documents WHERE collection_id = $collection_id ORDER BY position LIMIT $limit)
        AND index_name IN (SELECT name FROM vector_indexes WHERE collection_id = $collection_id)
      """
    case .deleteDocumentPiece:
      """
      DELETE FROM documents WHERE collection_id = $collection_id AND position IN (
        SELECT position FROM documents WHERE collection_id = $collection_id ORDER BY position LIMIT $limit)
      RETURNING document_id
      """
    case .deleteDocumentsOfCollection: "DELETE FROM documents WHERE collection_id = $collection_id"
    case .deleteVectorsOfCollection: "DELETE FROM vectors WHERE collection_id = $collection_id"
    case .deleteVectorsOfNamespace:
      """
      DELETE FROM vectors
      WHERE collection_id IN (SELECT collection_id FROM collections WHERE namespace_id = $namespace_id)
      """
    case .deleteDocumentsOfNamespace:
      """
      DELETE FROM documents
      WHERE collection_id IN (SELECT collection_id FROM collections WHERE namespace_id = $namespace_id)
      """
    case .document:
      """
      SELECT document_id, collection_id, body, created_at, updated_at, position FROM documents WHERE collection_id = $collection_id AND
      document_id = $document_id
        AND namespace_id = $namespace_id
      """
    case .documentAnywhere:
      """
      SELECT document_id, collection_id, body, created_at, updated_at, position FROM documents WHERE namespace_id = $namespace_id AND document_id
      = $document_id
      ORDER BY created_at, collection_id LIMIT 1
      """
    case .documentBody: "SELECT body FROM documents WHERE collection_id = $collection_id AND document_id = $document_id"
    case .documentIDs: "SELECT document_id FROM documents WHERE collection_id = $collection_id ORDER BY document_id"
    case .documentExists: "SELECT 1 FROM documents WHERE collection_id = $collection_id AND document_id = $document_id"
    case .vector: "SELECT vector FROM vectors WHERE collection_id = $collection_id AND index_name = $index_name AND position = $position"
    case .countVectors: "SELECT count(*) FROM vectors WHERE collection_id = $collection_id AND index_name = $index_name"
    case .highestPosition:
      """
      SELECT COALESCE(max(highest), 0) FROM (
        SELECT (SELECT max(position) FROM documents WHERE documents.collection_id = collections.collection_id) AS highest FROM collections) AS every
      """
    case .namespaceOfCollection: "SELECT namespace_id FROM collections WHERE collection_id = $collection_id"
    case .documentAt:
      """
      SELECT document_id, collection_id, body, created_at, updated_at FROM documents WHERE collection_id = $collection_id AND position = $position
      """
    case .insertPayloadIndex:
      """
      INSERT INTO payload_indexes (index_id, namespace_id, field, path, kind, protected, origin, ready, created_at)
      VALUES ($index_id, $namespace_id, $field, $path, $kind, $protected, $origin, $ready, $created_at)
      """
    case .updatePayloadIndex:
      "UPDATE payload_indexes SET kind = $kind, protected = $protected, origin = $origin, ready = $ready WHERE index_id = $index_id"
    case .deletePayloadIndex: "DELETE FROM payload_indexes WHERE index_id = $index_id"
    case .deletePayloadIndexesOfNamespace: "DELETE FROM payload_indexes WHERE namespace_id = $namespace_id"
    case .payloadIndexes:
      """
      SELECT index_id, namespace_id, field, kind, protected, origin, ready, created_at FROM payload_indexes
      WHERE namespace_id = $namespace_id ORDER BY index_id
      """
    case .unfinishedIndexes:
      """
      SELECT index_id, namespace_id, field, kind, protected, origin, ready, created_at FROM payload_indexes WHERE ready = 0 ORDER BY index_id
      """
    case .highestPayloadIndex: "SELECT COALESCE(MAX(index_id), 0) FROM payload_indexes"
    case .fillIndex:
      """
      INSERT INTO document_fields (index_id, collection_id, value, position)
      SELECT index_id, collection_id, value, position FROM document_values
      WHERE index_id = $index_id AND collection_id = $collection_id AND position > $after AND position <= $through
      ON CONFLICT (index_id, collection_id, value, position) DO NOTHING
      """
    case .indexDocument:
      """
      INSERT INTO document_fields (index_id, collection_id, value, position)
      SELECT index_id, collection_id, value, position FROM document_values
      WHERE namespace_id = $namespace_id AND collection_id = $collection_id AND position = $position
      ON CONFLICT (index_id, collection_id, value, position) DO NOTHING
      """
    case .isIndexed: "SELECT 1 FROM payload_indexes WHERE namespace_id = $namespace_id LIMIT 1"
    case .deleteIndexPiece:
      """
      DELETE FROM document_fields WHERE index_id = $index_id AND collection_id = $collection_id AND position > $after AND position <= $through
      """
    case .indexPieceEnd:
      """
      SELECT MAX(position) FROM (
        SELECT position FROM documents WHERE collection_id = $collection_id AND position > $after ORDER BY position LIMIT $limit) AS piece
      """
    default: nil
    }
  }
}
