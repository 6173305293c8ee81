import Basics

/// Why a request was refused before anybody looked at what it asks for: not HTTP, too large, or ambiguous.
///
/// The connection is closed after the answer, because nobody knows where the next request would begin.
package struct Rejection: Error, Sendable, Equatable {
  package var status: Int
  /// A fact, in words.
  package var message: String
  /// For programs, e.g. `header_fields_too_large`.
  package var code: String

  package init(_ status: Int, _ code: String, _ message: String) {
    self.status = status
    self.code = code
    self.message = message
  }

  package var response: Response {
    var response = Response.error(status: status, code: code, message: message)
    response.headers.append("Connection", "close")
    return response
  }
}

extension Response {
  /// The body every error has: `{"success":false,"status":N,"error":{"message":…,"type":…,"code":…}}`.
  ///
  /// `type` defaults to a name made of the reason phrase, e.g. `BadRequestError`.
  package static func error(status: Int, type: String? = nil, code: String, message: String) -> Response {
    let type = type ?? String(Status.reason(status).filter(\.isLetter)) + "Error"
    return .json(
      ["success": false, "status": .int(status), "error": ["message": .string(message), "type": .string(type), "code": .string(code)]],
      status: status)
  }
}
