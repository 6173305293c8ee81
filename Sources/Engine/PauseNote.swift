import Basics
import Model
import Store

/// Who paused a trigger, when, and why.
struct PauseNote {
  var note: String?
  var by: String
  var at: Instant
  /// When it ends by itself.
  var until: Instant?

  init(note: String?, by: String, at: Instant, until: Instant? = nil) {
    self.note = note
    self.by = by
    self.at = at
    self.until = until
  }

  init?(_ json: JSON?) {
    guard let json, let by = json["by"]?.string, let at = json["at"]?.string.flatMap({ Instant($0) }) else { return nil }
    self.init(note: json["note"]?.string, by: by, at: at, until: json["until"]?.string.flatMap { Instant($0) })
  }

  var json: JSON { ["note": .optional(note), "by": .string(by), "at": .instant(at), "until": .optional(until)] }
  /// `deploy; by ops at 2026-01-01T00:00:00Z until 2026-01-02T00:00:00Z`
  var text: String { (note.map { "\($0); " } ?? "") + "by \(by) at \(at)" + (until.map { " until \($0)" } ?? "") }

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
