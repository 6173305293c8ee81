import Basics
import Testing

@testable import perigee

@Suite("JSON lines") struct LineReaderTests {
  private func lines(_ text: String, bufferSize: Int = 1 << 18) throws -> [LineReader.Line] {
    let folder = TemporaryFolder()
    var reader = try LineReader(path: folder.write("lines", text), bufferSize: bufferSize)
    var lines: [LineReader.Line] = []
    while let line = try reader.next() { lines.append(line) }
    return lines
  }

  @Test("come one by one with number and place, whatever the size of the buffer", arguments: [1, 2, 3, 7, 64])
  func places(bufferSize: Int) throws {
    let lines = try lines("{\"a\":1}\n\n  \r\nzwölf\r\n{}", bufferSize: bufferSize)
    #expect(lines.map { String(decoding: $0.bytes, as: UTF8.self) } == ["{\"a\":1}", "zwölf\r", "{}"])
    #expect(lines.map(\.number) == [1, 4, 5])
    #expect(lines.map(\.offset) == [0, 13, 21])
  }

  @Test("may be looked at before they are taken")
  func peek() throws {
    let folder = TemporaryFolder()
    var reader = try LineReader(path: folder.write("lines", "1\n2\n"))
    #expect(try reader.peek()?.number == 1)
    #expect(try reader.peek()?.number == 1)
    #expect(try reader.next()?.number == 1)
    #expect(try reader.next()?.number == 2)
    #expect(try reader.peek()?.number == nil)
  }

  @Test("may be none", arguments: ["", "\n", "\n \n\t\n"])
  func none(text: String) throws { #expect(try lines(text).isEmpty) }

  @Test("that are wrong are named with file, line and byte of the file")
  func wrong() throws {
    let line = LineReader.Line(number: 17, offset: 1000, bytes: Array("{\"a\": nul}".utf8))
    let problem = #expect(throws: Problem.self) { try LineReader.object(line, of: "words.ndjson") }
    #expect(problem?.message.hasPrefix("words.ndjson, line 17 (byte 1006 of the file): ") ?? false, "\(problem?.message ?? "")")
    #expect(problem?.details["byte_offset"] == 1006)
    let other = LineReader.Line(number: 1, offset: 0, bytes: Array("[1]".utf8))
    #expect(throws: Problem.self) { try LineReader.object(other, of: "x") }
  }

  @Test("of a missing file or a folder are problems")
  func missing() {
    let problem = #expect(throws: Problem.self) { _ = try LineReader(path: "/nonexistent/file").size }
    #expect(problem?.kind == .notFound)
    let other = #expect(throws: Problem.self) { _ = try LineReader(path: "/tmp").size }
    #expect(other?.kind == .invalid)
  }

  @Test("are written whole or not at all")
  func writer() throws {
    let folder = TemporaryFolder()
    folder.write("out", "old")
    do {
      var abandoned = try FileWriter(path: folder.file("out"))
      try abandoned.write(Array("new".utf8))
    }
    #expect(folder.read("out") == Array("old".utf8))
    var file = try FileWriter(path: folder.file("out"))
    try file.write([UInt8](repeating: 65, count: 1 << 19))
    try file.finish()
    #expect(folder.read("out").count == 1 << 19)
    #expect(folder.read("out.part").isEmpty)
  }
}
