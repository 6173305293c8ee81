import Basics
import Synchronization

/// What the service has answered: requests by operation and status, and how long they took.
final class Metrics: Sendable {
  /// Upper bounds of the histogram, in seconds.
  static let bounds: [Double] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

  struct Series: Sendable {
    var statuses: [Int: Int] = [:]
    /// Requests within each bound but not within the one before, and last those beyond all.
    var counts = [Int](repeating: 0, count: bounds.count + 1)
    var seconds = 0.0
  }

  private let byOperation = Mutex<[String: Series]>([:])
  private let underWay = Atomic<Int>(0)

  func began() { underWay.add(1, ordering: .relaxed) }

  /// `operation` is a name of the table, or one of a few for what is not in it: a client's paths must not become names.
  func ended(_ operation: String, status: Int, after duration: Duration) {
    underWay.subtract(1, ordering: .relaxed)
    let seconds = duration.inSeconds
    let place = Self.bounds.firstIndex { seconds <= $0 } ?? Self.bounds.count
    byOperation.withLock { all in
      all[operation, default: Series()].statuses[status, default: 0] += 1
      all[operation]?.counts[place] += 1
      all[operation]?.seconds += seconds
    }
  }

  var requestsUnderWay: Int { underWay.load(ordering: .relaxed) }
  var series: [(operation: String, Series)] { byOperation.withLock { $0.sorted { $0.key < $1.key } }.map { ($0.key, $0.value) } }
}
