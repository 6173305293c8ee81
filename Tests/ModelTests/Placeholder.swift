import Testing

@Suite("Model") struct ModelPlaceholder {
  @Test("builds") func builds() { #expect(Bool(true)) }
}
