import Basics

/// Finds what a method and path are for: patterns such as `/v1/triggers/{trigger_id}`, in a tree of segments.
///
/// A literal segment wins over a parameter, also when the parameter's pattern was added first. `HEAD` is answered by what `GET` finds.
/// A slash at the end of a path is forgiven.
package struct Router<Route: Sendable>: Sendable {
  package enum Match: Sendable {
    case found(Route, [String: String])
    /// The path exists, for these methods.
    case methodNotAllowed([String])
    /// The nearest pattern or path that exists, if one is near.
    case notFound(nearest: String?)
  }

  private struct Leaf: Sendable {
    var route: Route
    var names: [String]
  }

  private struct Node: Sendable {
    var literals: [String: Int] = [:]
    var parameter: Int?
    var leaves: [String: Leaf] = [:]
  }

  private var nodes = [Node()]
  private var patterns: [[String]] = []

  package init() {}

  /// Adds a route. Two routes with the same method and shape of path are our own mistake.
  package mutating func add(_ method: String, _ pattern: String, _ route: Route) {
    let segments = pattern.split(separator: "/").map(String.init)
    var at = 0
    var names: [String] = []
    for segment in segments {
      if segment.isParameter {
        names.append(String(segment.dropFirst().dropLast()))
        let next = nodes[at].parameter ?? grow()
        nodes[at].parameter = next
        at = next
      } else {
        let next = nodes[at].literals[segment] ?? grow()
        nodes[at].literals[segment] = next
        at = next
      }
    }
    precondition(nodes[at].leaves[method] == nil, "\(method) \(pattern) is routed twice")
    if nodes[at].leaves.isEmpty { patterns.append(segments) }
    nodes[at].leaves[method] = Leaf(route: route, names: names)
  }

  private mutating func grow() -> Int {
    nodes.append(Node())
    return nodes.count - 1
  }

  /// The segments are decoded, as `Request` has them.
  package func match(_ method: String, _ segments: [String]) -> Match {
    let path = segments.last == "" ? segments.dropLast() : segments[...]
    var allowed: Set<String> = []
    if let (leaf, values) = find(method, path, from: 0, [], &allowed) {
      return .found(leaf.route, Dictionary(zip(leaf.names, values)) { first, _ in first })
    }
    if allowed.contains("GET") { allowed.insert("HEAD") }
    return allowed.isEmpty ? .notFound(nearest: nearest(to: path)) : .methodNotAllowed(allowed.sorted())
  }

  /// Depth first, literals first. Collects the methods of every pattern that fits, in case none has the one asked for.
  private func find(
    _ method: String, _ path: ArraySlice<String>, from at: Int, _ values: [String], _ allowed: inout Set<String>
  ) -> (Leaf, [String])? {
    let node = nodes[at]
    guard let segment = path.first else {
      if let leaf = node.leaves[method] ?? (method == "HEAD" ? node.leaves["GET"] : nil) { return (leaf, values) }
      allowed.formUnion(node.leaves.keys)
      return nil
    }
    if let next = node.literals[segment], let found = find(method, path.dropFirst(), from: next, values, &allowed) { return found }
    // An empty segment is a mistake of the client (`/v1//x`), not a name.
    if let next = node.parameter, !segment.isEmpty { return find(method, path.dropFirst(), from: next, values + [segment], &allowed) }
    return nil
  }

  /// Compares the path with every pattern of its length, whose parameters take the path's own values; or, failing that, the path with
  /// the first segment of all paths in front, since `/triggers` is meant as `/v1/triggers`.
  private func nearest(to path: ArraySlice<String>) -> String? {
    func candidates(_ path: [String]) -> [String] {
      patterns.filter { $0.count == path.count }.map { pattern in
        "/" + zip(pattern, path).map { $0.isParameter && !$1.isEmpty ? $1 : $0 }.joined(separator: "/")
      }
    }
    let asked = "/" + path.joined(separator: "/")
    if let near = Suggestion.nearest(to: asked, in: candidates(Array(path))) { return near }
    for prefix in Set(patterns.compactMap(\.first)).sorted() where !prefix.isParameter {
      let longer = [prefix] + path
      if let near = Suggestion.nearest(to: "/" + longer.joined(separator: "/"), in: candidates(longer)) { return near }
    }
    return nil
  }
}

extension String {
  fileprivate var isParameter: Bool { hasPrefix("{") && hasSuffix("}") }
}
