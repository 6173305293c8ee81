import Basics
import Testing

@testable import Store

@Suite("The tape of statements")
struct StatementTapeTests {
  /// Every kind of value, texts on both sides of the length from which they keep their own memory.
  private static func parameters(_ random: inout SeededRandom) -> [(name: String, value: Value)] {
    (0..<Int.random(in: 0...20, using: &random)).map { index in
      let name = index % 3 == 0 ? "p\(index)" : "a_rather_long_name_of_a_parameter_\(index)"
      let value: Value =
        switch Int.random(in: 0..<8, using: &random) {
        case 0: .null
        case 1: .integer(Int64.random(in: .min ... .max, using: &random))
        case 2: .real(Double.random(in: -1e300...1e300, using: &random))
        case 3: .text("")
        case 4: .text(String(repeating: "ü", count: Int.random(in: 0...40, using: &random)))
        case 5: .text(String(repeating: "x", count: Int.random(in: 4090...4100, using: &random)))
        case 6: .blob((0..<Int.random(in: 0...9, using: &random)).map { UInt8($0) })
        default: .floats((0..<Int.random(in: 0...9, using: &random)).map { Float($0) })
        }
      return (name, value)
    }
  }

  private func same(_ a: [(name: String, value: Value)], _ b: [(name: String, value: Value)]) -> Bool {
    a.count == b.count && zip(a, b).allSatisfy { $0.name == $1.name && $0.value == $1.value }
  }

  private func read(_ tape: StatementTape) -> [(statement: Int, expected: Int64, list: [(name: String, value: Value)])] {
    var result: [(Int, Int64, [(name: String, value: Value)])] = []
    tape.walk { head, parameters in result.append((Int(head.statement), head.expected, parameters.list)) }
    return result
  }

  @Test("gives back what was put on it, statement by statement", arguments: 0..<50 as Range<UInt64>)
  func roundTrip(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let statements = (0..<Int.random(in: 1...30, using: &random)).map { _ in
      (
        statement: Statement.allCases.randomElement(using: &random) ?? .guardEpoch, expected: Int64.random(in: 0...3, using: &random),
        list: Self.parameters(&random)
      )
    }
    // Written in two parts that are put together afterwards.
    let half = Int.random(in: 0...statements.count, using: &random)
    var (first, second) = (StatementTape(), StatementTape())
    for (index, entry) in statements.enumerated() {
      if index < half {
        first.begin(entry.statement, expecting: entry.expected)
        first.put(entry.list)
      } else {
        second.begin(entry.statement, expecting: entry.expected)
        second.put(entry.list)
      }
    }
    first.append(second)
    let found = read(first)
    #expect(found.count == statements.count)
    for (found, put) in zip(found, statements) {
      #expect(found.statement == put.statement.rawValue && found.expected == put.expected)
      #expect(same(found.list, put.list))
    }
  }

  @Test("copies share nothing once one of them is written")
  func copies() {
    var one = StatementTape()
    one.begin(.guardEpoch)
    one.put("shard", 1)
    var other = one
    one.put("epoch", 2)
    other.put("epoch", "three")
    #expect(same(read(one)[0].list, [("shard", .integer(1)), ("epoch", .integer(2))]))
    #expect(same(read(other)[0].list, [("shard", .integer(1)), ("epoch", .text("three"))]))
    one.removeAll()
    #expect(one.isEmpty && read(one).isEmpty && !other.isEmpty)
    one.begin(nil)
    one.put([("x", .real(1.5))])
    #expect(same(read(one)[0].list, [("x", .real(1.5))]) && read(one)[0].expected == -1)
    #expect(read(other)[0].list.count == 2)
  }
}
