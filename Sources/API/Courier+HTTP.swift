package import Engine
import Basics
import Glibc
import HTTP

extension Courier {
  /// The way out through the client of our own: plain HTTP, on the host's own network.
  package static let http = Courier(
    post: { request throws(Problem) in
      var headers = Headers()
      for (name, value) in request.headers { headers.append(name, value) }
      let client = Client(try Endpoint(request.url), timeout: request.timeout)
      let answer = try client.send("POST", target(of: request.url), headers: headers, body: request.body)
      return Answer(status: answer.status, retryAfter: answer.headers["Retry-After"].flatMap { Int64($0) }, body: answer.body)
    },
    wait: { duration in
      let (seconds, attoseconds) = duration.components
      var time = timespec(tv_sec: Int(seconds), tv_nsec: Int(attoseconds / 1_000_000_000))
      var left = timespec()
      Blocking.during {
        while nanosleep(&time, &left) != 0 && errno == EINTR { time = left }
      }
    })

  /// Path and query of `http://host:port/path?query`.
  private static func target(of url: String) -> String {
    let rest = url.hasPrefix("http://") ? url.dropFirst(7) : url[...]
    guard let slash = rest.firstIndex(where: { $0 == "/" || $0 == "?" }) else { return "/" }
    return rest[slash] == "/" ? String(rest[slash...]) : "/" + rest[slash...]
  }
}
