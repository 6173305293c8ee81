import Basics
import Clustering
import Glibc

extension Invocation {
  /// `--params` with `--seed` put into it.
  func algorithmParameters() throws(Problem) -> JSON {
    var parameters = try object("params")?.object ?? JSONObject()
    if let seed = try int("seed", in: 0...Int.max) { parameters["random_state"] = .int(seed) }
    return .object(parameters)
  }

  func threads() throws(Problem) -> Int { try int("threads", in: 1...256) ?? max(1, min(256, sysconf(Int32(_SC_NPROCESSORS_ONLN)))) }

  func dimensions() throws(Problem) -> Int? { try int("dim", in: 1...1 << 20, example: 384) }

  func seed() throws(Problem) -> UInt64 { UInt64(try int("seed", in: 0...Int.max) ?? 0) }

  /// One of a few words; nil when the option is not given.
  func choice<Word: RawRepresentable & CaseIterable>(_ name: String, _ type: Word.Type = Word.self) throws(Problem) -> Word?
  where Word.RawValue == String {
    guard let text = text(name) else { return nil }
    guard let word = Word(rawValue: text) else {
      let words = Word.allCases.map(\.rawValue)
      throw Problem(
        .invalid, "there is no \(name) '\(text)'", hint: "One of: \(words.joined(separator: ", "))", path: "--\(name)",
        didYouMean: Suggestion.nearest(to: text, in: words))
    }
    return word
  }

  /// Something that an interrupt cancels.
  func cancellable() -> Cancellation {
    let cancellation = Cancellation()
    Interrupts.handle { cancellation.cancel() }
    return cancellation
  }
}

/// The labels of the rows of a matrix; another number of them is a problem.
func readLabels(_ path: String, for matrix: Matrix, of file: String) throws(Problem) -> [Int32] {
  let labels = try LabelFile.read(path)
  guard labels.count == matrix.rows else {
    throw Problem(
      .invalid, "'\(path)' has \(Format.count(labels.count, "label")), '\(file)' \(Format.count(matrix.rows, "row"))",
      hint: "Give one label per row, -1 for noise", path: "--labels")
  }
  return labels
}
