import Basics
import Model
import Testing

@Suite("Patterns of text") struct TextPatternTests {
  private struct Row {
    var pattern: String
    var texts: [String]
    var exact: String
    var folded: String
  }

  /// Random patterns over random texts, and what Python's `re.search` says of them with and without its flag I.
  private static func rows() throws -> [Row] {
    let json = try DataFile.json("patterns.json")
    return (json.array ?? []).map {
      Row(
        pattern: $0["pattern"]?.string ?? "", texts: $0["texts"]?.array?.compactMap(\.string) ?? [], exact: $0["exact"]?.string ?? "",
        folded: $0["folded"]?.string ?? "")
    }
  }

  @Test("fit the texts that Python's fit, with case and without")
  func oracle() throws {
    let rows = try Self.rows()
    #expect(rows.count > 200)
    for row in rows {
      let (exact, folded) = (try TextPattern(row.pattern, ignoringCase: false), try TextPattern(row.pattern, ignoringCase: true))
      #expect(row.texts.map { exact.fits($0) ? "1" : "0" }.joined() == row.exact, "\(row.pattern) in \(row.texts)")
      #expect(row.texts.map { folded.fits($0) ? "1" : "0" }.joined() == row.folded, "\(row.pattern) in \(row.texts), any case")
    }
  }

  @Test(
    "know the rest of the grammar",
    arguments: [
      ("\\x41\\u0042", "xABy", true), ("(?i)straße", "STRASSE", false), ("(?i)größe", "GRÖSSE GRÖßE", true),
      ("(?P<y>\\d{4})-(?<m>\\d\\d)", "2024-06", true),
      ("a{,2}", "a{,2}", true), ("x{2", "x{2", true), ("\\t|\\n", "a\tb", true), ("^é.$", "é\u{1F600}", true), ("[\\d-]+x", "1-2x", true),
      ("[^\\W_]", "__", false), ("\\Aab\\z", "ab", true), ("", "", true), ("a.b", "a\nb", false),
    ])
  func grammar(pattern: String, text: String, fits: Bool) throws {
    #expect(try TextPattern(pattern, ignoringCase: false).fits(text) == fits)
  }

  @Test(
    "that cannot be read say where",
    arguments: [
      ("a(b", 2), ("a)", 2), ("*a", 1), ("a|+", 3), ("[ab", 1), ("x[b-a]", 6), ("\\", 1), ("(a)\\1", 4), ("a(?=b)", 2), ("(?<!a)b", 1), ("\\q", 1),
      ("a{3,2}", 2), ("\\x4", 1),
    ])
  func refused(pattern: String, place: Int) {
    let error = #expect(throws: Problem.self) { try TextPattern(pattern, ignoringCase: true) }
    #expect(error?.message.contains("at character \(place):") == true, "\(error?.message ?? "")")
  }

  @Test(
    "of any size are read at once or refused",
    arguments: ["((a{1000}){1000}){1000}", "((((){1000}){1000}){1000}){1000}", String(repeating: "(", count: 1000)])
  func large(pattern: String) {
    #expect(throws: Problem.self) { try TextPattern(pattern, ignoringCase: true) }
  }

  /// Backtracking takes 2^n steps for this; here each character of the text takes as many as the pattern has.
  @Test("take time in proportion to the text")
  func linear() throws {
    let text = String(repeating: "a", count: 5000)
    let started = ContinuousClock.now
    #expect(try !TextPattern("^(a|aa|a*)*b$", ignoringCase: false).fits(text))
    #expect(ContinuousClock.now - started < .seconds(20))
  }
}

@Suite("Stems of English words") struct EnglishStemTests {
  /// The examples of Porter's paper, one for each of its rules.
  private static let examples = """
    caresses caress ponies poni ties ti cats cat feed feed agreed agre plastered plaster bled bled motoring motor sing sing conflated conflat \
    troubled troubl sized size hopping hop tanned tan falling fall hissing hiss fizzed fizz failing fail filing file happy happi sky sky \
    relational relat conditional condit rational ration valenci valenc digitizer digit conformabli conform radicalli radic differentli differ \
    vileli vile analogousli analog vietnamization vietnam predication predic operator oper feudalism feudal decisiveness decis hopefulness hope \
    callousness callous formaliti formal sensitiviti sensit sensibiliti sensibl triplicate triplic formative form formalize formal electriciti electr \
    electrical electr hopeful hope goodness good revival reviv allowance allow inference infer airliner airlin gyroscopic gyroscop adjustable adjust \
    defensible defens irritant irrit replacement replac adjustment adjust dependent depend adoption adopt homologou homolog communism commun \
    activate activ angulariti angular effective effect bowdlerize bowdler probate probat rate rate cease ceas controll control roll roll
    """

  @Test("are those of the paper")
  func paper() {
    let words = Self.examples.split(separator: " ").map(String.init)
    for index in stride(from: 0, to: words.count, by: 2) { #expect(EnglishStem.of(words[index]) == words[index + 1], "\(words[index])") }
  }

  @Test("are the words themselves where there is nothing to strip", arguments: ["", "a", "is", "über", "x1", "don't"])
  func others(word: String) { #expect(EnglishStem.of(word) == word) }
}
