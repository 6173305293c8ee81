package import Engine
import Basics
import Glibc
import HTTP

extension Courier {
  /// The way out through the client of our own: plain HTTP, on the host's own network.
  package static let http = Courier(
    post: { request, cancellation throws(Problem) in
      var headers = Headers()
      for (name, value) in request.headers { headers.append(name, value) }
      let client = Client(try Endpoint(request.url), timeout: request.timeout, limit: request.limit, cancellation: cancellation)
      let answer = try client.send("POST", target(of: request.url), headers: headers, body: request.body)
      return Answer(status: answer.status, retryAfter: answer.headers["Retry-After"].flatMap { Int64($0) }.map(Duration.seconds), body: answer.body)
    },
    wait: { duration, cancellation in
      var left = duration
      Blocking.during {
        while left > .zero, !cancellation.isCancelled {
          let step = min(left, Patience.look)
          var time = timespec(tv_sec: Int(step.components.seconds), tv_nsec: Int(step.components.attoseconds / 1_000_000_000))
          var rest = timespec()
          while nanosleep(&time, &rest) != 0 && errno == EINTR { time = rest }
          left -= step
        }
      }
    })

  /// Path and query of `http://host:port/path?query`.
  private static func target(of url: String) -> String {
    let rest = url.hasPrefix("http://") ? url.dropFirst(7) : url[...]
    guard let slash = rest.firstIndex(where: { $0 == "/" || $0 == "?" }) else { return "/" }
    return rest[slash] == "/" ? String(rest[slash...]) : "/" + rest[slash...]
  }
}
