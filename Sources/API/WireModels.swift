import Basics
import CAssets

/// The operations' requests and answers as JSON Schema, the contract's and our own.
struct WireModels: Sendable {
  /// What is known of one operation.
  struct Entry: Sendable {
    /// The SDK's class and method, `TriggersApi.create_trigger`; nil for an operation that only we have.
    var sdk: String?
    var request: JSON?
    var isRequestRequired: Bool
    var response: JSON?
  }

  private static let read = Result { () throws(Problem) in try WireModels() }

  /// The models, read when somebody first asks for them and kept from then on.
  static func shared() throws(Problem) -> WireModels { try read.get() }

  private var operations: [String: JSON] = [:]
  private var schemas = JSONObject()

  init() throws(Problem) {
    for asset in [cassets_contract_models(), cassets_own_models()] {
      let json = try JSON(
        parsing: UnsafeRawBufferPointer(start: asset.bytes, count: asset.size), limits: JSONLimits(depth: 64, bytes: asset.size))
      // Parameters have other names in some of our paths.
      for member in json["operations"]?.object?.members ?? [] where operations[Self.shape(member.key)] == nil {
        operations[Self.shape(member.key)] = member.value
      }
      schemas.members += json["schemas"]?.object?.members ?? []
    }
  }

  func entry(_ method: String, _ path: String) -> Entry? {
    guard let found = operations[Self.shape("\(method) \(path)")] else { return nil }
    return Entry(
      sdk: found["sdk"]?.string, request: found["request"], isRequestRequired: found["required"]?.bool ?? false, response: found["response"])
  }

  /// The method and path without the names of parameters.
  private static func shape(_ text: String) -> String {
    text.split(separator: "/").map { $0.hasPrefix("{") ? "{}" : String($0) }.joined(separator: "/")
  }

  func schema(_ name: String) -> JSONObject? { schemas[name]?.object }

  /// The models that a schema leads to, also by others.
  func reachable(from roots: [JSON]) -> JSONObject {
    var found = JSONObject()
    var names: Set<String> = []
    var open = roots
    while let next = open.popLast() {
      switch next {
      case .array(let items): open += items
      case .object(let object):
        if let name = Self.name(of: next), names.insert(name).inserted, let schema = schemas[name] {
          found.members.append(.init(key: name, value: schema))
          open.append(schema)
        }
        open += object.members.map(\.value)
      default: continue
      }
    }
    found.members.sort { $0.key < $1.key }
    return found
  }

  static func name(of schema: JSON) -> String? {
    schema["$ref"]?.string.flatMap { $0.split(separator: "/").last.map(String.init) }
  }
}
