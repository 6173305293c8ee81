import Basics

@testable import Model

/// A collection with two indexes of vectors, and a clock that stands still, for tests of what documents are read from.
enum Words {
  static let surroundings = Surroundings(now: { Instant(seconds: 1_767_225_600) }, ticks: { Ticks(nanoseconds: 0) }, random: { 7 })
  static let collection = Collection(
    id: "col_1", namespaceID: "ns", name: "words",
    vectorIndexes: [VectorIndex(name: "text", dimensions: 3, metric: .cosine), VectorIndex(name: "image", dimensions: 2, metric: .dot)],
    createdAt: Instant(seconds: 0), updatedAt: Instant(seconds: 0))
}
