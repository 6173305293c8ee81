import Basics
import Model
import Scripting
import Store

extension Host {
  /// The script that a reference means: its text as given, or the stored one's version that is named, else the active one, as it is at this
  /// moment. `name` is what one given in place is called in its errors.
  func script(_ reference: ScriptReference, as kinds: [StoredScript.Kind], in namespaceID: String, called name: String) throws(Problem) -> Script {
    switch reference.origin {
    case .source(let source): return Script(name: name, version: 1, source: source)
    case .stored(let identifier, let version):
      let (stored, text) = try storedScript(identifier, version: version, in: namespaceID)
      guard kinds.contains(stored.kind) else {
        throw Problem(
          .invalid, "script '\(stored.name)' is a \(stored.kind.rawValue), and a \(kinds.map(\.rawValue).joined(separator: " or ")) is wanted here",
          hint: "Name one of that kind: perigee scripts list --kind \(kinds[0].rawValue)", path: "name")
      }
      return Script(name: stored.name, version: Int(text.number), source: text.source)
    }
  }

  /// A stored script with one of its versions: the one named, else the active one.
  func storedScript(_ identifier: String, version: Int64?, in namespaceID: String) throws(Problem) -> (StoredScript, ScriptVersion) {
    let stored = try storedScript(identifier, in: namespaceID)
    guard let number = version ?? stored.activeVersion else {
      throw Problem(
        .conflict, "script '\(stored.name)' has no active version: its tests fail", hint: "See perigee scripts test \(stored.name)", path: "name")
    }
    let found = try read { reader throws(Problem) in try reader.scriptVersion(number, of: stored.id) }
    guard let found else {
      throw Problem(
        .notFound, "script '\(stored.name)' has no version \(number)", hint: "It has versions 1 to \(stored.lastVersion)", path: "version")
    }
    return (stored, found)
  }

  func storedScript(_ identifier: String, in namespaceID: String, kind: StoredScript.Kind? = nil) throws(Problem) -> StoredScript {
    try read { reader throws(Problem) in
      if let found = try reader.script(identifier, in: namespaceID) { return found }
      throw .missing("script", identifier, path: "name", known: try reader.scripts(in: namespaceID, kind: kind).items.map(\.name))
    }
  }

  /// What `require` gives: a module's name for messages, and its text.
  func module(_ name: String, in namespaceID: String) throws(Problem) -> (name: String, version: Int64, source: String) {
    let stored = try storedScript(name, in: namespaceID, kind: .module)
    guard stored.kind == .module else {
      throw Problem(
        .invalid, "script '\(stored.name)' is a \(stored.kind.rawValue), and 'require' takes modules", hint: "Store it with kind \"module\"",
        path: "name")
    }
    let (_, version) = try storedScript(name, version: nil, in: namespaceID)
    return (stored.name, version.number, version.source)
  }
}
