import Testing

@testable import perigee

@Suite("Keys") struct KeyTests {
  private func keys(_ bytes: [UInt8]) -> [Key] {
    var reader = KeyReader()
    return bytes.compactMap { reader.feed($0) }
  }

  @Test(
    "are read from a terminal's bytes",
    arguments: [
      ("a", [.character("a")]), ("\r", [.enter]), ("\t", [.tab]), ("\u{7F}", [.backspace]), ("\u{1B}[A", [.up]), ("\u{1B}OB", [.down]),
      ("\u{1B}[C", [.right]),
      ("\u{1B}[D", [.left]), ("\u{1B}[H", [.home]), ("\u{1B}[F", [.end]), ("\u{1B}[1~", [.home]), ("\u{1B}[4~", [.end]), ("\u{1B}[3~", [.delete]),
      ("\u{1B}[1;5C", [.wordRight]), ("\u{1B}b", [.wordLeft]), ("\u{1}", [.control("a")]),
      ("é日😀", [.character("é"), .character("日"), .character("😀")]),
      ("\u{1B}[99;99xq", [.unknown, .character("q")]),
    ] as [(String, [Key])])
  func read(text: String, expected: [Key]) { #expect(keys(Array(text.utf8)) == expected) }

  @Test("never stop coming, whatever bytes there are")
  func rubbish() {
    var random = SystemRandomNumberGenerator()
    var reader = KeyReader()
    for _ in 0..<10_000 { _ = reader.feed(UInt8.random(in: 0...255, using: &random)) }
    // However the rubbish ended: what a person types next arrives.
    var arrived = false
    for _ in 0..<24 { if reader.feed(UInt8(ascii: "x")) == .character("x") { arrived = true } }
    #expect(arrived)
  }
}

@Suite("A line being typed") struct EditLineTests {
  private func typed(_ text: String, _ keys: Key..., history: [String] = [], names: [String] = []) -> (line: EditLine, last: EditLine.Step) {
    var line = EditLine(history: history)
    for character in text { _ = line.handle(.character(character)) }
    var last = EditLine.Step.goOn
    for key in keys { last = line.handle(key) { Dialogue.completions(of: $0, among: names) } }
    return (line, last)
  }

  @Test("is edited with the usual keys")
  func editing() {
    #expect(typed("abc", .left, .backspace).line.text == "ac")
    #expect(typed("abc", .home, .delete).line.text == "bc")
    #expect(typed("abc", .home, .backspace).line.text == "abc")
    #expect(typed("one two", .control("w")).line.text == "one ")
    #expect(typed("one two", .wordLeft, .control("k")).line.text == "one ")
    #expect(typed("one two", .wordLeft, .control("u"), .control("y"), .end).line.text == "one two")
    #expect(typed("one.two", .home, .wordRight).line.cursor == 3)
  }

  @Test("is submitted, given up, or ends the dialogue")
  func steps() {
    #expect(typed("x", .enter).last == .submit("x"))
    #expect(typed("x", .control("c")).last == .abandon)
    #expect(typed("", .control("d")).last == .end)
    #expect(typed("x", .home, .control("d")).line.text == "")
  }

  @Test("goes through the history and back to what was begun")
  func history() {
    let old = ["first", "second"]
    #expect(typed("new", .up, history: old).line.text == "second")
    #expect(typed("new", .up, .up, .up, history: old).line.text == "first")
    #expect(typed("new", .up, .up, .down, .down, history: old).line.text == "new")
  }

  @Test(
    "is completed as far as it is certain",
    arguments: [
      ("perigee.do", "perigee.documents.", nil), ("x = perigee.kv.g", "x = perigee.kv.get", nil),
      ("perigee.kv.", "perigee.kv.", ["perigee.kv.get", "perigee.kv.set"]),
      ("nothing", "nothing", nil),
    ] as [(String, String, [String]?)])
  func completion(text: String, expected: String, offered: [String]?) {
    let (line, step) = typed(text, .tab, names: ["perigee.documents.get", "perigee.documents.put", "perigee.kv.get", "perigee.kv.set", "print"])
    #expect(line.text == expected)
    #expect(step == (offered.map { .offer($0) } ?? .goOn))
  }

  @Test("is remembered in a file of the user's own, once each time, blanks left out")
  func file() {
    let folder = TemporaryFolder()
    var history = History(path: folder.file("history"))
    for line in ["a", "a", "  ", "b", "a"] { history.add(line) }
    #expect(History(path: folder.file("history")).lines == ["a", "b", "a"])
  }
}

@Suite("What Tab offers") struct CompletionColumnTests {
  @Test("stands in columns, by the last part of a dotted name, and fits the width", arguments: [1, 20, 40, 80, 400]) func columns(width: Int) {
    let names = ["aggregate", "count", "delete", "delete_many", "distinct", "each", "get"]
    let rows = LineEditor.columns(names.map { "perigee.documents." + $0 }, width: width)
    #expect(rows.joined(separator: " ").split(separator: " ").map(String.init).sorted() == names)
    #expect(rows.allSatisfy { $0.count <= max(width, 11) })
    #expect(width < 400 || rows == ["aggregate    count        delete       delete_many  distinct     each         get"], "\(rows)")
    #expect(LineEditor.columns(["perigee.documents.", "perigee.kv."], width: 80) == ["documents.  kv."])
    #expect(LineEditor.columns(["plain", "print"], width: 8) == ["plain", "print"])
  }
}
