extension Schema {
  /// What makes a trigger and only an edit changes stands apart from what its fires and runs move: SQLite writes a row as a whole, and that of a
  /// trigger is written twice for each fire.
  static let definitions = """
    CREATE TABLE trigger_definitions (
      trigger_id TEXT PRIMARY KEY NOT NULL, name TEXT, description TEXT, action_config TEXT NOT NULL, schedule_config TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
    INSERT INTO trigger_definitions SELECT trigger_id, name, description, action_config, schedule_config FROM triggers ORDER BY trigger_id;
    ALTER TABLE triggers DROP COLUMN name;
    ALTER TABLE triggers DROP COLUMN description;
    ALTER TABLE triggers DROP COLUMN action_config;
    ALTER TABLE triggers DROP COLUMN schedule_config;
    """
}
