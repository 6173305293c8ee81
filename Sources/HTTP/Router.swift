import Basics

/// Finds what a method and path are for: patterns such as `/v1/triggers/{trigger_id}`, in a tree of segments.
///
/// A literal segment wins over a parameter, also when the parameter's pattern was added first. `HEAD` is answered by what `GET` finds.
/// A slash at the end of a path is forgiven.
package struct Router: Sendable {
  package enum Match: Sendable {
    /// The number that the route was added with.
    case found(Int, [String: String])
    /// The path exists, for these methods.
    case methodNotAllowed([String])
    /// The nearest pattern or path that exists, if one is near.
    case notFound(nearest: String?)
  }

  private struct Leaf: Sendable {
    var route: Int
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
  package mutating func add(_ method: String, _ pattern: String, _ route: Int) {
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
    let count = segments.last == "" ? segments.count - 1 : segments.count
    var values: [String] = []
    if let leaf = find(method, segments, 0, count, from: 0, &values) {
      return .found(leaf.route, values.isEmpty ? [:] : Dictionary(zip(leaf.names, values)) { first, _ in first })
    }
    var allowed: Set<String> = []
    collect(segments[..<count], from: 0, &allowed)
    if allowed.contains("GET") { allowed.insert("HEAD") }
    return allowed.isEmpty ? .notFound(nearest: nearest(to: segments[..<count])) : .methodNotAllowed(allowed.sorted())
  }

  /// Depth first, literals first; `at` of `count` segments are behind.
  private func find(_ method: String, _ path: [String], _ at: Int, _ count: Int, from place: Int, _ values: inout [String]) -> Leaf? {
    guard at < count else { return nodes[place].leaves[method] ?? (method == "HEAD" ? nodes[place].leaves["GET"] : nil) }
    let segment = path[at]
    if let next = nodes[place].literals[segment], let found = find(method, path, at + 1, count, from: next, &values) { return found }
    // An empty segment is a mistake of the client (`/v1//x`), not a name.
    guard let next = nodes[place].parameter, !segment.isEmpty else { return nil }
    values.append(segment)
    if let found = find(method, path, at + 1, count, from: next, &values) { return found }
    values.removeLast()
    return nil
  }

  /// The methods of every pattern that fits, for a path that is there for others.
  private func collect(_ path: ArraySlice<String>, from place: Int, _ methods: inout Set<String>) {
    let node = nodes[place]
    guard let segment = path.first else { return methods.formUnion(node.leaves.keys) }
    if let next = node.literals[segment] { collect(path.dropFirst(), from: next, &methods) }
    if let next = node.parameter, !segment.isEmpty { collect(path.dropFirst(), from: next, &methods) }
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
