import Basics
import CAssets
import Model

/// The scripts that come with perigee, and the tests of those that have some.
struct Examples {
  struct Example {
    var name: String
    var source: String
    var kind: String
    var description: String
  }

  /// By name; tests are not among them.
  static let all: [Example] = texts.filter { !$0.key.hasSuffix("_test") }.sorted { $0.key < $1.key }.map { name, source in
    Example(name: name, source: source, kind: header("kind", source), description: header("description", source))
  }

  /// Every text by name, tests as `NAME_test`.
  static let texts: [String: String] = {
    var texts: [String: String] = [:]
    for index in 0..<cassets_example_count() {
      let example = cassets_example_at(index)
      texts[String(cString: example.name)] = String(decoding: UnsafeBufferPointer(start: example.text.bytes, count: example.text.size), as: UTF8.self)
    }
    return texts
  }()

  private static func header(_ key: String, _ source: String) -> String {
    let prefix = "-- \(key): "
    return source.split(separator: "\n").first { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) } ?? ""
  }
}

extension Command {
  static let examples = Command(
    name: "examples", summary: "List the example scripts", examples: [Example("perigee examples", "name, kind, what it does")]
  ) { invocation in
    if invocation.wantsJSON {
      invocation.console.print(
        .array(Examples.all.map { ["name": .string($0.name), "kind": .string($0.kind), "description": .string($0.description)] }))
      return .ok
    }
    var table = Table([Table.Column("NAME"), Table.Column("KIND"), Table.Column("DESCRIPTION", elastic: true)])
    for example in Examples.all { table.add(example.name, example.kind, example.description) }
    table.print(to: invocation.console)
    if invocation.console.out.isTerminal { invocation.console.say("'perigee example NAME' prints one; NAME_test its tests.") }
    return .ok
  }

  static let example = Command(
    name: "example", summary: "Print an example script",
    positionals: [Positional("NAME", .one, "As 'perigee examples' lists them; NAME_test for its tests")],
    examples: [
      Example("perigee example urgent > urgent.lua", "a predicate to begin with"),
      Example("perigee example urgent_test > urgent_test.lua", "its tests"),
      Example("perigee example seed | perigee run -", "try one at once"),
    ]
  ) { invocation throws(Problem) in
    let name = invocation.word(0) ?? ""
    guard let text = Examples.texts[name] else {
      let isTest = name.hasSuffix("_test") && Examples.texts[String(name.dropLast(5))] != nil
      throw Problem(
        .notFound, isTest ? "the example '\(name.dropLast(5))' has no tests" : "there is no example '\(name)'",
        hint: isTest ? "Batch scripts are tried with 'perigee run --dry-run'" : "'perigee examples' lists them",
        didYouMean: Suggestion.nearest(to: name, in: Examples.texts.keys.sorted()))
    }
    if invocation.wantsJSON {
      invocation.console.print(["name": .string(name), "source": .string(text)])
    } else {
      invocation.console.out.write(Array(text.utf8))
    }
    return .ok
  }
}
