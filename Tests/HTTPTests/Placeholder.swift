import Testing

@Suite("HTTP") struct HTTPPlaceholder {
  @Test("builds") func builds() { #expect(Bool(true)) }
}
