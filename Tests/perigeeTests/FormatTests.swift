import Basics
import Testing

@testable import perigee

@Suite("Numbers for people") struct FormatTests {
  @Test(
    "group thousands",
    arguments: [
      (0, "0"), (7, "7"), (999, "999"), (1000, "1,000"), (20_000, "20,000"), (-1_234_567, "-1,234,567"), (Int64.min, "-9,223,372,036,854,775,808"),
    ])
  func count(value: Int64, text: String) { #expect(Format.count(value) == text) }

  @Test(
    "show about three digits",
    arguments: [
      (0.0, "0"), (1.0, "1"), (3.14159, "3.14"), (31.4159, "31.4"), (314.159, "314"), (0.0312345, "0.0312"), (0.00001, "1e-05"), (-0.5, "-0.50"),
      (12_345.6, "12346"), (.infinity, "inf"),
    ])
  func number(value: Double, text: String) { #expect(Format.number(value) == text) }

  @Test(
    "round to so many digits",
    arguments: [(0.005, 2, "0.01"), (1.999, 2, "2.00"), (-0.001, 2, "0.00"), (2.5, 0, "3"), (1e20, 2, "1e+20"), (.nan, 1, "nan")])
  func fixed(value: Double, digits: Int, text: String) { #expect(Format.fixed(value, digits) == text) }

  @Test(
    "tell lengths of time",
    arguments: [
      (Duration.microseconds(80), "0.1 ms"), (.milliseconds(9), "9.0 ms"), (.milliseconds(340), "340 ms"), (.milliseconds(2400), "2.4 s"),
      (.milliseconds(59_940), "59.9 s"), (.milliseconds(59_960), "1m 00s"), (.seconds(65), "1m 05s"), (.seconds(7500), "2h 05m"),
      (.seconds(273_600), "3d 4h"),
      (.seconds(-5), "-5.0 s"), (.milliseconds(999), "999 ms"), (.microseconds(999_700), "1.0 s"),
    ])
  func duration(value: Duration, text: String) { #expect(Format.duration(value) == text) }

  @Test(
    "tell sizes",
    arguments: [
      (0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (4_100, "4.1 kB"), (30_720_000, "30.7 MB"), (999_950, "1.0 MB"), (5_000_000_000_000, "5.0 TB"),
    ])
  func bytes(value: Int64, text: String) { #expect(Format.bytes(value) == text) }
}

@Suite("Progress") struct ProgressTests {
  @Test(
    "fits its line and shows rate and what is left",
    arguments: [
      (0.5, 100, "importing ███████████████░░░░░░░░░░░░░░░  50 %  10,000 documents  5,000/s  2.0 s left"),
      (1.0, 100, "importing ██████████████████████████████ 100 %  10,000 documents  5,000/s"),
      (nil, 100, "importing  10,000 documents  5,000/s"),
      (0.5, 62, "importing ███░░░  50 %  10,000 documents  5,000/s  2.0 s left"),
      (0.5, 50, "importing  50 %  10,000 documents  5,000/s  2.0 …"),
    ] as [(Double?, Int, String)])
  func line(fraction: Double?, width: Int, text: String) {
    let line = Progress.line("importing", 10_000, "documents", fraction: fraction, elapsed: .seconds(2), width: width)
    #expect(line == text)
    #expect(line.columnCount < width)
  }

  @Test("says nothing in a pipe, and nothing about quick work")
  func silence() {
    let (pipe, terminal) = (Recorder(), Recorder())
    var quiet = Progress("x", noun: "y", pipe.console(), standing)
    quiet.show(5, fraction: 0.5)
    var quick = Progress("x", noun: "y", terminal.console(width: 80), standing)
    quick.show(5, fraction: 0.5)
    quick.clear()
    #expect(pipe.err.isEmpty)
    #expect(terminal.err.isEmpty)
  }
}

@Suite("Tables") struct TableTests {
  private var table: Table {
    var table = Table([.init("name"), .init("count", .right), .init("text", elastic: true)])
    table.add("Käse", "7", "a\tb\u{1B}[31m")
    table.add("日本", "1,200", String(repeating: "long ", count: 30))
    return table
  }

  @Test("are aligned on a terminal, wide characters included, and cut to its width")
  func aligned() {
    let recorder = Recorder()
    table.print(to: recorder.console(width: 40))
    let lines = recorder.out.split(separator: "\n").map(String.init)
    #expect(lines[0] == "name  count  text")
    #expect(lines[1] == "Käse      7  a b [31m")
    #expect(lines[2].hasPrefix("日本  1,200  long long"))
    #expect(lines[2].hasSuffix("…"))
    #expect(lines.allSatisfy { $0.columnCount <= 40 })
  }

  @Test("are tab-separated lines without headings in a pipe, with nothing that breaks a line")
  func tabbed() {
    let recorder = Recorder()
    table.print(to: recorder.console())
    #expect(recorder.out.split(separator: "\n").first == "Käse\t7\ta b [31m")
    #expect(recorder.out.split(separator: "\n").allSatisfy { $0.split(separator: "\t").count == 3 })
  }

  @Test("use colours only where they are wanted")
  func colours() {
    let (plain, coloured) = (Recorder(), Recorder())
    table.print(to: plain.console(width: 80))
    table.print(to: coloured.console(width: 80, colour: true))
    #expect(!plain.out.contains("\u{1B}"))
    #expect(coloured.out.hasPrefix("\u{1B}[1mname  count  text\u{1B}[0m"))
  }
}
