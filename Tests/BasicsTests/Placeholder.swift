import Testing

@Suite("Basics") struct BasicsPlaceholder {
  @Test("builds") func builds() { #expect(Bool(true)) }
}
