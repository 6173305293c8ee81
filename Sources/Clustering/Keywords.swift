package import Basics
import Glibc

/// The words that tell a cluster from the others: c-TF-IDF over the texts of its members.
///
/// All texts of a cluster count as one document. The weight of a word t in cluster c is tf(t, c) * ln(1 + A / f(t)): tf is its share
/// of the cluster's words, f how often it occurs in all clusters together, A the mean number of words per cluster
/// (Grootendorst, "BERTopic", arXiv 2203.05794, section 3.4). Stop words and words of too few texts are left out before counting.
package struct Keywords: Sendable {
  /// How many words per cluster.
  package var count: Int
  /// Texts that a word must occur in, over all clusters. When that leaves a cluster without any word, all its words count.
  package var minimumDocuments: Int
  package var stopWords: Set<String>

  package init(count: Int = 10, minimumDocuments: Int = 2, stopWords: Set<String> = StopWords.english) {
    self.count = count
    self.minimumDocuments = minimumDocuments
    self.stopWords = stopWords
  }

  package struct Word: Sendable, Equatable {
    package let text: String
    package let weight: Double
  }

  /// The words of one cluster, heaviest first.
  package struct Summary: Sendable, Equatable {
    package let cluster: Int
    package let words: [Word]
    /// The first three words, as a name for the cluster: "engine, wheel, brake". Empty when there are none.
    package var label: String { words.prefix(3).map(\.text).joined(separator: ", ") }
  }

  /// One summary per cluster 0...highest label. Texts with a negative label (noise) are not looked at.
  /// Equally heavy words are in alphabetical order. Throws when texts and labels do not match.
  package func extract(_ texts: [String], labels: [Int32]) throws(Problem) -> [Summary] {
    guard texts.count == labels.count else {
      throw Problem(
        .invalid, "there are \(texts.count) texts and \(labels.count) labels", hint: "Give one label per text, -1 for noise.", path: "labels")
    }
    guard count >= 0, minimumDocuments >= 1 else {
      throw Problem(
        .invalid, "count is \(count), minimum_documents \(minimumDocuments)", hint: "Choose at least 0 words, of at least 1 document.",
        path: "keywords")
    }
    let clusters = Int(labels.max() ?? -1) + 1
    guard clusters <= max(texts.count, 1) else {
      throw Problem(
        .invalid, "label \(clusters - 1) is larger than the number of texts, \(texts.count)",
        hint: "Number the clusters from 0 without gaps.", path: "labels")
    }
    var vocabulary = Vocabulary()
    // Of each cluster: how often it has each word.
    var counts = [[Int: Int]](repeating: [:], count: max(clusters, 0))
    for (text, label) in zip(texts, labels) where label >= 0 {
      var seen: Set<Int> = []
      Tokens.each(in: text) { token in
        guard !stopWords.contains(token) else { return }
        let word = vocabulary.index(of: token)
        vocabulary.occurrences[word] += 1
        counts[Int(label)][word, default: 0] += 1
        if seen.insert(word).inserted { vocabulary.documents[word] += 1 }
      }
    }
    // Left out before counting, so that rare words do not swell A.
    for cluster in counts.indices {
      let frequent = counts[cluster].filter { vocabulary.documents[$0.key] >= minimumDocuments }
      if !frequent.isEmpty { counts[cluster] = frequent }
    }
    let totals = counts.map { $0.values.reduce(0, +) }
    let speaking = totals.count { $0 > 0 }
    guard speaking > 0 else { return counts.indices.map { Summary(cluster: $0, words: []) } }
    let mean = Double(totals.reduce(0, +)) / Double(speaking)
    return counts.indices.map { cluster in
      let words = counts[cluster].map { word, times in
        Word(
          text: vocabulary.words[word],
          weight: Double(times) / Double(totals[cluster]) * log(1 + mean / Double(vocabulary.occurrences[word])))
      }
      return Summary(cluster: cluster, words: Array(words.sorted { ($1.weight, $0.text) < ($0.weight, $1.text) }.prefix(count)))
    }
  }

  /// Words as small numbers, with how often and in how many texts each occurs.
  private struct Vocabulary {
    private var indices: [String: Int] = [:]
    var words: [String] = []
    var occurrences: [Int] = []
    var documents: [Int] = []

    mutating func index(of word: String) -> Int {
      if let index = indices[word] { return index }
      indices[word] = words.count
      words.append(word)
      occurrences.append(0)
      documents.append(0)
      return words.count - 1
    }
  }
}
