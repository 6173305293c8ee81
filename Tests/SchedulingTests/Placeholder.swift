import Testing

@Suite("Scheduling") struct SchedulingPlaceholder {
  @Test("builds") func builds() { #expect(Bool(true)) }
}
