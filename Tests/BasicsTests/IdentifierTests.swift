import Basics
import Testing

@Suite("SHA-256") struct SHA256Tests {
  @Test(
    "gives the hashes of FIPS 180-4's examples",
    arguments: [
      ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
      ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
      ("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"),
      (
        "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
        "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"
      ),
      (String(repeating: "a", count: 55), "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318"),
      (String(repeating: "a", count: 56), "b35439a4ac6f0948b6d6f9e3c6af0f5f590ce20f1bde7090ef7970686ec6738a"),
      (String(repeating: "a", count: 64), "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb"),
      (String(repeating: "a", count: 10_000), "27dd1f61b867b6a0f6e9d8a41c43231de52107e53ae424de8f847b821db4b711"),
    ])
  func vectors(message: String, expected: String) {
    #expect(SHA256.hex(message) == expected)
    #expect(SHA256.hash(message.utf8).count == 32)
  }
}

@Suite("Identifiers") struct IdentifierTests {
  private func surroundings(seed: UInt64) -> Surroundings {
    Surroundings(now: { Instant(seconds: 0) }, ticks: { Ticks(nanoseconds: 0) }, random: { seed })
  }

  @Test("say what they name, in letters and digits")
  func shape() {
    let made = Identifier.make("clust", .real)
    #expect(made.wholeMatch(of: /clust_[0-9A-Za-z]{16}/) != nil)
    #expect(Identifier.make("trg", at: Instant(seconds: 1_800_000_000), .real).wholeMatch(of: /trg_[0-9A-Za-z]{16}/) != nil)
    #expect(Identifier.derived("run", from: "a", "b").wholeMatch(of: /run_[0-9A-Za-z]{22}/) != nil)
  }

  @Test("follow from the randomness they are handed")
  func repeatable() {
    #expect(Identifier.make("x", surroundings(seed: 1)) == Identifier.make("x", surroundings(seed: 1)))
    #expect(Identifier.make("x", surroundings(seed: 1)) != Identifier.make("x", surroundings(seed: 2)))
    #expect(Set((0..<1000).map { _ in Identifier.make("x", .real) }).count == 1000)
    #expect(Set((0..<1000).map { _ in Identifier.make("x", at: Instant(seconds: 1), .real) }).count == 1000)
  }

  @Test("derived from other parts are others, wherever the parts are divided")
  func derived() {
    #expect(Identifier.derived("x", from: "ab", "c") == Identifier.derived("x", from: "ab", "c"))
    #expect(Identifier.derived("x", from: "ab", "c") != Identifier.derived("x", from: "a", "bc"))
  }

  @Test("derived at an instant are the same again for the same, and in the order of their instants")
  func derivedAtInstants() {
    func name(_ first: Int64, _ second: Int64, _ part: String) -> String {
      Identifier.derived("task", at: Instant(milliseconds: first), Instant(milliseconds: second), Identifier.derivedNumber(from: part))
    }
    #expect(name(5, 7, "a") == name(5, 7, "a"))
    #expect(name(5, 7, "a").wholeMatch(of: /task_[0-9A-Za-z]{26}/) != nil)
    var random = SeededRandom(seed: 4)
    let instants = (0..<400).map { _ in
      (first: Int64.random(in: 0...4_000_000_000_000, using: &random), second: Int64.random(in: 0...3_000_000_000_000, using: &random))
    }
    let inOrder = instants.sorted { ($0.first, $0.second) < ($1.first, $1.second) }.map { name($0.first, $0.second, "x") }
    #expect(inOrder == inOrder.sorted())
    // Of one instant there are as many as there are triggers.
    #expect(Set((0..<10_000).map { name(1, 1, "trg_\($0)") }).count == 10_000)
  }

  @Test("write numbers in base 62, lowest digits last")
  func base62() {
    #expect(Identifier.base62([0], length: 3) == "000")
    #expect(Identifier.base62([61], length: 2) == "0z")
    #expect(Identifier.base62([62], length: 2) == "10")
    #expect(Identifier.base62([1, 0], length: 2) == "48")
    #expect(Identifier.base62([0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], length: 11) == "LygHa16AHYF")
  }
}

@Suite("Suggestions") struct SuggestionTests {
  @Test(
    "find the near miss, and nothing far",
    arguments: [
      ("kmean", "kmeans"), ("kmeasn", "kmeans"), ("KMEANS", "kmeans"), ("hbdscan", "hdbscan"), ("hierachical", "hierarchical"), ("dbscan", "hdbscan"),
      ("spectral", nil), ("k", nil), ("", nil), ("kmeans_plus_plus", nil),
    ] as [(String, String?)])
  func nearest(name: String, expected: String?) {
    #expect(Suggestion.nearest(to: name, in: ["kmeans", "hdbscan", "hierarchical"]) == expected)
  }

  @Test("prefer the closest, and the first of equals")
  func closest() {
    #expect(Suggestion.nearest(to: "colour", in: ["color", "colours", "colourful"]) == "color")
    #expect(Suggestion.nearest(to: "status", in: ["state", "statuses", "status"]) == "status")
    #expect(Suggestion.nearest(to: "x", in: [String]()) == nil)
  }
}

@Suite("Seeded randomness") struct SeededRandomTests {
  @Test("is the published SplitMix64")
  func published() {
    var random = SeededRandom(seed: 1_234_567)
    #expect(
      (0..<5).map { _ in random.next() } == [
        6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423, 4_593_380_528_125_082_431, 16_408_922_859_458_223_821,
      ])
  }

  @Test("fills its range evenly")
  func even() {
    var random = SeededRandom(seed: 1)
    var counts = [Int](repeating: 0, count: 10)
    for _ in 0..<100_000 { counts[Int.random(in: 0..<10, using: &random)] += 1 }
    #expect(counts.allSatisfy { (9_600...10_400).contains($0) }, "\(counts)")
  }
}
