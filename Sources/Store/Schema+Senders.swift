extension Schema {
  /// Whose keys they are and how often they may ask; to delete is a permission of its own, which those that may write had so far. And writes that
  /// are done once, however often they are sent.
  static let senders = """
    ALTER TABLE api_keys ADD COLUMN user_email TEXT NOT NULL DEFAULT 'owner@localhost';
    ALTER TABLE api_keys ADD COLUMN description TEXT;
    ALTER TABLE api_keys ADD COLUMN rate_limit INTEGER;
    ALTER TABLE api_keys ADD COLUMN created_by TEXT;

    -- What was answered to a write that came with a key of its sender's, so that the same write sent again is not done again.
    CREATE TABLE idempotent_writes (
      namespace_id TEXT NOT NULL REFERENCES namespaces, key TEXT NOT NULL, body_hash TEXT NOT NULL, answer TEXT NOT NULL, created_at INTEGER NOT NULL,
      PRIMARY KEY (namespace_id, key)) STRICT;
    CREATE INDEX idempotent_writes_by_age ON idempotent_writes (created_at);

    UPDATE api_keys SET scopes = replace(scopes, '"write"', '"write","delete"') WHERE scopes LIKE '%"write"%';
    """
}
