import Basics
import Model

/// Texts as vectors of an OpenAI-compatible endpoint (`POST …/v1/embeddings` with `{model, input: […]}`), many in one request.
///
/// What may pass (no connection, 429, 5xx) is tried again with growing waits, or after what the server's Retry-After says if that is longer. Where
/// a server refuses a request of several texts for what is in it, each is asked for alone, so that one text spoils nothing but itself.
struct Embeddings {
  private let endpoint: FeatureExtractor.Endpoint
  private let courier: Courier
  private let surroundings: Surroundings
  private let cancellation: Cancellation

  /// The first wait, and the longest.
  private static let waits: ClosedRange<Duration> = .milliseconds(500) ... .seconds(30)

  /// More than a number of an embedding takes in JSON, with whatever stands around it.
  private static let numberBytes = 64
  private static let otherBytes = 1 << 20

  /// What a refusal is about. Of the texts, each may be tried alone; the key, the address and the like are the same for all.
  private static let aboutTexts: Set<Int> = [400, 413, 415, 422]

  init(_ endpoint: FeatureExtractor.Endpoint, _ courier: Courier, _ surroundings: Surroundings, _ cancellation: Cancellation) {
    self.endpoint = endpoint
    self.courier = courier
    self.surroundings = surroundings
    self.cancellation = cancellation
  }

  /// One result per text, in their order. Throws only when the work was cancelled.
  func vectors(of texts: [String]) throws(Problem) -> [Result<[Float], ExtractionFailure>] {
    var results: [Result<[Float], ExtractionFailure>] = []
    results.reserveCapacity(texts.count)
    var start = 0
    while start < texts.count {
      let end = min(texts.count, start + endpoint.batchSize)
      results += try ask(Array(texts[start..<end]))
      start = end
    }
    return results
  }

  private func ask(_ texts: [String]) throws(Problem) -> [Result<[Float], ExtractionFailure>] {
    let failure: ExtractionFailure
    var mayBeOne = true
    switch try request(texts) {
    case .success(let answer):
      do throws(Problem) {
        return try read(answer.json(), count: texts.count).map { vector in
          vector.count == endpoint.dimensions
            ? .success(vector)
            : .failure(
              ExtractionFailure(
                "\(endpoint.model) gave \(vector.count) numbers, index '\(endpoint.index)' has \(endpoint.dimensions) dimensions"))
        }
      } catch { failure = ExtractionFailure("\(endpoint.url): \(error.message)") }
    case .failure(let refusal):
      failure = refusal.failure
      mayBeOne = refusal.status.map(Self.aboutTexts.contains) ?? true
    }
    guard failure.kind == .permanent, mayBeOne, texts.count > 1 else { return texts.map { _ in .failure(failure) } }
    var results: [Result<[Float], ExtractionFailure>] = []
    for text in texts { results += try ask([text]) }
    return results
  }

  /// Nothing came, or an answer of this status that is none.
  private struct Refusal: Error {
    var failure: ExtractionFailure
    var status: Int?
  }

  private func request(_ texts: [String]) throws(Problem) -> Result<Courier.Answer, Refusal> {
    var headers: [(name: String, value: String)] = [("Content-Type", "application/json"), ("Accept", "application/json")]
    if let key = endpoint.apiKey { headers.append(("Authorization", "Bearer \(key)")) }
    let body: JSON = ["model": .string(endpoint.model), "input": .array(texts.map(JSON.string)), "encoding_format": "float"]
    let request = Courier.Request(
      url: endpoint.url, headers: headers, body: body.bytes, timeout: endpoint.timeout,
      limit: texts.count * endpoint.dimensions * Self.numberBytes + Self.otherBytes)
    var attempt = 0
    while true {
      try cancellation.check()
      var after: Duration = .zero
      let failure: ExtractionFailure
      do throws(Problem) {
        let answer = try courier.post(request, cancellation)
        if (200..<300).contains(answer.status) { return .success(answer) }
        let passes = answer.status == 429 || answer.status >= 500 || answer.status == 408
        failure = ExtractionFailure("\(endpoint.url) answered \(answer.status): \(Self.reason(answer.body))", passes ? .transient : .permanent)
        guard passes else { return .failure(Refusal(failure: failure, status: answer.status)) }
        after = answer.retryAfter ?? .zero
      } catch {
        if error.kind == .cancelled { throw error }
        failure = ExtractionFailure("\(endpoint.url): \(error.message)", error.kind == .unavailable ? .transient : .permanent)
        guard error.kind == .unavailable else { return .failure(Refusal(failure: failure)) }
      }
      guard attempt < endpoint.retries else { return .failure(Refusal(failure: failure)) }
      courier.wait(min(max(after, wait(after: attempt)), Self.waits.upperBound), cancellation)
      attempt += 1
    }
  }

  /// Twice as long each time, and by chance up to a half shorter, so that many clients do not come back at once.
  private func wait(after attempt: Int) -> Duration {
    let whole = min(Self.waits.lowerBound * (1 << min(attempt, 16)), Self.waits.upperBound)
    return whole / 2 + whole / 2 * (Double(surroundings.random() >> 11) / Double(1 << 53))
  }

  /// The vectors of an answer, by their `index` if they have one.
  private func read(_ answer: JSON, count: Int) throws(Problem) -> [[Float]] {
    guard let data = answer["data"]?.array, data.count == count else {
      throw Problem(.malformed, "the answer has \(answer["data"]?.array?.count ?? 0) embeddings for \(count) texts")
    }
    var vectors = [[Float]](repeating: [], count: count)
    for (position, item) in data.enumerated() {
      let place = item["index"]?.int.flatMap { Int(exactly: $0) } ?? position
      guard vectors.indices.contains(place), let embedding = item["embedding"] else {
        throw Problem(.malformed, "embedding \(position) of the answer cannot be read")
      }
      vectors[place] = try embedding.floats()
    }
    return vectors
  }

  /// What the server says of a refusal, as much of it as fits a line.
  private static func reason(_ body: [UInt8]) -> String {
    let json = try? JSON(parsing: body)
    let error = json?["error"]
    let text = error?["message"]?.string ?? error?.string ?? json?["detail"]?.string ?? json?["message"]?.string
    return String((text ?? String(decoding: body.prefix(200), as: UTF8.self)).prefix(200))
  }
}

/// Why an object could not become a document, and whether trying again may help.
struct ExtractionFailure: Error, Equatable {
  var message: String
  var kind: BatchMember.FailureKind

  init(_ message: String, _ kind: BatchMember.FailureKind = .permanent) {
    self.message = message
    self.kind = kind
  }

  /// A problem as the failure of one object: what the machine lacked may be there later.
  init(_ problem: Problem) {
    message = problem.description
    kind =
      switch problem.kind {
      case .unavailable, .tooMany: .transient
      case .budget, .tooLarge: .resource
      default: .permanent
      }
  }
}
