import Basics

/// The steps from an empty file to the newest schema, forward only, one transaction each.
///
/// A step takes the schema from `version - 1` to `version`. What a released step says never changes.
struct Migration: Sendable {
  var version: Int64
  var sql: String

  static let all = [
    Migration(version: 1, sql: Schema.first), Migration(version: 2, sql: Schema.second), Migration(version: 3, sql: Schema.third),
    Migration(version: 4, sql: Schema.fourth), Migration(version: 5, sql: Schema.fifth), Migration(version: 6, sql: Schema.sixth),
    Migration(version: 7, sql: Schema.seventh), Migration(version: 8, sql: Schema.eighth), Migration(version: 9, sql: Schema.retrieval),
    Migration(version: 10, sql: Schema.outside), Migration(version: 11, sql: Schema.senders), Migration(version: 12, sql: Schema.decisions),
    Migration(version: 13, sql: Schema.definitions), Migration(version: 14, sql: Schema.said),
    Migration(version: 15, sql: Schema.indexing),
  ]

  /// Brings the store to the newest version, and says which that is. Runs on the writing connection; refuses a newer store.
  ///
  /// A store that holds something is copied beside itself first, as `STORE.v1.backup`. Two processes may try at the same time:
  /// the write lock lets one go first, and the other finds it done.
  @discardableResult
  static func run(_ migrations: [Migration] = all, on connection: Connection, path: String, now: Instant) throws(Problem) -> Int64 {
    let newest = migrations.last?.version ?? 0
    var current = try version(of: connection)
    if current > newest {
      throw Problem(
        .unsupported, "the store \(path) has schema version \(current), and this build knows \(newest)",
        hint: "Open it with the newer perigee that wrote it, or give another --store", path: "store",
        details: ["schema_version": .int(current), "supported": .int(newest)])
    }
    if current > 0, current < newest {
      let copy = "\(path).v\(current).backup"
      if StoreFile.size(copy) == 0 { try Backup.write(connection, to: copy) }
    }
    for migration in migrations where migration.version > current {
      try translating { () throws(SQLiteFault) in try connection.control(.write) }
      do throws(Problem) {
        current = try version(of: connection)
        if migration.version > current {
          try apply(migration, on: connection, now: now)
          current = migration.version
        }
        try translating { () throws(SQLiteFault) in try connection.control(.commit) }
        CrashPoint.pass(.migrationCommitted)
      } catch {
        try? connection.control(.rollback)
        throw error
      }
    }
    return current
  }

  private static func apply(_ migration: Migration, on connection: Connection, now: Instant) throws(Problem) {
    try translating { () throws(SQLiteFault) in
      try connection.execute(
        "CREATE TABLE IF NOT EXISTS schema_migrations (version INTEGER PRIMARY KEY NOT NULL, applied_at INTEGER NOT NULL) STRICT")
      // The guard: of two that try, one loses on this key.
      try connection.run(
        connection.prepared(composed: "INSERT INTO schema_migrations (version, applied_at) VALUES ($version, $applied_at)"),
        [("version", .integer(migration.version)), ("applied_at", .instant(now))]
      ) { _ in true }
      try connection.execute(migration.sql)
      CrashPoint.pass(.migrationMiddle)
      try connection.execute("PRAGMA user_version = \(migration.version); PRAGMA application_id = \(StoreFile.applicationID)")
    }
  }

  static func version(of connection: Connection) throws(Problem) -> Int64 { try connection.number(composed: "PRAGMA user_version") }
}
