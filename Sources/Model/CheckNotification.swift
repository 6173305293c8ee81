package import Basics

/// Whom a scheduled check tells of its verdict, and when.
package struct CheckNotification: Sendable, Equatable {
  /// At each flip of the verdict, at each failure, or always.
  package enum Occasion: String, Sendable, CaseIterable { case change, failure, always }

  package var channels: [NotificationChannel]
  package var occasion: Occasion
  /// Whether the message of an error is told as it is.
  package var includesDiagnostics: Bool

  package init(_ json: JSON, path: String) throws(Problem) {
    let fields = try Fields(json, path: path, accepting: ["channels", "notify_on", "include_internal_diagnostics"])
    channels = try NotificationChannel.list(fields)
    occasion = try fields.choice("notify_on") ?? .change
    includesDiagnostics = try fields.bool("include_internal_diagnostics") ?? false
  }

  /// `before`: how the run before this one ended; nil for the first, which counts as having followed a good one.
  package func speaks(passed: Bool, before: Bool?) -> Bool {
    switch occasion {
    case .always: true
    case .failure: !passed
    case .change: passed != (before ?? true)
    }
  }
}
