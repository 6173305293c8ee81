import Basics
import Clustering

/// `perigee classify DOCUMENTS ANCHORS`: vectors in, the nodes that they belong to out, without a store.
struct FileClassification {
  private let invocation: Invocation
  private let dimensions: Int?
  private let top: Int
  private let threshold: Double
  private let beam: Int?
  private let neighbours: Int?
  private let threads: Int

  /// What was found of each document: nodes with the cosine, or with a vote's share and the voters' mean cosine.
  private struct Findings {
    var nodes: [[Int]]
    var scores: [[Double]]
    var shares: [Double]?
    /// How many nodes there are to be found.
    var nodeCount: Int
  }

  init(_ invocation: Invocation) throws(Problem) {
    self.invocation = invocation
    dimensions = try invocation.dimensions()
    top = try invocation.int("top", in: 1...4096, example: 5) ?? 1
    beam = try invocation.int("beam", in: 1...1024, example: 3)
    neighbours = try invocation.int("neighbors", in: 1...4096, example: 15)
    threads = try invocation.threads()
    let text = invocation.text("threshold")
    let threshold = text.map { Double($0) ?? .nan } ?? -1
    guard threshold >= -1, threshold <= 1 else {
      throw Problem(
        .invalid, "'\(text ?? "")' is no cosine: -1 to 1", hint: "For example --threshold 0.5", path: "--threshold")
    }
    self.threshold = threshold
    if let out = invocation.text("out") { try checkWritable(out, option: "--out") }
    func demand(_ option: String, _ other: String, _ why: String) throws(Problem) {
      guard invocation.has(option), !invocation.has(other) else { return }
      throw Problem(.invalid, "--\(option) \(why)", hint: "Give --\(other), too", path: "--\(option)")
    }
    try demand("beam", "parents", "descends a tree, and there is none")
    try demand("examples", "labels", "are of nodes, and nothing says of which")
    try demand("neighbors", "labels", "vote with their labels, and there are none")
    if neighbours == nil { try demand("labels", "examples", "are of examples, and there are none") }
    for option in ["top", "threshold", "parents", "beam", "examples"] where neighbours != nil && invocation.has(option) {
      throw Problem(.invalid, "--\(option) is not for a vote of --neighbors", hint: "Leave one of them out", path: "--\(option)")
    }
  }

  func run() throws(Problem) -> ExitCode {
    let (documents, anchors) = try readVectors(invocation.words[0], and: invocation.words[1], dimensions: dimensions)
    let findings: Findings
    do throws(Problem) {
      if let neighbours { findings = try vote(documents, anchors, neighbours) } else { findings = try classify(documents, anchors) }
    } catch { throw Self.named(error) }
    if let out = invocation.text("out") { try LabelFile.write(findings.nodes.map { Int32($0.first ?? -1) }, to: out) }
    if invocation.wantsJSON { write(findings) } else { show(findings) }
    return .ok
  }

  /// What the files do not allow is said of the option that gave it.
  private static func named(_ problem: Problem) -> Problem {
    var problem = problem
    switch problem.path {
    case "parents", "examples", "labels": problem.path = problem.path.map { "--" + $0 }
    case "vectors", "nodes": problem.path = nil
    default: break
    }
    return problem
  }

  private func classify(_ documents: Matrix, _ given: Matrix) throws(Problem) -> Findings {
    let parents = try invocation.text("parents").map { file throws(Problem) in try LabelFile.read(file) } ?? []
    let cancellation = invocation.cancellable()
    var anchors = given
    if let file = invocation.text("examples"), let labels = invocation.text("labels") {
      let examples = try readVectors(file, dimensions: dimensions)
      anchors = try TaxonomyAnchors.learn(
        nodes: given, parents: parents, examples: examples, labels: try readLabels(labels, for: examples, of: file))
    }
    let classifier = try TaxonomyClassifier(anchors: anchors, parents: parents)
    let matches: [[TaxonomyClassifier.Match]]
    if let beam {
      matches = try classifier.descend(documents, beam: beam, threshold: threshold, threads: threads, cancellation: cancellation)
        .map { Array($0.prefix(top)) }
    } else {
      matches = try classifier.classify(documents, top: top, threshold: threshold, threads: threads, cancellation: cancellation)
    }
    return Findings(nodes: matches.map { $0.map(\.node) }, scores: matches.map { $0.map(\.similarity) }, nodeCount: anchors.rows)
  }

  private func vote(_ documents: Matrix, _ examples: Matrix, _ count: Int) throws(Problem) -> Findings {
    let labels = try readLabels(invocation.text("labels") ?? "", for: examples, of: invocation.words[1])
    let vote = try NeighbourVote(examples: examples, labels: labels, neighbours: count)
    let verdicts = try vote.classify(documents, threads: threads, cancellation: invocation.cancellable())
    return Findings(
      nodes: verdicts.map { $0.label < 0 ? [] : [Int($0.label)] }, scores: verdicts.map { $0.label < 0 ? [] : [$0.similarity] },
      shares: verdicts.map(\.share), nodeCount: Int((labels.max() ?? -1) + 1))
  }

  private func write(_ findings: Findings) {
    var writer = JSONWriter(capacity: findings.nodes.count * 24 * top + 1024)
    writer.beginObject()
    writer.member("documents", .int(findings.nodes.count))
    writer.member("node_count", .int(findings.nodeCount))
    writer.member("unassigned", .int(findings.nodes.count { $0.isEmpty }))
    writer.key("nodes")
    writer.beginArray()
    for nodes in findings.nodes { writer.value(.array(nodes.map(JSON.int))) }
    writer.endArray()
    writer.key("scores")
    writer.beginArray()
    for scores in findings.scores { writer.value(.array(scores.map(JSON.double))) }
    writer.endArray()
    if let shares = findings.shares { writer.member("shares", .array(shares.map(JSON.double))) }
    writer.endObject()
    invocation.console.out.write(writer.bytes + [0x0A])
  }

  /// The nodes with their documents for people; every document's nodes for programs.
  private func show(_ findings: Findings) {
    let console = invocation.console
    if console.out.isTerminal {
      var members: [Int: (count: Int, sum: Double)] = [:]
      for (nodes, scores) in zip(findings.nodes, findings.scores) {
        guard let node = nodes.first, let score = scores.first else { continue }
        members[node, default: (0, 0)].count += 1
        members[node, default: (0, 0)].sum += score
      }
      var table = Table([.init("node", .right), .init("documents", .right), .init("cosine", .right)])
      for (node, of) in members.sorted(by: { ($1.value.count, $0.key) < ($0.value.count, $1.key) }).prefix(20) {
        table.add("\(node)", Format.count(of.count), Format.fixed(of.sum / Double(of.count), 3))
      }
      table.print(to: console)
      if members.count > 20 { console.say("and \(Format.count(members.count - 20, "node")) more: --out FILE or --json tells all") }
    } else {
      var lines: [UInt8] = []
      for (row, nodes) in findings.nodes.enumerated() {
        for (node, score) in zip(nodes, findings.scores[row]) { lines += Array("\(row)\t\(node)\t\(Format.fixed(score, 6))\n".utf8) }
      }
      console.out.write(lines)
    }
    let none = findings.nodes.count { $0.isEmpty }
    console.say(
      "\(Format.count(findings.nodes.count, "document")) under \(Format.count(findings.nodeCount, "node"))"
        + (none > 0 ? ", \(Format.count(none)) under none" : ""))
  }
}
