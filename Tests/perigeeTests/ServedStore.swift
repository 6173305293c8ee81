import Basics
import Glibc
import HTTP
import Store

/// A store in a folder of its own, and the real program serving it: started, asked, killed and started again.
final class ServedStore {
  let folder = TemporaryFolder()
  var path: String { folder.file("store.db") }
  /// What it wrote to standard error in all its lives.
  var log: String { String(decoding: folder.read("log"), as: UTF8.self) }
  private(set) var child: Child?
  private var client: Client?
  private var key = ""

  /// False when it died before it could say where it listens.
  @discardableResult func start(extra: [String: String] = [:], words: [String] = []) throws -> Bool {
    let child = try Child(
      ["serve", "--store", path, "--port", "0", "--json"] + words, extra: extra, errors: folder.file("log"))
    self.child = child
    guard let line = child.line(), case .object(let banner) = try JSON(parsing: line), let url = banner["url"]?.string else { return false }
    client = Client(try Endpoint(url.replacing("http://", with: "")))
    if let key = banner["key"]?.string { self.key = key }
    return true
  }

  /// Status and body of an answer; throws when there is none.
  func send(_ method: String, _ path: String, _ body: JSON? = nil) throws(Problem) -> (status: Int, body: JSON) {
    guard let client else { throw Problem(.unavailable, "nobody listens") }
    let answer = try client.send(
      method, path, headers: ["Authorization": "Bearer \(key)", "Content-Type": "application/json"], body: body?.bytes ?? [])
    return (answer.status, try answer.json())
  }

  /// The body of a good answer.
  @discardableResult func ask(_ method: String, _ path: String, _ body: JSON? = nil) throws(Problem) -> JSON {
    let (status, answer) = try send(method, path, body)
    guard status == 200 else { throw Problem(.unavailable, "\(method) \(path): \(status) \(answer.text)") }
    return answer
  }

  /// Waits until it has ended by itself; nil when a signal ended it.
  @discardableResult func wait() -> Int32? { end(0) }

  @discardableResult func end(_ signal: Int32 = SIGTERM) -> Int32? {
    defer { child = nil }
    return child?.end(signal)
  }

  /// Waits until no task is pending or running.
  func settle() throws(Problem) {
    for status in ["PENDING", "IN_PROGRESS"] {
      while try ask("POST", "/v1/tasks/list", ["status": .string(status), "limit": 1])["results"] != [] {}
    }
  }

  func read<T>(_ body: (Reader) throws(Problem) -> T) throws(Problem) -> T {
    let readers = Readers(path: path, count: 1, surroundings: .real)
    defer { readers.close() }
    return try readers.read(body)
  }

  deinit { end(SIGKILL) }
}
