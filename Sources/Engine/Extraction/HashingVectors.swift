import Basics
import Glibc
import Model
import Store

/// Texts as vectors without a model: signed feature hashing of words, runs of words and pieces of words, weighted by TF-IDF, of length 1.
///
/// Each feature is hashed to one of the dimensions and to a sign, so that features which meet cancel out on average: the inner product of two
/// hashed vectors is that of the unhashed ones with an error of about 1/√dimensions (Weinberger, Dasgupta, Langford, Smola, Attenberg,
/// "Feature Hashing for Large Scale Multitask Learning", ICML 2009). A word weighs `(1 + ln tf) · (1 + ln((1 + N) / (1 + df)))`; N and df
/// are counted per collection while its documents are made, each document once, in a table of `places` counters. Pieces of a word (with its ends
/// marked, as in Bojanowski et al., "Enriching Word Vectors with Subword Information", TACL 2017) share a part of its weight, so that a
/// misspelt or inflected word stays near.
///
/// The same text, settings and counts give the same vector, bit for bit. Counts grow as documents come, so vectors made early and late weigh
/// rare words a little differently; processing a collection anew makes them all alike.
struct HashingVectors {
  /// The counters of a collection; words that meet in one are counted together.
  static let places = 1 << 15
  /// A run of words weighs this part of the mean of its words.
  private static let runShare: Float = 0.5
  /// The pieces of a word weigh this much beside the word itself.
  private static let pieceShare: Float = 0.6
  /// Longer words are cut: they are codes, or a script that writes no spaces.
  private static let longest = 64

  /// The words of a text, in their order.
  struct Terms {
    fileprivate(set) var scalars: [UInt32] = []
    fileprivate var words: [Word] = []
    /// Each word once, with how often it occurs, in the order of first occurrence.
    fileprivate(set) var distinct: [(word: Int, count: Int)] = []

    fileprivate struct Word {
      var range: Range<Int>
      var hash: UInt64
      var distinct = 0
    }
    var isEmpty: Bool { words.isEmpty }
  }

  let settings: FeatureExtractor.Hashing

  /// Splits a text into runs of letters, marks and digits, in lower case.
  func terms(of text: String) -> Terms {
    var terms = Terms()
    terms.scalars.reserveCapacity(text.utf8.count)
    var start = 0
    var known: [UInt64: Int] = [:]
    func finish() {
      defer { start = terms.scalars.count }
      guard terms.scalars.count > start else { return }
      let hash = Self.hash(terms.scalars[start..<terms.scalars.count], seed: 1)
      var word = Terms.Word(range: start..<terms.scalars.count, hash: hash)
      if let place = known[hash] {
        word.distinct = place
        terms.distinct[place].count += 1
      } else {
        word.distinct = terms.distinct.count
        known[hash] = terms.distinct.count
        terms.distinct.append((terms.words.count, 1))
      }
      terms.words.append(word)
    }
    for scalar in text.unicodeScalars {
      switch scalar.value {
      case 0x61...0x7A, 0x30...0x39: terms.scalars.append(scalar.value)
      case 0x41...0x5A: terms.scalars.append(scalar.value | 0x20)
      case 0..<0x80: finish()
      default:
        if Self.isPartOfWord(scalar) {
          for lower in scalar.properties.lowercaseMapping.unicodeScalars { terms.scalars.append(lower.value) }
        } else {
          finish()
        }
      }
      if terms.scalars.count - start >= Self.longest { finish() }
    }
    finish()
    return terms
  }

  private static func isPartOfWord(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .nonspacingMark, .spacingMark, .decimalNumber: true
    default: false
    }
  }

  /// Counts a document: one for each of its different words.
  func count(_ terms: Terms, into counts: inout WordCounts) {
    counts.documents += 1
    for entry in terms.distinct {
      let place = Self.place(of: terms.words[entry.word].hash)
      if counts.counts[place] < .max { counts.counts[place] += 1 }
    }
  }

  static func emptyCounts() -> WordCounts { WordCounts(counts: [UInt32](repeating: 0, count: places)) }

  /// The vector of a text, of length 1; nil when the text has no word.
  func vector(of terms: Terms, with counts: WordCounts) -> [Float]? {
    guard !terms.isEmpty else { return nil }
    var vector = [Float](repeating: 0, count: settings.dimensions)
    func add(_ hash: UInt64, _ weight: Float) {
      let index = Int(truncatingIfNeeded: ((hash >> 32) &* UInt64(settings.dimensions)) >> 32)
      vector[index] += hash & 1 == 0 ? weight : -weight
    }
    let weights = terms.distinct.map { entry -> Float in
      let seen = Double(counts.counts[Self.place(of: terms.words[entry.word].hash)])
      let rarity = 1 + log((1 + Double(counts.documents)) / (1 + min(seen, Double(counts.documents))))
      return Float(rarity)
    }
    for (entry, rarity) in zip(terms.distinct, weights) {
      let word = terms.words[entry.word]
      let weight = (1 + Float(log(Double(entry.count)))) * rarity
      add(word.hash, weight)
      if let lengths = settings.characters { addPieces(of: terms.scalars[word.range], lengths, weight) { add($0, $1) } }
    }
    if settings.words > 1 { addRuns(of: terms, weights) { add($0, $1) } }
    var sum = 0.0
    for value in vector { sum += Double(value) * Double(value) }
    guard sum > 0 else { return nil }
    let scale = Float(1 / sum.squareRoot())
    for index in vector.indices { vector[index] *= scale }
    return vector
  }

  /// The pieces of `<word>`, which together weigh a part of what it weighs.
  private func addPieces(of word: ArraySlice<UInt32>, _ lengths: ClosedRange<Int>, _ weight: Float, _ add: (UInt64, Float) -> Void) {
    let marked = [UInt32(ascii: "<")] + word + [UInt32(ascii: ">")]
    let total = lengths.reduce(0) { $0 + max(0, marked.count - $1 + 1) }
    guard total > 0 else { return }
    let share = Self.pieceShare * weight / Float(total).squareRoot()
    for length in lengths where length <= marked.count {
      for start in 0...(marked.count - length) { add(Self.hash(marked[start..<start + length], seed: 2), share) }
    }
  }

  /// Runs of two and more words, each once with how often it occurs.
  private func addRuns(of terms: Terms, _ rarities: [Float], _ add: (UInt64, Float) -> Void) {
    for length in 2...settings.words where terms.words.count >= length {
      var known: [UInt64: Int] = [:]
      var runs: [(hash: UInt64, rarity: Float, count: Int)] = []
      for start in 0...(terms.words.count - length) {
        let words = terms.words[start..<start + length]
        var hash: UInt64 = 3
        for word in words { hash = Self.mix(hash &* 0x9E37_79B9_7F4A_7C15 ^ word.hash) }
        if let place = known[hash] {
          runs[place].count += 1
        } else {
          known[hash] = runs.count
          runs.append((hash, words.reduce(0) { $0 + rarities[$1.distinct] } / Float(length), 1))
        }
      }
      for run in runs { add(run.hash, Self.runShare * (1 + Float(log(Double(run.count)))) * run.rarity) }
    }
  }

  private static func place(of hash: UInt64) -> Int { Int(mix(hash ^ 0xA5A5) & UInt64(places - 1)) }

  /// FNV-1a over the scalars, mixed, so that every bit depends on every scalar.
  private static func hash(_ scalars: ArraySlice<UInt32>, seed: UInt64) -> UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325 ^ seed
    for scalar in scalars { hash = (hash ^ UInt64(scalar)) &* 0x100_0000_01B3 }
    return mix(hash)
  }

  /// The finalizer of SplitMix64.
  private static func mix(_ value: UInt64) -> UInt64 {
    var z = value
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

extension UInt32 {
  fileprivate init(ascii character: Unicode.Scalar) { self = character.value }
}
