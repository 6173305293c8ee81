import API
import Basics
import Engine
import HTTP
import Model
import Store
import TestSupport

/// How a request gets to the service: straight into it, or over a real socket. Every scenario runs both ways.
enum Transport: String, CaseIterable, Sendable { case direct, socket }

/// A service over a temporary store, with an admin key.
final class Scenario {
  struct Answer {
    var status: Int
    var json: JSON
    var headers: Headers
    var text: String
  }

  let store: TemporaryStore
  let service: Service
  private var client: Client?
  /// Where it listens, over a socket.
  private(set) var endpoint: Endpoint?
  var key: String?

  init(_ transport: Transport, maxBody: Int = 16 << 20) throws {
    store = try TemporaryStore()
    var configuration = Service.Configuration(endpoints: [], maxBody: maxBody, handlerThreads: 4, localToken: "local-token")
    if transport == .socket { configuration.endpoints = [.tcp(host: "127.0.0.1", port: 0)] }
    service = Service(host: store.host, configuration: configuration)
    if transport == .socket {
      guard let endpoint = try service.start().first else { throw Problem(.internal, "no endpoint") }
      client = Client(endpoint)
      self.endpoint = endpoint
    }
    key = try makeKey("admin")
  }

  deinit {
    client?.disconnect()
    service.stop(draining: .zero)
  }

  func makeKey(_ name: String, scopes: [APIKey.Scope] = APIKey.Scope.allCases, namespaces: [String] = []) throws -> String {
    let (key, secret) = APIKey.make(name: name, scopes: scopes, namespaces: namespaces, surroundings: .real)
    var transaction = Transaction()
    transaction.insert(key)
    try store.host.commit(transaction)
    return secret
  }

  /// `headers` come beside the key; a body is sent as JSON text.
  func send(_ method: String, _ path: String, _ body: JSON? = nil, headers: [(String, String)] = [], raw: String? = nil) throws -> Answer {
    var all = Headers()
    if let key { all.append("Authorization", "Bearer \(key)") }
    let bytes = raw.map { Array($0.utf8) } ?? body?.bytes ?? []
    if !bytes.isEmpty { all.append("Content-Type", "application/json") }
    for (name, value) in headers { all.set(name, value) }
    if let client {
      let answer = try client.send(method, path, headers: all, body: bytes)
      return Answer(status: answer.status, json: (try? answer.json()) ?? .null, headers: answer.headers, text: answer.text)
    }
    do throws(Rejection) {
      let response = service.answer(try Request(method, path, headers: all, body: bytes))
      var content: [UInt8] = []
      if case .bytes(let bytes) = response.body { content = bytes }
      return Answer(
        status: response.status, json: (try? JSON(parsing: content)) ?? .null, headers: response.headers,
        text: String(decoding: content, as: UTF8.self))
    } catch {
      return Answer(status: error.status, json: .null, headers: Headers(), text: error.message)
    }
  }

  /// A collection `words` with one index `v` of three dimensions.
  func makeWords() throws {
    _ = try send("POST", "/v1/collections", ["collection_name": "words", "vector_indexes": [["name": "v", "dimensions": 3, "metric": "cosine"]]])
  }
}
