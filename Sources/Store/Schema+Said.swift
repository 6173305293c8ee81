extension Schema {
  /// What clients say of namespaces and collections, and are told again.
  static let said = """
    ALTER TABLE namespaces ADD COLUMN mode TEXT NOT NULL DEFAULT 'standalone';
    -- A collection that is not enabled is filled by no batch.
    ALTER TABLE collections ADD COLUMN enabled INTEGER NOT NULL DEFAULT 1;
    """
}
