import Testing

@Suite("perigee") struct perigeePlaceholder {
  @Test("builds") func builds() { #expect(Bool(true)) }
}
