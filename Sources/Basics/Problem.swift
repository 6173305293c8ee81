/// What went wrong, to what, and what to do next: the one error that leaves a module.
///
/// `message` is a fact, `hint` an offer, `path` the place in the input (`schedule_config.cron_expression`).
/// Each edge translates `kind` once: the API to an HTTP status, the command line to an exit code, Lua to an error.
package struct Problem: Error, Sendable, Equatable {
  package enum Kind: String, Sendable, CaseIterable {
    /// The input is wrong; the caller can mend it (422, exit 2).
    case invalid
    /// The bytes are not what they claim to be: JSON, HTTP, NPY (400, exit 2).
    case malformed
    case unauthorized
    case forbidden
    case notFound
    case conflict
    case tooLarge
    case unsupported
    case tooMany
    /// A script failed: an error, a compile error.
    case script
    /// A script was stopped: budget, memory, deadline.
    case budget
    case cancelled
    /// The store or the machine could not: disk full, damaged file, port in use.
    case unavailable
    case `internal`
  }

  package var kind: Kind
  package var message: String
  package var hint: String?
  package var path: String?
  /// The near miss that was probably meant.
  package var didYouMean: String?
  /// Further facts for programs, e.g. `available` names or `byte_offset`.
  package var details: [String: JSON]
  /// Further problems of the same input, when several fields are wrong at once.
  package var others: [Problem]

  package init(
    _ kind: Kind, _ message: String, hint: String? = nil, path: String? = nil, didYouMean: String? = nil,
    details: [String: JSON] = [:], others: [Problem] = []
  ) {
    self.kind = kind
    self.message = message
    self.hint = hint
    self.path = path
    self.didYouMean = didYouMean
    self.details = details
    self.others = others
  }

  /// The same problem, seen from one level further out: `cron_expression` becomes `schedule_config.cron_expression`.
  package func within(_ parent: String) -> Problem {
    var outer = self
    switch path {
    case nil, "": outer.path = parent
    case let path? where path.hasPrefix("["): outer.path = parent + path
    case let path?: outer.path = parent + "." + path
    }
    outer.others = others.map { $0.within(parent) }
    return outer
  }
}

extension Problem: CustomStringConvertible {
  package var description: String {
    var text = path.map { "\($0): \(message)" } ?? message
    if let didYouMean { text += ". Did you mean '\(didYouMean)'?" }
    if let hint { text += text.hasSuffix("?") || text.hasSuffix(".") ? " \(hint)" : ". \(hint)" }
    return text
  }
}
