import Testing

@Suite("Engine") struct EnginePlaceholder {
  @Test("builds") func builds() { #expect(Bool(true)) }
}
