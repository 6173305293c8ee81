import Testing

@Suite("Clustering") struct ClusteringPlaceholder {
  @Test("builds") func builds() { #expect(Bool(true)) }
}
