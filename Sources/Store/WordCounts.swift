package import Basics

/// How many documents of a collection hold a word, for every word: by its place in a table, as the hashing extractor counts them.
package struct WordCounts: Sendable, Equatable {
  /// Of documents that were counted.
  package var documents: Int64
  package var counts: [UInt32]
  /// Goes up with each write; the store takes a write only over the version that was read.
  package var version: Int64

  package init(documents: Int64 = 0, counts: [UInt32], version: Int64 = 0) {
    self.documents = documents
    self.counts = counts
    self.version = version
  }
}

extension Transaction {
  /// Lost (`word counts`) when somebody else has written since they were read.
  package mutating func put(_ words: WordCounts, of collectionID: String) {
    add(
      .putWordCounts,
      [
        ("collection_id", .text(collectionID)), ("documents", .integer(words.documents)), ("counts", .blob(words.bytes)),
        ("version", .integer(words.version)),
      ], expecting: .exactly(1), guardName: "word counts")
  }
}

extension Reader {
  /// Nil as long as nothing has been counted.
  package func wordCounts(of collectionID: String) throws(Problem) -> WordCounts? {
    try connection.first(.wordCounts, [("collection_id", .text(collectionID))]) { row throws(Problem) in
      let documents = row.int()
      let bytes = row.bytes()
      let counts = (0..<bytes.count / 4).map { UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: $0 * 4, as: UInt32.self)) }
      return WordCounts(documents: documents, counts: counts, version: row.int())
    }
  }
}

extension WordCounts {
  /// Little-endian, four bytes each.
  fileprivate var bytes: [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(counts.count * 4)
    for count in counts { withUnsafeBytes(of: count.littleEndian) { result.append(contentsOf: $0) } }
    return result
  }
}
