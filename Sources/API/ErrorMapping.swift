package import Basics
package import HTTP

/// The one translation of a Problem to HTTP: status, the contract's ErrorResponse, and FastAPI's `detail` beside it.
package enum ErrorMapping {
  package static func status(of problem: Problem) -> Int {
    if let status = problem.details["http_status"]?.int { return Int(status) }
    return switch problem.kind {
    case .invalid, .script, .unsupported: 422
    case .malformed: 400
    case .unauthorized: 401
    case .forbidden: 403
    case .notFound: 404
    case .conflict: 409
    case .tooLarge: 413
    case .tooMany: 429
    case .budget: 422
    case .cancelled: 409
    // 503 makes clients try again; a full disk or a damaged file does not go away by itself.
    case .unavailable: 507
    case .internal: 500
    }
  }

  package static func response(to problem: Problem) -> Response { response(status: status(of: problem), to: problem) }

  static func response(status: Int, to problem: Problem) -> Response {
    var details = JSONObject()
    if let path = problem.path { details["path"] = .string(path) }
    if let hint = problem.hint { details["hint"] = .string(hint) }
    if let near = problem.didYouMean { details["did_you_mean"] = .string(near) }
    for (key, value) in problem.details.sorted(by: { $0.key < $1.key }) where !Self.about.contains(key) { details[key] = value }
    var body: JSONObject = ["success": false, "status": .int(status)]
    // What the answer would have been stands beside the error, where clients look for it.
    if let answer = problem.details["answer"]?.object { body.set(answer.members) }
    if status == 422 {
      let all = [problem] + problem.others
      details["validation_errors"] = .array(
        all.map { ["field": .optional($0.path), "message": .string($0.message), "type": $0.details["type"] ?? "value_error"] })
      body["detail"] = .array(
        all.map { item in
          ["loc": .array(["body"] + location(item.path)), "msg": .string(item.message), "type": item.details["type"] ?? "value_error"]
        })
    }
    body["error"] = [
      "message": .string(problem.description), "type": .string(typeName(status)), "code": .string(problem.kind.rawValue), "details": .object(details),
    ]
    var response = Response.json(.object(body), status: status)
    if status == 401 { response.headers.set("WWW-Authenticate", "Bearer") }
    if let seconds = problem.details["retry_after_seconds"]?.int { response.headers.set("Retry-After", "\(seconds)") }
    return response
  }

  /// What a problem's details say of the answer as a whole.
  private static let about: Set = ["http_status", "answer"]

  /// `documents[2].vectors.text` as FastAPI says it: ["documents", 2, "vectors", "text"].
  private static func location(_ path: String?) -> [JSON] {
    var parts: [JSON] = []
    for part in (path ?? "").split(whereSeparator: { $0 == "." || $0 == "[" || $0 == "]" }) {
      if let index = Int64(part) { parts.append(.int(index)) } else { parts.append(.string(String(part))) }
    }
    return parts
  }

  private static func typeName(_ status: Int) -> String {
    switch status {
    case 400: "BadRequestError"
    case 401: "UnauthorizedError"
    case 403: "ForbiddenError"
    case 404: "NotFoundError"
    case 405: "MethodNotAllowedError"
    case 409: "ConflictError"
    case 413: "PayloadTooLargeError"
    case 415: "UnsupportedMediaTypeError"
    case 422: "ValidationError"
    case 429: "RateLimitError"
    case 503: "ServiceUnavailableError"
    case 507: "InsufficientStorageError"
    default: "InternalServerError"
    }
  }
}
