import Basics
import Model

/// A run as a table: a row for each group and one for each member, the groups first.
struct RunExport {
  /// Beyond this a spreadsheet is the wrong tool, and the contract answers 413.
  private static let limit = 100_000
  private static let axes = ["x", "y", "z"]
  private let run: ClusterRun
  private let members: RunMembers
  private let groups: [ClusterRun.Group]
  private let rows: [Int]

  /// With `only`, the rows of the group of that identifier or label.
  init(_ run: ClusterRun, _ members: RunMembers, only wanted: String?) throws(Problem) {
    self.run = run
    self.members = members
    guard let wanted else {
      groups = run.groups
      rows = Array(0..<members.count)
      return
    }
    let found = run.groups.filter { $0.id == wanted || run.label(of: $0) == wanted }
    guard !found.isEmpty || wanted == ClusterRun.noiseID else {
      throw Problem.missing("group", wanted, path: "cluster_label", known: run.groups.flatMap { [$0.id, run.label(of: $0)] })
    }
    let numbers = Set(found.compactMap { ClusterRun.number(of: $0.id) } + (wanted == ClusterRun.noiseID ? [-1] : []))
    groups = found
    rows = members.labels.indices.filter { numbers.contains(members.labels[$0]) }
  }

  var count: Int { groups.count + rows.count }

  func csv() throws(Problem) -> String {
    guard count <= Self.limit else {
      throw Problem(
        .tooLarge, "the run has \(count) rows", hint: "A CSV holds at most \(Self.limit): ask group by group with cluster_label=cl_0",
        path: "cluster_label")
    }
    let axes = Self.axes.prefix(members.dimensions)
    let header = ["row_type", "document_id", "collection_id", "cluster_id", "cluster_label", "num_members", "probability"] + axes
    var text = header.joined(separator: ",") + "\n"
    func add(_ cells: [String]) { text += cells.map(Self.cell).joined(separator: ",") + "\n" }
    var names: [Int32: (id: String, label: String, members: String)] = [-1: (ClusterRun.noiseID, "noise", "")]
    for group in run.groups {
      guard let number = ClusterRun.number(of: group.id) else { continue }
      names[number] = (group.id, run.label(of: group), String(group.members))
    }
    for group in groups {
      add(["centroid", "", "", group.id, run.label(of: group), String(group.members), ""] + axes.map { _ in "" })
    }
    for row in rows {
      let name = names[members.labels[row]] ?? ("cl_\(members.labels[row])", "", "")
      let probability = members.probabilities.isEmpty ? "" : "\(members.probabilities[row])"
      let cells = ["member", members.documentIDs[row], members.collection(of: row), name.id, name.label, name.members, probability]
      add(cells + members.place(of: row).map { "\($0)" })
    }
    return text
  }

  /// RFC 4180, and no formula for a spreadsheet to run: https://owasp.org/www-community/attacks/CSV_Injection
  private static func cell(_ text: String) -> String {
    var safe = text
    if let first = text.unicodeScalars.first, "=+@\t\r".unicodeScalars.contains(first) || (first == "-" && Double(text) == nil) { safe = "'" + text }
    guard safe.contains(where: { $0 == "," || $0 == "\"" || $0.isNewline }) else { return safe }
    var quoted = "\""
    for character in safe { quoted += character == "\"" ? "\"\"" : String(character) }
    return quoted + "\""
  }
}
