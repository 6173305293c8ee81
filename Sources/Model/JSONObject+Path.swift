package import Basics

extension JSONObject {
  /// The value that keys with dots between them lead to; nil also where it is null. A member whose own name has dots goes first, on every level.
  package func value(at path: String) -> JSON? {
    if let direct = self[path] { return direct == .null ? nil : direct }
    guard let dot = path.firstIndex(of: ".") else { return nil }
    return self[String(path[..<dot])]?.object?.value(at: String(path[path.index(after: dot)...]))
  }

  /// Sets the value that keys with dots between them lead to, and makes the objects on the way.
  package mutating func setValue(_ value: JSON, at path: String) {
    let keys = path.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    set(value, at: keys[...])
  }

  private mutating func set(_ value: JSON, at keys: ArraySlice<String>) {
    guard let key = keys.first else { return }
    if keys.count == 1 {
      self[key] = value
    } else {
      var inner = self[key]?.object ?? JSONObject()
      inner.set(value, at: keys.dropFirst())
      self[key] = .object(inner)
    }
  }
}
