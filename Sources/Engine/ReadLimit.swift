package import Basics

/// How long one read of the store may take for whoever runs on this thread now: a request, a script.
///
/// A long read holds one of few connections and keeps the write-ahead log from being emptied. Clusterings, imports and commands on the
/// file itself have no limit.
package enum ReadLimit {
  @TaskLocal static var current: Duration?

  package static func with<Value>(_ limit: Duration?, _ body: () throws(Problem) -> Value) throws(Problem) -> Value {
    let result: Result<Value, Problem> = $current.withValue(limit) {
      do throws(Problem) { return .success(try body()) } catch { return .failure(error) }
    }
    return try result.get()
  }
}
