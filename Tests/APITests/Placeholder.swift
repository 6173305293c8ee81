import Testing

@Suite("API") struct APIPlaceholder {
  @Test("builds") func builds() { #expect(Bool(true)) }
}
