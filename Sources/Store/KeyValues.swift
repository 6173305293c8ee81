package import Basics

extension Transaction {
  /// Writes a value under a key. Integers can be counted up afterwards.
  package mutating func setValue(_ key: String, to json: JSON, in namespaceID: String, expiresAt: Instant? = nil) {
    var (value, number) = (Value.json(json), Value.null)
    if case .int(let integer) = json { (value, number) = (.null, .integer(integer)) }
    add(
      .setValue,
      [("namespace_id", .text(namespaceID)), ("key", .text(key)), ("value", value), ("number", number), ("expires_at", .optional(expiresAt))])
  }

  /// Adds to the integer under a key, 0 when there is none; the new number is returned. Lost (`integer`) when the value is no integer.
  ///
  /// Two that count at once both count. An `expiresAt` of nil leaves the old one.
  package mutating func incrementValue(_ key: String, by difference: Int64, in namespaceID: String, expiresAt: Instant? = nil, at now: Instant) {
    add(
      .incrementValue,
      [
        ("namespace_id", .text(namespaceID)), ("key", .text(key)), ("by", .integer(difference)), ("expires_at", .optional(expiresAt)),
        ("now", .instant(now)),
      ], expecting: .exactly(1), guardName: "integer")
  }

  /// Takes a key away; one that is not there stays so.
  package mutating func deleteValue(_ key: String, in namespaceID: String) {
    add(.deleteValue, [("namespace_id", .text(namespaceID)), ("key", .text(key))])
  }

  /// Takes away what has expired, in every namespace. Readers do not see it either way.
  package mutating func deleteExpiredValues(at now: Instant) { add(.deleteExpiredValues, [("now", .instant(now))]) }
}

extension Reader {
  package func value(_ key: String, in namespaceID: String, at now: Instant) throws(Problem) -> JSON? {
    try connection.first(.value, [("namespace_id", .text(namespaceID)), ("key", .text(key)), ("now", .instant(now))], JSON.read)
  }

  /// The keys that begin so and their values, in the order of the keys' bytes.
  package func values(
    prefix: String = "", in namespaceID: String, at now: Instant, limit: Int = 1000
  ) throws(Problem) -> [(key: String, value: JSON)] {
    let parameters: Connection.Parameters = [
      ("namespace_id", .text(namespaceID)), ("from", .text(prefix)), ("now", .instant(now)), ("limit", .integer(Int64(limit))),
    ]
    return try connection.rows(.values, parameters) { row throws(Problem) in (key: row.text(), value: try JSON.read(&row)) }
  }
}

extension JSON {
  /// The columns `value` and `number`.
  fileprivate static func read(_ row: inout Row) throws(Problem) -> JSON {
    let value = try row.optionalJSON()
    let number = row.optionalInt()
    return value ?? number.map(JSON.int) ?? .null
  }
}
