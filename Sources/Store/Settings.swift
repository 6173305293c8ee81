package import Basics

// Settings of the store itself and notes on its things. They lie among the keys and values, under a namespace that nobody can name: the empty one.

extension Transaction {
  /// Null takes the setting away; with `until` it goes by itself.
  package mutating func setSetting(_ name: String, to value: JSON, until end: Instant? = nil) {
    if value == .null { deleteValue(name, in: "") } else { setValue(name, to: value, in: "", expiresAt: end) }
  }
}

extension Reader {
  package func setting(_ name: String, at now: Instant) throws(Problem) -> JSON? { try value(name, in: "", at: now) }
}
