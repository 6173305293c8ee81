package import Basics
package import Engine
import Glibc
package import Model
package import Scheduling

/// A store in a folder of its own that disappears with the value, a host over it, and a clock for both.
package final class TemporaryStore {
  package let folder: String
  package let clock: ManualClock
  package private(set) var host: Host
  private let log: @Sendable (String, String) -> Void
  package var path: String { folder + "/perigee.db" }

  private let retention: Retention
  private let zones: Zones
  private let courier: Courier?
  private let syncRoots: [String]

  /// `log` hears what the host says: level, message.
  package init(
    clock: ManualClock = ManualClock(), zones: Zones = Zones(), retention: Retention = Retention(), courier: Courier? = nil, syncRoots: [String] = [],
    log: @escaping @Sendable (String, String) -> Void = { _, _ in }
  ) throws {
    var template = Array("/tmp/perigee-test-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw Problem(.unavailable, "no temporary folder") }
    folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    self.clock = clock
    self.retention = retention
    self.zones = zones
    self.courier = courier
    self.syncRoots = syncRoots
    self.log = log
    host = try Host.open(
      Host.Configuration(
        path: folder + "/perigee.db", surroundings: clock.surroundings, zones: zones, retention: retention, courier: courier, syncRoots: syncRoots,
        log: log))
  }

  /// Closes the host and opens the same file again, as after a restart.
  package func reopen() throws {
    host.close()
    host = try Host.open(
      Host.Configuration(
        path: path, surroundings: clock.surroundings, zones: zones, retention: retention, courier: courier, syncRoots: syncRoots, log: log))
  }

  /// Moves the clock and waits until everything that became due has been done.
  package func advance(by duration: Duration) throws {
    clock.advance(by: duration)
    host.clockMoved()
    try host.settle()
  }

  deinit {
    host.close()
    for name in ["perigee.db", "perigee.db-wal", "perigee.db-shm", "perigee.db.lock"] { unlink(folder + "/" + name) }
    rmdir(folder)
  }

  /// Performs an operation in the default namespace.
  @discardableResult
  package func call(
    _ operation: String, path: [String: String] = [:], query: JSONObject = [:], body: JSON = [:], caller: Caller = .local
  ) throws(Problem) -> JSON {
    guard let found = Operation.named(operation) else { throw Problem(.internal, "no operation '\(operation)'") }
    let namespace = found.inNamespace ? try host.defaultNamespace(for: caller) : nil
    switch try found.perform(host, Call(caller: caller, namespace: namespace, path: path, query: query, body: body)) {
    case .json(let value), .accepted(let value), .kept(let value, _): return value
    case .nothing: return .null
    case .events: throw .streamsOnlyOverHTTP
    case .text(let text, _): return .string(text)
    }
  }
}
