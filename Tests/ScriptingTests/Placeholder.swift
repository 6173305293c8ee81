import Testing

@Suite("Scripting") struct ScriptingPlaceholder {
  @Test("builds") func builds() { #expect(Bool(true)) }
}
