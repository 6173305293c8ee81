extension Schema {
  /// Evaluations are written at every check: they lie in the order of their identifiers, which is that of their time, and have one index instead
  /// of three. Those of a whole namespace are looked for when it is deleted, by going through all that are kept.
  static let decisions = """
    CREATE TABLE evaluations_in_order (
      evaluation_id TEXT PRIMARY KEY NOT NULL, trigger_id TEXT NOT NULL, namespace_id TEXT NOT NULL, outcome TEXT NOT NULL,
      reason TEXT NOT NULL, detail TEXT NOT NULL, task_id TEXT, scheduled_at INTEGER, first_at INTEGER NOT NULL, last_at INTEGER NOT NULL,
      count INTEGER NOT NULL) STRICT, WITHOUT ROWID;
    INSERT INTO evaluations_in_order SELECT evaluation_id, trigger_id, namespace_id, outcome, reason, detail, task_id, scheduled_at, first_at,
      last_at, count FROM evaluations ORDER BY evaluation_id;
    DROP TABLE evaluations;
    ALTER TABLE evaluations_in_order RENAME TO evaluations;
    CREATE INDEX evaluations_by_trigger ON evaluations (trigger_id, last_at, evaluation_id);
    """
}
