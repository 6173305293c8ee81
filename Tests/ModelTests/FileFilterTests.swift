import Basics
import Testing

@testable import Model

@Suite("Patterns of files") struct FileFilterTests {
  static let cases: [(text: String, pattern: String, fits: Bool)] = [
    ("a.txt", "*.txt", true), ("a.txt.gz", "*.txt", false), ("a.txt", "?.txt", true), ("ab.txt", "?.txt", false), ("", "*", true), ("", "", true),
    ("a", "", false), ("report-2026.csv", "report-[0-9]*.csv", true), ("report-x.csv", "report-[0-9]*.csv", false),
    ("b", "[!a]", true), ("a", "[!a]", false), ("a", "[^a]", false), ("]", "[]]", true), ("[", "[", true), ("a[b", "a[b", true),
    ("drafts/a.txt", "drafts/*", true), ("x/drafts/a.txt", "*/drafts/*", true), ("ünï.txt", "?n?.txt", true),
    (String(repeating: "a", count: 2000) + "b", String(repeating: "*a", count: 20) + "*c", false),
  ]

  @Test("take what shells take", arguments: cases) func patterns(text: String, pattern: String, fits: Bool) {
    #expect(FileFilters.matches(text, pattern) == fits)
  }

  @Test("say the same as a plain backtracking one, for any short text and pattern") func property() {
    func plain(_ text: Substring, _ pattern: Substring) -> Bool {
      guard let first = pattern.first else { return text.isEmpty }
      if first == "*" { return plain(text, pattern.dropFirst()) || !text.isEmpty && plain(text.dropFirst(), pattern) }
      return !text.isEmpty && (first == "?" || first == text.first) && plain(text.dropFirst(), pattern.dropFirst())
    }
    var random = SeededRandom(seed: 5)
    for _ in 0..<5000 {
      let text = String((0..<Int.random(in: 0...6, using: &random)).map { _ in "ab".randomElement(using: &random) ?? "a" })
      let pattern = String((0..<Int.random(in: 0...6, using: &random)).map { _ in "ab*?".randomElement(using: &random) ?? "*" })
      #expect(FileFilters.matches(text, pattern) == plain(text[...], pattern[...]), "\(text) \(pattern)")
    }
  }
}
