import Basics
import Scripting
import Testing

/// Where this test's data lies.
func dataFolder(_ name: String, _ file: String = #filePath) -> String {
  file.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/") + "/Data/" + name
}

/// Work on a thread with a stack that is large enough for Lua.
func onScriptThread<Value: Sendable>(_ work: sending @escaping () -> Value) throws -> Value { try ScriptThread.run(work) }

@Suite("Hostile scripts") struct HostileTests {
  static let all = try? HostileCorpus(folder: dataFolder("hostile"))
  static let known = try? HostileCorpus(folder: dataFolder("known_5.4.4"))

  @Test("end as their first line says, in time, with the alarm and with a count hook", arguments: all?.entries ?? [], HostileCorpus.Way.allCases)
  func corpus(entry: HostileCorpus.Entry, way: HostileCorpus.Way) throws {
    let result = try onScriptThread { HostileCorpus.run(entry, way) }
    // Tests are built without optimisation and run beside each other; `scripts/hostile` holds the shipped program to the times themselves.
    #expect(HostileCorpus.complaint(entry, result, way, patience: 4) == nil)
  }

  @Test("are all there") func complete() throws {
    #expect(try #require(Self.all).entries.count >= 350)
    #expect(try #require(Self.known).entries.count == 5)
    #expect(try #require(Self.all).entries.allSatisfy { !$0.expected.isEmpty })
  }

  @Test("that crash Debian's Lua 5.4.4 end in order", arguments: known?.entries ?? [], HostileCorpus.Way.allCases)
  func knownCrashes(entry: HostileCorpus.Entry, way: HostileCorpus.Way) throws {
    let result = try onScriptThread { HostileCorpus.run(entry, way) }
    #expect(["error", "killed", "nil", "0"].contains(result.outcome), "\(result)")
    #expect(result.milliseconds < 4 * 600)
  }
}
