package import Model

/// A script by name with its text, as it stands in a folder or in a throw-away store.
package struct ScriptText: Sendable, Equatable {
  package var name: String
  package var kind: StoredScript.Kind
  package var source: String

  package init(name: String, kind: StoredScript.Kind, source: String) {
    self.name = name
    self.kind = kind
    self.source = source
  }
}
