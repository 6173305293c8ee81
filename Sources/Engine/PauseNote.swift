import Basics
import Model
import Store

/// Who paused a trigger, when, and why.
struct PauseNote {
  var note: String?
  var by: String
  var at: Instant

  init(note: String?, by: String, at: Instant) {
    self.note = note
    self.by = by
    self.at = at
  }

  init?(_ json: JSON?) {
    guard let json, let by = json["by"]?.string, let at = json["at"]?.string.flatMap({ Instant($0) }) else { return nil }
    self.init(note: json["note"]?.string, by: by, at: at)
  }

  var json: JSON { ["note": .optional(note), "by": .string(by), "at": .instant(at)] }
  /// `deploy; by ops at 2026-01-01T00:00:00Z`
  var text: String { (note.map { "\($0); " } ?? "") + "by \(by) at \(at)" }

  /// Where the store keeps it.
  static func setting(_ id: Trigger.ID) -> String { "note/\(id)" }
}

extension Host {
  /// Keeps a note on a trigger, or with nil takes it away.
  func note(_ note: PauseNote?, on trigger: Trigger) throws(Problem) {
    var transaction = Transaction()
    transaction.setSetting(PauseNote.setting(trigger.id), to: note?.json ?? .null)
    try commit(transaction)
  }
}
