import Basics
import Model
import Store
import Testing

@testable import Engine

@Suite("Vectors of texts by hashing") struct HashingVectorsTests {
  /// Some hundred sentences of three subjects, as a collection would have counted them.
  private static let corpus: [String] = {
    let subjects = [
      ["galaxy", "telescope", "orbit", "planet", "comet", "nebula", "gravity", "eclipse", "satellite", "astronomer"],
      ["flour", "butter", "oven", "recipe", "dough", "sugar", "whisk", "pastry", "cinnamon", "baker"],
      ["goalkeeper", "penalty", "stadium", "referee", "midfield", "tournament", "striker", "offside", "league", "coach"],
    ]
    var random = SeededRandom(seed: 5)
    return (0..<300).map { number in
      let words = subjects[number % 3]
      let chosen = (0..<8).map { _ in words[Int.random(in: 0..<10, using: &random)] }
      return "the \(chosen[0]) and the \(chosen[1]) of a \(chosen[2]) with \(chosen[3...].joined(separator: " in the "))"
    }
  }()

  private static func counted(_ hashing: HashingVectors) -> WordCounts {
    var counts = HashingVectors.emptyCounts()
    for text in corpus { hashing.count(hashing.terms(of: text), into: &counts) }
    return counts
  }

  private let hashing = HashingVectors(settings: FeatureExtractor.Hashing())

  private func vector(_ text: String, _ counts: WordCounts) throws -> [Float] {
    try #require(hashing.vector(of: hashing.terms(of: text), with: counts))
  }

  private func cosine(_ a: [Float], _ b: [Float]) -> Float { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }

  @Test("have length 1 and the dimensions asked for, whatever the text", arguments: [16, 64, 384, 1000])
  func length(dimensions: Int) throws {
    var settings = FeatureExtractor.Hashing()
    settings.dimensions = dimensions
    let hashing = HashingVectors(settings: settings)
    for text in ["a", "Ünïcödé wörds", "日本語のテキスト", String(repeating: "long ", count: 500), "one two three"] {
      let vector = try #require(hashing.vector(of: hashing.terms(of: text), with: HashingVectors.emptyCounts()))
      #expect(vector.count == dimensions)
      #expect(abs(vector.reduce(0) { $0 + $1 * $1 } - 1) < 1e-4)
    }
    #expect(hashing.vector(of: hashing.terms(of: " ,;. "), with: HashingVectors.emptyCounts()) == nil)
  }

  @Test("are the same for the same text and counts, and do not see case or punctuation")
  func determinism() throws {
    let counts = Self.counted(hashing)
    for text in Self.corpus.prefix(30) {
      #expect(try vector(text, counts) == vector(text, counts))
      #expect(try vector(text, counts) == vector("  " + text.uppercased().split(separator: " ").joined(separator: ", ") + "!", counts))
    }
  }

  @Test("stay what they are from build to build")
  func known() throws {
    var settings = FeatureExtractor.Hashing()
    settings.dimensions = 16
    settings.characters = nil
    settings.words = 1
    let hashing = HashingVectors(settings: settings)
    let vector = try #require(hashing.vector(of: hashing.terms(of: "alpha"), with: HashingVectors.emptyCounts()))
    // One word without pieces is one place, with a sign.
    #expect(vector.filter { $0 != 0 }.map(abs) == [1])
    let place = vector.firstIndex { $0 != 0 } ?? -1
    #expect(place == 13 && vector.contains(1), "\(place) \(vector)")
  }

  @Test("of nearly the same texts lie together, of unrelated ones far apart, and a subject in between")
  func sense() throws {
    let counts = Self.counted(hashing)
    var (near, related, unrelated): ([Float], [Float], [Float]) = ([], [], [])
    for number in stride(from: 0, to: 240, by: 3) {
      let text = Self.corpus[number]
      let own = try vector(text, counts)
      var words = text.split(separator: " ")
      words.swapAt(0, 1)
      near.append(cosine(own, try vector(words.joined(separator: " ") + " too", counts)))
      related.append(cosine(own, try vector(Self.corpus[number + 3], counts)))
      unrelated.append(cosine(own, try vector(Self.corpus[number + 1], counts)))
    }
    func mean(_ values: [Float]) -> Float { values.reduce(0, +) / Float(values.count) }
    #expect(near.min() ?? 0 > 0.7, "\(near.min() ?? 0)")
    #expect(unrelated.map(abs).max() ?? 1 < 0.4 && abs(mean(unrelated)) < 0.2, "\(unrelated.max() ?? 0), mean \(mean(unrelated))")
    #expect(mean(related) > mean(unrelated) + 0.2, "\(mean(related)) \(mean(unrelated))")
  }

  @Test("weigh a rare word more than one that every text has, once they have been counted")
  func rarity() throws {
    let counts = Self.counted(hashing)
    let whole = try vector("the nebula", counts)
    let (rare, common) = (cosine(whole, try vector("nebula", counts)), cosine(whole, try vector("the", counts)))
    #expect(rare > common + 0.3)
    // Before anything is counted, both weigh alike.
    let none = HashingVectors.emptyCounts()
    let plain = try vector("the nebula", none)
    let (one, other) = (cosine(plain, try vector("nebula", none)), cosine(plain, try vector("the", none)))
    #expect(abs(one - other) < 0.2)
  }

  @Test("of misspelt words stay near by their pieces, and only by them")
  func pieces() throws {
    var settings = FeatureExtractor.Hashing()
    settings.characters = nil
    let whole = HashingVectors(settings: settings)
    let none = HashingVectors.emptyCounts()
    let with = try cosine(vector("telescope", none), vector("telescopes", none))
    let a = try #require(whole.vector(of: whole.terms(of: "telescope"), with: none))
    let b = try #require(whole.vector(of: whole.terms(of: "telescopes"), with: none))
    #expect(with > 0.15 && abs(cosine(a, b)) < 0.01, "\(with)")
  }

  @Test("count each document once for each of its words")
  func counting() {
    var counts = HashingVectors.emptyCounts()
    hashing.count(hashing.terms(of: "dog dog dog cat"), into: &counts)
    hashing.count(hashing.terms(of: "Dog"), into: &counts)
    #expect(counts.documents == 2 && counts.counts.filter { $0 > 0 }.sorted() == [1, 2])
  }
}
