/// To which cluster a run gave each document, and where that lies on its map.
package struct RunMembers: Sendable, Equatable {
  package var runID: String
  package var clusterID: String
  package var namespaceID: String
  package var documentIDs: [String]
  /// The collections that the documents are in, each once.
  package var collections: [String]
  /// By document: its place in `collections`.
  package var ordinals: [Int32]
  /// By document: the number of its cluster (`cl_7` is 7), -1 for noise.
  package var labels: [Int32]
  /// By document: how firmly it belongs to its cluster; empty where the algorithm does not say.
  package var probabilities: [Float]
  /// Dimensions of the map: 2 or 3, or 0 when there is none.
  package var dimensions: Int
  /// `dimensions` for each document.
  package var coordinates: [Float]

  package init(
    runID: String, clusterID: String, namespaceID: String, documentIDs: [String], collections: [String], ordinals: [Int32], labels: [Int32],
    probabilities: [Float] = [], dimensions: Int = 0, coordinates: [Float] = []
  ) {
    self.runID = runID
    self.clusterID = clusterID
    self.namespaceID = namespaceID
    self.documentIDs = documentIDs
    self.collections = collections
    self.ordinals = ordinals
    self.labels = labels
    self.probabilities = probabilities
    self.dimensions = dimensions
    self.coordinates = coordinates
  }

  package var count: Int { documentIDs.count }
  package func collection(of document: Int) -> String { collections[Int(ordinals[document])] }
  package func place(of document: Int) -> ArraySlice<Float> { coordinates[document * dimensions..<(document + 1) * dimensions] }
}
