import Model
import Store

/// The members of the run before beside the documents of this one: which of them were there, and where.
struct EarlierMembers {
  let members: RunMembers
  /// For each document of this run its row among the members, -1 for new ones.
  let rows: [Int32]

  private struct Key: Hashable {
    var collection: String
    var document: String
  }

  init(_ members: RunMembers, beside documents: VectorSet) {
    self.members = members
    var known: [Key: Int32] = [:]
    known.reserveCapacity(members.count)
    for row in 0..<members.count { known[Key(collection: members.collection(of: row), document: members.documentIDs[row])] = Int32(row) }
    rows = (0..<documents.count).map { known[Key(collection: documents.collectionIDs[$0], document: documents.documentIDs[$0])] ?? -1 }
  }

  /// How many documents both runs know.
  var common: Int { rows.count { $0 >= 0 } }
}
