import Testing

@testable import Engine

@Suite("Triggers that are slow to answer") struct SlowTriggersTests {
  @Test("are those whose last answer took long, until one does not") func last() {
    let slow = SlowTriggers()
    slow.note("trg_a", took: .milliseconds(100))
    slow.note("trg_b", took: .microseconds(50))
    #expect(slow.contains("trg_a") && !slow.contains("trg_b") && !slow.contains("trg_c"))
    slow.note("trg_a", took: .milliseconds(1))
    slow.note("trg_b", took: SlowTriggers.limit)
    #expect(!slow.contains("trg_a") && slow.contains("trg_b"))
  }

  @Test("are forgotten rather than remembered without end") func bounded() {
    let slow = SlowTriggers()
    for number in 0..<25_000 { slow.note("trg_\(number)", took: .seconds(1)) }
    #expect(slow.contains("trg_24999") && !slow.contains("trg_0"))
  }
}
