package import Basics
package import Model

extension Transaction {
  /// Keeps a run's members, and of the definition's older runs those of one more.
  package mutating func put(_ members: RunMembers, keeping other: String?) {
    add(
      .deleteMembersBut,
      [("cluster_id", .text(members.clusterID)), ("run_id", .text(members.runID)), ("other", .text(other ?? members.runID))])
    add(
      .putMembers,
      [
        ("run_id", .text(members.runID)), ("cluster_id", .text(members.clusterID)), ("namespace_id", .text(members.namespaceID)),
        ("documents", .strings(members.documentIDs)), ("collections", .strings(members.collections)), ("ordinals", .int32s(members.ordinals)),
        ("labels", .int32s(members.labels)), ("probabilities", members.probabilities.isEmpty ? .null : .floats(members.probabilities)),
        ("dimensions", .integer(Int64(members.dimensions))), ("coordinates", .floats(members.coordinates)),
      ])
  }
}

extension Reader {
  /// The members of a run; nil when they are not kept any more, or the run found none.
  package func members(of runID: String) throws(Problem) -> RunMembers? {
    try connection.first(.members, [("run_id", .text(runID))]) { row throws(Problem) in
      RunMembers(
        runID: row.text(), clusterID: row.text(), namespaceID: row.text(), documentIDs: try row.strings(), collections: try row.strings(),
        ordinals: row.int32s(), labels: row.int32s(), probabilities: row.floats(), dimensions: Int(row.int()), coordinates: row.floats())
    }
  }
}
