import Basics
import Engine
import HTTP
import Model
import Store

/// An answer as it was sent, for whoever asks the same of the same namespace until anybody writes.
///
/// To make an answer's JSON and to write it out took longer than everything else that a simple read needs. Who asks, and whether they may, is found
/// out each time.
struct KeptAnswer: Sendable {
  /// Longer ones are not kept, and not those to longer questions: they are rarely asked twice, and would leave no room for others.
  private static let longest = 64 << 10
  private static let longestBody = 256

  let response: Response
  /// What it takes, in bytes.
  let size: Int
  /// The time for which it is right; nil for all time.
  private let period: Range<Instant>?
  /// The zones that it was made with.
  private let release: Int

  /// Nil when the answer is not one for others, or too long.
  init?(_ answer: Operation.Answer, _ response: Response, _ release: Int) {
    guard case .kept(_, let period) = answer, case .bytes(let bytes) = response.body, bytes.count <= Self.longest else { return nil }
    (self.response, size, self.period, self.release) = (response, bytes.count, period, release)
  }

  func holds(at now: Instant, _ release: Int) -> Bool { release == self.release && period?.contains(now) ?? true }

  /// What was asked, whoever asks; nil when it is too much to remember.
  static func question(_ request: Request, of call: Call) -> Question? {
    guard let namespace = call.namespace, request.body.count <= longestBody, request.target.utf8.count <= 4 * longestBody else { return nil }
    var name = request.method + " " + request.target
    if !request.body.isEmpty { name += "\n" + String(decoding: request.body, as: UTF8.self) }
    return Question(call.isByContract ? .answerByContract : .answer, name, in: namespace.id)
  }
}
