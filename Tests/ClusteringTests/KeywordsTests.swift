import Basics
import Glibc
import Testing

@testable import Clustering

@Suite("Keywords") struct KeywordsTests {
  @Test(
    "words are runs of letters and digits in lower case",
    arguments: [
      ("The cat's whiskers, don\u{2019}t touch!", ["the", "cat", "whiskers", "don't", "touch"]), ("", []), ("a I 7 42 x9 B2B", ["x9", "b2b"]),
      ("ÄRGER über Straße", ["ärger", "über", "straße"]), ("'quoted' rock'n'roll dogs'", ["quoted", "rock'n'roll", "dogs"]),
      ("мир/МИР 東京", ["мир", "мир", "東京"]), ("cafe\u{301} e-mail", ["cafe\u{301}", "mail"]), ("👍 ok 👍🏽", ["ok"]),
    ])
  func tokens(text: String, words: [String]) { #expect(Tokens.words(in: text) == words) }

  @Test("weights are the share in the cluster times ln(1 + A / f)") func weights() throws {
    let texts = ["engine wheel engine", "wheel brake", "apple pear", "apple wheel apple"]
    let summaries = try Keywords(minimumDocuments: 1).extract(texts, labels: [0, 0, 1, 1])
    // Five words in each cluster, so A = 5. f: engine 2, wheel 3, brake 1, apple 3, pear 1.
    #expect(summaries.map { $0.words.map(\.text) } == [["engine", "wheel", "brake"], ["apple", "pear", "wheel"]])
    #expect(abs(summaries[0].words[0].weight - 2.0 / 5 * log(1 + 5.0 / 2)) < 1e-12)
    #expect(abs(summaries[0].words[1].weight - 2.0 / 5 * log(1 + 5.0 / 3)) < 1e-12)
    #expect(abs(summaries[1].words[2].weight - 1.0 / 5 * log(1 + 5.0 / 3)) < 1e-12)
    #expect(summaries[1].label == "apple, pear, wheel")
  }

  @Test("stop words, rare words and noise do not count") func filters() throws {
    let texts = ["the engine of the wheel", "engine and oddity", "the the the", "pear pear", "pear", "engine engine"]
    let summaries = try Keywords(minimumDocuments: 2).extract(texts, labels: [0, 0, 2, 1, 1, -1])
    #expect(summaries.map { $0.words.map(\.text) } == [["engine"], ["pear"], []])
    #expect(summaries[2].label == "")
  }

  @Test("a cluster of rare words alone keeps them; equal weights are in alphabetical order") func rare() throws {
    let summaries = try Keywords(count: 2, minimumDocuments: 3).extract(["zebra quagga ass", "wheel", "wheel", "wheel"], labels: [0, 1, 1, 1])
    #expect(summaries[0].words.map(\.text) == ["ass", "quagga"])
  }

  @Test("texts and labels must match, and labels must be cluster numbers") func bad() throws {
    #expect(throws: Problem.self) { try Keywords().extract(["a"], labels: []) }
    #expect(throws: Problem.self) { try Keywords().extract(["a"], labels: [.max]) }
    #expect(throws: Problem.self) { try Keywords(minimumDocuments: 0).extract(["a"], labels: [0]) }
    #expect(try Keywords().extract([], labels: []).isEmpty)
    #expect(try Keywords().extract(["x"], labels: [-1]).isEmpty)
  }

  @Test("stop words are lower case and found by the tokeniser") func stopWords() {
    for word in StopWords.english where word.count > 1 { #expect(Tokens.words(in: word.uppercased()).allSatisfy { StopWords.english.contains($0) }) }
    #expect(StopWords.english.count > 250)
  }
}
