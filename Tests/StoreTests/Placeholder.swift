import Testing

@Suite("Store") struct StorePlaceholder {
  @Test("builds") func builds() { #expect(Bool(true)) }
}
