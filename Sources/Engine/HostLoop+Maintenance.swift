import Basics
import Model
import Scheduling
import Store

extension HostLoop {
  /// In maintenance nothing is taken from the agenda, which keeps everything as it is; what became due comes when it ends, as the
  /// catch-up policies say.
  var isHeld: Bool { maintenance?.holds(at: now()) ?? false }

  /// When the agenda is to be asked again.
  var wake: Instant? { isHeld ? maintenance?.until : agenda.wake }

  func hold(_ change: Maintenance?, _ reply: Reply<Result<Void, Problem>>) {
    var transaction = Transaction()
    transaction.setSetting(Maintenance.setting, to: change?.json ?? .null)
    add(transaction) { [self] outcome in
      guard case .committed = outcome else { return reply.give(.failure(outcome.problem)) }
      maintenance = change
      log(
        "info",
        change.map { "maintenance: triggers are held\($0.until.map { " until \($0)" } ?? "")\($0.note.map { ": \($0)" } ?? "")" }
          ?? "maintenance is over")
      reply.give(.success(()))
    }
  }
}

extension Maintenance {
  /// Under this name it outlives a restart.
  static let setting = "maintenance"
}

extension Host {
  /// Holds all triggers, or lets them go on.
  func setMaintenance(_ maintenance: Maintenance?) throws(Problem) { try ask { .hold(maintenance, $0) } as Void }

  /// The maintenance that holds the triggers now.
  func maintenance() throws(Problem) -> Maintenance? {
    let now = surroundings.now()
    let found = Maintenance(try read { reader throws(Problem) in try reader.setting(Maintenance.setting, at: now) })
    return found.flatMap { $0.holds(at: now) ? $0 : nil }
  }
}
